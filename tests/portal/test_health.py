from typing import Any

import pytest
from django.test import Client


@pytest.mark.django_db
def test_the_portal_says_that_it_is_alive_and_ready() -> None:
    client = Client(headers={"host": "127.0.0.1"})
    assert client.get("/healthz").content == b"ok"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {"database": True, "migrations": True, "broker": True, "keys": True},
    )


@pytest.mark.django_db
def test_a_broker_that_is_down_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any, **_options: Any) -> None:
        raise OSError

    monkeypatch.setattr("kombu.connection.Connection.ensure_connection", refuse)
    ready = Client(headers={"host": "127.0.0.1"}).get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["broker"] is False
