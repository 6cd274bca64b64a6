"""What was sealed, edited, deleted, put in, exchanged, cut, forked or dated back: each is named."""

import base64
from copy import deepcopy
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from audit import verifier
from audit.verifier import PORTAL, Kind
from tests.audit.logs import KEY, OTHER_KEY, Line, Log, finished, restated, statement, verify
from tests.audit.verifier.attacks import (
    COLLEAGUE,
    A,
    B,
    kinds,
    place,
    place_of_seal,
    the_one,
    without,
)


def test_a_sound_log_is_sound_and_counted(log: Log) -> None:
    log.record(organisation=A)
    report = verify(log.export(), heads=log.heads)

    assert report.sound
    assert (report.summary.seals, report.summary.events, report.summary.unsealed) == (9, 12, 1)
    assert (report.summary.first_sealed_at, report.summary.last_sealed_at) == (
        log.heads[0].sealed_at,
        log.heads[-1].sealed_at,
    )
    assert set(report.summary.heads) == {log.heads[-1], log.heads[-2], log.heads[4]}


def test_one_organisations_export_is_sound_with_the_portal_as_witness(log: Log) -> None:
    report = verify(log.export(A), heads=log.heads)

    assert report.sound
    assert (report.summary.seals, report.summary.events) == (7, 7)
    assert report.summary.heads_not_checked == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", "2026-09-30T23:58:30.000006Z"),
        ("event", "sign-in:refused"),
        ("kept", "decision"),
        ("organisation", str(B)),
        ("organisation", None),
        ("employee", str(COLLEAGUE)),
        ("actor", "system"),
        ("reference", "7F3K-2Q"),
        ("reason", "expired"),
        ("details", {"eid": "MinID"}),
        ("network", ""),
        ("opening", "00" * 32),
    ],
)
def test_an_edited_event_is_named_with_its_seal(log: Log, name: str, value: object) -> None:
    lines = log.export()
    lines[place(lines, 1)][name] = value

    finding = the_one(verify(lines))

    assert (finding.kind, finding.events) == (Kind.EVENT_EDITED, (1,))
    assert (finding.chain, finding.seal) == (str(A), 1)
    assert f"Organisation {A}, seal 1 (sealed 2026-09-30T23:59:30.000005Z)" in finding.sentence


def test_an_edited_id_is_an_edit_and_not_a_deletion(log: Log) -> None:
    lines = log.export()
    lines[place(lines, 1)]["id"] = 100

    finding = the_one(verify(lines))

    assert (finding.kind, finding.events) == (Kind.EVENT_EDITED, (1,))
    assert "Its id is 100 now" in finding.sentence


def test_a_deleted_event_is_named(log: Log) -> None:
    lines = log.export()

    finding = the_one(verify(without(lines, place(lines, 3))))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.EVENT_DELETED, str(A), 1)
    assert finding.events == (3,)


def test_a_group_that_is_gone_without_retention_is_named(log: Log) -> None:
    lines = log.export()

    finding = the_one(verify(without(lines, place(lines, 2))))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.GROUP_MISSING, str(A), 1)
    assert "decision 2026-09" in finding.sentence


def test_an_inserted_event_is_named(log: Log) -> None:
    lines = log.export()
    at = place(lines, 1)
    lines.insert(at, lines[at] | {"id": 77})

    finding = the_one(verify(lines))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.EVENT_INSERTED, str(A), 1)
    assert finding.events == (77,)


def test_swapped_lines_and_swapped_contents_are_told_apart(log: Log) -> None:
    lines = log.export()
    first, second = place(lines, 1), place(lines, 3)
    lines[first], lines[second] = lines[second], lines[first]
    assert kinds(verify(lines)) == [Kind.EVENT_MISPLACED]

    lines[first]["id"], lines[second]["id"] = 1, 3
    finding = the_one(verify(lines))
    assert (finding.kind, finding.events) == (Kind.EVENTS_SWAPPED, (1, 3))


