"""Whoever reads or searches the log is in the log."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, User
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from linking.logbook.searching import SIZE
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.administrators import without_purpose
from tests.factories import make_grant
from tests.linking.logbook.pages import LOG, ask, looks, note, sent_to, shown

pytestmark = pytest.mark.django_db


def test_a_search_is_an_event_without_what_was_typed(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    shown(siri, sent_to(siri, q="nordby", what="group=mail"))
    searched, viewed = looks(Event.AUDIT_SEARCHED), looks(Event.PERSON_VIEWED)
    assert searched == [("audit:searched", None, {"kinds": ["person", "group"], "hits": 0})]
    assert viewed == [("person:viewed", kari.pk, {"roles": ["support"], "purpose": "control"})]
    row = AuditEvent.objects.get(event=Event.AUDIT_SEARCHED)
    assert row.organisation_id == eksempel.organisation.pk
    assert row.actor == User.objects.get(employee__first_name="Siri").actor
    shown(siri)
    assert looks(Event.AUDIT_SEARCHED)[-1][2]["kinds"] == ["everything"]


def searches() -> int:
    return len(looks(Event.AUDIT_SEARCHED))


def test_a_search_is_one_however_many_pages_of_it_are_read(siri: Client, eksempel: World) -> None:
    now = timezone.now()
    for number in range(2 * SIZE + 5):
        note(eksempel, at=now - timedelta(hours=number + 1))
    html = shown(siri, f"{LOG}?group=sign-in")
    for way in ("older", "older", "newer", "newer"):
        [onwards] = re.findall(rf'href="([^"]*{way}=[^"]*)"', html)
        html = shown(siri, LOG + onwards.replace("&amp;", "&"))
        assert searches() == 1
    shown(siri, f"{LOG}?group=sign-in")  # once more, from the beginning
    assert searches() == 2


@pytest.mark.parametrize("place", ["older=1-1", "newer=1-1", "older=x", "newer="])
def test_no_page_of_the_log_hides_a_search(siri: Client, kari: Employee, place: str) -> None:
    for number, asked in enumerate((f"person={kari.pk}&", "group=mail&", ""), start=1):
        shown(siri, f"{LOG}?{asked}{place}")
        assert searches() == number
    siri.get("/admin/accounts/employee/", {"q": "nordby"})
    shown(siri, f"{LOG}?{place}")
    assert searches() == 4
    assert str(kari.pk) not in str(dict(siri.session))


def test_each_page_about_somebody_is_a_look_at_them(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    note(eksempel, employee_id=kari.pk)
    for page in ("", "&older=99999999999999999-1"):
        shown(siri, f"{LOG}?person={kari.pk}{page}")
    assert (searches(), len(looks(Event.PERSON_VIEWED))) == (1, 2)


def test_an_event_about_somebody_is_a_look_at_them(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    event = note(eksempel, employee_id=kari.pk)
    shown(siri, reverse("admin:audit_auditevent_change", args=[event.pk]))
    assert looks(Event.PERSON_VIEWED) == [
        ("person:viewed", kari.pk, {"roles": ["support"], "purpose": "control"})
    ]


def test_nobody_of_another_organisation_is_looked_at(siri: Client, fjordvik: World) -> None:
    theirs = fjordvik.rows["accounts_employee"]
    for query in (f"person={theirs.pk}", f"actor=employee:{theirs.pk}"):
        shown(siri, f"{LOG}?{query}")
    assert looks(Event.PERSON_VIEWED) == []


ASKED = "What do you need this for?"


def test_somebodys_doings_are_read_as_what_is_about_them_is(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    user = User.objects.create(employee=kari)
    note(eksempel, employee_id=kari.pk, actor=user.actor, network="192.0.2.7")
    for actor in (f"employee:{kari.pk}", user.actor):
        before = AuditEvent.objects.count()
        page = shown(without_purpose(siri), f"{LOG}?actor={actor}")
        assert ASKED in page
        assert "192.0.2.7" not in page
        assert AuditEvent.objects.count() == before
    siri = browser_of(User.objects.get(employee__first_name="Siri"))
    for actor in (f"employee:{kari.pk}", user.actor):
        assert "192.0.2.7" in shown(siri, f"{LOG}?actor={actor}")
    look = ("person:viewed", kari.pk, {"roles": ["support"], "purpose": "control"})
    assert looks(Event.PERSON_VIEWED) == [look, look]


def test_the_doings_of_no_employee_are_a_look_at_nobody(siri: Client, eksempel: World) -> None:
    boss = make_local("boss", role=Role.ADMINISTRATOR)
    note(eksempel, Event.LINK_REVOKED, actor=boss.actor)
    for actor in ("system", boss.actor, f"user:{uuid4()}"):
        assert ASKED not in shown(without_purpose(siri), f"{LOG}?actor={actor}")
    assert looks(Event.PERSON_VIEWED) == []


def test_whoever_did_it_to_somebody_are_two_who_are_looked_at_once(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    anne = make_colleague(eksempel, "Anne", Role.ADMINISTRATOR)
    shown(siri, f"{LOG}?person={kari.pk}&actor={anne.actor}")
    assert {row[1] for row in looks(Event.PERSON_VIEWED)} == {kari.pk, anne.employee_id}
    shown(siri, f"{LOG}?person={kari.pk}&actor=employee:{kari.pk}")
    assert len(looks(Event.PERSON_VIEWED)) == 3


@pytest.mark.parametrize("gone", ["moved", "deleted"])
def test_what_somebody_left_behind_is_read_as_theirs(
    siri: Client, eksempel: World, fjordvik: World, kari: Employee, gone: str
) -> None:
    key = kari.pk
    event = note(eksempel, employee_id=key, network="192.0.2.7")
    if gone == "moved":
        Employee.objects.filter(pk=key).update(organisation=fjordvik.organisation)
    else:
        kari.delete()
    page = reverse("admin:audit_auditevent_change", args=[event.pk])
    for address in (f"{LOG}?person={key}", page):
        without_purpose(siri)
        assert ASKED in shown(siri, address)
        assert looks(Event.PERSON_VIEWED) == []
    siri = browser_of(User.objects.get(employee__first_name="Siri"))
    for address in (f"{LOG}?person={key}", page):
        shown(siri, address)
    rows = AuditEvent.objects.filter(event=Event.PERSON_VIEWED)
    assert {(row.employee_id, row.organisation_id) for row in rows} == {
        (key, eksempel.organisation.pk)
    }
    look = ("person:viewed", key, {"roles": ["support"], "purpose": "control"})
    assert looks(Event.PERSON_VIEWED) == [look, look]


@pytest.mark.parametrize(
    ("typed", "kind", "hits"),
    [
        ({"q": "nobody of that name"}, "name", 0),
        ({"q": "kari nordby"}, "name", 1),
        ({"q": "kari@x.example"}, "e-mail", 1),
        ({"by_name": "nordby"}, "actor", 1),
    ],
)
def test_what_is_looked_up_is_an_event_whether_it_is_found_or_not(
    siri: Client, kari: Employee, typed: dict[str, str], kind: str, hits: int
) -> None:
    """The finding tells who works here, and may be all that was wanted."""
    ask(siri, **typed)
    assert looks(Event.PERSON_SEARCHED) == [("person:searched", None, {"kind": kind, "hits": hits})]


def test_what_a_key_or_a_reference_means_is_not_looked_up(siri: Client, kari: Employee) -> None:
    for typed in (str(kari.pk), "7F3K-2Q"):
        ask(siri, q=typed)
    assert looks(Event.PERSON_SEARCHED) == []


def test_a_mans_own_log_of_two_organisations_is_the_portals(
    eksempel: World, fjordvik: World
) -> None:
    both = make_local("both", role=Role.SUPPORT, organisation=eksempel.organisation)
    make_grant(user=both, role=Role.SUPPORT, organisation=fjordvik.organisation)
    client = browser_of(both)
    shown(client)
    shown(client, f"{LOG}?organisation={fjordvik.organisation.pk}")
    rows = AuditEvent.objects.filter(event=Event.AUDIT_SEARCHED).order_by("id")
    assert [row.organisation_id for row in rows] == [None, fjordvik.organisation.pk]


def test_whoever_asks_for_anothers_log_writes_nothing_into_it(
    siri: Client, eksempel: World, fjordvik: World
) -> None:
    for place in (fjordvik.organisation.pk, uuid4(), "portal"):
        shown(siri, f"{LOG}?organisation={place}")
    searched = AuditEvent.objects.filter(event=Event.AUDIT_SEARCHED)
    assert {row.organisation_id for row in searched} == {eksempel.organisation.pk}
    everybodys = browser_of(make_local("all", role=Role.SUPPORT))
    shown(everybodys, f"{LOG}?organisation={uuid4()}")
    assert searched.latest("id").organisation_id is None
