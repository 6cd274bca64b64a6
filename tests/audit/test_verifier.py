"""What a person with access to the database or the file may try, and what the verifier says."""

import base64
import json
import tracemalloc
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from audit import verifier
from audit.verifier import PORTAL, Head, Kind, Report
from tests.audit.logs import (
    KEY,
    ORGANISATIONS,
    OTHER_KEY,
    PEOPLE,
    Line,
    Log,
    as_bytes,
    erased,
    finished,
    restated,
    statement,
    verify,
)

A, B, _C = ORGANISATIONS
OWNER, COLLEAGUE, OUTSIDER = PEOPLE[:3]


@pytest.fixture
def log() -> Log:
    """Four rounds: two with events of A, B and the portal, one idle, one of A alone."""
    log = Log()
    for _round in range(2):
        log.record(organisation=A, employee=OWNER, eid="BankID")
        log.record("link:made", organisation=A, employee=COLLEAGUE, kept="decision")
        log.record(organisation=A, employee=COLLEAGUE, eid="MinID")
        log.record(organisation=B, employee=OUTSIDER)
        log.record("key:used")
        log.seal()
    log.seal()
    log.record(organisation=A, employee=OWNER, eid="Buypass")
    log.seal()
    return log


def place(lines: list[Line], event_id: int) -> int:
    return next(n for n, line in enumerate(lines) if line.get("id") == event_id)


def place_of_seal(lines: list[Line], chain: object, number: int) -> int:
    return next(
        place
        for place, line in enumerate(lines)
        if line["type"] == "seal"
        and (statement(line)["chain"], statement(line)["number"]) == (str(chain), number)
    )


def without(lines: list[Line], *places: int) -> list[Line]:
    return finished([x for n, x in enumerate(lines[:-1]) if n not in places])


def the_one(report: Report) -> verifier.Finding:
    assert len(report.findings) == 1, [each.sentence for each in report.findings]
    return report.findings[0]


def kinds(report: Report) -> list[Kind]:
    return [each.kind for each in report.findings]


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


def test_an_old_event_that_stands_unsealed_was_put_in(log: Log) -> None:
    number = log.record(organisation=A, at=log.now - timedelta(minutes=11))

    finding = the_one(verify(log.export()))

    assert (finding.kind, finding.events) == (Kind.UNSEALED, (number,))


@pytest.mark.parametrize("beyond", [timedelta(0), timedelta(microseconds=1)])
def test_an_unsealed_event_from_after_the_export_was_put_in(log: Log, beyond: timedelta) -> None:
    exported = log.now + timedelta(seconds=20)
    number = log.record(organisation=A, at=exported + timedelta(minutes=5) + beyond)

    report = verify(log.export())

    assert [(each.kind, each.events) for each in report.findings] == (
        [(Kind.UNSEALED, (number,))] if beyond else []
    )


@pytest.mark.parametrize("dated", [timedelta(days=26_000), -timedelta(minutes=11)])
def test_only_an_erasure_of_this_moment_counts_without_a_seal(log: Log, dated: timedelta) -> None:
    log.erase(COLLEAGUE, A)
    log.waiting[-1]["at"] = verifier.time_text(log.now + dated)
    assert set(kinds(verify(log.export()))) == {Kind.UNSEALED, Kind.ERASED}

    log.waiting[-1]["at"] = verifier.time_text(log.now + timedelta(minutes=1))
    assert verify(log.export()).sound


def test_an_erasure_counts_in_its_own_chain(log: Log) -> None:
    log.erase(COLLEAGUE, B)
    log.seal()

    finding = the_one(verify(log.export()))

    assert finding.kind is Kind.ERASED
    assert f"Organisation {A}: the details of event 7" in finding.sentence
    assert "and 3 more about" in finding.sentence


