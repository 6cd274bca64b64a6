"""What the log's page shows, and to whom."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, User
from accounts.roles import Role
from audit.events import Event
from linking.logbook.searching import SIZE
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.factories import make_employee, make_event
from tests.linking.logbook.pages import LOG, ask, note, sent_to, shown, told

pytestmark = pytest.mark.django_db


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
