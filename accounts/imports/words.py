"""An import's findings as sentences, for the command and the administration."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from accounts.imports.columns import COLUMNS
from accounts.imports.people import Person
from accounts.imports.plan import Change, Kind
from accounts.imports.problems import FileProblem, FileRefused, Problem, RowProblem
from accounts.imports.spreadsheets import MAX_UNPACKED
from accounts.imports.tables import MAX_BYTES, MAX_COLUMNS, MAX_ROWS

KINDS: dict[Kind, StrOrPromise] = {
    Kind.NEW: gettext_lazy("new"),
    Kind.CHANGED: gettext_lazy("changed"),
    Kind.MOVED: gettext_lazy("moved to another department"),
    Kind.LEAVING: gettext_lazy("leaving"),
    Kind.RETURNING: gettext_lazy("returning"),
}

_FILES: dict[FileProblem, StrOrPromise] = {
    FileProblem.TOO_LARGE: gettext_lazy("The file is larger than %(megabytes)s MB."),
    FileProblem.TOO_MANY_ROWS: gettext_lazy("The file has more than %(rows)s rows."),
    FileProblem.TOO_MANY_COLUMNS: gettext_lazy("Row %(names)s has more than %(columns)s columns."),
    FileProblem.UNPACKS_TOO_LARGE: gettext_lazy(
        "The Excel file would unpack to more than %(unpacked)s MB, or is packed as no spreadsheet "
        "program packs. Save it as CSV UTF-8."
    ),
    FileProblem.OLD_OR_LOCKED_EXCEL: gettext_lazy(
        "This is an Excel file with a password, or of the old kind (.xls). Save it without a "
        "password as .xlsx or as CSV UTF-8."
    ),
    FileProblem.BROKEN_EXCEL: gettext_lazy(
        "The file cannot be read as an Excel workbook. Open it in Excel and save it again as "
        ".xlsx or as CSV UTF-8."
    ),
    FileProblem.NUL: gettext_lazy("The file is not text: it has NUL characters in it."),
    FileProblem.UTF_16: gettext_lazy(
        "The file is saved as UTF-16 (“Unicode text”). Save it as CSV UTF-8."
    ),
    FileProblem.UNKNOWN_ENCODING: gettext_lazy(
        "The file is neither UTF-8 nor Windows-1252. Save it as CSV UTF-8."
    ),
    FileProblem.BROKEN_CSV: gettext_lazy(
        "The CSV breaks at row %(names)s: a quotation mark that is not closed, or a cell that is "
        "far too long."
    ),
    FileProblem.NO_PEOPLE: gettext_lazy("There is no row with a person in the file."),
    FileProblem.MISSING_COLUMNS: gettext_lazy(
        "The first row lacks the columns: %(names)s. Known names are: %(known)s."
    ),
    FileProblem.UNKNOWN_COLUMNS: gettext_lazy(
        "The first row has columns that are not known: %(names)s. Known names are: %(known)s."
    ),
    FileProblem.DOUBLE_COLUMNS: gettext_lazy("The first row has columns twice: %(names)s."),
}

_ROWS: dict[RowProblem, StrOrPromise] = {
    RowProblem.WRONG_NUMBER_OF_CELLS: gettext_lazy(
        "the row has another number of cells than the header (%(names)s)"
    ),
    RowProblem.MISSING: gettext_lazy("it is empty, and must not be"),
    RowProblem.TOO_LONG: gettext_lazy("it is longer than %(names)s characters"),
    RowProblem.INVISIBLE: gettext_lazy(
        "there is a line break or an invisible character in it (shown as ␣)"
    ),
    RowProblem.FORMULA: gettext_lazy(
        "it begins as a formula does: with = + - @, a tab or a line break"
    ),
    RowProblem.CELL_ERROR: gettext_lazy("the spreadsheet shows an error in the cell"),
    RowProblem.IDENTITY_NUMBER_HERE: gettext_lazy(
        "there is a national identity number in it, which belongs in the column national_id alone"
    ),
    RowProblem.NOT_AN_EMAIL: gettext_lazy("it is not an e-mail address"),
    RowProblem.NOT_A_DATE: gettext_lazy("it is not a date: write 31.12.2026 or 2026-12-31"),
    RowProblem.SHORT_YEAR: gettext_lazy("write the year with four digits"),
    RowProblem.DATE_OUT_OF_RANGE: gettext_lazy(
        "the day is before 1900, or a birth date after today"
    ),
    RowProblem.NOT_ELEVEN_DIGITS: gettext_lazy("it is not eleven digits"),
    RowProblem.LOST_ZERO: gettext_lazy(
        "it has ten digits: the spreadsheet has taken the zero in front away. Format the column "
        "as text before the numbers are put in"
    ),
    RowProblem.ROUNDED: gettext_lazy(
        "the spreadsheet has rounded the number. Format the column as text before the numbers "
        "are put in"
    ),
    RowProblem.CHECK_DIGITS: gettext_lazy("the check digits are wrong: there is a slip in it"),
    RowProblem.OTHER_BIRTH_DATE: gettext_lazy("it tells another birth date than birth_date"),
    RowProblem.ENDS_BEFORE_START: gettext_lazy("the last day is before the first day"),
    RowProblem.TWICE: gettext_lazy("the same is in row %(names)s"),
    RowProblem.EMAIL_TAKEN: gettext_lazy("the address is that of employee %(names)s, who keeps it"),
    RowProblem.OUT_OF_REACH: gettext_lazy(
        "the employee has a role that gives more than yours does: somebody with as much must "
        "change this"
    ),
}

FIELDS: dict[str, StrOrPromise] = {
    "employee_number": gettext_lazy("employee number"),
    "first_name": gettext_lazy("first name"),
    "last_name": gettext_lazy("last name"),
    "email": gettext_lazy("e-mail"),
    "birth_date": gettext_lazy("birth date"),
    "national_id": gettext_lazy("identity number"),
    "department": gettext_lazy("department"),
    "starts_on": gettext_lazy("first day"),
    "ends_on": gettext_lazy("last day"),
    "active": gettext_lazy("active"),
}

_PROBLEMS: dict[str, StrOrPromise] = {
    "registry-changed": gettext_lazy(
        "Nothing was changed: the registry, or the role of whoever approved, is no longer what it "
        "was when the file was looked at. Look again."
    ),
    "too-many": gettext_lazy("Nothing was changed: too many would lose their access. Look again."),
    "key-changed": gettext_lazy(
        "Nothing was changed: there is another fingerprint key than when the file was read. "
        "Upload the file again."
    ),
    "not-undone": gettext_lazy(
        "The import was not undone: somebody changed one of the people in between."
    ),
    "failed": gettext_lazy(
        "Nothing was changed: the work broke off three times. Ask those who run the portal."
    ),
}


def what_happened(problem: str) -> StrOrPromise:
    """Say why the last thing that was tried with an import was not done."""
    return _PROBLEMS.get(problem, "")


def file_in_words(refused: FileRefused) -> str:
    """Say why a file was not read, and what to do."""
    return str(_FILES[refused.problem]) % {
        "names": ", ".join(refused.names),
        "known": ", ".join(COLUMNS),
        "megabytes": MAX_BYTES // 2**20,
        "unpacked": MAX_UNPACKED // 2**20,
        "rows": MAX_ROWS,
        "columns": MAX_COLUMNS,
    }


def problem_in_words(problem: Problem, names: Mapping[str, StrOrPromise] | None = None) -> str:
    """Say what is wrong with a row: the column, what, and what was read.

    The column is called as in the file, or as `names` have it.
    """
    column = (names or {}).get(problem.column, problem.column)
    what = str(_ROWS[problem.kind]) % {"names": ", ".join(problem.names)}
    parts = [f"{column}: " if column else "", what]
    if problem.read:
        parts.append(f" («{problem.read}»)")
    return "".join(parts)


def value_in_words(person: Person | None, field: str) -> str:
    """Say a field's value; of an identity number only that there is one."""
    return said(field, getattr(person, field) if person is not None else None)


def said(field: str, value: Any) -> str:
    """Say a value of a field, as it is or as `entries` keeps it."""
    if field == "national_id":
        return _("registered") if value else ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return value.isoformat()
    return value or ""


def fields_of(change: Change) -> tuple[str, ...]:
    """Give the fields to show: those that change, or of a new person those that are filled in."""
    if change.before is not None:
        return change.fields
    shown = ("first_name", "last_name", "email", "department", "starts_on", "ends_on")
    return tuple(name for name in shown if getattr(change.after, name))
