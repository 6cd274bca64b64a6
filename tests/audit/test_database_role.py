"""The role that operations.md grants: the portal works as it, and it can only add to the log."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from audit import retention
from audit.erasure import NotGranted, erase
from audit.events import Event, Kept
from audit.models import AuditEvent, SubjectKey, Unsealed
from portal import env
from tests.audit.database_role import not_let_erase, only_adding
from tests.audit.sealed import seal, verified
from tests.factories import make_event

pytestmark = pytest.mark.django_db
COMMITMENT = b"c" * 32
MONTHS = {Kept.SECURITY: 13, Kept.DECISION: 60}


@contextmanager
def refused(words: str) -> Iterator[None]:
    with pytest.raises(ProgrammingError, match=words), transaction.atomic():
        yield


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def portals_role(db: None) -> Iterator[str]:
    with only_adding() as name:
        yield name


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor = 'x'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "UPDATE audit_seal SET round = 2",
        "DELETE FROM audit_seal",
        "UPDATE audit_subjectkey SET key = 'x'",
        "DELETE FROM audit_subjectkey",
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
        "DROP TABLE audit_auditevent",
        "SET session_replication_role = replica",
        "SELECT audit_drop_month('decision', date_trunc('month', now())::date)",
    ],
)
def test_it_can_neither_change_the_log_nor_lift_what_protects_it(
    portals_role: str, statement: str
) -> None:
    make_event(Event.LINK_MADE)
    seal()
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    partition = f"audit_decision_{timezone.now():%Y_%m}"
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {partition} SET actor = 'x'")  # noqa: S608


def test_the_portal_works_as_it(portals_role: str) -> None:
    make_event(Event.LINK_MADE)
    seal()
    assert verified().sound
    # Months that are not there yet: made by the owner's rights.
    retention.make_months(now=timezone.now() + timedelta(days=400))
    retention.tend(months=MONTHS, now=timezone.now())


def test_it_lets_months_go_that_were_made_after_its_rights_were_given(portals_role: str) -> None:
    """Those are the owner's, and so is the rest once it was made anew."""
    run("SELECT audit_make_month('security', %s)", "2021-02-01")
    names = ["audit_security_2021_02", "audit_security_rest"]
    for months, dropped in (([2, 3], names), ([5], names[1:])):
        events = [
            make_event(Event.SIGN_IN_DONE, at=datetime(2021, m, 14, tzinfo=UTC)) for m in months
        ]
        seal()
        assert retention.tend(months=MONTHS, now=timezone.now()) == dropped
        assert not AuditEvent.objects.filter(pk__in=[each.pk for each in events]).exists()
    told = AuditEvent.objects.filter(event=Event.RETENTION_DROPPED, organisation_id=None)
    counts = {each.details["month"]: each.details["count"] for each in told}
    assert counts == {"2021-02": 1, "2021-03": 1, "2021-05": 1}


def test_tables_of_its_own_do_not_pass_for_the_log(portals_role: str) -> None:
    """PostgreSQL looks for a name among the temporary tables first, unless it is told not to."""
    month = "2021-02"
    run("SELECT audit_make_month('decision', %s)", f"{month}-01")
    make_event(Event.LINK_MADE, at=datetime(2021, 2, 14, tzinfo=UTC))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE audit_unsealed (id int, kept text, at timestamptz)")
        cursor.execute(
            "CREATE TEMP TABLE audit_auditevent AS SELECT 1 AS id, now() AS at, %s AS event,"
            " %s::jsonb AS details",
            [Event.RETENTION_DROPPED.value, f'{{"kept": "decision", "month": "{month}"}}'],
        )
        cursor.execute("INSERT INTO audit_unsealed VALUES (1, 'decision', now())")
    with refused("No event of this transaction"):
        run("SELECT audit_drop_month('decision', %s)", f"{month}-01")


@pytest.mark.parametrize("kept", Kept)
def test_it_can_let_no_month_go_before_its_time(portals_role: str, kept: Kept) -> None:
    """It can write the event that tells of it, and empty the queue."""
    least = env.LEAST_MONTHS_KEPT[kept]
    for ago, words in ((0, "old enough"), (least, "old enough"), (least + 1, "")):
        month = months_before(timezone.now(), ago)
        run("SELECT audit_make_month(%s, %s)", kept, month)
        event = make_event(
            Event.SIGN_IN_DONE, kept=kept, at=datetime(month.year, month.month, 1, tzinfo=UTC)
        )
        details = {"kept": kept.value, "month": f"{month:%Y-%m}", "count": 1}
        make_event(Event.RETENTION_DROPPED, details=details)
        Unsealed.objects.filter(pk=event.pk).delete()
        with refused(words) if words else nullcontext():
            run("SELECT audit_drop_month(%s, %s)", kept, month)
        assert AuditEvent.objects.filter(pk=event.pk).exists() is bool(words)


