"""Forwarding: nothing is lost, whatever the receiver does; some may come twice."""

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Thread
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.models import Organisation
from accounts.tasks import forward_audit_log, slugs_of
from audit import forwarding, receiver
from audit.events import Event, Severity
from audit.forwarding import Standing, Step, forward, forward_batch, pass_over, standing
from audit.models import AuditEvent, AuditForwarding, Seal
from audit.receiver import Receiver
from tests.audit.receivers import (
    WELL,
    Answer,
    Record,
    Siem,
    attributes,
    refusing,
    rejecting,
    running,
)
from tests.audit.sealed import seal
from tests.factories import make_event

PLACE, PERSON = uuid4(), uuid4()


@pytest.fixture
def siem() -> Siem:
    return Siem()


@pytest.fixture
def to(siem: Siem) -> Iterator[Receiver]:
    with running(siem) as address:
        yield address


def slugs(places: Collection[UUID]) -> Mapping[UUID, str]:
    return dict.fromkeys(places, "eksempel")


def told(number: int = 1, **fields: object) -> list[int]:
    fields = {"organisation_id": PLACE, "employee_id": PERSON} | fields
    return [make_event(Event.LINK_MADE, **fields).pk for _ in range(number)]


def turn(to: Receiver, *, after: timedelta = timedelta(0)) -> list[Step]:
    """One turn of the task, at a moment that is later by `after`."""
    return list(forward(to, slugs=slugs, clock=lambda: timezone.now() + after))


def every_id() -> list[int]:
    return sorted(AuditEvent.objects.values_list("pk", flat=True))


def forwarding_events() -> list[str]:
    events = AuditEvent.objects.filter(event__startswith="forwarding:").order_by("pk")
    return [each.event for each in events]


def cursor() -> AuditForwarding:
    return AuditForwarding.objects.get()


# --- What is said


@pytest.mark.django_db
def test_an_event_is_told_as_otlp_has_it(siem: Siem, to: Receiver) -> None:
    at = datetime(2026, 11, 26, 1, 2, 3, 123456, tzinfo=UTC)
    [event_id] = told(
        at=at, reference="7F3K-2Q", network="192.0.2.7", details={"from": "Kari"}, actor="eid"
    )
    seal()
    turn(to)
    record = next(each for each in siem.kept if each["eventName"] == "link:made")
    assert record["timeUnixNano"] == "1795654923123456000"
    assert (record["severityNumber"], record["severityText"]) == (10, "NOTICE")
    assert record["body"] == {"stringValue": "Identity linked to employee"}
    said = attributes(record)
    uid = said.pop("log.record.uid")
    assert said == {
        "kobling.event.id": str(event_id),
        "kobling.event": "link:made",
        "kobling.kept": "decision",
        "kobling.organisation": "eksempel",
        "kobling.organisation.id": str(PLACE),
        "kobling.employee.id": str(PERSON),
        "kobling.actor": "eid",
        "kobling.reference": "7F3K-2Q",
        "kobling.network": "192.0.2.7",
    }
    own = Seal.objects.get(organisation_id=PLACE)
    assert bytes(own.records) == event_id.to_bytes(8) + bytes.fromhex(uid)
    assert "Kari" not in json.dumps(siem.requests[0][1])