def test_erasure_keeps_the_log_sound_and_nothing_else_may_take_details_out(log: Log) -> None:
    lines = log.export()
    lines[place(lines, 3)] = erased(lines[place(lines, 3)])
    finding = the_one(verify(lines))
    assert (finding.kind, finding.events) == (Kind.ERASED, (3,))

    log.erase(COLLEAGUE, A)
    assert verify(log.export()).sound  # not sealed yet
    log.seal()
    report = verify(log.export())
    assert report.sound
    assert report.summary.erased == 5


@pytest.mark.parametrize(
    ("later", "found"),
    [(timedelta(minutes=5), False), (timedelta(minutes=5, microseconds=1), True)],
)
def test_details_taken_out_after_the_erasure_are_found(
    log: Log, later: timedelta, found: bool
) -> None:
    """A few minutes are what the clocks of two machines may lie apart."""
    log.erase(COLLEAGUE, A)
    log.seal()
    number = log.record(
        organisation=A, employee=COLLEAGUE, at=log.now - timedelta(minutes=1) + later
    )
    log.seal(after=later)
    lines = log.export()
    assert verify(lines).sound

    lines[place(lines, number)] = erased(lines[place(lines, number)])

    found_now = [(each.kind, each.events) for each in verify(lines).findings]
    assert found_now == ([(Kind.ERASED, (number,))] if found else [])


def test_details_of_what_is_about_nobody_are_never_taken_out(log: Log) -> None:
    log.erase(COLLEAGUE, A)
    lines = log.export()
    lines[place(lines, 5)] = erased(lines[place(lines, 5)])

    finding = the_one(verify(lines))

    assert (finding.kind, finding.events) == (Kind.EVENT_EDITED, (5,))


def test_commitment_and_details_at_once_are_found(log: Log) -> None:
    lines = log.export()
    at = place(lines, 1)
    lines[at] |= {"commitment": erased(lines[at])["commitment"]}

    finding = the_one(verify(lines))

    assert (finding.kind, finding.events) == (Kind.EVENT_EDITED, (1,))


@pytest.fixture
def old_log(log: Log) -> Log:
    """The same, and more than a month later."""
    log.seal(after=timedelta(days=40))
    return log


def test_a_dropped_month_is_in_order_when_the_drop_is_sealed(old_log: Log) -> None:
    old_log.drop("security", "2026-09", A, B)
    assert set(kinds(verify(old_log.export()))) == {Kind.GROUP_MISSING}

    old_log.seal()

    for organisation in (None, A, B):
        report = verify(old_log.export(organisation))
        assert report.sound
        assert report.summary.dropped


def test_a_later_drop_vouches_for_an_earlier_one_that_is_dropped_itself(old_log: Log) -> None:
    old_log.drop("security", "2026-09")
    old_log.drop("security", "2026-10")
    lines = [x for x in old_log.waiting if x["details"]["month"] == "2026-10"]
    old_log.waiting = lines
    old_log.seal()

    assert verify(old_log.export()).sound


def test_a_dropped_group_that_is_there_is_found(old_log: Log) -> None:
    kept = deepcopy(old_log.lines)
    old_log.drop("security", "2026-09")
    old_log.lines = kept
    old_log.seal()

    findings = verify(old_log.export()).findings

    assert {each.kind for each in findings} == {Kind.NOT_DROPPED}
    assert {each.chain for each in findings} == {PORTAL, str(A), str(B)}


def test_a_later_drop_does_not_excuse_what_is_missing_in_part() -> None:
    log = Log()
    for _round in range(2):
        log.record(organisation=A)
        log.seal(after=timedelta(seconds=20))
    log.seal(after=timedelta(days=40))
    log.lines = [line for line in log.lines if line.get("id") != 1]
    log.drop("security", "2026-10")
    log.seal()

    finding = the_one(verify(log.export()))

    assert (finding.kind, finding.seal, finding.events) == (Kind.GROUP_MISSING, 1, (1,))