def test_an_event_that_was_moved_to_another_seal_is_named_once(log: Log) -> None:
    lines = log.export()
    moved = lines.pop(place(lines, 3))
    lines.insert(place(lines, 6), moved)

    finding = the_one(verify(lines))

    assert (finding.kind, finding.events) == (Kind.EVENT_MISPLACED, (3,))
    assert "belongs to seal 1" in finding.sentence


def test_an_event_twice_is_named(log: Log) -> None:
    lines = log.export()
    lines.insert(place(lines, 1), lines[place(lines, 1)])
    finding = the_one(verify(lines))
    assert (finding.kind, finding.events) == (Kind.EVENT_TWICE, (1,))


def test_an_event_that_is_sealed_twice_is_named(log: Log) -> None:
    again = deepcopy(next(line for line in log.lines if line.get("id") == 1))
    log.waiting.append(again)
    log.seal()

    findings = verify(log.export()).findings

    assert findings[0].kind is Kind.EVENT_TWICE
    assert (findings[0].seal, findings[0].events) == (4, (1,))


@pytest.mark.parametrize("name", ["sealed_at", "round", "previous", "groups", "number", "links"])
def test_an_edited_seal_is_named(log: Log, name: str) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 2)
    changes: dict[str, Any] = {
        "sealed_at": "2026-10-01T00:00:29.000005Z",
        "round": 7,
        "previous": "ab" * 32,
        "groups": [],
        "number": 9,
        "links": [],
    }
    lines[at] = restated(lines[at], **{name: changes[name]})

    finding = the_one(verify(lines))

    assert finding.kind is Kind.SIGNATURE
    assert finding.chain == PORTAL
    assert finding.seal == (9 if name == "number" else 2)


@pytest.mark.parametrize("where", ["id", "leaf"])
def test_edited_records_are_told_apart_from_edited_events(log: Log, where: str) -> None:
    lines = log.export()
    at = place_of_seal(lines, A, 2)
    records = bytearray(base64.b64decode(lines[at]["records"]))
    records[40 + (7 if where == "id" else 20)] ^= 1
    lines[at]["records"] = base64.b64encode(records).decode()

    finding = the_one(verify(lines))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.RECORDS, str(A), 2)
    assert "The events are as they were sealed" in finding.sentence


def test_an_event_edited_together_with_its_record_is_narrowed_to_its_group(log: Log) -> None:
    lines = log.export()
    at, event = place_of_seal(lines, A, 1), place(lines, 3)
    lines[event]["actor"] = "system"
    hashed = verifier.read_event(lines[event]).leaf
    records = bytearray(base64.b64decode(lines[at]["records"]))
    records[80:120] = verifier.record(3, hashed)
    lines[at]["records"] = base64.b64encode(records).decode()

    finding = the_one(verify(lines))

    assert (finding.kind, finding.seal, finding.events) == (Kind.RECORDS, 1, (1, 3))
    assert "group security 2026-09" in finding.sentence


@pytest.mark.parametrize("records", ["", None, "AAAA"])
def test_stripped_records_are_found(log: Log, records: str | None) -> None:
    lines = log.export()
    lines[place_of_seal(lines, A, 1)]["records"] = records

    findings = verify(lines).findings

    assert findings
    assert all(each.kind is Kind.RECORDS and each.seal == 1 for each in findings)


def test_records_that_no_group_speaks_of_are_found(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, A, 1)
    records = base64.b64decode(lines[at]["records"])
    lines[at]["records"] = base64.b64encode(records + bytes(40)).decode()

    finding = the_one(verify(lines))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.RECORDS, str(A), 1)


def test_a_deleted_seal_is_named(log: Log) -> None:
    lines = log.export()

    for chain, number in ((A, 2), (B, 1), (PORTAL, 3)):
        at = place_of_seal(lines, chain, number)
        end = at + 1
        while lines[end]["type"] == "event":
            end += 1
        finding = the_one(verify(without(lines, *range(at, end))))
        assert finding.kind is Kind.SEAL_MISSING
        assert (finding.chain, finding.seal) == (str(chain), number)


