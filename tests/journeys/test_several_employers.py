"""One person, several employers: a chooser after the sign-in, and each link stands alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Employee, Organisation
from devtools.idporten.server import StandIn
from linking.employers import other_employers
from linking.models import LinkedIdentity
from tests.factories import (
    fingerprint_of,
    make_employee,
    make_link,
    make_organisation,
    some_fingerprint,
)
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor, text
from tests.keys import keys

pytestmark = pytest.mark.django_db
THERE = "http://fjordvik-kommune.localhost/oidc/authenticate/?next=%2Fme%2F"


@pytest.fixture
def fjordvik(db: None) -> Organisation:
    return make_organisation(name="Fjordvik kommune", host="fjordvik-kommune.localhost")


@pytest.fixture
def here(organisation: Organisation) -> Employee:
    return make_employee(organisation=organisation, email=INGRID.email)


def link(employee: Employee, **fields: Any) -> LinkedIdentity:
    return make_link(employee=employee, whose=fingerprint_of(INGRID.national_id), **fields)


def registered(organisation: Organisation, **fields: Any) -> Employee:
    """Known to HR by the number, and not linked yet."""
    number = fingerprint_of(INGRID.national_id)
    return make_employee(
        organisation=organisation,
        national_id_fingerprint=number.digest,
        national_id_key=number.key_id,
        **fields,
    )


def test_whoever_is_linked_in_two_places_chooses_after_the_sign_in(
    here: Employee, fjordvik: Organisation, idporten: StandIn
) -> None:
    link(here)
    link(make_employee(organisation=fjordvik))
    visitor = Visitor(idporten)
    assert visitor.sign_in(INGRID).headers["Location"] == "/me/"
    assert visitor.get("/me/").headers["Location"] == "/choose/"
    page = text(visitor.get("/choose/"))
    assert "Continue at Eksempel kommune" in page
    assert f'href="{THERE}"' in page
    assert "You are linked there" in page
    account = text(visitor.get("/me/"))  # and is not asked again
    assert "Your other employers here" in account
    assert f'href="{THERE}"' in account


def test_the_other_place_lets_in_by_the_same_session_at_idporten_and_asks_no_more(
    here: Employee, fjordvik: Organisation, idporten: StandIn
) -> None:
    link(here)
    link(make_employee(organisation=fjordvik))
    first = Visitor(idporten)
    first.sign_in(INGRID)
    second = Visitor(idporten, host=fjordvik.host)
    second.eid_browser = first.eid_browser
    callback = idporten.sign_in(
        second.to_idporten(next_url="/me/"), None, browser=second.eid_browser
    )
    assert second.come_back(callback).headers["Location"] == "/me/"
    assert second.get("/me/").status_code == 200
    sid = second.client.session["oidc_sid"]
    assert sid == first.client.session["oidc_sid"]
    first.get("/oidc/frontchannel-logout/", iss=idporten.issuer, sid=sid)  # ends both (H-47)
    assert [each.get("/me/").status_code for each in (first, second)] == [302, 302]


def test_whoever_was_going_somewhere_goes_there(
    here: Employee, fjordvik: Organisation, idporten: StandIn
) -> None:
    link(here)
    link(make_employee(organisation=fjordvik))
    visitor = Visitor(idporten)
    assert visitor.sign_in(INGRID, next_url="/help/").headers["Location"] == "/help/"
    assert visitor.get("/me/").status_code == 200


def test_one_employer_is_no_choice(here: Employee, idporten: StandIn) -> None:
    link(here)
    visitor = Visitor(idporten)
    visitor.sign_in(INGRID)
    assert "other employers" not in text(visitor.get("/me/"))
    assert visitor.get("/choose/").headers["Location"] == "/me/"


def test_whoever_is_registered_and_not_linked_is_told_that_they_link_there(
    here: Employee, fjordvik: Organisation, idporten: StandIn
) -> None:
    link(here)
    registered(fjordvik)
    visitor = Visitor(idporten)
    visitor.sign_in(INGRID)
    assert "link the first time" in text(visitor.get("/choose/"))


def test_whoever_came_to_the_wrong_place_is_shown_the_right_one_beside_the_form(
    here: Employee, fjordvik: Organisation, idporten: StandIn
) -> None:
    link(make_employee(organisation=fjordvik))
    visitor = Visitor(idporten)
    assert visitor.sign_in(INGRID).headers["Location"] == "/link/"
    page = text(visitor.get("/link/"))
    assert "Were you going somewhere else?" in page
    assert f'href="{THERE}"' in page
    assert 'name="email"' in page
    again = text(visitor.post("/link/", email="no address"))
    assert f'href="{THERE}"' in again


def test_nobody_else_reads_where_the_person_is_known(
    here: Employee, fjordvik: Organisation, idporten: StandIn
) -> None:
    """A-10: only whoever has shown the number; no address on the way tells it to others."""
    link(here)
    registered(fjordvik)
    stranger = Visitor(idporten)
    assert stranger.get("/choose/").headers["Location"] == "/?next=%2Fchoose%2F"
    assert stranger.sign_in(SOLVEIG).headers["Location"] == "/link/"
    assert stranger.get("/choose/").headers["Location"] == "/link/"
    for page in ("/", "/link/", "/me/", "/help/"):
        assert "Fjordvik" not in text(stranger.get(page))


@pytest.mark.parametrize(
    ("employee", "of_link", "offered"),
    [
        ({}, {}, True),
        ({"active": False}, {}, False),
        ({"ends_on": timezone.localdate() - timedelta(days=1)}, {}, False),
        ({"starts_on": timezone.localdate() + timedelta(days=1)}, {}, False),
        ({}, {"state": "revoked", "ended_at": timezone.now()}, False),
        ({}, {"state": "pending"}, False),
        ({}, {"expires_at": timezone.now()}, False),
    ],
)
def test_only_where_one_would_be_let_in(
    organisation: Organisation,
    fjordvik: Organisation,
    employee: dict[str, Any],
    of_link: dict[str, Any],
    offered: bool,
) -> None:
    link(make_employee(organisation=fjordvik, **employee), **of_link)
    assert bool(ask(organisation)) is offered


def ask(here: Organisation) -> list[str]:
    person = [fingerprint_of(INGRID.national_id)]
    found = other_employers(person, here=here, now=timezone.now())
    return [each.organisation.name for each in found]


def test_an_organisation_that_is_closed_is_not_offered(
    organisation: Organisation, fjordvik: Organisation
) -> None:
    registered(fjordvik)
    assert ask(organisation) == ["Fjordvik kommune"]
    Organisation.objects.filter(pk=fjordvik.pk).update(active=False)
    assert ask(organisation) == []


def test_neither_other_people_nor_this_place_are_found(
    organisation: Organisation, fjordvik: Organisation
) -> None:
    link(make_employee(organisation=organisation))
    make_link(employee=make_employee(organisation=fjordvik), whose=some_fingerprint())
    registered(organisation)
    assert ask(organisation) == []
    assert other_employers([], here=organisation, now=timezone.now()) == []


def test_it_is_found_under_the_older_key_too(
    here: Employee, fjordvik: Organisation, idporten: StandIn, settings: Any
) -> None:
    """Its row is renewed at the next sign-in there, and not before."""
    settings.FINGERPRINT_KEYS = keys("old")
    link(make_employee(organisation=fjordvik))
    registered(make_organisation(name="Nordre kommune"))
    settings.FINGERPRINT_KEYS = keys("new", "old")
    link(here)
    visitor = Visitor(idporten)
    visitor.sign_in(INGRID)
    page = text(visitor.get("/choose/"))
    assert "Go to Fjordvik kommune" in page
    assert "Go to Nordre kommune" in page


def test_it_costs_one_query(organisation: Organisation, fjordvik: Organisation) -> None:
    link(registered(fjordvik))
    with CaptureQueriesContext(connection) as queries:
        assert ask(organisation) == ["Fjordvik kommune"]
    assert len(queries) == 1
