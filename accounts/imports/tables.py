"""From the bytes of a file to rows of cells: XLSX, or CSV as spreadsheets write it."""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from accounts.imports.columns import best_delimiter
from accounts.imports.problems import FileProblem, FileRefused
from accounts.imports.spreadsheets import spreadsheet_rows
from accounts.imports.values import Cells

MAX_BYTES = 5 * 2**20
MAX_ROWS = 100_000
"""Of people: the header is not counted, nor are empty rows."""
MAX_COLUMNS = 100

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"  # xls, and whatever Office encrypts
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read_table(file: BinaryIO) -> Iterator[tuple[int, Cells]]:
    """Give each row that is not empty, with its number as the spreadsheet shows it.

    What it is, the first bytes decide, and not the name.

    Raises:
        FileRefused: when it is called, or at the row that cannot be read.
    """
    content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise FileRefused(FileProblem.TOO_LARGE)
    if content.startswith(_OLE):
        raise FileRefused(FileProblem.OLD_OR_LOCKED_EXCEL)
    if content.startswith(_ZIP):
        return _bounded(spreadsheet_rows(content, columns=MAX_COLUMNS + 1))
    return _bounded(_csv_rows(_decoded(content)))


def _bounded(rows: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    found = 0
    for line, cells in rows:
        if all(cell is None or cell == "" for cell in cells):
            continue
        if len(cells) > MAX_COLUMNS:
            raise FileRefused(FileProblem.TOO_MANY_COLUMNS, str(line))
        if found > MAX_ROWS:
            raise FileRefused(FileProblem.TOO_MANY_ROWS)
        found += 1
        yield line, cells


def _decoded(content: bytes) -> str:
    """What is not UTF-8 is Windows-1252: an æ, ø or å of one is none of the other."""
    if content.startswith(_UTF_16):
        raise FileRefused(FileProblem.UTF_16)
    if b"\x00" in content:
        raise FileRefused(FileProblem.NUL)
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:  # it would quote the bytes
            continue
    raise FileRefused(FileProblem.UNKNOWN_ENCODING)


def _csv_rows(text: str) -> Iterator[tuple[int, Cells]]:
    first_line = text.lstrip("\r\n").partition("\n")[0]
    delimiter = best_delimiter(first_line)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 0
    try:
        for line, cells in enumerate(reader, start=1):
            yield line, tuple(cell.strip(" ") for cell in cells)
    except csv.Error:
        raise FileRefused(FileProblem.BROKEN_CSV, str(line + 1)) from None
