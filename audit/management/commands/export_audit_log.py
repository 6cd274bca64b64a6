import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser, no_translations
from django.db import transaction
from django.utils import timezone

from audit import export
from audit.events import Event
from audit.log import record


class Command(BaseCommand):
    help = (
        "Writes the audit log with its seals to standard output, as JSON Lines that "
        "audit/verifier.py reads. It holds personal data: keep it as the log itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", metavar="UUID", type=UUID, help="its chain alone")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        organisation, now = options["organisation"], timezone.now()
        with transaction.atomic():
            record(
                Event.AUDIT_EXPORTED,
                by="command:export_audit_log",
                now=now,
                organisation=organisation,
                form="verifier",
            )
        for line in export.lines(organisation=organisation, now=now):
            self.stdout.write(json.dumps(line, ensure_ascii=False))
