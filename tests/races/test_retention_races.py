"""Months of the log are made and dropped while others read it for long, as an export does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from audit import retention
from audit.events import Event, Kept
from audit.models import AuditEvent
from tests.audit.sealed import seal
from tests.connections import another_connection
from tests.factories import make_event

pytestmark = pytest.mark.django_db(transaction=True)
OLD = date(2015, 1, 1)
LATER = datetime(2044, 5, 31, tzinfo=UTC)
MONTHS = {Kept.SECURITY: 13, Kept.DECISION: 60}


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever waits for the reader nonetheless does so in vain, but not for ever."""
    monkeypatch.setattr(retention, "_PATIENCE", "50ms")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '5s'")
        yield
        cursor.execute("RESET statement_timeout")


@pytest.fixture(autouse=True)
def _months_are_as_before() -> Iterator[None]:
    before = names()
    yield
    with connection.cursor() as cursor:
        for name in names() - before:
            cursor.execute(f'DROP TABLE "{name}"')


def names() -> set[str]:
    return {each.name for kept in Kept for each in retention.partitions(kept)}


@contextmanager
def somebody_reads(table: str) -> Iterator[None]:
    with another_connection() as other:
        other.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        yield


def old_months() -> None:
    """One of each class, of which all is sealed."""
    with connection.cursor() as cursor:
        for kept in Kept:
            cursor.execute("SELECT audit_make_month(%s, %s)", [kept, OLD])
            make_event(Event.LINK_MADE, kept=kept, at=datetime(2015, 1, 2, tzinfo=UTC))
    seal()


def tend() -> list[str]:
    return retention.tend(months=MONTHS, now=timezone.now())


def test_no_month_is_waited_for_while_somebody_reads_and_it_is_made_after() -> None:
    before = names()
    with somebody_reads("audit_auditevent"):
        retention.make_months(now=LATER)
        assert names() == before
    retention.make_months(now=LATER)
    assert {"audit_security_2044_05", "audit_decision_2044_08"} <= names()


def test_where_the_months_are_there_nobody_is_waited_for() -> None:
    retention.make_months(now=LATER)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
        with somebody_reads("audit_auditevent"):
            cursor.execute("SELECT audit_make_month('security', %s)", [LATER.date()])
            assert cursor.fetchone() == (False,)
        cursor.execute("RESET lock_timeout")


def test_a_class_that_somebody_reads_is_left_and_the_other_goes() -> None:
    old_months()
    with somebody_reads("audit_security"):
        assert tend() == ["audit_decision_2015_01"]
    told = AuditEvent.objects.filter(event=Event.RETENTION_DROPPED, organisation_id=None)
    assert [each.details["kept"] for each in told] == ["decision"]
    seal()
    assert tend() == ["audit_security_2015_01"]
