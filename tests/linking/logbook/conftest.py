"""Who reads the log, and whom it tells of."""

import pytest
from django.test import Client

from accounts.models import Employee
from accounts.roles import Role
from tests.accounts.worlds import World, browser_of, make_colleague
from tests.factories import make_employee


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
