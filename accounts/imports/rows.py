"""From rows of cells to people: each good row as a `Row`, each other as a `RefusedRow`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from accounts.imports import values
from accounts.imports.columns import REQUIRED, read_header
from accounts.imports.people import Row
from accounts.imports.problems import (
    FileProblem,
    FileRefused,
    Problem,
    RefusedRow,
    RowProblem,
    as_read,
)
from accounts.imports.tables import read_table
from accounts.imports.values import Cell, Cells
from accounts.national_id import Fingerprint, FingerprintKeys

_TEXTS = ("employee_number", "first_name", "last_name", "email", "department")
_NO_END = date.max  # HR systems write 31.12.9999 for it


@dataclass(frozen=True, slots=True, repr=False)
class PeopleFile:
    """What a file has columns for, and its rows, which can be gone through once."""

    columns: tuple[str, ...]
    rows: Iterator[Row | RefusedRow]


@dataclass(frozen=True, slots=True)
class Reader:
    """What is needed to read people: nothing of it is in the file."""

    keys: FingerprintKeys
    today: date
    is_email: Callable[[str], bool]

    def read(self, file: BinaryIO, names: Mapping[str, str] | None = None) -> PeopleFile:
        """Read a file; what is refused about a row is in the row. `names` as in `read_header`.

        Raises:
            FileRefused: nothing can be read, now or while going through the rows.
        """
        table = read_table(file)
        for _line, cells in table:
            columns = read_header(cells, names)
            return PeopleFile(columns, self._rows(columns, table))
        raise FileRefused(FileProblem.NO_PEOPLE)

    def _rows(
        self, columns: tuple[str, ...], table: Iterator[tuple[int, Cells]]
    ) -> Iterator[Row | RefusedRow]:
        line = 0
        for line, cells in table:
            yield self._row(line, columns, cells)
        if not line:
            raise FileRefused(FileProblem.NO_PEOPLE)

    def _row(self, line: int, columns: tuple[str, ...], cells: Cells) -> Row | RefusedRow:
        # A row too long or too short has lost its columns: nobody knows whose it is.
        extra = cells[len(columns) :]
        if len(cells) < len(columns) or any(cell not in (None, "") for cell in extra):
            counts = (str(len(cells)), str(len(columns)))
            return RefusedRow(line, (Problem(RowProblem.WRONG_NUMBER_OF_CELLS, names=counts),))
        row = dict(zip(columns, cells, strict=False))
        problems: list[Problem] = []
        texts = {column: self._text(row, column, problems) for column in _TEXTS}
        birth_date = _day(row, "birth_date", self.today, problems)
        starts_on = _day(row, "starts_on", _NO_END, problems)
        ends_on = _day(row, "ends_on", _NO_END, problems)
        fingerprints = self._fingerprints(row, birth_date, problems)
        if starts_on and ends_on and ends_on < starts_on:
            problems.append(Problem(RowProblem.ENDS_BEFORE_START, "ends_on"))
        number, email = texts["employee_number"], texts["email"]
        if problems:
            return RefusedRow(line, tuple(problems), number, email)
        return Row(
            line,
            number,
            texts["first_name"],
            texts["last_name"],
            email,
            birth_date,
            fingerprints,
            texts["department"],
            starts_on,
            ends_on,
        )

    def _text(self, row: dict[str, Cell], column: str, problems: list[Problem]) -> str:
        if column not in row:
            return ""
        try:
            read = values.text(row[column], column)
        except values.Unreadable as unreadable:
            problems.append(unreadable.problem)
            return ""
        if not read and column in REQUIRED:
            problems.append(Problem(RowProblem.MISSING, column))
        if read and column == "email" and not self.is_email(read):
            problems.append(Problem(RowProblem.NOT_AN_EMAIL, column, as_read(read)))
            return ""
        return read

    def _fingerprints(
        self, row: dict[str, Cell], birth_date: date | None, problems: list[Problem]
    ) -> tuple[Fingerprint, ...]:
        """The number lives no longer than this function (A-30)."""
        try:
            number = values.national_id(row.get("national_id"))
        except values.Unreadable as unreadable:
            problems.append(unreadable.problem)
            return ()
        if number is None:
            return ()
        if birth_date and number.birth_date() not in (birth_date, None):
            problems.append(Problem(RowProblem.OTHER_BIRTH_DATE, "national_id"))
        return tuple(number.fingerprints(self.keys))


def _day(row: dict[str, Cell], column: str, latest: date, problems: list[Problem]) -> date | None:
    try:
        return values.day(row.get(column), column, latest=latest)
    except values.Unreadable as unreadable:
        problems.append(unreadable.problem)
        return None
