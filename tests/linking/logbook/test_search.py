"""Finding events: what is asked, what stands in an address, paging, and where looking stops."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.networks import neighbours
from audit.events import Event
from audit.models import AuditEvent
from linking.logbook import searching
from linking.logbook.query import Position, Query, parsed, position
from linking.logbook.searching import SIZE, WINDOWS, Found, NetworkUnknown
from tests.factories import make_employee, make_event
from tests.plans import plan_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HERE, KARI = UUID(int=1), UUID(int=2)


def note(event: Event = Event.SIGN_IN_DONE, *, ago: timedelta = timedelta(0), **fields: Any) -> int:
    row = make_event(event, at=NOW - ago, **{"actor": "eid"} | fields)
    return int(row.pk)


def find(query: Query | None = None, start: Position | None = None) -> Found:
    return searching.find(AuditEvent.objects.all(), query or Query(), start, now=NOW)


def keys(found: Found) -> list[int]:
    return [event.pk for event in found.events]


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (Query(person=KARI), {"employee_id": KARI}),
        (Query(reference=("7F3K-2Q",)), {"reference": "7F3K-2Q"}),
        (Query(reference=("7F3K-2D", "7F3K-2Q")), {"reference": "7F3K-2Q"}),
        (Query(event="mail:failed"), {"event": Event.MAIL_FAILED}),
        (Query(group="mail"), {"event": Event.MAIL_FAILED}),
        (Query(severity="alert"), {"event": Event.CODE_DISOWNED}),
        (Query(severity="warning"), {"event": Event.CODE_DISOWNED}),
        (Query(group="link", severity="warning"), {"event": Event.LINK_REFUSED}),
        (Query(actor="system"), {"actor": "system"}),
        (Query(organisation=str(HERE)), {"organisation_id": HERE}),
        (Query(until=NOW - hours(2)), {"ago": hours(3)}),
    ],
)
def test_what_is_asked_for_is_found_and_nothing_else(query: Query, fields: dict[str, Any]) -> None:
    note(organisation_id=uuid4(), employee_id=uuid4())
    wanted = note(**fields)
    note(Event.CODE_SENT, reference="2222-22")
    assert keys(find(query)) == [wanted]


@pytest.mark.django_db
def test_what_is_no_organisations_is_found_as_such() -> None:
    wanted = note()
    note(organisation_id=HERE)
    assert keys(find(Query(organisation="portal"))) == [wanted]


@pytest.mark.django_db
def test_several_things_are_asked_for_at_once() -> None:
    wanted = note(actor="system", organisation_id=HERE, employee_id=KARI)
    note(actor="system", organisation_id=HERE)
    note(actor="system", employee_id=KARI)
    note(organisation_id=HERE, employee_id=KARI)
    asked = Query(actor="system", organisation=str(HERE), person=KARI, group="sign-in")
    assert keys(find(asked)) == [wanted]
    assert keys(find(asked.but(event="mail:failed"))) == []


@pytest.mark.django_db
def test_one_person_is_found_by_both_their_names() -> None:
    employee = make_employee()
    user = User.objects.create(employee=employee)
    both = [note(actor=f"user:{user.pk}"), note(actor=f"employee:{employee.pk}")]
    note(actor=f"user:{uuid4()}")
    for name in (f"user:{user.pk}", f"employee:{employee.pk}"):
        assert sorted(keys(find(Query(actor=name)))) == both


@pytest.mark.django_db
def test_a_network_is_named_by_an_event_from_there() -> None:
    one, two = note(network="192.0.2.7"), note(network="192.0.2.7")
    near, far = note(network="192.0.2.200"), note(network="198.51.100.1")
    assert keys(find(Query(network=one))) == [two, one]
    assert keys(find(Query(network=one, bits=24))) == [near, two, one]
    assert keys(find(Query(network=far))) == [far]
    for unknown in (Query(network=note()), Query(network=0), Query(network=one, bits=8)):
        with pytest.raises(NetworkUnknown):
            find(unknown)


def test_neighbours_share_the_beginning_of_the_address() -> None:
    assert neighbours("192.0.2.7") == ["192.0.2.7"]
    assert neighbours("192.0.2.7", 31) == ["192.0.2.6", "192.0.2.7"]
    assert neighbours("2001:db8::/64") == ["2001:db8::/64"]
    assert neighbours("2001:db8::5/128") == ["2001:db8::/64"]
    assert neighbours("2001:db8::/63", 63) == ["2001:db8::/64", "2001:db8:0:1::/64"]
    with pytest.raises(ValueError, match="many"):
        neighbours("10.0.0.0/8", 8)


@pytest.mark.django_db
def test_the_newest_come_first_and_pages_go_both_ways_without_a_gap() -> None:
    made = [note(ago=hours(number // 7)) for number in range(3 * SIZE + 20)]
    newest_first = sorted(made, key=lambda key: (-(made.index(key) // 7), key), reverse=True)
    pages = [find()]
    for _ in range(3):
        pages.append(find(start=pages[-1].older))
    assert [key for page in pages for key in keys(page)] == newest_first
    assert (pages[0].newer, pages[-1].older) == (None, None)
    here = pages[-1]
    for page in reversed(pages[:-1]):
        back = find(start=here.newer)
        assert keys(back) == keys(page)
        assert keys(find(start=back.older)) == keys(here)
        here = back


@pytest.mark.django_db
def test_a_newer_page_that_would_not_be_full_is_the_newest() -> None:
    made = [note(ago=hours(number)) for number in range(SIZE + 5)]
    tenth = Position(NOW - hours(9), made[9], newer=True)
    found = find(start=tenth)
    assert keys(found) == made[:SIZE]
    assert found.newer is None


@pytest.mark.django_db
def test_from_an_empty_page_at_the_end_the_newer_one_has_the_oldest() -> None:
    made = [note(ago=hours(number)) for number in range(SIZE + 2)]
    nothing = find(start=Position(NOW - hours(SIZE + 1), made[-1]))
    assert keys(nothing) == []
    assert keys(find(start=nothing.newer)) == made[2:]


@pytest.mark.django_db
def test_today_begins_at_local_midnight() -> None:
    today = note(ago=NOW - datetime(2026, 11, 25, 23, 0, tzinfo=UTC))
    yesterday = note(ago=NOW - datetime(2026, 11, 25, 22, 59, 59, tzinfo=UTC))
    long_ago = note(ago=timedelta(days=20))
    assert keys(find(Query(days=1))) == [today]
    assert keys(find(Query(days=7))) == [today, yesterday]
    assert keys(find(Query(days=30))) == [today, yesterday, long_ago]
    assert keys(find(Query(since=NOW - timedelta(days=2)))) == [today, yesterday]


TWO_THINGS = Query(actor="eid", group="sign-in")


@pytest.mark.django_db
def test_what_is_old_is_found_whatever_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SECONDS", 60)
    days = [0, 3, 20, 40, 100, 300, 700, 3000]
    made = [note(ago=timedelta(days=number)) for number in days]
    assert keys(find(TWO_THINGS)) == made
    assert find(TWO_THINGS).reached is None


@pytest.mark.django_db
@pytest.mark.parametrize("newer", [True, False])
def test_what_is_on_the_border_of_two_windows_is_found_once(
    monkeypatch: pytest.MonkeyPatch, *, newer: bool
) -> None:
    monkeypatch.setattr(searching, "SECONDS", 60)
    monkeypatch.setattr(searching, "SIZE", len(WINDOWS) + 1)
    begin = NOW - timedelta(days=2000) if newer else NOW
    made = [
        note(ago=NOW - begin + timedelta(days=-days if newer else days)) for days in (0, *WINDOWS)
    ]
    beyond = [note() for _ in made]
    start = Position(begin, 0 if newer else beyond[0], newer=newer)
    assert keys(find(TWO_THINGS, start)) == (made[::-1] if newer else made)


@pytest.mark.django_db
def test_where_looking_takes_long_it_stops_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(searching, "SECONDS", -1)
    recent, old = note(ago=timedelta(days=29)), note(ago=timedelta(days=80))
    exactly = note(ago=timedelta(days=30))
    found = find(TWO_THINGS)
    assert keys(found) == [recent, exactly]
    assert found.reached == NOW - timedelta(days=30)
    further = find(TWO_THINGS, found.older)
    assert (keys(further), further.reached) == ([], NOW - timedelta(days=60))
    assert keys(find(TWO_THINGS, further.older)) == [old]
    assert find().reached is None
    assert find(Query(person=KARI)).reached is None  # one index alone tells all


@pytest.mark.django_db
def test_going_back_to_the_newer_stops_too(monkeypatch: pytest.MonkeyPatch) -> None:
    now, where_it_stops, before = (note(ago=timedelta(days=number)) for number in (0, 40, 60))
    monkeypatch.setattr(searching, "SECONDS", -1)
    found = find(TWO_THINGS, Position(NOW - timedelta(days=70), 0, newer=True))
    assert keys(found) == [before]
    further = find(TWO_THINGS, found.newer)
    assert keys(further) == [where_it_stops]
    assert keys(find(TWO_THINGS, further.newer)) == [now]
    nothing = find(TWO_THINGS, Position(NOW - timedelta(days=40), where_it_stops, newer=True))
    assert keys(nothing) == []
    assert keys(find(TWO_THINGS, nothing.older)) == [where_it_stops, before]


EVERYTHING = Query(
    person=KARI,
    reference=("7F3K-2Q", "7F3K-2D"),
    event="mail:failed",
    group="mail",
    severity="warning",
    days=7,
    since=NOW,
    until=NOW,
    network=12,
    bits=24,
    actor=f"user:{KARI}",
    organisation=str(HERE),
)


def test_what_is_asked_is_read_from_an_address_as_it_was_written() -> None:
    assert all(getattr(EVERYTHING, each.name) for each in fields(Query))
    for query in (Query(), EVERYTHING, Query(organisation="portal", actor="system")):
        given = dict(pair.split("=") for pair in query.text().split("&") if pair)
        assert parsed(given) == (query, [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("person", "Kari"),
        ("person", "\0"),
        ("person", "1" * 5_000),
        ("reference", ","),
        ("reference", "7F3K"),
        ("reference", "7F3K-2Q\0"),
        ("reference", "7f3k-2q"),
        ("reference", ",".join(["7F3K-2Q"] * 17)),
        ("event", "nothing"),
        ("event", "link:"),
        ("group", "nothing"),
        ("severity", "info"),
        ("days", "2"),
        ("days", "x"),
        ("since", "yesterday"),
        ("since", "2026-07-01\0"),
        ("since", "1" * 5_000),
        ("since", "0001-01-01"),
        ("until", "9999-12-31T23:59"),
        ("since", "2000-01-01T00:00+23:59"),
        ("since", "0001-01-01T00:00+23:59"),
        ("until", "9999-12-31T23:59-23:59"),
        ("network", "10.0.0.1"),
        ("network", "9" * 30),
        ("network", "-1"),
        ("network", "9223372036854775808"),
        ("network", "\0"),
        ("bits", "65"),
        ("actor", "user"),
        ("actor", "employee"),
        ("actor", "user:"),
        ("actor", "employee:"),
        ("actor", "user:kari"),
        ("actor", "user:\0"),
        ("actor", "employee:" + "1" * 5_000),
        ("actor", ":"),
        ("actor", "system:"),
        ("actor", "x" * 5_000),
        ("actor", "user:" + "-" * 36),
        ("actor", "Kari Nordby"),
        ("actor", "\0"),
        ("organisation", "x"),
        ("organisation", ":"),
        ("organisation", "portal\0"),
    ],
)
def test_what_cannot_be_is_left_out_and_told(name: str, text: str) -> None:
    assert parsed({name: text, "group": "mail"} if name != "group" else {name: text})[1] == [name]
    assert parsed({name: text})[0] == Query()


@pytest.mark.parametrize(
    "given",
    [{}, {"older": ""}, {"older": "x-1"}, {"older": "1"}, {"older": "1-x"}, {"newer": "9" * 40}],
)
def test_a_position_that_is_none_is_the_beginning(given: dict[str, str]) -> None:
    assert position(given) is None


@pytest.mark.parametrize("newer", [True, False])
def test_a_position_is_read_as_it_was_written(newer: bool) -> None:
    here = Position(NOW + timedelta(microseconds=123457), 17, newer=newer)
    name, _equals, text = here.text.partition("=")
    assert position({name: text}) == here


def test_a_local_time_is_read_as_the_portals() -> None:
    query, _wrong = parsed({"since": "2026-07-01T10:00"})
    assert query.since == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert timezone.localtime(query.since).hour == 10


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["since", "until"])
def test_a_time_of_any_zone_is_a_time(name: str) -> None:
    for zone, utc in (("+23:59", "2026-06-30T10:01"), ("-23:59", "2026-07-02T09:59")):
        query, wrong = parsed({name: f"2026-07-01T10:00{zone}"})
        assert (getattr(query, name), wrong) == (datetime.fromisoformat(f"{utc}+00:00"), [])
        assert keys(find(query)) == []


@pytest.mark.django_db
def test_an_event_in_one_organisation_is_met_by_an_index_of_its_own() -> None:
    rows = AuditEvent.objects.filter(event=Event.ROLE_GRANTED, organisation_id=HERE)
    assert "organisation_id_event_at_id" in plan_of(rows.order_by("-at", "-id")[: SIZE + 1])
