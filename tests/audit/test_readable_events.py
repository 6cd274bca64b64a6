"""What the role that can only add puts into the log past the portal stops nobody who reads it."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from audit.events import Event
from audit.models import SubjectKey, Unsealed
from tests.audit.database_role import only_adding
from tests.audit.sealed import findings, seal, verified
from tests.factories import make_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _portals_role(db: None) -> Iterator[None]:
    with only_adding():
        yield


NEST = "{" + '"a": {' * 9 + "}" * 10
READABLE = [
    ("at", "1970-01-01 00:00+00"),
    ("at", "9998-12-31 23:59:59.999999+00"),
    ("id", str(2**63 - 1)),
    ("details", '{"numbers": [-999999999999999999, 0], "text": "1.5 12345678901234567890"}'),
    ("details", r'{"\u0001": "\ud83d\ude00\u2028"}'),
    ("details", NEST),
]
UNREADABLE = [
    *(("at", moment) for moment in ("infinity", "-infinity", "20000-01-01", "0044-03-15 BC")),
    *(("at", moment) for moment in ("1969-12-31 23:59+00", "9999-01-01 00:00+00")),
    *(("id", number) for number in ("-1", "0")),
    *(("details", text) for text in ("[]", '"text"', "5", "null", "true")),
    *(("details", f'{{"a": ["text", {{"b": {n}}}]}}') for n in ("1.5", "1.0", "-1e-9", "1e18")),
    ("details", '{"a": 1e5000}'),
    ("details", f'{{"a": {NEST}}}'),
    ("details", '{"a": ' + "[" * 3000 + "]" * 3000 + "}"),
    ("details", f'{{"a": "{"x" * 300_000}"}}'),
]


def add_past_the_portal(**given: str) -> None:
    fields = {"at": "now", "event": "link:made", "kept": "decision", "actor": "system"}
    fields |= dict.fromkeys(("reference", "reason", "network"), "") | {"details": "{}"} | given
    places = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_auditevent ({', '.join(fields)}) VALUES ({places})",  # noqa: S608
            list(fields.values()),
        )


@pytest.mark.parametrize(("field", "value"), UNREADABLE)
def test_it_adds_no_event_that_would_stop_the_sealing(field: str, value: str) -> None:
    with pytest.raises(IntegrityError, match=r"to_read|positive_id"), transaction.atomic():
        add_past_the_portal(**{field: value})


@pytest.mark.parametrize(("field", "value"), READABLE)
def test_what_it_adds_is_sealed_and_can_be_read(field: str, value: str) -> None:
    add_past_the_portal(**{field: value})
    seal()
    assert not Unsealed.objects.exists()
    # That it is of a far day is found; nothing else is.
    assert {*findings(verified())} <= ({"backdated"} if field == "at" else set())


def test_a_key_that_opens_nothing_is_not_added() -> None:
    for key in (b"", b"k" * 31):
        with pytest.raises(IntegrityError, match="is_whole"), transaction.atomic():
            SubjectKey.objects.create(employee_id=uuid4(), key=key)


def test_an_id_that_is_there_already_stops_no_sealing() -> None:
    event = make_event(Event.LINK_MADE)
    seal()
    just = timedelta(microseconds=1)
    add_past_the_portal(id=str(event.pk), at=str(event.at + just))
    add_past_the_portal(at=str(event.at - just))
    seal()
    assert not Unsealed.objects.exists()
    assert "event-twice" in findings(verified())
