"""Sealing in the database: each event once, nothing forgotten, and every change found."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from django.utils import timezone

from audit import heads, rounds
from audit.events import Event
from audit.models import AuditEvent, Seal, SubjectKey, Unsealed
from audit.rounds import QueueDoesNotFit, seal_round
from audit.sealing import ClockWentBack
from tests.audit.sealed import KEY, findings, seal, verified
from tests.factories import make_event

pytestmark = pytest.mark.django_db
EKSEMPEL, FJORDVIK = uuid4(), uuid4()


def told(organisation: UUID | None = EKSEMPEL, event: Event = Event.LINK_MADE) -> AuditEvent:
    return make_event(
        event, organisation_id=organisation, employee_id=uuid4(), details={"level": "high"}
    )


def as_owner(statement: str, *values: Any) -> None:
    """What somebody does who has the database: triggers do not stop them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_a_sealed_log_is_sound() -> None:
    for organisation in (EKSEMPEL, FJORDVIK, None):
        told(organisation)
        told(organisation, Event.SIGN_IN_DONE)
    seal()
    told()
    report = verified()
    assert report.sound, report.findings
    assert report.summary.events == 8  # the key's first use among them
    assert not Unsealed.objects.exclude(pk=AuditEvent.objects.latest("id").pk).exists()


def test_each_chain_has_its_seals_and_the_portals_names_them() -> None:
    told(EKSEMPEL)
    told(FJORDVIK)
    seal()
    told(EKSEMPEL)
    seal()
    seal()
    numbers = Seal.objects.order_by("id").values_list("organisation_id", "round", "number")
    assert sorted(map(str, numbers)) == sorted(
        map(
            str,
            [
                *((EKSEMPEL, 1, 1), (FJORDVIK, 1, 1), (None, 1, 1)),
                *((EKSEMPEL, 2, 2), (None, 2, 2), (None, 3, 3)),
            ],
        )
    )
    assert verified(organisation=EKSEMPEL).sound


def test_a_round_that_leaves_something_says_so_and_the_next_takes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "MOST", 2)
    for _ in range(4):
        told()
    assert seal_round(key=KEY, now=timezone.now())
    assert '"behind":true' in Seal.objects.get(organisation_id=None).statement
    seal()
    assert not Unsealed.objects.exists()
    assert verified().sound


def test_no_seal_is_dated_back() -> None:
    seal()
    with pytest.raises(ClockWentBack), transaction.atomic():
        seal_round(key=KEY, now=timezone.now() - timedelta(seconds=5))


def test_the_log_tells_which_key_signs_and_when_it_changes() -> None:
    seal()
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
    seal_round(key=other, now=timezone.now())
    seal_round(key=other, now=timezone.now())
    keys = AuditEvent.objects.filter(event__startswith="seal-key:").order_by("id")
    assert [(each.event, each.details["before"] is not None) for each in keys] == [
        ("seal-key:first-used", False),
        ("seal-key:changed", True),
    ]


def test_an_event_whose_details_were_edited_is_named() -> None:
    event = told()
    seal()
    as_owner("UPDATE audit_auditevent SET details = '{}' WHERE id = %s", event.pk)
    report = verified()
    assert findings(report) == ["event-edited"]
    assert str(event.pk) in report.findings[0].sentence
    assert "link:made" in report.findings[0].sentence


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE audit_auditevent SET actor = 'user:x' WHERE id = %(id)s", "event-edited"),
        ("UPDATE audit_auditevent SET at = at + interval '1 s' WHERE id = %(id)s", "event-edited"),
        ("DELETE FROM audit_auditevent WHERE id = %(id)s", "event-deleted"),
        ("UPDATE audit_seal SET statement = replace(statement, ':1', ':2') WHERE round = 1", ""),
        ("DELETE FROM audit_seal WHERE organisation_id IS NOT NULL", ""),
        ("UPDATE audit_seal SET signature = 'x' WHERE organisation_id IS NULL", ""),
    ],
)  # fmt: skip
def test_what_the_owner_of_the_tables_does_is_found(change: str, kind: str) -> None:
    event = told()
    told()
    seal()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(change, {"id": event.pk})
    report = verified()
    assert not report.sound
    if kind:
        assert findings(report) == [kind]
        assert str(event.pk) in report.findings[0].sentence


def test_an_event_that_was_put_in_past_the_queue_is_found() -> None:
    seal()
    as_owner(
        "INSERT INTO audit_auditevent (at, event, kept, actor, reference, reason, network, details)"
        " VALUES (now() - interval '20 min', 'role:granted', 'decision', 'x', '', '', '', '{}')"
    )
    assert not Unsealed.objects.exists()
    report = verified()
    assert not report.sound
    assert "role:granted" in report.findings[0].sentence


def test_a_second_event_under_the_same_id_is_found() -> None:
    event = told()
    seal()
    as_owner(
        "INSERT INTO audit_auditevent SELECT id, at, event, 'security', organisation_id,"
        " employee_id, actor, reference, reason, network, details FROM audit_auditevent"
        " WHERE id = %s",
        event.pk,
    )
    assert not verified().sound


def test_an_event_that_was_taken_out_before_its_seal_stops_the_sealing() -> None:
    event = told()
    as_owner("DELETE FROM audit_auditevent WHERE id = %s", event.pk)
    with pytest.raises(QueueDoesNotFit, match="1 event"):
        seal()


def test_a_tail_that_was_cut_is_found_by_a_head_kept_outside() -> None:
    told()
    seal()
    told()
    seal()
    head = heads.newest()
    assert head is not None
    assert verified(heads=[head]).sound
    as_owner("DELETE FROM audit_seal WHERE round = 2")
    as_owner("DELETE FROM audit_auditevent WHERE id = (SELECT max(id) FROM audit_auditevent)")
    assert verified().sound  # nothing in here tells
    assert not verified(heads=[head]).sound


def test_the_log_of_an_organisation_tells_nothing_of_another() -> None:
    told(EKSEMPEL)
    other = told(FJORDVIK)
    seal()
    report = verified(organisation=EKSEMPEL)
    assert report.sound, report.findings
    assert report.summary.events == 1
    assert not verified(organisation=EKSEMPEL, key=Ed25519PrivateKey.generate()).sound
    assert other.pk


def test_a_person_gets_one_key() -> None:
    person = uuid4()
    make_event(Event.LINK_MADE, employee_id=person)
    make_event(Event.LINK_EXPIRED, employee_id=person)
    seal()
    assert SubjectKey.objects.filter(pk=person).count() == 1


class LateCommit(TransactionTestCase):
    """Transactions end in another order than that of their events' ids."""

    def test_an_event_that_is_committed_late_is_sealed_then(self) -> None:
        written, sealed = Barrier(2, timeout=20), Barrier(2, timeout=20)

        def a_long_import() -> None:
            with transaction.atomic():
                told()
                written.wait()
                sealed.wait()
            connections.close_all()

        thread = Thread(target=a_long_import)
        thread.start()
        written.wait()
        later = told(FJORDVIK)
        seal()
        sealed.wait()
        thread.join()
        waiting = Unsealed.objects.get()
        assert waiting.pk < later.pk
        seal()
        assert not Unsealed.objects.exists()
        assert verified().sound
