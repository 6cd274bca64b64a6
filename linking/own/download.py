"""The download as JSON, written piece by piece as the sections are read."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from accounts.models import Employee
from linking.own.about import about
from linking.own.cells import Row, plain
from linking.own.everything import Section, sections

SCHEMA: Final = "kobling-own-data-1"


def as_json(employee: Employee, *, now: datetime) -> Iterator[str]:
    """Give the file in pieces. Keys and codes are for programs and stay (docs/own-data.md)."""
    yield _opening(employee, now)
    for section in sections(employee):
        yield f",\n{_dumped(section.key)}: ["
        yield from _rows(section)
        yield "]"
    yield "}\n"


def _opening(employee: Employee, now: datetime) -> str:
    organisation = employee.organisation
    head = {
        "schema": SCHEMA,
        "made_at": plain(now),
        "organisation": {
            "name": organisation.name,
            "address": f"{organisation.base_url}/",
            "support_email": organisation.support_email,
            "support_phone": organisation.support_phone,
        },
        "about": {told.key: list(told.said) for told in about(organisation)},
    }
    return _dumped(head).removesuffix("}")


def _rows(section: Section) -> Iterator[str]:
    between = "\n"
    for row in section.rows:
        yield between + _dumped(_object(row))
        between = ",\n"


def _object(row: Row) -> dict[str, Any]:
    return {cell.key: cell.value for cell in row}


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
