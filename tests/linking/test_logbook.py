"""The log's page: who sees what in it, what is typed and what stands in the address, and looks."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AddressChange, Employee, User
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from linking.logbook.searching import SIZE
from linking.models import SavedSearch
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.administrators import without_purpose
from tests.digits import stand_alone
from tests.factories import make_employee, make_event, make_grant, make_pending_code

pytestmark = pytest.mark.django_db
LOG = reverse("admin:audit_auditevent_changelist")
SAVED = reverse("admin:audit_auditevent_saved")
NUMBER = "16919408131"


@pytest.fixture
def siri(eksempel: World) -> Client:
    return browser_of(make_colleague(eksempel, "Siri", Role.SUPPORT))


@pytest.fixture
def arne(eksempel: World) -> Client:
    return browser_of(make_colleague(eksempel, "Arne", Role.AUDITOR))


@pytest.fixture
def kari(eksempel: World) -> Employee:
    return make_employee(
        organisation=eksempel.organisation,
        first_name="Kari",
        last_name="Nordby",
        employee_number="K-17",
        email="kari@x.example",
    )


def note(world: World, event: Event = Event.SIGN_IN_DONE, **fields: Any) -> AuditEvent:
    return make_event(event, **{"organisation_id": world.organisation.pk} | fields)


def ask(client: Client, **typed: str) -> Any:
    return client.post(LOG, typed)


def sent_to(client: Client, **typed: str) -> str:
    answer = ask(client, **typed)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def shown(client: Client, address: str = LOG) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def told(html: str) -> str:
    """The events of a page, in words."""
    events = html.partition('<ol class="log"')[2].partition("</ol>\n")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", events).split())


# --- What is typed


@pytest.mark.parametrize("typed", ["kari nord", "Nordby", "K-17", "KARI@x.example"])
def test_a_person_is_found_and_their_key_stands_in_the_address(
    siri: Client, kari: Employee, typed: str
) -> None:
    assert sent_to(siri, q=typed) == f"{LOG}?person={kari.pk}"


def test_a_former_address_leads_to_the_person(siri: Client, kari: Employee) -> None:
    AddressChange.objects.create(
        employee=kari, old_address="old@x.example", changed_at=timezone.now()
    )
    assert sent_to(siri, q="Old@X.example") == f"{LOG}?person={kari.pk}"


@pytest.mark.parametrize("typed", ["7F3K-2Q", "7f3k2q", " 7f3k – 2q "])
def test_a_reference_is_recognised_however_it_is_typed(siri: Client, typed: str) -> None:
    assert sent_to(siri, q=typed) == f"{LOG}?reference=7F3K-2Q"


def test_what_sounds_alike_is_looked_for_in_each_way(siri: Client, eksempel: World) -> None:
    note(eksempel, reference="7FDK-2Q")
    assert sent_to(siri, q="7FOK2Q") == f"{LOG}?reference=7FQK-2Q,7FDK-2Q"


def test_a_surname_of_six_letters_may_be_a_reference_too(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    Employee.objects.filter(pk=kari.pk).update(last_name="Hansen")
    assert sent_to(siri, q="hansen") == f"{LOG}?person={kari.pk}"
    note(eksempel, reference="HANS-EN")
    html = ask(siri, q="hansen").content.decode()
    assert f'href="{LOG}?person={kari.pk}"' in html
    assert f'href="{LOG}?reference=HANS-EN"' in html


def test_an_address_becomes_an_event_from_there(siri: Client, eksempel: World) -> None:
    event = note(eksempel, network="192.0.2.7")
    assert sent_to(siri, q="192.0.2.7") == f"{LOG}?network={event.pk}"
    assert sent_to(siri, q="192.0.2.0/24") == f"{LOG}?network={event.pk}&bits=24"
    six = note(eksempel, network="2001:db8:0:1::/64")
    assert sent_to(siri, q="2001:db8:0:1::77") == f"{LOG}?network={six.pk}"
    for nothing in ("198.51.100.1", "10.0.0.0/8"):
        assert "Nothing was found" in ask(siri, q=nothing).content.decode()


def test_an_address_of_another_organisation_is_not_found(siri: Client, fjordvik: World) -> None:
    event = note(fjordvik, network="192.0.2.7")
    assert "Nothing was found" in ask(siri, q="192.0.2.7").content.decode()
    html = shown(siri, f"{LOG}?network={event.pk}")
    assert "not there any more" in html
    assert "192.0.2.7" not in html


def test_somebody_is_chosen_among_those_of_one_name(
    siri: Client, eksempel: World, fjordvik: World, kari: Employee
) -> None:
    other = make_employee(organisation=eksempel.organisation, first_name="Kari", last_name="Nordbø")
    elsewhere = make_employee(
        organisation=fjordvik.organisation, first_name="Kari", last_name="Nordal"
    )
    html = ask(siri, q="kari nord", severity="warning").content.decode()
    for person in (kari, other):
        assert f"?person={person.pk}&amp;severity=warning" in html
    assert str(elsewhere.pk) not in html
    assert AuditEvent.objects.latest("id").details == {"kind": "name", "hits": 2}


def test_whoever_did_it_is_found_by_name(siri: Client, eksempel: World, kari: Employee) -> None:
    assert sent_to(siri, by_name="nordby") == f"{LOG}?actor=employee:{kari.pk}"
    user = User.objects.create(employee=kari)
    assert sent_to(siri, by_name="nordby") == f"{LOG}?actor=user:{user.pk}"
    local = make_local("boss", role=Role.ADMINISTRATOR)
    note(eksempel, Event.LINK_REVOKED, actor=f"user:{local.pk}")
    assert sent_to(siri, by_name="BOSS") == f"{LOG}?actor=user:{local.pk}"
    assert "Nothing was found" in ask(siri, by_name="bos").content.decode()
    assert sent_to(siri, by="system") == f"{LOG}?actor=system"


def test_whoever_is_typed_is_meant_instead_of_whoever_was_before(
    siri: Client, kari: Employee
) -> None:
    for before in (f"person={uuid4()}", "reference=7F3K-2Q", "network=1&bits=24"):
        address = sent_to(siri, base=f"{before}&actor=user:{kari.pk}", q="nordby", days="7")
        assert address == f"{LOG}?person={kari.pk}&days=7&actor=user:{kari.pk}"


def test_what_was_chosen_stays_when_more_is_asked(siri: Client, kari: Employee) -> None:
    base = f"person={kari.pk}&actor=user:{uuid4()}"
    address = sent_to(siri, base=base, what="event=link:made", days="7")
    assert f"person={kari.pk}" in address
    assert "actor=user:" in address
    assert "event=link:made&days=7" in address
    fields = {"since": "2026-01-02T03:04", "until": "2026-01-02T03:05:06", "what": "group=mail"}
    address = sent_to(siri, base=base, days="7", **fields)
    assert "group=mail&since=2026-01-02T03:04:00&until=2026-01-02T03:05:06" in address
    assert "days" not in address


def test_what_the_form_does_not_offer_stays_too(siri: Client, eksempel: World) -> None:
    """An event leads to all by whoever did it, and a digest to one organisation's events."""
    importing = "actor=command:import_employees"
    assert sent_to(siri, base=importing, days="7") == f"{LOG}?days=7&{importing}"
    assert sent_to(siri, base=importing, by="system") == f"{LOG}?actor=system"
    assert sent_to(siri, base="actor=system", by="") == LOG
    here = f"organisation={eksempel.organisation.pk}"
    assert sent_to(siri, base=here, days="7") == f"{LOG}?days=7&{here}"


