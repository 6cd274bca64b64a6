from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.utils import timezone

from accounts.imports import actions
from accounts.imports.naming import names_of
from accounts.imports.people import Row
from accounts.imports.plan import LEAVE_LIMIT, Plan
from accounts.imports.problems import FileRefused, RefusedRow, as_read
from accounts.imports.report import write_report
from accounts.imports.rows import PeopleFile
from accounts.imports.words import KINDS, file_in_words, problem_in_words
from accounts.models import Organisation
from linking.fingerprint_keys import keys_in_use
from linking.refusals import FingerprintKeysUnfit

BY = "command:import_employees"
SHOWN = 100  # refused rows; the report has all
EACH = 10_000  # rows, then a sign of life


class Command(BaseCommand):
    """Here and not in `accounts`: only `linking` knows whether the fingerprint keys are right."""

    help = "Takes employees in from HR's CSV or XLSX file; those who are not in it leave."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--organisation", required=True, metavar="SLUG")
        parser.add_argument("--dry-run", action="store_true", help="look, and change nothing")
        parser.add_argument(
            "--leave-limit",
            type=_per_cent,
            default=LEAVE_LIMIT,
            metavar="PERCENT",
            help="refuse if more of those employed would lose access (%(default)s)",
        )
        parser.add_argument(
            "--reviewed", default="", metavar="CODE", help="apply only what that dry run showed"
        )
        parser.add_argument(
            "--report", type=Path, metavar="FILE.csv", help="write every change and refusal here"
        )

    @no_translations  # like all that is for whoever runs the portal
    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.objects.filter(slug=options["organisation"]).first()
        if organisation is None:
            raise CommandError(f"There is no organisation “{options['organisation']}”.")
        try:
            self._import(organisation, options)
        except FileRefused as refused:
            raise CommandError(f"Nothing was changed. {file_in_words(refused)}") from None
        except actions.TooManyWouldLeave as refused:
            raise CommandError(_too_many(refused.plan, options["leave_limit"])) from None
        except actions.RegistryChanged:
            raise CommandError(
                "Nothing was changed: the registry, or the file, is no longer what was looked at. "
                "Look again with --dry-run."
            ) from None
        except FingerprintKeysUnfit:
            raise CommandError("Nothing was changed. The fingerprint keys do not fit.") from None
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}.") from None

    def _import(self, organisation: Organisation, options: dict[str, Any]) -> None:
        now, path, report = timezone.now(), options["file"], options["report"]
        with path.open("rb") as file:
            people = actions.read_people(
                file, keys=keys_in_use(), now=now, names=names_of(organisation)
            )
        people = replace(people, rows=self._counted(people))
        if options["dry_run"]:
            plan = actions.preview_import(organisation, people, now=now)
            self._tell(plan, report)
            self.stdout.write(f"Nothing was changed. To apply just this: --reviewed {plan.code()}")
            if plan.loses_too_many(options["leave_limit"]):
                raise actions.TooManyWouldLeave(plan)
        else:
            plan = actions.apply_import(
                organisation,
                people,
                by=BY,
                now=now,
                source=as_read(path.name),
                leave_limit=options["leave_limit"],
                reviewed=options["reviewed"],
                tell=lambda plan: self._tell(plan, report),
            )
            self.stdout.write("Applied." if plan.changes else "Nothing to do.")
        if plan.refused and not plan.changes and not plan.unchanged:
            raise CommandError("Every row was refused.")

    def _counted(self, people: PeopleFile) -> Iterator[Row | RefusedRow]:
        for number, row in enumerate(people.rows, start=1):
            if number % EACH == 0:
                self.stderr.write(f"{number} rows read")
            yield row

    def _tell(self, plan: Plan, report: Path | None) -> None:
        for row in plan.refused[:SHOWN]:
            for problem in row.problems:
                self.stderr.write(f"Row {row.line}: {problem_in_words(problem)}")
        if len(plan.refused) > SHOWN:
            self.stderr.write(f"{len(plan.refused) - SHOWN} more rows were refused: see --report")
        for kind, number in plan.counts().items():
            self.stdout.write(f"{number:>7}  {KINDS[kind]}")
        self.stdout.write(f"{plan.unchanged:>7}  unchanged")
        self.stdout.write(f"{len(plan.refused):>7}  refused")
        if plan.kept_from_leaving:
            self.stdout.write(
                f"{plan.kept_from_leaving} are not in the file, but some refused rows do not tell "
                "whose they are: nobody leaves until those are mended."
            )
        if report:
            with report.open("w", encoding="utf-8", newline="") as file:
                write_report(plan, file)


def _too_many(plan: Plan, limit: int) -> str:
    return (
        f"Nothing was changed: {plan.losing_access} of {plan.employed} employed would lose their "
        f"access, and the limit is {limit} %. Is it the whole file, and this organisation's? "
        "If so, raise --leave-limit."
    )


def _per_cent(text: str) -> int:
    if not text.isdecimal() or int(text) > 100:
        raise ArgumentTypeError("give a whole number from 0 to 100")
    return int(text)
