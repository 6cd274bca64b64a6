"""My sign-ins and changes: one's own, in words, a page at a time."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.actions import move_employee
from accounts.models import Employee, User
from accounts.roles import Role
from audit.events import Event
from linking.own.history import PAGE, _as_happenings, happenings, looks
from linking.own.words import LOOKED, TOLD
from tests.accounts.worlds import World, browser_of, make_colleague
from tests.attacks.surfer import Form
from tests.factories import make_organisation
from tests.journeys.seats import seat, some_person
from tests.linking.own.events import look, note

pytestmark = pytest.mark.django_db
HISTORY = "/me/history/"


def text(client: Client, address: str = HISTORY) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_sign_in_is_told_in_words_with_eid_level_and_local_time(
    browser: Client, user: User, eva: Employee
) -> None:
    now = datetime(2026, 7, 3, 6, 30, tzinfo=UTC)  # 08:30 in Oslo
    note(Event.SIGN_IN_DONE, eva, by=user.actor, now=now, eid="BankID", level="high")
    page = text(browser)
    assert "3 July 2026, 08:30" in page
    assert "You signed in." in page
    assert "With BankID, level of security: High" in page


def test_the_network_is_told_of_ones_own_sign_ins_and_of_nobody_elses(
    user: User, siri: User, eva: Employee
) -> None:
    for by in (user, siri):
        event = note(Event.SESSION_ENDED, eva, by=by.actor)
        event.network = "192.0.2.7"
        [shown] = _as_happenings(eva, [event])
        assert shown.network == ("192.0.2.7" if by == user else "")


def test_what_others_did_is_told_by_their_role_and_never_by_their_name(
    browser: Client, eva: Employee, eksempel: World
) -> None:
    anne = make_colleague(eksempel, "Annbjørg", Role.ADMINISTRATOR)
    note(Event.LINK_REVOKED, eva, by=anne.actor)
    page = text(browser)
    assert "The link to your electronic ID was removed." in page
    assert "By: Administrator, Eksempel kommune" in page
    assert "Annbjørg" not in page


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        ("system", "the portal"),
        ("eid", "somebody with an electronic ID"),
        ("id-porten", "ID-porten"),
        ("command:import_employees", "those who run the portal"),
        ("user:01890000-0000-7000-8000-000000000000", "somebody who is not here any more"),
        ("user:nonsense", "somebody who is not here any more"),
    ],
)
def test_each_kind_of_actor_has_words(
    browser: Client, eva: Employee, actor: str, said: str
) -> None:
    note(Event.LINK_REVOKED, eva, by=actor)
    assert f"By: {said}" in text(browser)


def test_what_was_changed_is_told_and_reasons_and_other_peoples_keys_are_not(
    browser: Client, eva: Employee
) -> None:
    note(Event.EMPLOYEE_CHANGED, eva, fields=["email", "last_name"], why="Gossip", other="0189-x")
    page = text(browser)
    assert "E-mail, last name" in page
    assert "Gossip" not in page
    assert "0189-x" not in page


@pytest.mark.parametrize("odd", [5, True, [], {}, [[]], [{}], [5], {"a": []}])
def test_a_detail_of_another_kind_breaks_no_page(
    browser: Client, siri: User, eva: Employee, odd: Any
) -> None:
    """The portal writes none, but whoever can write into its log may."""
    names = ("eid", "level", "fields", "roles", "purpose", "purpose_text")
    note(Event.SIGN_IN_DONE, eva, **dict.fromkeys(names, odd))
    look(eva, siri, **dict.fromkeys(names, odd))
    assert "You signed in." in text(browser)
    assert "By: " in text(browser, "/me/looks/")
    for address in ("/me/data/file/", "/me/data/page/"):
        assert browser.post(address).status_code == 200


def test_nobody_elses_events_and_no_looks_are_among_mine(
    browser: Client, eva: Employee, siri: User, fjordvik: World
) -> None:
    stranger = fjordvik.rows["accounts_employee"]
    assert isinstance(stranger, Employee)
    note(Event.LINK_MADE, stranger)
    look(eva, siri)
    page = text(browser)
    assert "Nothing yet." in page


def test_a_role_given_elsewhere_is_mine_too(browser: Client, eva: Employee) -> None:
    note(Event.ROLE_GRANTED, eva, organisation=make_organisation().pk)
    assert "You were given a role." in text(browser)


def test_what_happened_at_another_employer_stays_there(eva: Employee, siri: User) -> None:
    """They ask that employer, who is the controller of it."""
    note(Event.LINK_MADE, eva)
    look(eva, siri)
    there, now = make_organisation(), timezone.now()
    moved = move_employee(
        eva,
        to=there,
        employee_number="7",
        email="eva@there.example",
        department="",
        last_day=timezone.localdate(now),
        first_day=timezone.localdate(now),
        by="system",
        now=now,
    )
    assert [each.event for each in happenings(moved).rows] == [Event.EMPLOYEE_MOVED_HERE]
    assert looks(moved).rows == []
    before = [each.event for each in happenings(eva).rows]
    assert before == [Event.EMPLOYEE_MOVED_AWAY, Event.LINK_MADE]


def test_older_events_come_page_by_page_each_once(browser: Client, eva: Employee) -> None:
    now = timezone.now()  # as an import writes them: all of one moment
    for number in range(2 * PAGE + 1):
        note(Event.MAIL_SENT, eva, reference=f"R{number:03}", now=now)
    seen, address, pages = list[str](), HISTORY, 0
    while address:
        html = browser.get(address).content.decode()
        pages += 1
        seen += [part[:4] for part in html.split('class="reference">')[1:]]
        address = next(
            (f"{HISTORY}{link}" for link in Form(html).links if link.startswith("?before=")), ""
        )
    assert pages == 3
    assert seen == [f"R{number:03}" for number in reversed(range(2 * PAGE + 1))]


@pytest.mark.parametrize(
    "before", ["", "x", "-1", "9" * 40, "٣-٣", "1-", "1", f"{'9' * 17}-{'9' * 18}", "%00"]
)
def test_a_senseless_page_is_a_page(browser: Client, eva: Employee, before: str) -> None:
    note(Event.MAIL_SENT, eva)
    assert browser.get(f"{HISTORY}?before={before}").status_code == 200


def test_a_page_costs_the_same_however_much_has_happened(eva: Employee, siri: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            happenings(eva)
        return len(queries)

    note(Event.MAIL_SENT, eva, by=siri.actor)
    before = cost()
    for _number in range(3 * PAGE):
        note(Event.MAIL_SENT, eva, by=siri.actor)
    assert cost() == before <= 3


def test_others_are_sent_away(eksempel: World) -> None:
    nobody = browser_of(None, eksempel.organisation.host)
    unlinked = seat(some_person(), eksempel.organisation)
    for page in ("history", "looks", "data"):
        away = nobody.get(f"/me/{page}/").headers["Location"]
        assert away == f"/?next=%2Fme%2F{page}%2F"
        assert unlinked.get(f"/me/{page}/").headers["Location"] == "/me/"
    for page in ("file", "page"):
        assert nobody.post(f"/me/data/{page}/").headers["Location"] == "/me/data/"
        assert unlinked.post(f"/me/data/{page}/").headers["Location"] == "/me/"


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_what_is_told_has_words_in_each_language(language: str) -> None:
    words = [*TOLD.values(), LOOKED]
    with translation.override("en"):
        english = [str(said) for said in words]
    with translation.override(language):
        assert not set(english) & {str(said) for said in words}
