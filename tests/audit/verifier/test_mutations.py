"""Properties: whatever is done to whichever sound log is found, mostly with its name."""

import base64
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from audit import verifier
from audit.verifier import PORTAL, Kind, Report
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
    packed,
    restated,
    statement,
    verify,
)

type Draw = Callable[[st.SearchStrategy[Any]], Any]
type Named = Callable[[Report], bool]

FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
DETAILS = st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans() | st.none(), max_size=2)
HAPPENED = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["sign-in:done", "link:made", "mail:failed"]),
        "organisation": st.sampled_from([None, *ORGANISATIONS]),
        "employee": st.sampled_from([None, *PEOPLE[:3]]),
        "kept": st.sampled_from(["security", "decision"]),
    }
)


@st.composite
def logs(draw: Draw) -> Log:
    """Give a sound log that is sealed to the end: several months, some erased, some dropped."""
    log = Log()
    rounds = draw(st.lists(st.lists(HAPPENED, max_size=5), min_size=2, max_size=5))
    for happened in rounds:
        for each in happened:
            log.record(**each, details=draw(DETAILS))
        log.seal(after=draw(st.sampled_from([timedelta(seconds=50), timedelta(days=31)])))
    for organisation in draw(st.sets(st.sampled_from(ORGANISATIONS), max_size=1)):
        log.record(organisation=organisation, employee=PEOPLE[4], old=True)
        log.seal()
        log.erase(PEOPLE[4], organisation)
        log.seal()
    if draw(st.booleans()):
        log.seal(after=timedelta(days=45))
        log.drop(draw(st.sampled_from(["security", "decision"])), "2026-09", *ORGANISATIONS)
        log.seal()
    return log


def events_of(lines: list[Line]) -> list[int]:
    found = [place for place, line in enumerate(lines) if line["type"] == "event"]
    assume(found)
    return found


def seals_of(lines: list[Line]) -> list[int]:
    return [place for place, line in enumerate(lines) if line["type"] == "seal"]


def names_event(*ids: int) -> Named:
    return lambda report: any(set(ids) <= set(each.events) for each in report.findings)


def names_seal(line: Line) -> Named:
    said = statement(line)
    place = said["chain"], said["number"]
    return lambda report: any((each.chain, each.seal) == place for each in report.findings)


def finds(*kinds: Kind) -> Named:
    return lambda report: {each.kind for each in report.findings} & set(kinds) != set()


def anything(report: Report) -> bool:
    return not report.sound


def edit_an_event(lines: list[Line], draw: Draw) -> Named:
    line = lines[draw(st.sampled_from(events_of(lines)))]
    name = draw(st.sampled_from(sorted(set(line) - {"type"})))
    was, number = line[name], line["id"]
    others = [
        f"{was}x",
        1,
        None,
        "",
        True,
        {},
        {"x": 1},
        str(PEOPLE[5]),
        str(ORGANISATIONS[0]),
        "2026-09-30T23:58:30.000007Z",
        "ab" * 32,
        number + 1000,
        [],
    ]
    line[name] = draw(st.sampled_from([x for x in others if (type(x), x) != (type(was), was)]))
    if name == "id" and type(line["id"]) is not int:
        return finds(Kind.EVENT_EDITED)
    return lambda report: (
        finds(Kind.EVENT_EDITED)(report)
        and (names_event(number)(report) or names_event(line["id"])(report))
    )


def edit_a_seal(lines: list[Line], draw: Draw) -> Named:
    at = draw(st.sampled_from(seals_of(lines)))
    line = lines[at]
    said = statement(line)
    name = draw(st.sampled_from(sorted(set(said) - {"chain", "number"})))
    values = ["x", 99, [], "cd" * 32, "2026-09-30T23:58:30.000008Z"]
    lines[at] = restated(
        line, **{name: draw(st.sampled_from([x for x in values if x != said[name]]))}
    )
    return anything


def edit_the_bytes_of_a_seal(lines: list[Line], draw: Draw) -> Named:
    line = lines[draw(st.sampled_from(seals_of(lines)))]
    name = draw(st.sampled_from(["records", "signature"]))
    value = bytearray(base64.b64decode(line[name]))
    assume(value)
    value[draw(st.integers(0, len(value) - 1))] ^= draw(st.integers(1, 255))
    line[name] = base64.b64encode(value).decode()
    return names_seal(line)


def delete_an_event(lines: list[Line], draw: Draw) -> Named:
    line = lines.pop(draw(st.sampled_from(events_of(lines))))
    return lambda report: (
        finds(Kind.EVENT_DELETED, Kind.GROUP_MISSING)(report) and names_event(line["id"])(report)
    )


