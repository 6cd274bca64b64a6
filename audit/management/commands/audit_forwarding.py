from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from audit.forwarding import pass_over, standing


class Command(BaseCommand):
    help = (
        "Tells how far the audit log has been forwarded. --pass-over leaves out what the receiver "
        "does not take; the log tells of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--pass-over",
            choices=["one", "all"],
            help="the next event, or all that wait for the receiver at this moment",
        )

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        if options["pass_over"]:
            everything = options["pass_over"] == "all"
            now = timezone.now()
            count = pass_over(everything=everything, by="command:audit_forwarding", now=now)
            self.stdout.write(f"Events left out: {count}.")
        found = standing()
        if found is None:
            raise CommandError("The audit log has not been forwarded yet.")
        cursor = found.cursor
        self.stdout.write(f"Receiver: {cursor.receiver}")
        self.stdout.write(f"Waiting: {found.waiting} events, sealed from {found.oldest or '-'}")
        self.stdout.write(f"Last acknowledged: {cursor.acknowledged_at or 'never'}")
        if cursor.failing_since:
            self.stdout.write(
                f"Failing since {cursor.failing_since}, {cursor.tries} tries: {cursor.failure} "
                f"{cursor.said}".rstrip()
            )
