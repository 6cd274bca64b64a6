"""Eva works at Eksempel and is linked; Siri supports people there, Frida works at Fjordvik."""

import pytest
from django.test import Client

from accounts.models import Employee, User
from accounts.roles import Role
from tests.accounts.worlds import World, browser_of, make_colleague


@pytest.fixture
def user(eksempel: World) -> User:
    return make_colleague(eksempel, "Eva", None)


@pytest.fixture
def eva(user: User) -> Employee:
    assert user.employee is not None
    return user.employee


@pytest.fixture
def browser(user: User) -> Client:
    return browser_of(user)


@pytest.fixture
def siri(eksempel: World) -> User:
    return make_colleague(eksempel, "Siri", Role.SUPPORT)
