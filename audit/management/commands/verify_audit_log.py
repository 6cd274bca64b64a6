import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.utils import timezone

from audit import export
from audit.events import Kept
from audit.verifier import Unreadable, Verification, as_json, as_text, read_heads, read_key


class Command(BaseCommand):
    help = (
        "Compares the audit log with its seals, and says where it was changed. Ends with status 1 "
        "where it was. What somebody else runs over an export is audit/verifier.py."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--public-key",
            metavar="FILE",
            type=Path,
            action="append",
            default=[],
            help="PEM, as kept where the portal's people cannot change it; may be repeated",
        )
        parser.add_argument(
            "--head",
            metavar="FILE",
            type=Path,
            action="append",
            default=[],
            help="heads that were kept outside; may be repeated",
        )
        parser.add_argument("--organisation", metavar="UUID", type=UUID, help="its chain alone")
        for kept, months in settings.AUDIT_MONTHS_KEPT.items():
            parser.add_argument(
                f"--{kept}-months",
                type=int,
                default=months,
                help=f"a month that was dropped before so many is a finding; else "
                f"AUDIT_{kept.name}_MONTHS. Give the smallest that it ever was",
            )
        parser.add_argument("--json", action="store_true", help="the report as JSON")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = [read_key(path.read_bytes()) for path in options["public_key"]]
            heads = [
                head
                for path in options["head"]
                for head in read_heads(path.read_bytes().splitlines())
            ]
        except (OSError, Unreadable) as problem:
            raise CommandError(str(problem), returncode=2) from None
        if not keys and settings.AUDIT_SEAL_KEY is not None:
            keys = [settings.AUDIT_SEAL_KEY.public_key()]
            self.stderr.write("No --public-key: taken from AUDIT_SEAL_KEY, which proves less.")
        if not keys:
            raise CommandError("Give the public key of the seals by --public-key.", returncode=2)
        months_kept = {kept.value: options[f"{kept}_months"] for kept in Kept}
        verification = Verification(keys, heads=heads, months_kept=months_kept)
        for line in export.lines(organisation=options["organisation"], now=timezone.now()):
            verification.feed(line, line["type"])
        report = verification.finish()
        self.stdout.write(as_json(report) if options["json"] else as_text(report))
        if not report.sound:
            sys.exit(1)
