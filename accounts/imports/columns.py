"""The columns of a file, by the names in its first row."""

from collections import Counter

from accounts.imports.problems import FileProblem, FileRefused, as_read

REQUIRED = ("employee_number", "first_name", "last_name", "email")
OPTIONAL = ("birth_date", "national_id", "department", "starts_on", "ends_on")
COLUMNS = REQUIRED + OPTIONAL
_DELIMITERS = (",", ";", "\t")


def best_delimiter(header: str) -> str:
    """Give what stands between the columns: that by which most of the names are known."""
    return max(_DELIMITERS, key=lambda each: len(_known(header.split(each))))


def _known(names: list[str]) -> set[str]:
    return {_plain(name.strip().strip('"')) for name in names} & set(COLUMNS)


def _plain(name: object) -> str:
    return "" if name is None else str(name).strip().lower()


def read_header(cells: tuple[object, ...]) -> tuple[str, ...]:
    """Give the columns in the file's order, which may be any.

    Raises:
        FileRefused: one is missing, unknown or there twice.
    """
    names = [_plain(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if missing := [name for name in REQUIRED if name not in names]:
        raise FileRefused(FileProblem.MISSING_COLUMNS, *missing)
    if unknown := [name for name in names if name not in COLUMNS]:
        raise FileRefused(FileProblem.UNKNOWN_COLUMNS, *(as_read(name) or "–" for name in unknown))
    if double := [name for name, times in Counter(names).items() if times > 1]:
        raise FileRefused(FileProblem.DOUBLE_COLUMNS, *double)
    return tuple(names)
