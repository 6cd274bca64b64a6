"""Searches that are kept."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, User
from accounts.roles import Role
from audit.events import Event
from linking.models import SavedSearch
from tests.accounts.worlds import World, browser_of, make_colleague
from tests.factories import make_event, make_grant, make_pending_code
from tests.linking.logbook.pages import LOG, NUMBER, SAVED, looks, note, shown

pytestmark = pytest.mark.django_db


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
