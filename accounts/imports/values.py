"""What stands in a cell, as a value: or why not, in a `Problem` that never quotes a number."""

import re
import unicodedata
from datetime import date, datetime

from accounts.imports.problems import Problem, RowProblem, as_read
from accounts.national_id import NationalId, NotANationalId

type Cell = str | int | float | bool | date | datetime | None
type Cells = tuple[Cell, ...]

LONGEST = {
    "employee_number": 50,
    "first_name": 150,
    "last_name": 150,
    "email": 254,
    "department": 200,
}
# As spreadsheets begin a formula with, and their full-width twins.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_CELL_ERRORS = {"#REF!", "#N/A", "#I/T", "#VALUE!", "#VERDI!", "#NAME?", "#NAVN?", "#DIV/0!"}
_EARLIEST = date(1900, 1, 1)
_NORWEGIAN = re.compile(r"([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2}")
_ELEVEN_DIGITS = re.compile(r"(?<!\d)\d{6}[\s.-]?\d{5}(?!\d)")  # of any script
_NO_BREAK = "\N{NO-BREAK SPACE}"
_ROUNDED = re.compile(r"[0-9][.,]?[0-9]*[eE]\+?[0-9]+")


class Unreadable(Exception):
    """A cell cannot be taken in. Says nothing itself; the problem does."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind.value)
        self.problem = problem


def text(cell: Cell, column: str) -> str:
    """Give the text of a cell, NFC, with single spaces; empty where the cell is.

    A formula is refused and not escaped: no name, department or address begins so, and an
    apostrophe put before it would be in every mail and page from then on.
    """
    written = cell if type(cell) is str else as_written(cell)
    plain = written.replace(_NO_BREAK, " ").strip(" ")
    if plain.startswith(FORMULA):
        raise Unreadable(Problem(RowProblem.FORMULA, column, as_read(plain)))
    if not plain.isprintable() and any(map(_is_invisible, plain)):
        raise Unreadable(Problem(RowProblem.INVISIBLE, column, _seen(plain)))
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", plain)
    if "  " in plain:
        plain = " ".join(filter(None, plain.split(" ")))
    if plain.startswith("#") and plain.upper() in _CELL_ERRORS:
        raise Unreadable(Problem(RowProblem.CELL_ERROR, column, plain))
    if any(map(_is_identity_number, _ELEVEN_DIGITS.findall(plain))):
        raise Unreadable(Problem(RowProblem.IDENTITY_NUMBER_HERE, column))
    if len(plain) > LONGEST[column]:
        longest = (str(LONGEST[column]),)
        raise Unreadable(Problem(RowProblem.TOO_LONG, column, as_read(plain), longest))
    return plain


def day(cell: Cell, column: str, *, latest: date) -> date | None:
    """Give a day, from a date cell, 31.12.2026, 31/12/2026 or 2026-12-31; None from an empty one.

    A year of two digits is refused: 31.12.26 is a first day of this century or a birth date of
    the last one.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        cell = cell.date()
    if not isinstance(cell, date):
        cell = _written_day(as_written(cell).strip(), column)
    if cell is not None and not _EARLIEST <= cell <= latest:
        raise Unreadable(Problem(RowProblem.DATE_OUT_OF_RANGE, column, cell.strftime("%d.%m.%Y")))
    return cell


def national_id(cell: Cell) -> NationalId | None:
    """Give the identity number, which may have spaces in it; None from an empty cell."""
    if cell is None or cell == "":
        return None
    written = "".join(as_written(cell).split())
    if not written:
        return None
    kind = _wrong_number(written)
    if kind is not None:
        raise Unreadable(Problem(kind, "national_id"))
    return NationalId.parse(written)


def _wrong_number(written: str) -> RowProblem | None:
    try:
        # Here a person typed it, and a slip would keep the employee out: nothing else signs it.
        return None if NationalId.parse(written).has_valid_check_digits else RowProblem.CHECK_DIGITS
    except NotANationalId:
        pass
    if written.upper() in _CELL_ERRORS:
        return RowProblem.CELL_ERROR
    if re.fullmatch(r"[0-9]{10}", written) and _is_identity_number("0" + written):
        return RowProblem.LOST_ZERO
    if _ROUNDED.fullmatch(written):
        return RowProblem.ROUNDED
    return RowProblem.NOT_ELEVEN_DIGITS


def _is_identity_number(text: str) -> bool:
    """Also as people write them; a telephone number of eleven digits is no such."""
    digits = "".join(str(unicodedata.decimal(each)) for each in text if each.isdecimal())
    number = NationalId.parse(digits)
    return number.has_valid_check_digits and number.birth_date() is not None


def as_written(cell: Cell) -> str:
    """Give a cell as the spreadsheet shows it: a number without decimals that it does not have."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.strftime("%d.%m.%Y")
    return str(cell).replace(_NO_BREAK, " ")


def _written_day(written: str, column: str) -> date | None:
    if not written:
        return None
    if _SHORT_YEAR.fullmatch(written):
        raise Unreadable(Problem(RowProblem.SHORT_YEAR, column, written))
    if found := _NORWEGIAN.fullmatch(written):
        numbers = found.group(3, 2, 1)
    elif found := _ISO.fullmatch(written):
        numbers = found.group(1, 2, 3)
    else:
        raise Unreadable(Problem(RowProblem.NOT_A_DATE, column, as_read(written)))
    try:
        year, month, day_of_month = map(int, numbers)
        return date(year, month, day_of_month)
    except ValueError:
        raise Unreadable(Problem(RowProblem.NOT_A_DATE, column, written)) from None


def _is_invisible(character: str) -> bool:
    """Line breaks (A-14), and what turns or hides the letters beside it (A-12)."""
    return unicodedata.category(character) in ("Cc", "Cf")


def _seen(text: str) -> str:
    """Where something invisible stands, a mark shows it."""
    return as_read("".join("␣" if _is_invisible(each) else each for each in text))
