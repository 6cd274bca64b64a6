from typing import Any

from django.core.management.base import BaseCommand, no_translations
from django.utils import timezone

from linking.key_progress import KeyProgress, KeyStatus, key_progress

LINE = "{:<20} {:<10} {:<12} {:>8} {:>8} {:>8}  {}"


class Command(BaseCommand):
    help = "Lists the fingerprint keys, how much is under each, and whether it may be taken out."

    @no_translations  # like all that is for whoever runs the portal
    def handle(self, *args: Any, **options: Any) -> None:
        keys = key_progress(now=timezone.now())
        heads = ("key", "state", "first used", "links", "numbers", "blocks", "may be taken out")
        self.stdout.write(LINE.format(*heads))
        for key in keys:
            self.stdout.write(_line(key).rstrip())
        if any(key.status == KeyStatus.MISSING for key in keys):
            self.stdout.write(
                "A key is missing: web, worker and beat do not start. Set it again after the "
                "current one, or give it up: give_up_fingerprint_key KEY"
            )


def _line(key: KeyProgress) -> str:
    return LINE.format(
        key.key_id,
        key.status.label,
        f"{key.first_used_at:%Y-%m-%d}" if key.first_used_at else "-",
        key.rows.links,
        key.rows.registered_numbers,
        key.rows.blocks,
        {True: "yes", False: "no", None: ""}[key.may_be_taken_out],
    )
