"""The rows of an XLSX file's first sheet, without trust in what the file says about itself.

openpyxl's read-only mode hands out row after row. Faster readers lay the whole sheet out first: a
file of 5 kB with something in the very last cell makes them ask for terabytes.
"""

import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import Any

import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from accounts.imports.problems import FileProblem, FileRefused

MAX_UNPACKED = 80 * 2**20  # 100 000 rows of nine columns need half of it
MAX_RATIO = 200  # of one packed file; a sheet with the same line all over comes to a hundred
MAX_FILES = 1000
_SMALL = 2**20  # whatever its ratio
# Excel's own end. A row that calls itself a later one would be filled up to with empty ones.
_LAST_ROW = 1_048_576
_AT_ONCE = 1000  # rows
_one_at_a_time = Lock()  # the filters of warnings are the whole process's


def spreadsheet_rows(content: bytes, *, columns: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Give the rows with their numbers, as values: what a formula came to when it was saved.

    No row is longer than `columns`, nor shorter than the header.

    Raises:
        FileRefused: it unpacks to more than it should, or is no XLSX file.
    """
    _refuse_bombs(content)
    try:
        yield from _rows(content, columns)
    except Exception:  # noqa: BLE001  # openpyxl raises whatever a broken file leads to
        # From None: the error may quote a cell, and the cell may be an identity number.
        raise FileRefused(FileProblem.BROKEN_EXCEL) from None


def _refuse_bombs(content: bytes) -> None:
    """Before anything is unpacked. zipfile never gives more than was declared: it ends there."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            packed = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise FileRefused(FileProblem.BROKEN_EXCEL) from None
    large = [each for each in packed if each.file_size > _SMALL]
    if (
        len(packed) > MAX_FILES
        or sum(each.file_size for each in packed) > MAX_UNPACKED
        or any(each.file_size > MAX_RATIO * each.compress_size for each in large)
    ):
        raise FileRefused(FileProblem.UNPACKS_TOO_LARGE)


def _rows(content: bytes, columns: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    with _quiet():
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
    sheet = book.worksheets[0]
    if isinstance(sheet, ReadOnlyWorksheet):
        sheet.reset_dimensions()  # the file's own word for it, and often wrong
    rows = sheet.iter_rows(max_row=_LAST_ROW, max_col=columns, values_only=True)
    width = line = 0
    while some := _some(rows):
        for cells in some:
            line += 1
            end = _end(cells)
            width = width or end  # the header's: whatever lacks at the end of a row is empty
            yield line, cells[: max(width, end)]


def _some(rows: Iterator[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    with _quiet():
        return list(islice(rows, _AT_ONCE))


@contextmanager
def _quiet() -> Iterator[None]:
    """Let openpyxl warn nobody: of a number that is formatted as a date it tells all (A-30)."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _end(cells: tuple[Any, ...]) -> int:
    end = len(cells)
    if cells.count(None) == end:  # a million of them may stand before a row that is far down
        return 0
    while end and cells[end - 1] in (None, ""):
        end -= 1
    return end
