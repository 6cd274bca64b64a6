"""Rows of one file that cannot both be right."""

from collections.abc import Iterable

from accounts.addresses import fold_email
from accounts.imports.people import Row
from accounts.imports.problems import Problem, RefusedRow, RowProblem
from accounts.national_id import Fingerprint

_NAMED = 5  # of the other rows


def without_doubles(
    rows: Iterable[Row | RefusedRow],
) -> tuple[dict[str, Row], list[RefusedRow]]:
    """Give the good rows by employee number, and all that are refused.

    Two rows with one employee number, address or identity number are both refused: which of them is
    right is for HR to say. The number and the address of a row that is refused already count too.
    """
    good: list[Row] = []
    refused: list[RefusedRow] = []
    numbers = _Lines[str]("employee_number")
    addresses = _Lines[str]("email")
    identities = _Lines[Fingerprint]("national_id")
    for row in rows:
        if row.employee_number:
            numbers.add(row.employee_number, row.line)
        if row.email:
            addresses.add(fold_email(row.email), row.line)
        if isinstance(row, RefusedRow):
            refused.append(row)
            continue
        good.append(row)
        if row.fingerprints:
            identities.add(row.fingerprints[0], row.line)
    if not (numbers.shared or addresses.shared or identities.shared):
        return {row.employee_number: row for row in good}, refused
    kept: dict[str, Row] = {}
    for row in good:
        found = (
            numbers.problem(row.employee_number, row.line),
            addresses.problem(fold_email(row.email), row.line),
            identities.problem(row.fingerprints[0], row.line) if row.fingerprints else None,
        )
        problems = tuple(filter(None, found))
        if problems:
            refused.append(RefusedRow(row.line, problems, row.employee_number, row.email))
        else:
            kept[row.employee_number] = row
    return kept, refused


class _Lines[Value]:
    """In which rows of the file a column has each value."""

    def __init__(self, column: str) -> None:
        self.column = column
        self.first: dict[Value, int] = {}
        self.shared: dict[Value, list[int]] = {}

    def add(self, value: Value, line: int) -> None:
        first = self.first.setdefault(value, line)
        if first != line:
            self.shared.setdefault(value, [first]).append(line)

    def problem(self, value: Value, line: int) -> Problem | None:
        lines = self.shared.get(value)
        if lines is None:
            return None
        others = [str(other) for other in lines if other != line]
        return Problem(RowProblem.TWICE, self.column, names=tuple(others[:_NAMED]))
