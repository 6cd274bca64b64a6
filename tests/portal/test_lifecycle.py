"""Processes that begin and end, and migrations: in the audit log, and never in the way."""

import atexit
import logging
import os
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError, connections
from django.db.models.signals import post_migrate

from audit.events import Event
from audit.models import AuditEvent
from portal import VERSION, lifecycle

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]


def told() -> list[tuple[str, dict[str, Any]]]:
    return list(AuditEvent.objects.order_by("id").values_list("event", "details"))


def test_a_process_is_told_of_when_it_begins_and_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_the_end = []
    monkeypatch.setattr(atexit, "register", lambda *call, **named: at_the_end.append((call, named)))
    lifecycle.note_started("worker")
    [((note, *words), named)] = at_the_end
    note(*words, **named)
    about = {"process": "worker", "version": VERSION}
    assert told() == [("system:started", about), ("system:stopped", about)]


def test_a_forked_child_that_ends_is_not_the_process() -> None:
    lifecycle.note_stopped("web", pid=os.getpid() + 1)
    assert not told()


def test_a_process_begins_and_ends_where_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_given: object) -> None:
        raise OperationalError("no route to host")

    monkeypatch.setattr(type(connections["default"]), "get_new_connection", away)
    with caplog.at_level(logging.WARNING):
        lifecycle._note(Event.SYSTEM_STARTED, process="web")
        lifecycle.note_stopped("web", pid=os.getpid())
    assert caplog.text.count("Not in the audit log: system:") == 2


def test_migrations_are_told_of_only_where_there_were_some() -> None:
    lifecycle.note_migrated(plan=[])
    lifecycle.note_migrated()
    assert not told()
    applied = SimpleNamespace(app_label="linking", name="0042_answer")
    lifecycle.note_migrated(plan=[(applied, False), (applied, True)])
    migrations = ["linking.0042_answer", "-linking.0042_answer"]
    assert told() == [("system:migrated", {"migrations": migrations, "version": VERSION})]


def test_the_portal_listens_for_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(post_migrate, "connect", lambda *call, **named: heard.append(call[0]))
    apps.get_app_config("portal").ready()
    assert lifecycle.note_migrated in heard


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION
