"""Files as HR sends them, and how they are read here."""

import io
from datetime import date
from typing import Any

import openpyxl

from accounts.imports.people import Row
from accounts.imports.problems import FileProblem, FileRefused, Problem, RefusedRow
from accounts.imports.rows import Reader
from accounts.national_id import FingerprintKeys

KEYS = FingerprintKeys({"new": b"n" * 32, "old": b"o" * 32})
TODAY = date(2026, 11, 25)
READER = Reader(KEYS, TODAY, lambda address: "@" in address and " " not in address)
REQUIRED = ("employee_number", "first_name", "last_name", "email")
INGRID = ("1001", "Ingrid", "Bergtun", "ingrid@kommune.example")
SOLVEIG = ("1002", "Solveig", "Brattfjellhaug", "solveig@kommune.example")
TORBJORN = ("1003", "Torbjørn", "Biegganjárga", "torbjorn@kommune.example")
INGRIDS_NUMBER = "16919408131"


def csv(*rows: tuple[str, ...], header: tuple[str, ...] = REQUIRED, delimiter: str = ",") -> bytes:
    return "".join(f"{delimiter.join(row)}\r\n" for row in (header, *rows)).encode()


def xlsx(*rows: tuple[Any, ...], header: tuple[Any, ...] = REQUIRED) -> bytes:
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.worksheets[0].append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read(content: bytes, reader: Reader = READER) -> list[Row | RefusedRow]:
    return list(reader.read(io.BytesIO(content)).rows)


def read_one(content: bytes) -> Row:
    [row] = read(content)
    assert isinstance(row, Row), row
    return row


def problems_of(content: bytes) -> list[Problem]:
    """Of the one row that there is."""
    [row] = read(content)
    assert isinstance(row, RefusedRow), row
    return list(row.problems)


def refusal_of(content: bytes) -> tuple[FileProblem, tuple[str, ...]]:
    try:
        read(content)
    except FileRefused as refused:
        return refused.problem, refused.names
    raise AssertionError("it was read")


def with_column(name: str, value: Any, *, in_excel: bool = False) -> bytes:
    """A file with one person and one column more."""
    make = xlsx if in_excel else csv
    return make((*INGRID, value), header=(*REQUIRED, name))