def test_an_organisation_that_may_be_chosen_may_be_chosen_away(eksempel: World) -> None:
    everybodys = browser_of(make_local("all", role=Role.SUPPORT))
    here = f"organisation={eksempel.organisation.pk}"
    assert sent_to(everybodys, base=here, organisation="", days="7") == f"{LOG}?days=7"


@pytest.mark.parametrize(
    "typed",
    [
        {"since": "2026-01-02T03:04", "until": "2026-01-02T03:03"},
        {"since": "0001-01-01T00:00"},
        {"until": "9999-12-31T23:59"},
        {"what": "event=nothing"},
        {"days": "2"},
        {"organisation": "x"},
        {"q": "x" * 300},
    ],
)
def test_what_cannot_be_is_answered_by_the_form(
    siri: Client, eksempel: World, typed: dict[str, str]
) -> None:
    make_grant(
        user=User.objects.get(employee__first_name="Siri"), role=Role.SUPPORT, organisation=None
    )
    html = ask(siri, **typed).content.decode()
    assert 'class="errorlist"' in html


def test_a_key_and_an_address_with_eleven_digits_are_no_identity_number(
    siri: Client, eksempel: World
) -> None:
    key = UUID("01a21691-9408-7131-93a5-488a54da347c")
    assert sent_to(siri, q=str(key).upper()) == f"{LOG}?person={key}"
    for address in ("193.213.112.104", "193.213.112.0/24", "2001:4600:4014:1015::/64"):
        event = note(eksempel, network=address.partition("/")[0] if "." in address else address)
        assert f"{LOG}?network={event.pk}" in sent_to(siri, q=address)