def delete_a_seal(lines: list[Line], draw: Draw) -> Named:
    line = lines.pop(draw(st.sampled_from(seals_of(lines))))
    return lambda report: (
        (finds(Kind.SEAL_MISSING, Kind.CUT_TAIL)(report) and (names_seal(line)(report)))
        or finds(Kind.CUT_TAIL)(report)
    )


def insert_an_event(lines: list[Line], draw: Draw) -> Named:
    line = lines[draw(st.sampled_from(events_of(lines)))] | {"id": 9999}
    lines.insert(draw(st.integers(1, seals_of(lines)[-1])), line)
    return lambda report: finds(Kind.EVENT_INSERTED)(report) and names_event(9999)(report)


def insert_an_old_event_at_the_end(lines: list[Line], draw: Draw) -> Named:
    old = "2026-09-01T00:00:00.000000Z"
    at = draw(st.sampled_from(events_of(lines)))
    lines.insert(len(lines) - 1, lines[at] | {"id": 9999, "at": old})
    return lambda report: finds(Kind.UNSEALED)(report) and names_event(9999)(report)


def insert_an_event_of_the_future_at_the_end(lines: list[Line], draw: Draw) -> Named:
    at = draw(st.sampled_from(events_of(lines)))
    future = "2099-01-01T00:00:00.000000Z"
    lines.insert(len(lines) - 1, lines[at] | {"id": 9999, "at": future})
    return lambda report: finds(Kind.UNSEALED)(report) and names_event(9999)(report)


def double_a_line(lines: list[Line], draw: Draw) -> Named:
    at = draw(st.integers(0, len(lines) - 1))
    lines.insert(draw(st.integers(0, len(lines))), deepcopy(lines[at]))
    return anything


def swap_lines(lines: list[Line], draw: Draw) -> Named:
    one, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
    assume(one != other)
    lines[one], lines[other] = lines[other], lines[one]
    between = lines[min(one, other) : max(one, other) + 1]
    # Seals of one round whose events are dropped have no order among them.
    assume(any(x["type"] != "seal" or statement(x)["chain"] == PORTAL for x in between))
    return anything


def swap_contents(lines: list[Line], draw: Draw) -> Named:
    events = events_of(lines)
    one, other = draw(st.sampled_from(events)), draw(st.sampled_from(events))
    first, second = lines[one], lines[other]
    assume({**first, "id": 0} != {**second, "id": 0})
    lines[one], lines[other] = second | {"id": first["id"]}, first | {"id": second["id"]}
    ids = sorted((first["id"], second["id"]))
    return lambda report: (
        any(sorted(each.events) == ids for each in report.findings)
        or (names_event(ids[0])(report) and names_event(ids[1])(report))
    )


def cut_the_file(lines: list[Line], draw: Draw) -> Named:
    del lines[draw(st.integers(0, len(lines) - 1)) :]
    return finds(Kind.CUT_TAIL)


def cut_the_tail(lines: list[Line], draw: Draw) -> Named:
    lines[:] = finished(lines[: draw(st.integers(1, seals_of(lines)[-1]))])
    return finds(Kind.CUT_TAIL)


def sign_with_another_key(lines: list[Line], draw: Draw) -> Named:
    at = draw(st.sampled_from(seals_of(lines)))
    named = verifier.key_id(draw(st.sampled_from([KEY, OTHER_KEY])).public_key())
    lines[at] = restated(lines[at], signer=OTHER_KEY, key=named)
    return finds(Kind.KEY, Kind.SIGNATURE)


def say_something_else_with_the_true_key(lines: list[Line], draw: Draw) -> Named:
    at = draw(st.sampled_from(seals_of(lines)))
    said = statement(lines[at])
    changes = {
        "number": said["number"] + draw(st.integers(1, 3)),
        "round": said["round"] + draw(st.integers(1, 3)),
        "previous": "ef" * 32,
        "sealed_at": "2026-09-30T23:58:30.000009Z",
    }
    name = draw(st.sampled_from(sorted(changes)))
    lines[at] = restated(lines[at], signer=KEY, **{name: changes[name]})
    return anything


def fork(lines: list[Line], draw: Draw) -> Named:
    at = draw(st.sampled_from(seals_of(lines)))
    said = statement(lines[at])
    other = restated(lines[at], signer=KEY, sealed_at=said["sealed_at"][:-2] + "9Z")
    lines.insert(at + draw(st.sampled_from([0, 1])), other)
    return finds(Kind.FORK)


