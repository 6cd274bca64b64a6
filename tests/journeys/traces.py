"""What one request was answered, and all that it did: to compare two that must not differ."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from celery.signals import before_task_publish
from django.apps import apps
from django.db import connection

from audit.models import Unsealed
from portal.models import QueueMessage
from tests.journeys.visitor import Response

type Rows = dict[str, dict[Any, dict[str, Any]]]

# New by chance each time, and of one length each; what is random in a cookie is its whole value.
_CHANCE = (
    re.compile(r"(?<=nonce-)[\w+/=-]+"),
    re.compile(r'(?<=nonce=")[^"]+'),
    re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w{64}'),
)
_OURS = ("accounts", "audit", "linking", "portal")
_RANDOM_COOKIES = ("session", "csrf")
# A savepoint has its thread's number and a count for a name; what is left are literals.
_LITERALS = re.compile(r"\"s\d+_x\d+\"|'[^']*'|\b\d+\b")


@dataclass(frozen=True, slots=True)
class Trace:
    """One answer, and what was done for it."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: str
    statements: list[str]
    """Each with its place for a value, in order: the database sees the same shapes."""
    rows: dict[str, list[str]]
    """By table: each row as added, changed or removed."""
    tasks: list[str]
    events: list[str]
    logged: list[str]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two traces part: at which step, in what."""

    step: str
    what: str
    expected: Any
    found: Any


def differences(expected: dict[str, Trace], found: dict[str, Trace]) -> list[Difference]:
    """Compare two walks step by step."""
    assert list(expected) == list(found)
    return [
        Difference(step, what, value, asdict(found[step])[what])
        for step, trace in expected.items()
        for what, value in asdict(trace).items()
        if asdict(found[step])[what] != value
    ]


def trace(send: Callable[[], Response], *, typed: str) -> Trace:
    """Send a request; `typed` is the address that may stand in the answer."""
    before = _everything()
    with _statements() as statements, _tasks() as tasks, _logs() as logged:
        response = send()
    after = _everything()
    return Trace(
        status=response.status_code,
        headers={name: _masked(value, typed) for name, value in response.headers.items()},
        cookies={name: _cookie(name, each) for name, each in response.cookies.items()},
        body=_masked(response.content.decode(), typed),
        statements=statements,
        rows=_changes(before, after),
        tasks=tasks,
        events=[row["event"] for row in _new("audit_auditevent", before, after)],
        logged=[_masked(line, typed) for line in logged],
    )


def _masked(value: str, typed: str) -> str:
    for chance in _CHANCE:
        value = chance.sub(lambda found: "?" * len(found[0]), value)
    return value.replace(typed, "?" * len(typed))


def _cookie(name: str, morsel: Any) -> str:
    value = "?" * len(morsel.value) if name in _RANDOM_COOKIES else morsel.value
    return f"{value}; {sorted((key, str(each)) for key, each in morsel.items())}"


@contextmanager
def _statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        seen.append(_LITERALS.sub("?", str(sql)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


@contextmanager
def _tasks() -> Iterator[list[str]]:
    """What was asked of the workers, whichever broker it goes to."""
    seen: list[str] = []

    def note(sender: str, **_message: Any) -> None:
        seen.append(sender)

    before_task_publish.connect(note)
    try:
        yield seen
    finally:
        before_task_publish.disconnect(note)


@contextmanager
def _logs() -> Iterator[list[str]]:
    """Everything that any logger is told, whatever the settings do with it."""
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(  # type: ignore[method-assign]
        f"{record.levelname} {record.name}: {record.getMessage()}"
    )
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield seen
    finally:
        root.removeHandler(handler)


def _everything() -> Rows:
    """Every row of the portal's own tables but the queues', by table and key, in one statement."""
    kinds = {kind for label in _OURS for kind in apps.get_app_config(label).get_models()}
    kinds -= {QueueMessage, Unsealed}
    tables = {kind._meta.db_table: str(kind._meta.pk.column) for kind in kinds}
    selects = (f"SELECT '{name}', to_jsonb(t) FROM \"{name}\" t" for name in tables)  # noqa: S608
    rows: Rows = {name: {} for name in tables}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects))
        for table, row in cursor.fetchall():
            fields = row if isinstance(row, dict) else json.loads(row)
            rows[table][fields[tables[table]]] = fields
    return rows


def _new(table: str, before: Rows, after: Rows) -> list[dict[str, Any]]:
    return [row for key, row in after[table].items() if key not in before[table]]


def _changes(before: Rows, after: Rows) -> dict[str, list[str]]:
    changes = {table: sorted(_of_table(before[table], after[table])) for table in after}
    return {table: each for table, each in changes.items() if each}


def _of_table(before: dict[Any, dict[str, Any]], after: dict[Any, dict[str, Any]]) -> Iterator[str]:
    yield from ["removed"] * len(before.keys() - after.keys())
    for key, row in after.items():
        if key not in before:
            yield "added"
        elif row != before[key]:
            yield "changed"