def test_a_month_dropped_before_it_is_over_is_found(log: Log) -> None:
    log.drop("security", "2026-10")
    log.seal()

    assert Kind.NOT_DROPPED in kinds(verify(log.export()))


def test_a_month_dropped_before_its_time_is_found_once_a_chain(old_log: Log) -> None:
    """Whoever works as the portal's role has the workers seal that a month went."""
    old_log.drop("security", "2026-09", A)  # in November
    old_log.seal()
    lines = old_log.export()
    assert verify(lines, months_kept={"security": 1, "decision": 60}).sound

    report = verify(lines, months_kept={"security": 2})

    assert kinds(report) == [Kind.NOT_DROPPED, Kind.NOT_DROPPED]
    assert "before it had been kept for 2 months" in report.findings[0].sentence
    assert report.summary.months_dropped == [("security", "2026-09")]
    assert "Months dropped by retention: security 2026-09." in verifier.as_text(report)


def test_a_drop_that_is_told_again_later_does_not_make_it_later(old_log: Log) -> None:
    old_log.drop("security", "2026-09")
    old_log.seal(after=timedelta(days=400))
    old_log.drop("security", "2026-09")
    old_log.seal()

    assert Kind.NOT_DROPPED in kinds(verify(old_log.export(), months_kept={"security": 13}))


def test_a_drop_of_what_is_no_month_excuses_nothing(old_log: Log) -> None:
    old_log.drop("security", "2026-09")
    for event in old_log.waiting:
        event["details"]["month"] = "2026-1"
    old_log.seal()

    assert set(kinds(verify(old_log.export()))) == {Kind.GROUP_MISSING}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "kobling-audit-2"),
        ("organisation", str(A)),
        ("organisation", "everyone"),
        ("from", 3),
        ("from", 0),
        ("exported_at", "2026-10-01T00:12:31.000005Z"),
        ("exported_at", "2026-09-30T00:00:00.000000Z"),
        ("exported_at", "yesterday"),
        ("more", 1),
    ],
)
def test_a_header_that_does_not_fit_is_found(log: Log, name: str, value: object) -> None:
    lines = log.export()
    lines[0][name] = value

    found = kinds(verify(lines))

    assert found
    assert len(found) <= 4


@pytest.mark.parametrize("changes", [{"seals": 8}, {"events": 12}, {"seals": True}, {"x": 1}])
def test_an_end_that_does_not_fit_is_found(log: Log, changes: dict[str, object]) -> None:
    lines = log.export()
    lines[-1] |= changes

    assert kinds(verify(lines)) == [Kind.HEADER]


def test_an_export_may_begin_with_a_round_and_says_so(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, A, 2)
    lines = finished([lines[0] | {"from": 2}, *lines[at:-1]])

    report = verify(lines, heads=log.heads)

    assert report.sound
    assert report.summary.heads_not_checked == 3
    assert "It begins with round 2" in verifier.as_text(report)


def test_an_organisation_that_is_gone_altogether_is_found(log: Log) -> None:
    lines = log.export()
    left = [
        line
        for line in lines[:-1]
        if line.get("organisation") != str(B)
        and not (line["type"] == "seal" and statement(line)["chain"] == str(B))
    ]

    finding = the_one(verify(finished(left), heads=log.heads))

    assert (finding.kind, finding.chain, finding.seal) == (Kind.CUT_TAIL, str(B), 1)
    assert "seals 1 to 2 are missing" in finding.sentence