@pytest.mark.django_db
def test_the_request_is_gzipped_json_with_the_secret_header(siem: Siem, to: Receiver) -> None:
    told()
    seal()
    turn(to)
    headers, _records = siem.requests[0]
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Encoding"] == "gzip"
    assert headers["X-Key"] == "secret"
    assert headers["path"] == "/v1/logs"
    assert "secret" not in repr(to)


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["well", "307", "401", "cut", "silent", "gone"])
def test_the_secret_header_is_written_nowhere_whatever_comes_of_it(
    siem: Siem, to: Receiver, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    caplog.set_level(logging.DEBUG)
    told()
    seal()
    answer, _failure = HOW_IT_FAILS.get(how, (WELL, ""))
    siem.answers = lambda _records: answer
    siem.cut, siem.silent = how == "cut", how == "silent"
    to = replace(to, url="http://127.0.0.1:9/v1/logs") if how == "gone" else to
    for hours in range(4):  # until the log is told of it
        turn(to, after=timedelta(hours=hours))
    kept = [*AuditEvent.objects.values(), *AuditForwarding.objects.values()]
    assert "secret" not in f"{kept} {caplog.text}"
    assert to.headers["X-Key"] == "secret"


@pytest.mark.django_db
def test_severities_are_those_of_the_data_model(siem: Siem, to: Receiver) -> None:
    for event in (Event.CODE_DISOWNED, Event.SIGN_IN_REFUSED, Event.SIGN_IN_DONE):
        make_event(event)
    seal()
    turn(to)
    numbers = {record["severityText"]: record["severityNumber"] for record in siem.kept}
    assert numbers == {"ALERT": 19, "WARNING": 13, "NOTICE": 10, "INFO": 9}
    assert set(numbers) == {severity.name for severity in Severity}


# --- Order and completeness


@pytest.mark.django_db
def test_everything_arrives_once_and_nothing_that_is_not_sealed(siem: Siem, to: Receiver) -> None:
    told(3)
    seal()
    waiting = told()
    assert turn(to)[-1] is Step.NOTHING_LEFT
    assert not set(waiting) & set(siem.ids)
    seal()
    turn(to)
    turn(to)
    seal()  # what forwarding itself told
    turn(to)
    assert sorted(siem.ids) == every_id()


@pytest.mark.django_db
def test_an_event_that_is_committed_after_later_ones_is_not_forgotten(
    siem: Siem, to: Receiver
) -> None:
    late, early = told(2)
    waiting = "SELECT id, kept, at INTO TEMP held FROM audit_unsealed WHERE id = %s"
    with connection.cursor() as database:
        database.execute(waiting, [late])
        database.execute("DELETE FROM audit_unsealed WHERE id = %s", [late])
    seal()
    turn(to)
    assert early in siem.ids
    assert late not in siem.ids
    with connection.cursor() as database:
        database.execute("INSERT INTO audit_unsealed SELECT * FROM held; DROP TABLE held")
    seal()
    turn(to)
    assert late in siem.ids


@pytest.mark.django_db
@pytest.mark.parametrize("most", [1, 2, 7, 1000])
def test_batches_of_any_size_cross_seals_without_a_gap(
    siem: Siem, to: Receiver, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(forwarding, "MOST", most)
    another = uuid4()  # a seal is one organisation's, and so its ids are not the next ones
    for number in (5, 1, 0, 3):
        for _ in range(number):
            told()
            told(organisation_id=another)
        seal()
    ids = every_id()
    turn(to)
    assert siem.ids[: len(ids)] == sorted(siem.ids[: len(ids)], key=sealed_order().index)
    assert len(siem.ids) == len(set(siem.ids))
    assert set(siem.ids) >= set(ids) - {AuditEvent.objects.latest("pk").pk}
    assert max(len(records) for _headers, records in siem.requests) <= most


def sealed_order() -> list[int]:
    records = b"".join(
        bytes(each) for each in Seal.objects.order_by("pk").values_list("records", flat=True)
    )
    return [int.from_bytes(records[place : place + 8]) for place in range(0, len(records), 40)]


@pytest.mark.django_db
def test_a_backlog_goes_in_small_requests(siem: Siem, to: Receiver) -> None:
    with connection.cursor() as database:
        database.execute(
            "INSERT INTO audit_auditevent (at, event, kept, actor, reference, reason, network,"
            " details) SELECT now(), 'mail:sent', 'security', 'system', '', '', '',"
            " jsonb_build_object('x', repeat('y', 1000)) FROM generate_series(1, 2500)"
        )
    seal()
    assert turn(to).count(Step.MOVED) == len(siem.requests) == 3
    assert len(set(siem.ids)) == len(siem.ids) == 2_501


@pytest.mark.django_db
def test_what_is_gone_from_the_log_is_passed_over(siem: Siem, to: Receiver) -> None:
    gone, there = told(2)
    seal()
    with connection.cursor() as database:
        database.execute("SET LOCAL session_replication_role = replica")
        database.execute("DELETE FROM audit_auditevent WHERE id = %s", [gone])
        database.execute("SET LOCAL session_replication_role = DEFAULT")
    turn(to)
    assert there in siem.ids
    assert gone not in siem.ids


# --- A receiver that is not well


HOW_IT_FAILS: dict[str, tuple[Answer, str]] = {
    "429": (refusing(429, "slow down"), "throttled"),
    "503": (refusing(503), "throttled"),
    "401": (refusing(401, "who?"), "not-allowed"),
    "404": (refusing(404), "status"),
    "500": (refusing(500), "status"),
    "307": ((307, b"", {"Location": "/v1/logs"}), "status"),
    "400": (refusing(400, "bad"), "refused"),
    "413": (refusing(413), "refused"),
    "202": ((202, b"{}", {}), "status"),
    "all rejected": (rejecting(1), "refused"),
    "a page of sign-in": ((200, b"<html>", {}), "unclear"),
    "nothing said": ((200, b"", {}), "unclear"),
    "a list": ((200, b"[]", {}), "unclear"),
    "too much said": ((200, b"{" + b" " * 70_000 + b"}", {}), "unclear"),
    "nonsense": ((200, b'{"partialSuccess": "x"}', {}), "refused"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("how", HOW_IT_FAILS)
def test_whatever_is_no_acknowledgement_moves_nothing(siem: Siem, to: Receiver, how: str) -> None:
    answer, failure = HOW_IT_FAILS[how]
    told(3)
    seal()
    siem.answers = lambda _records: answer
    assert turn(to)[-1] is Step.FAILED
    assert (cursor().seal, cursor().position) == (0, 0)
    assert cursor().failure == failure
    recovers(siem, to)


def recovers(siem: Siem, to: Receiver, *, hours: int = 2) -> None:
    siem.answers = Siem().answers
    siem.cut = siem.silent = False
    ids = [number for number in every_id() if number in sealed_order()]
    turn(to, after=timedelta(hours=hours))
    assert sorted(set(siem.ids)) == ids
    assert cursor().failing_since is None


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["cut", "silent"])
def test_an_answer_that_breaks_off_is_none(siem: Siem, to: Receiver, how: str) -> None:
    told(3)
    seal()
    setattr(siem, how, True)
    assert turn(to) == [Step.FAILED]
    assert cursor().failure == "unreachable"
    recovers(siem, to)
    assert len(siem.ids) > len(set(siem.ids))  # twice rather than never


@pytest.mark.django_db
def test_a_receiver_that_never_answers_is_given_up(
    siem: Siem, to: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "TOTAL_SECONDS", 0.05)
    told()
    seal()
    siem.answers = lambda _records: (200, b"{}", {"Content-Length": "3"})
    assert turn(to) == [Step.FAILED]
    assert cursor().failure == "unreachable"


@pytest.mark.django_db
def test_a_receiver_that_is_not_there_fails_the_turn() -> None:
    with running(Siem()) as gone:
        pass
    told()
    seal()
    assert turn(gone) == [Step.FAILED]
    assert cursor().failure == "unreachable"


@pytest.mark.django_db
def test_accepted_with_a_warning_is_accepted(siem: Siem, to: Receiver) -> None:
    told()
    seal()
    siem.answers = lambda _records: rejecting(0, "deprecated")
    assert turn(to)[-1] is Step.NOTHING_LEFT
    assert cursor().failing_since is None


@pytest.mark.django_db
def test_a_204_is_accepted(siem: Siem, to: Receiver) -> None:
    told()
    seal()
    siem.answers = lambda _records: (204, b"", {})
    assert turn(to)[-1] is Step.NOTHING_LEFT


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("9999999", 3600),
        ("", 30),
        ("Mon, 20 Nov 1995 19:12:08 +99999999999999999999", 30),
        ("Mon, 20 Nov 99999999999999999999 19:12:08 GMT", 30),
    ],
)
def test_a_receiver_is_left_in_peace_for_as_long_as_it_asks(
    siem: Siem, to: Receiver, said: str, seconds: int
) -> None:
    told()
    seal()
    siem.answers = lambda _records: refusing(429, Retry_After=said)
    turn(to)
    assert turn(to, after=timedelta(seconds=seconds - 2)) == [Step.NOT_NOW]
    assert len(siem.requests) == 1
    turn(to, after=timedelta(seconds=seconds + 1))
    assert len(siem.requests) == 2


@pytest.mark.django_db
def test_pauses_grow_to_five_minutes(siem: Siem, to: Receiver) -> None:
    told()
    seal()
    siem.answers = lambda _records: refusing(500)
    pauses, now = [], timezone.now()
    for _ in range(6):
        forward_batch(to, most=1, slugs=slugs, now=now)
        until = cursor().not_before
        assert until is not None
        pauses.append((until - now).seconds)
        now = until
    assert pauses == [30, 60, 120, 240, 300, 300]


@pytest.mark.django_db
def test_a_failing_receiver_is_asked_with_one_event_first(siem: Siem, to: Receiver) -> None:
    told(20)
    seal()
    siem.answers = lambda _records: refusing(500)
    turn(to)
    siem.answers = Siem().answers
    turn(to, after=timedelta(minutes=1))
    assert [len(records) for _headers, records in siem.requests][:4] == [21, 1, 4, 16]


@pytest.mark.django_db
def test_the_cursor_comes_up_to_the_event_that_is_refused_and_no_further(
    siem: Siem, to: Receiver
) -> None:
    ids = told(20)
    seal()
    poison = str(ids[7])

    def answer(records: list[Record]) -> Answer:
        refused = sum(attributes(each)["kobling.event.id"] == poison for each in records)
        return rejecting(refused) if refused else (200, b"{}", {})

    siem.answers = answer
    assert turn(to)[-1] is Step.FAILED
    assert cursor().said == "too old"
    found = standing()
    assert found is not None
    assert found.waiting >= 13
    for _ in range(3):
        turn(to, after=timedelta(hours=1))
    assert len(siem.requests) < 20
    assert pass_over(everything=False, by="command:audit_forwarding", now=timezone.now()) == 1
    left_out = AuditEvent.objects.get(event=Event.FORWARDING_PASSED_OVER)
    assert left_out.details == {"count": 1, "event_id": int(poison)}
    assert turn(to)[-1] is Step.NOTHING_LEFT


# --- What is told of it


@pytest.mark.django_db
def test_the_log_tells_once_that_it_fails_and_once_that_it_is_well(
    siem: Siem, to: Receiver
) -> None:
    told()
    seal()
    siem.answers = lambda _records: refusing(500)
    for hours in range(6):
        turn(to, after=timedelta(hours=hours))
    assert forwarding_events() == ["forwarding:begun", "forwarding:failed"]
    failed = AuditEvent.objects.get(event=Event.FORWARDING_FAILED)
    assert failed.reason == "status"
    recovers(siem, to, hours=8)
    turn(to, after=timedelta(hours=9))
    assert forwarding_events() == ["forwarding:begun", "forwarding:failed", "forwarding:resumed"]


@pytest.mark.django_db
def test_a_receiver_that_restarts_is_no_event(siem: Siem, to: Receiver) -> None:
    told()
    seal()
    siem.answers = lambda _records: refusing(503)
    turn(to)
    turn(to, after=timedelta(hours=1))
    recovers(siem, to)
    assert forwarding_events() == ["forwarding:begun"]


@pytest.mark.django_db
def test_another_receiver_goes_on_where_the_first_was_and_the_log_tells(
    siem: Siem, to: Receiver
) -> None:
    told()
    seal()
    turn(to)
    seal()
    turn(to)
    before = len(siem.ids)
    other = Siem()
    with running(other) as elsewhere:
        turn(elsewhere)
        begun = AuditEvent.objects.filter(event=Event.FORWARDING_BEGUN).latest("pk")
        assert begun.details == {"receiver": elsewhere.url, "before": to.url}
        seal()
        turn(elsewhere)
    assert other.ids == [begun.pk]
    assert len(siem.ids) == before


@pytest.mark.django_db
def test_the_receivers_words_are_kept_short_and_printable(siem: Siem, to: Receiver) -> None:
    told()
    seal()
    siem.answers = lambda _records: refusing(500, "a\x00\nb" + "x" * 999)
    turn(to)
    assert cursor().said.startswith("500 a bxx")
    assert len(cursor().said) == 200


@pytest.mark.django_db
def test_the_command_tells_how_it_stands_and_passes_over_what_was_before(
    siem: Siem, to: Receiver
) -> None:
    told(5)
    seal()
    siem.answers = lambda _records: refusing(500)
    turn(to)
    out = StringIO()
    call_command("audit_forwarding", stdout=out)
    assert "Waiting: 6 events" in out.getvalue()
    assert "Failing since" in out.getvalue()
    call_command("audit_forwarding", pass_over="all", stdout=out)
    assert "Events left out: 6." in out.getvalue()
    siem.answers = Siem().answers
    seal()
    turn(to, after=timedelta(hours=1))
    assert [each["eventName"] for each in siem.kept] == [
        "forwarding:begun",
        "forwarding:passed-over",
    ]


@pytest.mark.django_db
def test_the_task_names_organisations_by_their_slug(
    siem: Siem, to: Receiver, settings: pytest.FixtureRequest, organisation: Organisation
) -> None:
    told(organisation_id=organisation.pk)
    seal()
    settings.AUDIT_RECEIVER = None  # type: ignore[attr-defined]
    forward_audit_log()
    assert siem.requests == []
    settings.AUDIT_RECEIVER = to  # type: ignore[attr-defined]
    forward_audit_log()
    slugs_told = {attributes(record).get("kobling.organisation") for record in siem.kept}
    assert slugs_told == {None, organisation.slug}
    assert slugs_of([]) == {}


# --- Crashes and two at once


@pytest.mark.django_db
def test_a_crash_between_the_answer_and_the_cursor_sends_again(
    siem: Siem, to: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(3)
    seal()

    def crash(*_values: object, **_names: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forwarding, "_move", crash)
        with pytest.raises(KeyboardInterrupt):
            turn(to)
    first = list(siem.ids)
    turn(to)
    assert len(first) == 4
    assert siem.ids[4:8] == first
    uids = {attributes(record)["log.record.uid"] for record in siem.kept[:8]}
    assert len(uids) == 4


class TwoAtOnce(TransactionTestCase):
    """Two workers, really."""

    def test_they_do_not_send_the_same(self) -> None:
        told(30)
        seal()
        siem = Siem()
        steps: list[Step] = []

        def work(to: Receiver) -> None:
            steps.append(forward_batch(to, most=5, slugs=slugs, now=timezone.now()))
            connections.close_all()

        with running(siem) as to:
            forward_batch(to, most=1, slugs=slugs, now=timezone.now())
            other: Callable[[], Thread] = lambda: Thread(target=work, args=(to,))  # noqa: E731

            def meanwhile(_records: list[Record]) -> Answer:
                thread = other()
                thread.start()
                thread.join()
                return (200, b'{"partialSuccess":{}}', {})

            siem.answers = meanwhile
            assert forward_batch(to, most=5, slugs=slugs, now=timezone.now()) is Step.MOVED
            assert steps == [Step.NOT_NOW]
            siem.answers = Siem().answers
            while forward_batch(to, most=5, slugs=slugs, now=timezone.now()) is Step.MOVED:
                pass
        assert len(siem.ids) == len(set(siem.ids)) == 31

    def test_what_is_sealed_while_somebody_passes_over_is_sent(self) -> None:
        told(3)
        seal()
        siem = Siem()

        def found_and_then_sealed() -> Standing | None:
            found = standing()
            thread = Thread(target=tell_and_seal)
            thread.start()
            thread.join()
            return found

        def tell_and_seal() -> None:
            late.extend(told())
            seal()
            connections.close_all()

        late: list[int] = []
        with running(siem) as to:
            forward_batch(to, most=1, slugs=slugs, now=timezone.now())
            with patch.object(forwarding, "standing", found_and_then_sealed):
                assert pass_over(everything=True, by="system", now=timezone.now()) == 3
            seal()
            while forward_batch(to, most=5, slugs=slugs, now=timezone.now()) is Step.MOVED:
                pass
        assert len(late) == 1
        assert late[0] in siem.ids