@pytest.mark.parametrize("field", ["q", "by_name"])
@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        f"{NUMBER[:3]}.{NUMBER[3:6]}.{NUMBER[6:8]}.{NUMBER[8:]}",
        "169194 08131",
        f"kari {NUMBER}",
        f"01a2168a-4eb8-711e-93a5-488a54da347c {NUMBER}",
    ],
)
def test_an_identity_number_is_taken_nowhere(siri: Client, field: str, typed: str) -> None:
    html = ask(siri, **{field: typed}).content.decode()
    assert "looked like an identity number" in html
    for kept in (html, str(list(AuditEvent.objects.values()))):
        assert typed not in kept
        assert NUMBER not in kept
        assert not stand_alone("08131", kept)


@pytest.mark.parametrize(
    "field", ["q", "by_name", "since", "until", "what", "severity", "days", "by", "organisation"]
)
def test_an_identity_number_comes_back_from_no_field(eksempel: World, field: str) -> None:
    everybodys = browser_of(make_local("all", role=Role.SUPPORT))
    html = ask(everybodys, **{field: NUMBER}).content.decode()
    assert 'class="errorlist"' in html
    assert NUMBER not in html


def test_a_time_that_does_not_fit_comes_back(siri: Client) -> None:
    html = ask(siri, since="2026-01-02T03:04", until="2026-01-02T03:03").content.decode()
    assert 'value="2026-01-02T03:03"' in html


def test_what_is_typed_stands_in_no_address(siri: Client, eksempel: World, kari: Employee) -> None:
    note(eksempel, employee_id=kari.pk, actor=f"employee:{kari.pk}", network="192.0.2.7")
    html = shown(siri, sent_to(siri, q="kari@x.example"))
    addresses = " ".join(re.findall(r'(?:href|action)="([^"]*)"', html)).lower()
    for told_of in ("kari", "nordby", "k-17", "192.0.2"):
        assert told_of not in addresses


# --- What is shown