def test_a_month_of_another_era_does_not_pass_for_one_of_today(portals_role: str) -> None:
    """Both have one name where the era is left out."""
    month = f"{timezone.now():%Y-%m}"
    event = make_event(Event.LINK_MADE)
    make_event(Event.RETENTION_DROPPED, details={"kept": "decision", "month": month})
    for era in (" BC", ""):
        with refused("old enough"):
            run("SELECT audit_drop_month('decision', %s::date)", f"{month}-01{era}")
    assert AuditEvent.objects.filter(pk=event.pk).exists()


def months_before(now: datetime, months: int) -> date:
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return date(years, month + 1, 1)


# --- Erasing, by the owner's rights


def of_a_person(person: UUID, **fields: Any) -> AuditEvent:
    return make_event(Event.LINK_MADE, employee_id=person, details={"level": "high"}, **fields)


def test_it_erases_a_person_through_the_function(portals_role: str) -> None:
    person = uuid4()
    sealed = of_a_person(person, network="192.0.2.7")
    seal()
    unsealed = of_a_person(person, organisation_id=uuid4())
    assert erase(person, by="user:1", now=timezone.now()) == 2
    for event in (sealed, unsealed):
        event.refresh_from_db()
        assert (event.details, event.network) == ({}, "")
    assert not SubjectKey.objects.filter(pk=person).exists()
    seal()
    report = verified()
    assert report.sound, report.findings


def test_it_cannot_blank_what_no_event_of_the_same_transaction_tells_of(portals_role: str) -> None:
    person, other, fjordvik = uuid4(), uuid4(), uuid4()
    event, there = of_a_person(person), of_a_person(person, organisation_id=fjordvik)
    make_event(Event.EMPLOYEE_ERASED, employee_id=other)
    with refused("No event of this transaction"):
        run("SELECT audit_erase(%s, %s, %s)", person, [event.pk], [COMMITMENT])
    make_event(Event.EMPLOYEE_ERASED, employee_id=person)
    with refused("No event of this transaction"):  # in that chain
        ids = [event.pk, there.pk]
        run("SELECT audit_erase(%s, %s, %s)", person, ids, [COMMITMENT, COMMITMENT])


def test_it_can_blank_nobody_elses_events_and_none_twice(portals_role: str) -> None:
    person = uuid4()
    event, others = of_a_person(person), of_a_person(uuid4())
    make_event(Event.EMPLOYEE_ERASED, employee_id=person)
    ids = [event.pk, others.pk]
    with refused("Not all of these"):
        run("SELECT audit_erase(%s, %s, %s)", person, ids, [COMMITMENT, COMMITMENT])
    with refused("Not all of these"):
        run("SELECT audit_erase(%s, %s, %s)", person, [], [])
    run("SELECT audit_erase(%s, %s, %s)", person, [event.pk], [COMMITMENT])
    with refused("append-only"):
        run("SELECT audit_erase(%s, %s, %s)", person, [event.pk], [b"d" * 32])


def test_it_cannot_destroy_the_key_of_sealed_details_that_stay(portals_role: str) -> None:
    person = uuid4()
    one, _two = of_a_person(person), of_a_person(person)
    seal()
    make_event(Event.EMPLOYEE_ERASED, employee_id=person)
    with refused("left out"):
        run("SELECT audit_erase(%s, %s, %s)", person, [one.pk], [COMMITMENT])
    assert SubjectKey.objects.filter(pk=person).exists()


def test_nobody_erases_who_was_not_let(portals_role: str) -> None:
    not_let_erase(portals_role)
    person = uuid4()
    of_a_person(person)
    with refused("permission denied for function"):
        run("SELECT audit_erase(%s, %s, %s)", person, [], [])
    with pytest.raises(NotGranted):
        erase(person, by="user:1", now=timezone.now())
    with pytest.raises(CommandError, match="no right to erase"):
        call_command("erase_from_audit_log", str(person), yes=True)
    assert [event.event for event in AuditEvent.objects.filter(employee_id=person)] == [
        Event.LINK_MADE
    ]


@pytest.mark.django_db(transaction=True)
def test_an_event_of_an_earlier_transaction_is_not_enough() -> None:
    person = uuid4()
    event = of_a_person(person)
    make_event(Event.EMPLOYEE_ERASED, employee_id=person)
    with refused("No event of this transaction"):
        run("SELECT audit_erase(%s, %s, %s)", person, [event.pk], [COMMITMENT])
    assert erase(person, by="user:1", now=timezone.now()) == 2
