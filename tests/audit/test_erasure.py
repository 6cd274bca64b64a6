"""A person's details go, and the chain stays whole (GDPR article 17)."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.erasure import erase
from audit.events import Event
from audit.models import AuditEvent, SubjectKey, Unsealed
from audit.rounds import to_seal
from audit.verifier import commitment
from tests.audit.sealed import findings, seal, verified
from tests.factories import make_event

pytestmark = pytest.mark.django_db
EKSEMPEL, FJORDVIK = uuid4(), uuid4()


def of_a_person(person: UUID, organisation: UUID = EKSEMPEL) -> AuditEvent:
    return make_event(
        Event.LINK_MADE,
        organisation_id=organisation,
        employee_id=person,
        network="192.0.2.7",
        details={"address": "old@x.example"},
    )


def test_the_details_go_and_everything_still_verifies() -> None:
    person, other = uuid4(), uuid4()
    sealed, kept = of_a_person(person), of_a_person(other)
    seal()
    unsealed = of_a_person(person)
    assert erase(person, by="user:1", now=timezone.now()) == 2
    for event in (sealed, unsealed):
        event.refresh_from_db()
        assert (event.details, event.network) == ({}, "")
        assert event.event == "link:made"
    kept.refresh_from_db()
    assert kept.network == "192.0.2.7"
    assert not SubjectKey.objects.filter(pk=person).exists()
    assert verified().sound
    seal()
    report = verified()
    assert report.sound, report.findings
    assert report.summary.erased == 2


def test_what_is_written_of_the_person_later_is_sealed_and_can_be_erased_too() -> None:
    person = uuid4()
    of_a_person(person)
    seal()
    erase(person, by="user:1", now=timezone.now())
    of_a_person(person)
    seal()
    assert erase(person, by="user:1", now=timezone.now()) == 2
    seal()
    assert verified().sound


def test_nothing_is_left_that_the_details_could_be_guessed_from() -> None:
    """The same details and network under no key give another commitment than the one that stays."""
    person = uuid4()
    event = of_a_person(person)
    seal()
    erase(person, by="user:1", now=timezone.now())
    event.refresh_from_db()
    guessed = commitment(b"", {"address": "old@x.example"}, "192.0.2.7")
    assert event.commitment is not None
    assert bytes(event.commitment) != guessed


def test_each_chain_that_tells_of_the_person_is_told() -> None:
    person = uuid4()
    of_a_person(person)
    of_a_person(person, FJORDVIK)
    erase(person, by="user:1", now=timezone.now())
    told = AuditEvent.objects.filter(event="employee:erased", employee_id=person)
    assert set(told.values_list("organisation_id", flat=True)) == {EKSEMPEL, FJORDVIK}
    assert erase(person, by="user:1", now=timezone.now()) == 0
    assert told.count() == 2
    seal()
    assert verified(organisation=FJORDVIK).sound


def test_details_that_are_blanked_without_a_word_are_found() -> None:
    event = of_a_person(uuid4())
    seal()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE audit_auditevent SET details = '{}', network = '', commitment = %s",
            [b"c" * 32],
        )
    report = verified()
    assert "event-edited" in findings(report)
    assert str(event.pk) in report.findings[0].sentence


def test_an_erasure_that_nobody_may_seal_hides_nothing() -> None:
    """Whoever has the database writes one of a far day, takes it from the queue, and blanks."""
    person = uuid4()
    event = of_a_person(person)
    seal()
    far = make_event(
        Event.EMPLOYEE_ERASED,
        organisation_id=EKSEMPEL,
        employee_id=person,
        at=datetime(2099, 1, 1, tzinfo=UTC),
    )
    Unsealed.objects.all().delete()
    row = AuditEvent.objects.filter(pk=event.pk)
    row.update(details={}, network="", commitment=to_seal(row)[0].commitment)
    seal()
    report = verified()
    assert sorted(findings(report)) == ["erased-without-reason", "unsealed"]
    assert {each.events for each in report.findings} == {(event.pk,), (far.pk,)}


def test_the_command_asks_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    person = uuid4()
    event = of_a_person(person)
    monkeypatch.setattr("builtins.input", lambda _prompt: "no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("erase_from_audit_log", str(person))
    event.refresh_from_db()
    assert event.details
    monkeypatch.setattr("builtins.input", lambda _prompt: str(person))
    call_command("erase_from_audit_log", str(person))
    assert "the details of 1 events" in capsys.readouterr().out
    with pytest.raises(CommandError, match="nothing on this employee"):
        call_command("erase_from_audit_log", str(person), "--yes")