def test_an_event_is_told_in_words_with_names(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    boss = make_local("boss", role=Role.ADMINISTRATOR)
    note(
        eksempel,
        Event.LINK_REVOKED,
        employee_id=kari.pk,
        actor=f"user:{boss.pk}",
        reason="not-employed",
        reference="2M8D-4R",
        details={"why": "Ringte", "campaign": "x"},
    )
    text = told(shown(siri))
    assert "Notice" in text
    assert "Link revoked" in text
    assert "About Kari Nordby , by boss." in text
    assert "The employee is inactive, not begun or has left." in text
    assert "Reason given: Ringte" in text
    assert "Reference 2M8D-4R" in text


def test_an_auditor_sees_events_and_no_names(arne: Client, eksempel: World, kari: Employee) -> None:
    user = User.objects.create(employee=kari)
    note(eksempel, employee_id=kari.pk, actor=f"user:{user.pk}")
    note(eksempel, actor=f"user:{user.pk}")
    changed = note(
        eksempel,
        Event.EMPLOYEE_CHANGED,
        employee_id=kari.pk,
        details={"changes": {"last_name": ["Nordby", "Vik"]}},
    )
    page = reverse("admin:audit_auditevent_change", args=[changed.pk])
    assert "last name" in shown(arne, page)
    for address in (LOG, page, f"{LOG}?person={kari.pk}", f"{LOG}?actor=user:{user.pk}"):
        html = shown(arne, address)
        assert "Nordby" not in html
        assert str(kari.pk) in html
        assert "/admin/support/" not in html
        assert "name you may not see" in html
    for typed in ({"q": "nordby"}, {"q": "kari@x.example"}, {"by_name": "nordby"}):
        assert "Nothing was found" in ask(arne, **typed).content.decode()
    assert sent_to(arne, q=str(kari.pk)) == f"{LOG}?person={kari.pk}"


def test_an_auditor_reads_no_free_text_about_people(
    arne: Client, siri: Client, eksempel: World, kari: Employee
) -> None:
    typed = {"why": "Karis mor ringte", "purpose": "other", "purpose_text": "Karis barn er sykt"}
    for details in (typed, {"purpose": "Karis ansiennitet"}):
        note(eksempel, Event.PERSON_VIEWED, employee_id=kari.pk, details=details)
    by_siri, by_arne = (told(shown(client)) for client in (siri, arne))
    for text in ("Karis mor ringte", "Karis barn er sykt", "Karis ansiennitet"):
        assert text in by_siri
        assert text not in by_arne
    assert "Purpose: Another reason." in by_arne


@pytest.mark.parametrize(
    "lifted", [{"why": "Kari Nordby ringte"}, {"purpose_text": "Kari Nordby ringte"}]
)
def test_nor_what_was_written_where_the_event_is_about_nobody(
    arne: Client, siri: Client, eksempel: World, lifted: dict[str, str]
) -> None:
    """The block of an eID is nobody's, and lifted because somebody rang."""
    event = note(eksempel, Event.BLOCK_LIFTED, details={**lifted, "budget": "person-day"})
    page = reverse("admin:audit_auditevent_change", args=[event.pk])
    for address in (LOG, page):
        by_siri, by_arne = (shown(client, address) for client in (siri, arne))
        assert "Nordby" in by_siri
        assert "Nordby" not in by_arne
        assert "The block: The eID: 5 wrong codes in a day." in by_arne
    assert "&quot;budget&quot;: &quot;person-day&quot;" in shown(arne, page)


def test_the_portals_own_free_text_is_for_whoever_sees_people_everywhere() -> None:
    make_event(Event.BLOCK_LIFTED, organisation_id=None, details={"why": "Kari Nordby ringte"})
    for role, may in ((Role.AUDITOR, False), (Role.ADMINISTRATOR, True)):
        assert ("Nordby" in shown(browser_of(make_local(f"{role}", role=role)))) is may


def test_what_was_changed_on_somebody_is_told_to_whoever_looks_at_them(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    """A list is what one looks for somebody in, and nobody is asked what for."""
    anne = make_colleague(eksempel, "Anne", Role.ADMINISTRATOR)
    changed = note(
        eksempel,
        Event.EMPLOYEE_CHANGED,
        employee_id=kari.pk,
        actor=f"user:{anne.pk}",
        reference="2M8D-4R",
        details={"changes": {"email": ["old@x.example", "kari@x.example"]}},
    )
    note(eksempel, Event.ORGANISATION_CHANGED, details={"changes": {"name": ["Før", "Etter"]}})
    assert "from “Før” to “Etter”" in told(shown(siri))  # it is about nobody
    for query in ("", "?group=registry", f"?actor=user:{anne.pk}", "?reference=2M8D-4R"):
        html = shown(siri, f"{LOG}{query}")
        assert "Changed: e-mail." in told(html)
        assert "old@x.example" not in html
    page = reverse("admin:audit_auditevent_change", args=[changed.pk])
    for address in (f"{LOG}?person={kari.pk}", page):
        assert "from “old@x.example” to “kari@x.example”" in shown(siri, address)


def test_administrators_are_named_to_an_auditor(arne: Client, eksempel: World) -> None:
    anne = make_colleague(eksempel, "Anne", Role.ADMINISTRATOR)
    note(eksempel, Event.LINK_REVOKED, actor=anne.actor)
    assert "By Anne Ås." in told(shown(arne))


def test_administrators_who_did_nothing_here_are_not_told(
    arne: Client, eksempel: World, fjordvik: World
) -> None:
    boss = make_local("rootboss", role=Role.ADMINISTRATOR)
    frode = make_colleague(fjordvik, "Frode", Role.ADMINISTRATOR)
    for user in (boss, frode):
        note(fjordvik, Event.LINK_REVOKED, actor=f"user:{user.pk}")
    assert "Nothing was found" in ask(arne, by_name="rootboss").content.decode()
    for user, name in ((boss, "rootboss"), (frode, "Frode Ås")):
        address = f"{LOG}?actor=user:{user.pk}"
        html = shown(arne, address)
        assert name not in html
        assert "Done by: somebody whose name you may not see" in html
        note(eksempel, Event.LINK_REVOKED, actor=f"user:{user.pk}")
        assert f"Done by: {name}" in shown(arne, address)
        assert f"Done by: {name}" in shown(arne, f"{address}&group=mail")  # and nothing of it
    assert sent_to(arne, by_name="ROOTBOSS") == f"{LOG}?actor=user:{boss.pk}"


def test_an_employee_is_named_by_whoever_sees_people_also_where_they_did_nothing(
    siri: Client, kari: Employee
) -> None:
    user = User.objects.create(employee=kari)
    assert "Done by: Kari Nordby" in shown(siri, f"{LOG}?actor=user:{user.pk}")


def test_others_events_are_not_there(siri: Client, fjordvik: World) -> None:
    theirs = note(fjordvik, reference="9XXX-7Q", employee_id=uuid4())
    nobodys = make_event(Event.TASK_FAILED, reference="8XXX-7Q")
    for event in (theirs, nobodys):
        asked = [
            f"?reference={event.reference}",
            "",
            f"?organisation={event.organisation_id or 'portal'}",
        ]
        for query in [*asked, f"?person={event.employee_id or ''}", f"?actor={event.actor}"]:
            html = shown(siri, LOG + query)
            assert f"/{event.pk}/change/" not in html
            assert "Fjordvik" not in html
        page = reverse("admin:audit_auditevent_change", args=[event.pk])
        assert siri.get(page).headers["Location"] == reverse("admin:index")


def test_a_link_shows_a_colleague_what_their_own_role_allows(
    siri: Client, eksempel: World, fjordvik: World, kari: Employee
) -> None:
    note(eksempel, employee_id=kari.pk)
    address = sent_to(siri, q="nordby")
    frode = browser_of(make_colleague(fjordvik, "Frode", Role.SUPPORT))
    assert "Kari Nordby" in shown(siri, address)
    html = shown(frode, address)
    assert "Nordby" not in html
    assert "Nothing in the log fits" in html


def test_from_an_event_one_goes_on(siri: Client, eksempel: World, kari: Employee) -> None:
    event = note(eksempel, employee_id=kari.pk, reference="2M8D-4R", network="192.0.2.7")
    page = reverse("admin:audit_auditevent_change", args=[event.pk])
    for html in (shown(siri), shown(siri, page)):
        for address in (
            reverse("support_person", args=[kari.pk]),
            f"{LOG}?person={kari.pk}",
            f"{LOG}?reference=2M8D-4R",
            f"{LOG}?actor=system",
            f"{LOG}?network={event.pk}",
        ):
            assert f'href="{address}"' in html


def test_the_details_can_be_opened_as_they_are_kept(siri: Client, eksempel: World) -> None:
    event = note(eksempel, Event.LINK_MADE, details={"brand_new": "<b>3</b>"})
    html = shown(siri, reverse("admin:audit_auditevent_change", args=[event.pk]))
    assert "&quot;brand_new&quot;: &quot;&lt;b&gt;3&lt;/b&gt;&quot;" in html
    assert "brand_new" not in shown(siri)


def test_a_reference_tells_what_happened_and_what_to_do(siri: Client, eksempel: World) -> None:
    note(eksempel, Event.SIGN_IN_REFUSED, reason="cancelled", reference="9M8D-4R", actor="eid")
    html = shown(siri, sent_to(siri, q="9m8d 4r"))
    assert "They pressed “Cancel” at ID-porten." in html
    assert "Let them try again, with another electronic ID if they like." in html


def test_pages_go_on_and_back(siri: Client, eksempel: World) -> None:
    now = timezone.now()
    for number in range(SIZE + 5):
        note(eksempel, at=now - timedelta(hours=number + 1), reason="", reference="2M8D-4R")
    first = shown(siri, f"{LOG}?reference=2M8D-4R")
    assert first.count('<article class="log-event') == SIZE
    assert "Newer" not in first
    older = re.findall(r'href="([^"]*older=[^"]*)"', first)[0].replace("&amp;", "&")
    second = shown(siri, LOG + older)
    assert second.count('<article class="log-event') == 5
    assert "Older" not in second
    newer = re.findall(r'href="([^"]*newer=[^"]*)"', second)[0].replace("&amp;", "&")
    assert told(shown(siri, LOG + newer)) == told(first)


def test_how_far_was_looked_is_said(
    siri: Client, eksempel: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linking.logbook.searching.SECONDS", -1)
    html = shown(siri, f"{LOG}?group=mail&actor=system")
    assert "Searched back to" in html
    assert "Go on searching" in html
    assert "Nothing in the log fits" not in html


def test_what_is_asked_for_stands_above_and_can_be_taken_away(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    html = shown(siri, f"{LOG}?person={kari.pk}&severity=alert&days=7&nothing=1&event=x")
    assert "Person: Kari Nordby" in html
    assert f'href="{LOG}?person={kari.pk}&amp;days=7"' in html
    assert "was not understood" in html


def test_the_page_costs_as_much_however_much_there_is(
    siri: Client, eksempel: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linking.logbook.searching.SECONDS", 60)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(siri, f"{LOG}?group=sign-in&actor=system")
        return len(queries)

    person = make_employee(organisation=eksempel.organisation)
    note(eksempel, employee_id=person.pk, details={"user": str(uuid4())})
    before = cost()
    for _ in range(20):
        person = make_employee(organisation=eksempel.organisation)
        note(eksempel, employee_id=person.pk, details={"user": str(uuid4())})
    assert cost() == before < 25


# --- Looks


def looks(*names: Event) -> list[tuple[str, Any, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(event__in=names).order_by("id")
    return [(row.event, row.employee_id, row.details) for row in rows]


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


# --- Saved searches


def save(client: Client, name: str = "Mail", query: str = "group=mail") -> Any:
    return client.post(SAVED, {"name": name, "query": query})


def test_a_search_is_saved_made_again_and_removed(siri: Client) -> None:
    assert save(siri).headers["Location"] == f"{LOG}?group=mail"
    assert f'<a href="{LOG}?group=mail">Mail</a>' in shown(siri)
    save(siri, query="group=link&q=Kari&person=nobody")
    saved = SavedSearch.objects.get()
    assert (saved.name, saved.query) == ("Mail", "group=link")
    siri.post(SAVED, {"remove": str(saved.pk)})
    assert not SavedSearch.objects.exists()
    assert [row[0] for row in looks(Event.SEARCH_SAVED, Event.SEARCH_REMOVED)] == [
        "audit:search:saved",
        "audit:search:saved",
        "audit:search:removed",
    ]


def test_the_journey_is_offered_to_those_who_may_read_it_alone(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    """An auditor who keeps the registry too sees the name, and no links, codes and mails."""
    rune = make_colleague(eksempel, "Rune", Role.AUDITOR)
    make_grant(user=rune, role=Role.REGISTRAR, organisation=eksempel.organisation)
    place = eksempel.organisation.pk
    make_event(Event.EMPLOYEE_CHANGED, employee_id=kari.pk, organisation_id=place)
    for browser, offered in ((siri, True), (browser_of(rune), False)):
        html = browser.get(LOG).content.decode()
        assert "Kari Nordby" in html
        assert (reverse("support_person", args=[kari.pk]) in html) is offered


def test_saved_searches_are_ones_own(siri: Client, eksempel: World) -> None:
    save(siri)
    anne = browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))
    assert ">Mail</a>" not in shown(anne)
    assert ">Mail</a>" not in shown(anne, SAVED)
    anne.post(SAVED, {"remove": str(SavedSearch.objects.get().pk)})
    assert SavedSearch.objects.exists()


def test_anothers_searches_take_neither_a_name_nor_room(
    siri: Client, eksempel: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("linking.actions.searches.MOST", 2)
    anne = browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))
    for client in (siri, anne):
        save(client)
        save(client, "Links", "group=link")
    kept = SavedSearch.objects.values_list("user__employee__first_name", "name")
    assert sorted(kept) == [
        (first_name, name) for first_name in ("Anne", "Siri") for name in ("Links", "Mail")
    ]


@pytest.mark.parametrize(
    "posted",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"remove": "x"},
        {"remove": ""},
        {"name": "\0"},
        {"name": NUMBER},
        {"name": f"Kari {NUMBER[:6]} {NUMBER[6:]}"},
        {"name": "kari@x.example"},
        {},
    ],
    ids=map(str, range(9)),
)
def test_what_cannot_be_saved_is_not(siri: Client, posted: dict[str, str]) -> None:
    assert siri.post(SAVED, posted).status_code == 302
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize("actor", ["user", "employee", "user:", "employee:", "user:kari"])
def test_an_actor_without_a_key_is_not_understood_and_not_kept(siri: Client, actor: str) -> None:
    assert "was not understood" in shown(siri, f"{LOG}?actor={actor}&group=mail")
    assert save(siri, query=f"actor={actor}&group=mail").status_code == 302
    assert SavedSearch.objects.get().query == "group=mail"


def test_so_many_are_kept(siri: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("linking.actions.searches.MOST", 2)
    for name in ("a", "b", "c", "b"):
        save(siri, name)
    assert list(SavedSearch.objects.values_list("name", flat=True)) == ["a", "b"]


def test_a_saved_search_that_the_page_knows_no_more_is_no_error(siri: Client) -> None:
    user = User.objects.get(employee__first_name="Siri")
    SavedSearch.objects.create(
        user=user, name="Old", query="event=gone&since=x", saved_at=timezone.now()
    )
    assert "was not understood" in shown(siri, f"{LOG}?event=gone&since=x")
    assert "Old" in shown(siri)


def test_the_pending_codes_reference_stands_in_the_same_search(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    make_pending_code(employee=kari, reference="2M8D-4R", state="refused", refusal="not-employed")
    note(eksempel, Event.CODE_REFUSED, reference="2M8D-4R", reason="not-employed")
    html = shown(siri, f"{LOG}?reference=2M8D-4R")
    assert "Is that wrong, HR corrects it." in html
