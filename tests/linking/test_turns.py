"""The portal's own tasks in the audit log: turns that did something, and turns that broke."""

from typing import Any

import pytest
from django.db import Error

from audit import turns
from audit.models import AuditEvent
from linking import actions, tasks

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str, dict[str, Any]]]:
    return list(AuditEvent.objects.order_by("id").values_list("event", "reason", "details"))


def test_a_turn_with_nothing_to_do_is_not_told_of() -> None:
    for task in (tasks.expire_codes, tasks.end_leavers, tasks.clear_sessions, tasks.count_figures):
        task()
    assert not told()


def test_a_turn_that_did_something_says_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = iter([500, 3, 0])
    monkeypatch.setattr(actions, "end_leavers", lambda **_now: next(batches))
    tasks.end_leavers()
    assert told() == [("task:done", "", {"task": "end_leavers", "count": 503})]


def test_a_task_that_breaks_says_by_what_and_not_in_which_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(**_now: object) -> int:
        raise ZeroDivisionError("of kari@x.example")

    monkeypatch.setattr(actions, "expire_codes", breaks)
    with pytest.raises(ZeroDivisionError):
        tasks.expire_codes()
    assert told() == [("task:failed", "ZeroDivisionError", {"task": "expire_codes"})]


def test_where_the_log_is_away_the_task_fails_by_its_own_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(*_given: object, **_named: object) -> None:
        raise Error

    monkeypatch.setattr(turns, "record", breaks)
    monkeypatch.setattr(actions, "expire_codes", lambda **_now: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.expire_codes()
