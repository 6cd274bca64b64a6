"""What an import changes and refuses, as CSV for a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator
from typing import IO

from accounts.imports.models import ImportRow
from accounts.imports.plan import Plan
from accounts.imports.values import FORMULA
from accounts.imports.words import KINDS, fields_of, problem_in_words, said, value_in_words

HEADER = ("row", "employee_number", "name", "what", "field", "from", "to")


def write_report(plan: Plan, file: IO[str]) -> None:
    """Write a line for each field that changes and each thing that was refused.

    Begins with a BOM, by which Excel knows UTF-8; the columns stand between semicolons, as
    Norwegian spreadsheets have them.
    """
    _write(_lines(plan), file)


def write_kept_report(rows: Iterable[ImportRow], file: IO[str]) -> None:
    """Write the same of an import's rows, as they are kept."""
    _write((line for row in rows for line in _kept_lines(row)), file)


def _write(lines: Iterable[tuple[str, ...]], file: IO[str]) -> None:
    file.write("\ufeff")
    writer = csv.writer(file, delimiter=";")
    writer.writerow(HEADER)
    for line in lines:
        writer.writerow([safe(cell) for cell in line])


def safe(cell: str) -> str:
    """Give a cell that no spreadsheet takes for a formula (A-25)."""
    return f"'{cell}" if cell.lstrip(' "').startswith((*FORMULA, "\n")) else cell


def _lines(plan: Plan) -> Iterator[tuple[str, ...]]:
    for row in plan.refused:
        for problem in row.problems:
            said = problem_in_words(problem)
            yield str(row.line), row.employee_number, "", "refused", problem.column, "", said
    for change in plan.changes:
        after = change.after
        whose = (
            str(change.line or ""),
            after.employee_number,
            f"{after.first_name} {after.last_name}",
            str(KINDS[change.kind]),
        )
        for field in fields_of(change):
            before = value_in_words(change.before, field)
            yield *whose, field, before, value_in_words(after, field)


def _kept_lines(row: ImportRow) -> Iterator[tuple[str, ...]]:
    line, number = str(row.line or ""), row.employee_number
    what = str(row.get_kind_display())
    for problem in row.what_is_wrong:
        yield line, number, "", "refused", problem.column, "", problem_in_words(problem)
    for field, value in row.after.items():
        before = said(field, row.before.get(field))
        yield line, number, row.name, what, field, before, said(field, value)
