"""The columns of a file, by the names in its first row."""

from collections import Counter
from collections.abc import Mapping

from accounts.imports.problems import FileProblem, FileRefused, as_read

REQUIRED = ("employee_number", "first_name", "last_name", "email")
OPTIONAL = ("birth_date", "national_id", "department", "starts_on", "ends_on")
COLUMNS = REQUIRED + OPTIONAL
IGNORED = "ignored"
"""What somebody has said of a column that nothing is to be read from."""
# As Norwegian HR systems call them, without what is neither letter nor digit.
_NORWEGIAN = {
    "ansattnr": "employee_number",
    "ansattnummer": "employee_number",
    "fornavn": "first_name",
    "fornamn": "first_name",
    "etternavn": "last_name",
    "etternamn": "last_name",
    "epost": "email",
    "epostadresse": "email",
    "fødselsdato": "birth_date",
    "fødselsnummer": "national_id",
    "fødselsnr": "national_id",
    "avdeling": "department",
    "startdato": "starts_on",
    "sluttdato": "ends_on",
}
_OWN = {name.replace("_", ""): name for name in COLUMNS}
_DELIMITERS = (",", ";", "\t")


def best_delimiter(header: str) -> str:
    """Give what stands between the columns: that by which most of the names are known."""
    return max(_DELIMITERS, key=lambda each: (len(_known(header.split(each))), header.count(each)))


def _known(names: list[str]) -> set[str]:
    return {column_of(name) for name in names} & set(COLUMNS)


def column_of(name: object) -> str:
    """Give the column that a name means, in any case and spelling; else the name in lower case."""
    plain = plain_name(name)
    letters = "".join(filter(str.isalnum, plain))
    if letters in _OWN:
        return _OWN[letters]
    return _NORWEGIAN.get(letters, plain)


def plain_name(name: object) -> str:
    """Give a name as it is remembered: in lower case."""
    return "" if name is None else str(name).strip().lower()


def read_header(
    cells: tuple[object, ...], remembered: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Give the columns in the file's order, which may be any.

    `remembered` says what a name means here, before anything that is known of it everywhere.

    Raises:
        FileRefused: one is missing, unknown or there twice.
    """
    told = remembered or {}
    names = [told.get(plain_name(cell)) or column_of(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if missing := [name for name in REQUIRED if name not in names]:
        raise FileRefused(FileProblem.MISSING_COLUMNS, *missing)
    if unknown := [name for name in names if name not in (*COLUMNS, IGNORED)]:
        raise FileRefused(FileProblem.UNKNOWN_COLUMNS, *(as_read(name) or "–" for name in unknown))
    if double := [name for name, times in Counter(names).items() if times > 1 and name != IGNORED]:
        raise FileRefused(FileProblem.DOUBLE_COLUMNS, *double)
    return tuple(names)