@pytest.mark.parametrize(
    "junk",
    [
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"type":"event"}',
        b'{"type":"seal"}',
        b'{"type":"end"}',
        b'{"type":[]}',
        b'{"type":"event","id":1e3}',
        b'{"type":"event","id":NaN}',
        b'{"type":"event","id":1,"id":1}',
        b'{"type":"event","id":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"type":"seal","statement":"\\ud800","records":"","signature":""}',
        b'{"type":"seal","statement":"{}","records":"","signature":""}',
        b'{"type":"seal","statement":"{\\"v\\":2}","records":"","signature":""}',
        b'{"type":"seal","statement":{},"records":"=","signature":""}',
        b'{"type":"seal","statement":"{\\"v\\":\\"\\\\ud800\\"}","records":"","signature":""}',
    ],
)
def test_junk_between_the_lines_is_a_finding_and_never_a_crash(log: Log, junk: bytes) -> None:
    lines = as_bytes(log.export()).splitlines(keepends=True)

    for at in (0, 1, 3, len(lines) - 1, len(lines)):
        report = verify(b"".join([*lines[:at], junk + b"\n", *lines[at:]]))
        assert not report.sound
        assert len(report.findings) <= 20


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", True),
        ("id", 1.0),
        ("id", -1),
        ("id", 2**63),
        ("id", "1"),
        ("id", [1]),
        ("at", 0),
        ("at", {}),
        ("at", "2026-09-30T23:58:30.000005+00:00"),
        ("at", "2026-W40-3T23:58:30.000005Z"),
        ("at", "2026-13-30T23:58:30.000005Z"),
        ("organisation", str(A).upper()),
        ("actor", "\ud800"),
        ("actor", None),
        ("actor", "x" * 101),
        ("details", []),
        ("details", {"x": 0.5}),
        ("details", {"x": "\udfff"}),
        ("network", None),
        ("opening", ""),
        ("opening", "00"),
        ("opening", None),
        ("extra", 1),
    ],
)
def test_a_value_of_the_wrong_form_is_found_also_in_rows_of_a_database(
    log: Log, name: str, value: object
) -> None:
    lines = log.export()
    lines[place(lines, 1)][name] = value
    verification = verifier.Verification([KEY.public_key()])
    for line in lines:
        verification.feed(line)

    findings = verification.finish().findings

    assert findings[0].kind is Kind.EVENT_EDITED
    assert len(findings) == 1


def test_a_name_that_stands_twice_in_one_object_is_found(log: Log) -> None:
    """One reader would take the first value, another the last."""
    written = as_bytes(log.export()).replace(b'"actor":', b'"actor": "me", "actor":', 1)

    assert kinds(verify(written)) == [Kind.UNREADABLE]


def test_base64_with_bits_to_spare_is_found(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, A, 1)
    signature = lines[at]["signature"]
    spare = signature[:-3] + chr(ord(signature[-3]) + 1) + "=="
    assert base64.b64decode(spare) == base64.b64decode(signature)

    lines[at]["signature"] = spare

    finding = the_one(verify(lines))
    assert (finding.kind, finding.chain, finding.seal) == (Kind.SEAL_EDITED, str(A), 1)


def test_a_statement_in_another_form_is_found_though_it_is_signed(log: Log) -> None:
    lines = log.export()
    at = place_of_seal(lines, PORTAL, 4)
    text = lines[at]["statement"].replace(",", ", ")
    signature = KEY.sign(verifier.signed_bytes(text))
    lines[at] |= {"statement": text, "signature": base64.b64encode(signature).decode()}

    assert Kind.SEAL_EDITED in kinds(verify(lines))


def test_another_way_of_writing_a_time_is_found_where_no_seal_shows_it(log: Log) -> None:
    log.record()
    lines = log.export()
    lines[-2]["at"] = "2026-W40-4T00:02:30.000005Z"

    assert kinds(verify(lines)) == [Kind.EVENT_EDITED]


WITH_AN_OFFSET = ("2026-10-01T00:00:00.000000+00:00Z", "0001-01-01T00:00:00.000000+05:00Z")


