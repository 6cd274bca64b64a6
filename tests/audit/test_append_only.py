"""What PostgreSQL itself refuses to do to the log, to the owner of its tables too."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from audit.events import Event
from audit.log import record, record_each
from audit.models import AuditEvent, Seal, Unsealed
from tests.factories import make_event

pytestmark = pytest.mark.django_db
SOMEBODY = uuid4()


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        yield


def leaves() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('audit_auditevent')")
        return [name for (name,) in cursor.fetchall()]


def partition_of(event: AuditEvent) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM audit_auditevent WHERE id = %s", [event.pk]
        )
        return str(cursor.fetchone()[0])


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize(
    "column",
    ["id", "at", "event", "kept", "organisation_id", "employee_id", "actor", "reference", "reason"],
)
def test_no_column_of_an_event_is_changed(column: str) -> None:
    event = make_event(Event.LINK_MADE, employee_id=SOMEBODY)
    values = {
        "id": event.pk + 1,
        "at": timezone.now(),
        "event": "link:expired",
        "kept": "security",
        "organisation_id": uuid4(),
        "employee_id": uuid4(),
    }
    with refused():
        AuditEvent.objects.filter(pk=event.pk).update(**{column: values.get(column, "x")})


def test_details_are_not_blanked_while_no_event_tells_of_an_erasure() -> None:
    event = make_event(Event.LINK_MADE, employee_id=SOMEBODY, details={"level": "high"})
    blank = {"details": {}, "network": "", "commitment": b"c" * 32}
    with refused():
        AuditEvent.objects.filter(pk=event.pk).update(**blank)


@pytest.mark.parametrize(
    "besides", [{"actor": "x"}, {"details": {"level": "low"}}, {"reason": "x"}]
)
def test_an_erasure_changes_nothing_but_details_and_network(besides: dict[str, object]) -> None:
    event = make_event(Event.LINK_MADE, employee_id=SOMEBODY, details={"level": "high"})
    make_event(Event.EMPLOYEE_ERASED, employee_id=SOMEBODY)
    blank = {"details": {}, "network": "", "commitment": b"c" * 32}
    with refused():
        AuditEvent.objects.filter(pk=event.pk).update(**blank | besides)
    assert AuditEvent.objects.filter(pk=event.pk).update(**blank) == 1
    with refused():  # once
        AuditEvent.objects.filter(pk=event.pk).update(commitment=b"d" * 32)


def test_no_event_is_deleted() -> None:
    event = make_event(Event.LINK_MADE)
    with refused():
        AuditEvent.objects.filter(pk=event.pk).delete()
    with refused():
        run(f"DELETE FROM {partition_of(event)}")  # noqa: S608  # the name is PostgreSQL's own


def test_neither_the_log_nor_any_part_of_it_is_emptied() -> None:
    make_event(Event.LINK_MADE)
    for table in [*leaves(), "audit_seal"]:
        with refused():
            run(f"TRUNCATE {table}")


def test_seals_are_neither_changed_nor_deleted() -> None:
    Seal.objects.create(
        number=1, round=1, sealed_at=timezone.now(), statement="{}", records=b"", signature=b""
    )
    with refused():
        Seal.objects.update(statement="{ }")
    with refused():
        Seal.objects.all().delete()


def test_events_are_kept_by_class_and_month() -> None:
    run("SELECT audit_make_month('security', '2031-02-01')")
    at = datetime(2031, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)
    assert partition_of(make_event(Event.SIGN_IN_DONE, at=at)) == "audit_security_2031_02"
    assert partition_of(make_event(Event.LINK_MADE, at=at)) == "audit_decision_rest"


def test_this_month_and_three_ahead_stand_ready() -> None:
    month = timezone.now().astimezone(UTC).replace(day=1)
    assert f"audit_security_{month:%Y_%m}" in leaves()
    assert sum(name.startswith("audit_decision_2") for name in leaves()) >= 4


def test_a_month_whose_events_are_among_the_rest_stays_there() -> None:
    at = datetime(2031, 2, 14, tzinfo=UTC)
    event = make_event(Event.SIGN_IN_DONE, at=at)
    run("SELECT audit_make_month('security', '2031-02-01')")
    assert partition_of(event) == "audit_security_rest"


def test_whatever_is_written_waits_for_its_seal() -> None:
    one = make_event(Event.LINK_MADE)
    record_each(
        Event.LINK_EXPIRED,
        [(uuid4(), uuid4()), (uuid4(), uuid4())],
        by="system",
        now=timezone.now(),
    )
    waiting = set(Unsealed.objects.values_list("id", "kept", "at"))
    assert waiting == set(AuditEvent.objects.values_list("id", "kept", "at"))
    assert (one.pk, "decision", one.at) in waiting


def test_an_event_that_is_rolled_back_waits_for_nothing() -> None:
    with transaction.atomic():
        record(Event.LINK_MADE, by="system", now=timezone.now())
        transaction.set_rollback(True)
    assert not Unsealed.objects.exists()


@pytest.mark.parametrize(
    ("told", "sealed", "words"),
    [(False, True, "No event of this"), (True, False, "not sealed"), (True, True, "")],
)
def test_a_month_is_dropped_when_it_is_told_and_sealed(
    told: bool, sealed: bool, words: str
) -> None:
    run("SELECT audit_make_month('security', '2021-02-01')")
    event = make_event(Event.SIGN_IN_DONE, at=datetime(2021, 2, 14, tzinfo=UTC))
    if told:
        make_event(Event.RETENTION_DROPPED, details={"kept": "security", "month": "2021-02"})
    if sealed:
        Unsealed.objects.filter(pk=event.pk).delete()
    drop = "SELECT audit_drop_month('security', '2021-02-01')"
    if words:
        with pytest.raises(ProgrammingError, match=words), transaction.atomic():
            run(drop)
        assert AuditEvent.objects.filter(pk=event.pk).exists()
    else:
        run(drop)
        assert not AuditEvent.objects.filter(pk=event.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_what_an_earlier_transaction_told_lets_no_month_go() -> None:
    run("SELECT audit_make_month('security', '2021-02-01')")
    told = {"details": {"kept": "security", "month": "2021-02"}}
    make_event(Event.RETENTION_DROPPED, **told)
    drop = "SELECT audit_drop_month('security', '2021-02-01')"
    with pytest.raises(ProgrammingError, match="No event of this transaction"):
        run(drop)
    with transaction.atomic():
        make_event(Event.RETENTION_DROPPED, **told)
        run(drop)
