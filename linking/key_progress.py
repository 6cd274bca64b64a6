"""How far a change of the fingerprint key has come."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from linking.key_rows import Rows, rows_by_key
from linking.models import FingerprintKey


class KeyStatus(TextChoices):
    CURRENT = "current", _("current")
    LIVE = "live", _("live")
    MISSING = "missing", _("missing")
    TAKEN_OUT = "taken out", _("taken out")
    GIVEN_UP = "given up", _("given up")


@dataclass(frozen=True, slots=True)
class KeyProgress:
    """One key, and what is under it. `first_used_at` is empty where no process has noted it."""

    key_id: str
    status: KeyStatus
    first_used_at: datetime | None
    rows: Rows

    @property
    def may_be_taken_out(self) -> bool | None:
        """Whether nothing needs it any more; None where that is no question."""
        return not self.rows if self.status == KeyStatus.LIVE else None


def key_progress(*, now: datetime) -> list[KeyProgress]:
    """Give every key that is configured, known or needed: those configured first, in their order.

    The counts are one query for each kind of row, however many there are.
    """
    known = FingerprintKey.objects.in_bulk()
    rows = rows_by_key(now=now)
    key_ids = dict.fromkeys([*settings.FINGERPRINT_KEYS.keys, *known, *rows])
    return [
        KeyProgress(
            key_id=key_id,
            status=_status(known.get(key_id), key_id, needed=key_id in rows),
            first_used_at=known[key_id].first_used_at if key_id in known else None,
            rows=rows.get(key_id, Rows()),
        )
        for key_id in key_ids
    ]


def _status(known: FingerprintKey | None, key_id: str, *, needed: bool) -> KeyStatus:
    if known is not None and known.given_up_at is not None:
        return KeyStatus.GIVEN_UP
    if key_id == settings.FINGERPRINT_KEYS.current_id:
        return KeyStatus.CURRENT
    if key_id in settings.FINGERPRINT_KEYS.keys:
        return KeyStatus.LIVE
    return KeyStatus.MISSING if needed else KeyStatus.TAKEN_OUT