def test_a_seal_twice_is_named(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 3)
    finding = the_one(verify(finished([*lines[:at], lines[at], *lines[at:-1]])))
    assert (finding.kind, finding.chain, finding.seal) == (Kind.SEAL_TWICE, PORTAL, 3)


def test_a_seal_after_the_portals_that_names_it_is_out_of_place(log: Log) -> None:
    lines = log.export()
    own, portal = place_of_seal(lines, A, 3), place_of_seal(lines, PORTAL, 4)
    moved = [*lines[:own], lines[portal], *lines[own:portal], *lines[portal + 1 :]]

    finding = the_one(verify(moved))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.SEAL_MISPLACED, str(A), 3)


def test_an_organisations_cut_tail_is_shown_by_the_portal(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, A, 3)

    finding = the_one(verify(without(lines, at, at + 1)))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.CUT_TAIL, str(A), 3)


def test_the_portals_cut_tail_is_shown_by_the_time_of_the_export(log: Log) -> None:
    for _minutes in range(11):
        log.seal()
    lines = log.export()
    newest = place_of_seal(lines, PORTAL, 4)

    finding = the_one(verify(finished(lines[: newest + 1])))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.CUT_TAIL, PORTAL, 4)


def test_a_short_cut_tail_is_shown_by_a_head_kept_outside(log: Log) -> None:
    lines = log.export()
    cut = finished(lines[: place_of_seal(lines, A, 3)])
    assert verify(cut).sound

    findings = verify(cut, heads=log.heads).findings

    assert {(each.kind, each.sentence.partition(",")[0]) for each in findings} == {
        (Kind.CUT_TAIL, f"Organisation {A}"),
        (Kind.CUT_TAIL, "The portal's chain"),
    }


def test_a_seal_without_the_portals_of_its_round_is_a_cut_tail(log: Log) -> None:
    lines = log.export()

    finding = the_one(verify(without(lines, place_of_seal(lines, PORTAL, 4))))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.CUT_TAIL, str(A), 3)


def test_a_file_that_ends_early_is_found(log: Log) -> None:
    assert Kind.CUT_TAIL in kinds(verify(log.export()[:-1]))


def test_a_log_sealed_anew_forks_from_the_head_kept_outside() -> None:
    log = Log()
    log.record()
    log.seal()
    true, other = deepcopy(log), log
    for each, reason in ((true, "true"), (other, "other")):
        each.record(reason, organisation=A)
        each.seal()
    assert verify(other.export()).sound

    findings = verify(other.export(), heads=true.heads).findings

    assert {each.kind for each in findings} == {Kind.FORK}
    assert {each.sentence.partition(" (")[0] for each in findings} == {
        f"Organisation {A}, seal 1",
        "The portal's chain, seal 2",
    }


def test_two_signed_seals_with_one_number_are_a_fork(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 3)
    other = restated(lines[at], signer=KEY, sealed_at="2026-10-01T00:01:30.000006Z")

    findings = verify(finished([*lines[: at + 1], other, *lines[at + 1 : -1]])).findings

    assert [(each.kind, each.chain, each.seal) for each in findings] == [(Kind.FORK, PORTAL, 3)]


def test_a_seal_that_continues_an_earlier_one_is_a_fork(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 4)
    first = statement(lines[place_of_seal(lines, PORTAL, 3)])["previous"]
    lines[at] = restated(lines[at], signer=KEY, previous=first)

    finding = the_one(verify(lines))

    assert (finding.kind, finding.seal) == (Kind.FORK, 4)


def test_a_seal_rewritten_with_the_true_key_is_shown_by_the_next(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 3)
    lines[at] = restated(lines[at], signer=KEY, sealed_at="2026-10-01T00:01:30.000006Z")

    finding = the_one(verify(lines))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.FORK, PORTAL, 4)


def test_a_seal_that_the_portal_names_otherwise_is_a_fork(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, A, 3)
    lines[at] = restated(lines[at], signer=KEY, sealed_at="2026-10-01T00:02:30.000004Z")

    finding = the_one(verify(lines))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.FORK, str(A), 3)


