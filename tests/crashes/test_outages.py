"""Broker, mail server or database away: the page goes on or says so, and nothing is lost."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils import timezone

from devtools.bench.children import ROOT
from devtools.mailbox import Mailbox
from linking.delivery import deliver
from tests.factories import make_mail

HANG_SECONDS = 500
REQUESTS = 24
WAKE = """
import django; django.setup()
from uuid import uuid4
from django.db import transaction
from linking.wakeup import SEND_CODE, wake
with transaction.atomic():
    wake(SEND_CODE, uuid4())
print("went on")
"""


def run(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )


@contextmanager
def server(*, answers_nothing: bool) -> Iterator[int]:
    """A port that takes connections and never says a word, or one where nobody is."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listening:
        port = int(listening.getsockname()[1])
        if answers_nothing:
            yield port
            return
    yield port


@pytest.mark.parametrize("answers_nothing", [True, False], ids=["silent", "down"])
@pytest.mark.parametrize("url", ["redis://127.0.0.1:{}/1", "amqp://guest:guest@127.0.0.1:{}//"])
def test_a_page_goes_on_where_the_broker_does_not_answer(url: str, answers_nothing: bool) -> None:
    with server(answers_nothing=answers_nothing) as port:
        done = run("-c", WAKE, CELERY_BROKER_URL=url.format(port))
    assert done.stdout == "went on\n", done.stderr
    assert "Error" in done.stderr  # it is in the log


@pytest.mark.django_db
@pytest.mark.parametrize("answers_nothing", [True, False], ids=["silent", "down"])
def test_a_mail_waits_for_a_mail_server_that_does_not_answer(
    mailbox: Mailbox, settings: Any, answers_nothing: bool
) -> None:
    mail = make_mail()
    there = settings.MAILERS["default"]["OPTIONS"]
    with server(answers_nothing=answers_nothing) as port:
        away = there | {"port": port, "timeout": 0.2}
        settings.MAILERS = {"default": settings.MAILERS["default"] | {"OPTIONS": away}}
        deliver(mail.pk, now=timezone.now())
    mail.refresh_from_db()
    assert (mail.state, mail.answer[:11]) == ("queued", "no answer: ")
    settings.MAILERS = {"default": settings.MAILERS["default"] | {"OPTIONS": there}}
    deliver(mail.pk, now=mail.next_attempt_at)
    assert len(mailbox.mails) == 1


@pytest.fixture(scope="module")
def restarted() -> dict[str, Any]:
    done = run("-m", "devtools.crashes.restart", str(REQUESTS))
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_restart_of_postgresql_under_load_loses_nothing(restarted: dict[str, Any]) -> None:
    assert (restarted["runs"], restarted["lost"]) == (REQUESTS, 0)
    assert restarted["same_code"]
    assert restarted["most_copies"] <= 2  # one where the server had taken it, and we could not note


def test_the_page_says_that_the_database_is_away(restarted: dict[str, Any]) -> None:
    assert set(restarted["statuses"]) <= {"302", "503"}
    assert restarted["statuses"]["302"] == REQUESTS
    titles = {
        "nb": "Portalen er borte et øyeblikk",
        "nn": "Portalen er borte ein augneblink",
        "en": "The portal is away for a moment",
    }
    for language, title in titles.items():
        status, retry_after, page = restarted["pages"][language]
        assert (status, retry_after) == (503, "10")
        assert f"<title>{title}" in page
