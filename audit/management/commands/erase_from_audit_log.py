from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from audit.erasure import Ground, NotGranted, erase
from audit.waits import LogIsBusy


class Command(BaseCommand):
    help = (
        "Erases for good what the audit log holds on an employee: details and addresses. That "
        "something happened, and when, stays, under the employee's id."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("employee", metavar="EMPLOYEE_ID", type=UUID)
        parser.add_argument("--reason", choices=Ground.values, help="why: the log keeps it")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        employee = options["employee"]
        if not options["yes"] and input("Type the employee's id again: ").strip() != str(employee):
            raise CommandError("Nothing was changed.")
        ground = Ground(options["reason"]) if options["reason"] else None
        try:
            erased = erase(
                employee, by="command:erase_from_audit_log", now=timezone.now(), ground=ground
            )
        except LogIsBusy:
            raise CommandError(
                "The log is being sealed. Nothing was erased: try again in a minute."
            ) from None
        except NotGranted:
            raise CommandError(
                "The portal's database role has no right to erase. Nothing was erased: "
                "docs/operations.md says what to grant it."
            ) from None
        if not erased:
            raise CommandError("The log holds nothing on this employee that could be erased.")
        self.stdout.write(f"Erased: the details of {erased} events.")