def strip_a_group(lines: list[Line], draw: Draw) -> Named:
    at = draw(st.sampled_from(events_of(lines)))
    seal = max(place for place in seals_of(lines) if place < at)
    name = lines[at]["kept"], lines[at]["at"][:7]
    stop = seal + 1
    while lines[stop]["type"] == "event":
        stop += 1
    own = lines[seal + 1 : stop]
    lines[seal + 1 : stop] = [x for x in own if (x["kept"], x["at"][:7]) != name]
    return lambda report: finds(Kind.GROUP_MISSING)(report) and names_seal(lines[seal])(report)


def take_details_out(lines: list[Line], draw: Draw) -> Named:
    gone = {line["employee"] for line in lines if line.get("event") == "employee:erased"}
    fit = [
        x for x in events_of(lines) if "details" in lines[x] and lines[x]["employee"] not in gone
    ]
    assume(fit)
    at = draw(st.sampled_from(fit))
    lines[at] = erased(lines[at])
    number = lines[at]["id"]
    kind = Kind.ERASED if lines[at]["employee"] else Kind.EVENT_EDITED
    return lambda report: finds(kind)(report) and names_event(number)(report)


def take_details_out_with_an_erasure_that_no_seal_holds(lines: list[Line], draw: Draw) -> Named:
    gone = {line["employee"] for line in lines if line.get("event") == "employee:erased"}
    fit = [x for x in events_of(lines) if lines[x]["employee"] not in {None, *gone}]
    assume(fit)
    at = draw(st.sampled_from(fit))
    dated = draw(st.sampled_from(["2026-09-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"]))
    told = lines[at] | {"id": 9999, "at": dated, "event": "employee:erased"}
    lines.insert(draw(st.sampled_from([at + 1, len(lines) - 1])), told)
    person = lines[at]["employee"]
    lines[:] = [erased(x) if x.get("employee") == person and x["id"] != 9999 else x for x in lines]
    return lambda report: finds(Kind.ERASED)(report) and names_event(9999)(report)


MUTATIONS = (
    edit_an_event,
    edit_a_seal,
    edit_the_bytes_of_a_seal,
    delete_an_event,
    delete_a_seal,
    insert_an_event,
    insert_an_old_event_at_the_end,
    insert_an_event_of_the_future_at_the_end,
    double_a_line,
    swap_lines,
    swap_contents,
    cut_the_file,
    cut_the_tail,
    sign_with_another_key,
    say_something_else_with_the_true_key,
    fork,
    strip_a_group,
    take_details_out,
    take_details_out_with_an_erasure_that_no_seal_holds,
)


@FEW
@given(log=logs())
def test_a_sound_log_is_sound_whole_and_for_each_organisation(log: Log) -> None:
    for organisation in (None, *ORGANISATIONS):
        report = verify(log.export(organisation), heads=log.heads)
        assert report.sound, report.findings


@pytest.mark.parametrize("mutate", MUTATIONS)
@FEW
@given(data=st.data())
def test_what_is_done_to_a_log_is_found(
    mutate: Callable[[list[Line], Draw], Named], data: st.DataObject
) -> None:
    log = data.draw(logs())
    lines = log.export()
    named = mutate(lines, data.draw)

    report = verify(lines, heads=log.heads)

    assert not report.sound
    assert named(report), [each.sentence for each in report.findings]


@settings(max_examples=60, deadline=None)
@given(log=logs(), data=st.data())
def test_a_flipped_bit_anywhere_is_found(log: Log, data: st.DataObject) -> None:
    lines = log.export()
    content = bytearray(as_bytes(lines))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assume(not same(bytes(content), lines))

    assert not verify(bytes(content), heads=log.heads).sound


def same(content: bytes, lines: list[Line]) -> bool:
    """Give whether it says the same; the time of the export, which nobody signs, left out."""
    try:
        parsed = [verifier.parse_line(line) for line in content.splitlines()]
    except verifier.Malformed:
        return False
    return [x | {"exported_at": ""} for x in parsed] == [x | {"exported_at": ""} for x in lines]


@FEW
@given(log=logs(), escaped=st.booleans(), turned=st.booleans(), zipped=st.booleans())
def test_another_way_of_writing_the_same_stays_sound(
    log: Log, escaped: bool, turned: bool, zipped: bool
) -> None:
    lines = log.export()
    if zipped:
        assert packed(lines) != as_bytes(lines)
    text = "\n \n".join(
        json.dumps(dict(reversed(x.items())) if turned else x, ensure_ascii=escaped) for x in lines
    )

    assert verify(text.encode(), heads=log.heads).sound
