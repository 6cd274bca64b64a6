"""Seals as they are made; that the verifier takes them is in test_mutations.py."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import verifier
from audit.sealing import (
    ClockWentBack,
    EventToSeal,
    NothingToSeal,
    Seal,
    Tip,
    TooMuchToSeal,
    make_seal,
)
from audit.verifier import PORTAL
from tests.audit.logs import KEY, ORGANISATIONS, START, Log, to_seal, verify


def an_event(number: int = 1, **changes: object) -> EventToSeal:
    log = Log()
    log.last_id = number - 1
    log.record(organisation=ORGANISATIONS[0])
    return to_seal(log.waiting[0] | changes)


def a_seal(*events: EventToSeal, chain: str = PORTAL, after: Tip | None = None) -> Seal:
    return make_seal(chain=chain, after=after, round_number=1, events=events, key=KEY, now=START)


def test_an_organisation_gets_no_seal_without_events_and_the_portal_does() -> None:
    with pytest.raises(NothingToSeal):
        a_seal(chain=str(ORGANISATIONS[0]))
    assert a_seal().records == b""


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(microseconds=1)])
def test_a_clock_that_went_back_is_refused(ahead: timedelta) -> None:
    with pytest.raises(ClockWentBack):
        a_seal(after=Tip(4, "ab" * 32, START + ahead))


def test_more_than_a_line_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "MOST_RECORDS", 1)
    with pytest.raises(TooMuchToSeal):
        a_seal(an_event(1), an_event(2))


def test_a_seal_continues_the_newest_of_its_chain() -> None:
    seal = a_seal(after=Tip(4, "ab" * 32, START - timedelta(microseconds=1)))

    said = json.loads(seal.statement)
    assert (said["number"], said["previous"]) == (5, "ab" * 32)
    assert seal.head == (PORTAL, 5, verifier.statement_hash(seal.statement), said["sealed_at"])


def test_groups_are_by_class_and_month_in_utc_and_records_by_id() -> None:
    events = [
        an_event(5, at="2026-10-01T00:30:00.000000+02:00"),
        an_event(3, kept="decision"),
        an_event(4, at="2026-10-01T00:00:00.000000Z"),
        an_event(2),
    ]

    seal = a_seal(*events)

    groups = [(x["kept"], x["month"], x["count"]) for x in json.loads(seal.statement)["groups"]]
    assert groups == [
        ("decision", "2026-09", 1),
        ("security", "2026-09", 2),
        ("security", "2026-10", 1),
    ]
    ids = [int.from_bytes(seal.records[at : at + 8], "big") for at in range(0, 160, 40)]
    assert ids == [3, 2, 5, 4]


def test_a_round_that_left_events_says_so() -> None:
    seal = make_seal(
        chain=PORTAL, after=None, round_number=1, events=[], key=KEY, now=START, behind=True
    )

    assert json.loads(seal.statement)["behind"] is True
    assert "behind" not in json.loads(a_seal().statement)


def test_a_signature_is_for_seals_alone() -> None:
    """What is signed begins with a name of its own, so no other signature of the key fits."""
    seal = a_seal()

    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(seal.signature, seal.statement.encode())


HAPPENED = st.tuples(st.sampled_from([None, *ORGANISATIONS]), st.text(max_size=5))


@settings(max_examples=30, deadline=None)
@given(rounds=st.lists(st.lists(HAPPENED, max_size=4), min_size=1, max_size=4))
def test_what_is_sealed_verifies(rounds: list[list[tuple[UUID | None, str]]]) -> None:
    log = Log()
    for happened in rounds:
        for organisation, text in happened:
            log.record(organisation=organisation, said=text)
        log.seal()

    report = verify(log.export(), heads=log.heads)

    assert report.sound, report.findings
    assert report.summary.seals == len(log.heads)
