"""The people of the attacks: an owner, a colleague, and an attacker with an eID of their own."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Employee, Organisation, User
from devtools.idporten.server import StandIn
from devtools.people import SAMPLE_PEOPLE
from tests.administrators import sign_in
from tests.factories import make_employee
from tests.journeys.visitor import INGRID, Visitor

ATTACKER, ANOTHER = SAMPLE_PEOPLE[2], SAMPLE_PEOPLE[3]


@pytest.fixture
def ingrid(organisation: Organisation) -> Employee:
    """The victim: registered, and not linked yet."""
    return make_employee(
        organisation=organisation,
        first_name=INGRID.given_name,
        last_name=INGRID.family_name,
        email=INGRID.email,
    )


@pytest.fixture
def visitor(idporten: StandIn, ingrid: Employee) -> Visitor:
    """Ingrid's own browser."""
    return Visitor(idporten)


@pytest.fixture
def attacker(idporten: StandIn, ingrid: Employee) -> Visitor:
    """Somebody else's browser, signed in with an eID of their own."""
    browser = Visitor(idporten)
    browser.sign_in(ATTACKER)
    return browser


def administrator(**how: Any) -> Client:
    """A browser in which an administrator of everything is signed in."""
    client = Client(headers={"host": "eksempel-kommune.localhost", "accept-language": "en"}, **how)
    sign_in(client, User.objects.create_superuser("admin"))
    return client