@pytest.mark.parametrize("written", WITH_AN_OFFSET)
def test_a_time_with_an_offset_is_found_wherever_it_stands(log: Log, written: str) -> None:
    """Such a time cannot be compared with the others: all that was found would be lost."""
    log.record()
    for at in (0, -2, place(log.export(), 1)):
        lines = log.export()
        lines[at]["exported_at" if at == 0 else "at"] = written
        assert kinds(verify(lines)) == [Kind.HEADER if at == 0 else Kind.EVENT_EDITED]
    lines = log.export()
    seal = place_of_seal(lines, PORTAL, 3)
    lines[seal] = restated(lines[seal], signer=KEY, sealed_at=written)
    assert Kind.SEAL_EDITED in kinds(verify(lines))


def test_an_opening_is_not_padded(log: Log) -> None:
    """HMAC fills keys up with zeros, so these two open one commitment."""
    number = log.record("key:used")
    log.seal()
    lines = log.export()
    at = place(lines, number)
    assert verifier.commitment(b"", {}, "") == verifier.commitment(bytes(32), {}, "")

    lines[at]["opening"] = "00" * 32

    assert the_one(verify(lines)).events == (number,)


def test_what_an_attacker_wrote_does_not_steer_the_terminal(log: Log) -> None:
    lines = log.export()
    lines[place(lines, 1)]["event"] = "\x1b[2Jsound\u202e" + "x" * 500

    text = verifier.as_text(verify(lines))

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "x" * 100 not in text


def test_no_more_than_a_thousand_findings_are_kept(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "MOST_FINDINGS", 3)
    lines = log.export()
    for line in lines:
        if line["type"] == "event":
            line["actor"] = "system"

    report = verify(lines)

    assert (len(report.findings), report.left_out) == (3, 8)
    assert "And 8 more findings." in verifier.as_text(report)


def test_a_line_that_is_too_long_is_found(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "MOST_LINE_BYTES", 2000)
    lines = as_bytes(log.export()).splitlines(keepends=True)
    lines.insert(2, b'"' + b"x" * 7000 + b'"\n')

    report = verify(b"".join(lines))

    assert kinds(report) == [Kind.UNREADABLE]
    assert report.findings[0].sentence.startswith("Line 3 is longer than 2000 bytes")


def test_an_event_that_is_too_long_is_found_and_a_seal_may_be_longer(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "MOST_EVENT_BYTES", 500)
    lines = log.export()
    assert max(len(json.dumps(line)) for line in lines) > 500
    assert verify(lines).sound

    lines[place(lines, 3)]["details"] = {"x": "x" * 500}

    finding = the_one(verify(lines))
    assert finding.kind is Kind.UNREADABLE
    assert "is an event of more than 500 bytes" in finding.sentence


def test_what_is_held_for_the_findings_is_small(log: Log) -> None:
    lines = log.export()
    one = lines[place(lines, 3)]
    many = [one | {"id": 1000 + n, "details": {"x": "x" * 900_000}} for n in range(60)]
    source = as_bytes([*lines[:-1], *many])

    tracemalloc.start()
    report = verify(source)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert Kind.CUT_TAIL in kinds(report)
    assert most < 20_000_000


def shuffled(lines: list[Line]) -> bytes:
    return b"".join(json.dumps(dict(reversed(x.items()))).encode() + b"\n" for x in lines)


def spaced(lines: list[Line]) -> bytes:
    return b"\r\n\n".join(json.dumps(x, indent=None).encode() + b" \t" for x in lines)


@pytest.mark.parametrize("written", [shuffled, spaced, as_bytes])
def test_another_way_of_writing_the_same_is_accepted(
    log: Log, written: Callable[[list[Line]], bytes]
) -> None:
    log.record(organisation=A, employee=OWNER, note="Bjørn «x» \u2028")
    log.seal()

    assert verify(written(log.export()), heads=log.heads).sound


def test_a_head_of_a_chain_that_never_was_is_found(log: Log) -> None:
    head = Head(str(ORGANISATIONS[2]), 1, "00" * 32, log.heads[0].sealed_at)

    assert kinds(verify(log.export(), heads=[head])) == [Kind.CUT_TAIL]
