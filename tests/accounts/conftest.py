"""Eksempel and Fjordvik, each with the same of everything."""

import pytest

from tests.accounts.worlds import World, make_world


@pytest.fixture
def eksempel(db: None) -> World:
    return make_world("eksempel-kommune", "Eksempel")


@pytest.fixture
def fjordvik(db: None) -> World:
    return make_world("fjordvik-kommune", "Fjordvik")
