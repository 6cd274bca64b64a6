"""Rows that were read, as bytes and back: what is kept of a file while it waits for review."""

import json
import zlib
from collections.abc import Iterable
from datetime import date
from typing import Any

from accounts.imports.people import Row
from accounts.imports.problems import Problem, RefusedRow, RowProblem
from accounts.national_id import Fingerprint, FingerprintKeys

_FAST = 1


class KeyChanged(Exception):
    """The rows were fingerprinted under another key than the current one.

    Whose fingerprint has been renewed since would seem to have another number.
    """


def packed(rows: Iterable[Row | RefusedRow]) -> bytes:
    """Give the rows as bytes. Of an identity number there are the fingerprints alone."""
    text = json.dumps(list(map(_plain, rows)), ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), _FAST)


def unpacked(content: bytes, keys: FingerprintKeys) -> list[Row | RefusedRow]:
    """Give the rows again.

    Raises:
        KeyChanged: the current key of then is not that of now.
    """
    return [_row(plain, keys) for plain in json.loads(zlib.decompress(content))]


def _plain(row: Row | RefusedRow) -> list[Any]:
    if isinstance(row, RefusedRow):
        problems = [(each.kind, each.column, each.read, each.names) for each in row.problems]
        return [row.line, problems, row.employee_number, row.email]
    numbers = [(each.key_id, each.digest.hex()) for each in row.fingerprints]
    days = [day and day.isoformat() for day in (row.birth_date, row.starts_on, row.ends_on)]
    return [*row[:5], days, numbers, row.department]


def _row(plain: list[Any], keys: FingerprintKeys) -> Row | RefusedRow:
    if isinstance(plain[1], list):
        line, problems, number, email = plain
        found = (
            Problem(RowProblem(kind), column, read, tuple(names))
            for kind, column, read, names in problems
        )
        return RefusedRow(line, tuple(found), number, email)
    line, employee_number, first_name, last_name, email, days, numbers, department = plain
    birth_date, starts_on, ends_on = (day and date.fromisoformat(day) for day in days)
    fingerprints = tuple(Fingerprint(key, bytes.fromhex(digest)) for key, digest in numbers)
    if fingerprints and fingerprints[0].key_id != keys.current_id:
        raise KeyChanged
    return Row(
        line,
        employee_number,
        first_name,
        last_name,
        email,
        birth_date,
        fingerprints,
        department,
        starts_on,
        ends_on,
    )
