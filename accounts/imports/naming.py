"""What an organisation's HR system calls its columns: shown, told once, and remembered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from django.db import transaction

from accounts.imports.columns import COLUMNS, IGNORED, column_of, plain_name
from accounts.imports.models import ColumnNames
from accounts.imports.problems import FileProblem, as_read, may_be_a_number
from accounts.imports.tables import read_table
from accounts.imports.values import as_written
from accounts.models import Organisation
from audit.events import Event
from audit.log import record

ABOUT_COLUMNS = (
    FileProblem.MISSING_COLUMNS,
    FileProblem.UNKNOWN_COLUMNS,
    FileProblem.DOUBLE_COLUMNS,
)
_SHOWN = 3  # rows
_HALF_A_NUMBER = re.compile(r"\d{5}")


class NoHeader(Exception):
    """The first row has what may be an identity number: it is a person and no header."""


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column as a file has it, with what may be shown of its first cells."""

    name: str
    column: str
    """What it is taken for; empty where nobody knows."""
    samples: tuple[str, ...] = ()


def names_of(organisation: Organisation) -> Mapping[str, str]:
    """Give what is remembered, from the name in lower case to the column."""
    row = ColumnNames.objects.filter(organisation=organisation).first()
    return row.names if row else {}


def see_columns(file: BinaryIO, remembered: Mapping[str, str]) -> list[SeenColumn]:
    """Give the file's columns with a few cells each, and nothing of any identity number (A-30).

    Raises:
        FileRefused: it cannot be read.
        NoHeader: there are no names in its first row.
    """
    table = read_table(file)
    rows = [cells for _line, cells in islice(table, _SHOWN + 1)]
    header = list(rows[0]) if rows else []
    while header and not plain_name(header[-1]):
        header.pop()
    if any(may_be_a_number(as_written(name)) for name in header):
        raise NoHeader
    seen = []
    for index, name in enumerate(header):
        column = remembered.get(plain_name(name)) or column_of(name)
        column = column if column in (*COLUMNS, IGNORED) else ""
        cells = [as_written(row[index]) for row in rows[1:] if index < len(row)]
        samples = () if column == "national_id" else tuple(map(_masked, filter(None, cells)))
        seen.append(SeenColumn(as_written(name), column, samples))
    return seen


@transaction.atomic
def name_columns(
    organisation: Organisation, names: Mapping[str, str], *, by: str, now: datetime
) -> None:
    """Remember what the names mean here, from now on; names that are not told stay as they were.

    What everybody knows of a name is not written down.
    """
    row, _made = ColumnNames.objects.select_for_update().get_or_create(organisation=organisation)
    told = {plain_name(name): column for name, column in names.items()}
    kept = {
        name: column
        for name, column in {**row.names, **told}.items()
        if column and column_of(name) != column
    }
    if kept == row.names:
        return
    row.names = kept
    row.save()
    record(Event.COLUMNS_NAMED, by=by, now=now, organisation=organisation.pk, count=len(kept))


def _masked(cell: str) -> str:
    """HR systems also have the number in two columns: five digits may be the end of one."""
    return "*****" if _HALF_A_NUMBER.fullmatch(cell.strip()) else as_read(cell)