def test_a_seal_that_the_portal_does_not_name_is_found(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 4)
    lines[at] = restated(lines[at], signer=KEY, links=[])

    finding = the_one(verify(lines))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.SEAL_MISPLACED, str(A), 3)


@pytest.mark.parametrize("minutes", [0, -1])
def test_a_seal_that_is_not_later_than_the_one_before_is_backdated(log: Log, minutes: int) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 3)
    when = verifier.time_text(log.now + timedelta(minutes=minutes - 2))
    lines[at] = restated(lines[at], signer=KEY, sealed_at=when)

    findings = verify(lines).findings

    assert (findings[0].kind, findings[0].seal) == (Kind.BACKDATED, 3)


@pytest.mark.parametrize(
    ("by", "found"),
    [
        (timedelta(minutes=6, seconds=1), True),
        (timedelta(minutes=5, seconds=50), False),
        (-timedelta(minutes=59), False),
        (-timedelta(hours=1, microseconds=1), True),
        (-timedelta(days=30), True),
    ],
)
def test_an_event_dated_far_from_its_seal_is_found(log: Log, by: timedelta, found: bool) -> None:
    number = log.record("link:made", organisation=B, at=log.now + by)
    log.seal()

    report = verify(log.export())

    assert report.sound is not found
    if found:
        finding = the_one(report)
        assert (finding.kind, finding.chain, finding.events) == (Kind.BACKDATED, str(B), (number,))


def test_what_waited_while_the_sealing_was_behind_is_not_late() -> None:
    log = Log()
    log.seal()
    early = log.now
    log.seal(after=timedelta(days=2), behind=True)
    log.record(at=early + timedelta(hours=1))
    log.seal()
    assert verify(log.export()).sound

    log.record(at=early + timedelta(hours=1))
    log.seal()
    assert kinds(verify(log.export())) == [Kind.BACKDATED]


def test_an_unknown_key_is_told_once(log: Log) -> None:
    forged = deepcopy(log)
    forged.key = OTHER_KEY
    forged.record()
    forged.seal()
    forged.seal()

    finding = the_one(verify(forged.export()))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.KEY, PORTAL, 5)
    assert "as are 1 more" in finding.sentence


def test_a_signature_of_another_key_under_the_known_name_is_found(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, B, 2)
    lines[at] = restated(lines[at], signer=OTHER_KEY)

    finding = the_one(verify(lines))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.SIGNATURE, str(B), 2)


def test_a_forged_seal_between_two_is_found_alone(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 3)
    forged = restated(lines[at], signer=OTHER_KEY, sealed_at="2026-10-01T00:01:00.000005Z")

    finding = the_one(verify(finished([*lines[:at], forged, *lines[at:-1]])))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.SIGNATURE, PORTAL, 3)


def resealed(lines: list[Line], at: int, *records: bytes) -> list[Line]:
    """Seal other records, with the real key."""
    said = statement(lines[at])
    digest = sha256(b"".join(records)).hexdigest()
    groups = [said["groups"][0] | {"count": len(records), "digest": digest}]
    seal = restated(lines[at], signer=KEY, groups=groups)
    seal["records"] = base64.b64encode(b"".join(records)).decode()
    return [*lines[:at], seal, *lines[at + 1 :]]


@pytest.mark.parametrize(
    "changes", [{"organisation": str(B)}, {"organisation": None}, {"kept": "decision"}]
)
def test_an_event_in_the_wrong_chain_or_group_is_found(
    log: Log, changes: dict[str, str | None]
) -> None:
    lines = log.export()
    event = place(lines, 11)
    lines[event] |= changes
    wrong = verifier.record(11, verifier.read_event(lines[event]).leaf)

    findings = verify(resealed(lines, event - 1, wrong)).findings

    # The portal's seal names the true one: a signed false one does not come alone.
    assert {each.kind for each in findings} == {Kind.EVENT_MISPLACED, Kind.FORK}
    assert (11,) in [each.events for each in findings]
