"""Eksempel and Fjordvik, each with the same of everything."""

from tests.accounts.conftest import eksempel as eksempel  # noqa: PLC0414  # a fixture
from tests.accounts.conftest import fjordvik as fjordvik  # noqa: PLC0414
