"""Races are about who comes first, not about how long a busy machine lets the others wait."""

from typing import cast

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

PATIENCE = 120  # seconds that sixty threads may wait for one of the pool's ten connections


@pytest.fixture(autouse=True)
def _threads_wait_for_a_connection(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cast("DatabaseWrapper", connection).pool, "timeout", PATIENCE)
