"""What can be wrong with a file or a row, as data; `words` says it to people."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

SHOWN = 60  # characters
# A national identity number may stand in any cell, also one that it does not belong in.
_MANY_DIGITS = re.compile(r"\d(?:[\s.-]?\d){8,}")


class FileProblem(StrEnum):
    """Why nothing of a file was read."""

    TOO_LARGE = "too-large"
    TOO_MANY_ROWS = "too-many-rows"
    TOO_MANY_COLUMNS = "too-many-columns"
    UNPACKS_TOO_LARGE = "unpacks-too-large"
    OLD_OR_LOCKED_EXCEL = "old-or-locked-excel"
    BROKEN_EXCEL = "broken-excel"
    NUL = "nul"
    UTF_16 = "utf-16"
    UNKNOWN_ENCODING = "unknown-encoding"
    BROKEN_CSV = "broken-csv"
    NO_PEOPLE = "no-people"
    MISSING_COLUMNS = "missing-columns"
    UNKNOWN_COLUMNS = "unknown-columns"
    DOUBLE_COLUMNS = "double-columns"


class RowProblem(StrEnum):
    """Why a row was refused."""

    WRONG_NUMBER_OF_CELLS = "wrong-number-of-cells"
    MISSING = "missing"
    TOO_LONG = "too-long"
    INVISIBLE = "invisible"
    FORMULA = "formula"
    CELL_ERROR = "cell-error"
    IDENTITY_NUMBER_HERE = "identity-number-here"
    NOT_AN_EMAIL = "not-an-email"
    NOT_A_DATE = "not-a-date"
    SHORT_YEAR = "short-year"
    DATE_OUT_OF_RANGE = "date-out-of-range"
    NOT_ELEVEN_DIGITS = "not-eleven-digits"
    LOST_ZERO = "lost-zero"
    ROUNDED = "rounded"
    CHECK_DIGITS = "check-digits"
    OTHER_BIRTH_DATE = "other-birth-date"
    ENDS_BEFORE_START = "ends-before-start"
    TWICE = "twice"
    EMAIL_TAKEN = "email-taken"
    OUT_OF_REACH = "out-of-reach"


class FileRefused(Exception):
    """The file cannot be read at all. `names` are columns or the number of a row."""

    def __init__(self, problem: FileProblem, *names: str) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.names = names


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one row. `read` is empty where an identity number could be told by it."""

    kind: RowProblem
    column: str = ""
    read: str = ""
    names: tuple[str, ...] = ()
    """Other rows, the employee who has the address, or how many characters are allowed."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that changes nothing, and whose it is, as far as that can be read."""

    line: int
    """As the spreadsheet numbers its rows: the header is 1."""
    problems: tuple[Problem, ...]
    employee_number: str = ""
    email: str = field(default="", repr=False)


def may_be_a_number(text: str) -> bool:
    """Whether an identity number may stand in the text; some other long number too."""
    return _MANY_DIGITS.search(text) is not None


def as_read(text: str) -> str:
    """Give a cell to show: short, on one line, and without what may be an identity number."""
    hidden = _MANY_DIGITS.sub("***", " ".join(text.split()))
    return hidden if len(hidden) <= SHOWN else hidden[: SHOWN - 1] + "…"
