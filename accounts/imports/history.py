"""The rows of an import as they are kept: to look at, to report, and to undo it by."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection

from accounts.imports.models import Import, ImportRow, problem_as_json
from accounts.imports.people import Person
from accounts.imports.plan import Change, Plan, loses_access
from accounts.imports.problems import RefusedRow
from accounts.imports.words import fields_of
from accounts.national_id import Fingerprint

_COLUMNS = (
    "changeset_id, kind, line, employee_id, employee_number, name, before, after, problems,"
    " loses_access, before_fingerprint, before_key, after_fingerprint, after_key"
)
# Names from here, and nothing from outside: S608 cannot know.
_COPY = f"COPY accounts_importrow ({_COLUMNS}) FROM STDIN"
_FIGURES = ("unchanged", "employed", "losing_access", "kept_from_leaving")


def keep_plan(changeset: Import, plan: Plan, changes: Iterable[Change]) -> None:
    """Write a plan's figures to the import, which is not saved, and its rows to the database.

    `changes` are the plan's; carried out, new people have their ids. Rows that were there go.
    """
    for kind, number in plan.counts().items():
        setattr(changeset, kind.value, number)
    for name in _FIGURES:
        setattr(changeset, name, getattr(plan, name))
    changeset.refused = len(plan.refused)
    changeset.code = plan.code()
    day = changeset.day
    ImportRow.objects.filter(changeset=changeset).delete()
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for refused in plan.refused:
            copy.write_row((changeset.pk, *_refused(refused)))
        for change in changes:
            copy.write_row((changeset.pk, *_changed(change, day)))


def _refused(row: RefusedRow) -> tuple[Any, ...]:
    problems = json.dumps([problem_as_json(each) for each in row.problems])
    whose = (None, row.employee_number, "", "{}", "{}", problems, False)
    return ("refused", row.line, *whose, *_no_numbers(), *_no_numbers())


def _changed(change: Change, day: date | None) -> tuple[Any, ...]:
    before, after = change.before, change.after
    fields = fields_of(change)
    numbers: tuple[Fingerprint | None, ...] = (None, None)
    if "national_id" in change.fields and before is not None:
        numbers = (before.national_id, after.national_id)
    return (
        change.kind.value,
        change.line,
        after.id,
        after.employee_number,
        f"{after.first_name} {after.last_name}",
        json.dumps(_values(before, fields)),
        json.dumps(_values(after, fields)),
        "[]",
        day is not None and loses_access(before, after, day),
        *(part for number in numbers for part in _number(number)),
    )


def _values(person: Person | None, fields: Iterable[str]) -> dict[str, Any]:
    """As JSON: a day as text, and of an identity number whether there is one."""
    if person is None:
        return {}
    return {field: plain(field, getattr(person, field)) for field in fields}


def plain(field: str, value: Any) -> Any:
    """Give a field's value as it is kept in `before` and `after`."""
    if field == "national_id":
        return value is not None
    return value.isoformat() if isinstance(value, date) else value


def _no_numbers() -> tuple[None, str]:
    return (None, "")


def _number(number: Fingerprint | None) -> tuple[bytes | None, str]:
    return (number.digest, number.key_id) if number else _no_numbers()
