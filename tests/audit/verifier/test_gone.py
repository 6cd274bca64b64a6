"""What may stand without a seal, and what may go: by erasure and by retention."""

from copy import deepcopy
from datetime import timedelta

import pytest

from audit import verifier
from audit.verifier import PORTAL, Kind
from tests.audit.logs import Log, erased, verify
from tests.audit.verifier.attacks import COLLEAGUE, A, B, kinds, place, the_one


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
