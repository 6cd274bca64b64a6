"""The queue in PostgreSQL, with real workers that are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from kombu import Connection, Queue

from portal.broker import queue as pgqueue
from portal.models import QueueMessage
from tests.portal.queue_app import app, leave, leave_slowly

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True, scope="module")
def _publishers_end(django_db_setup: None) -> Iterator[None]:
    yield
    app.pool.force_close_all()  # the test database cannot be dropped before


@pytest.fixture(autouse=True)
def _always_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    # Celery prefers this variable to what an app says, and test-services sets it.
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)


@contextmanager
def worker(folder: Path, *, lease: float = 90) -> Iterator[subprocess.Popen[bytes]]:
    name = settings.DATABASES["default"]["NAME"]
    url = os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    command = [sys.executable, "-m", "celery", "-A", "tests.portal.queue_app", "worker"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*command, "--concurrency=2", "--loglevel=INFO"],
            env=os.environ | {"DATABASE_URL": url, "TEST_LEASE": str(lease)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the worker and its pool, as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def lines(folder: Path, name: str) -> list[str]:
    path = folder / name
    return path.read_text().split() if path.exists() else []


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_every_task_is_done_once_and_no_row_is_left(tmp_path: Path) -> None:
    for number in range(50):
        leave.delay(str(tmp_path), str(number))
    with worker(tmp_path):
        wait_until(lambda: not QueueMessage.objects.exists())
    assert sorted(lines(tmp_path, "done"), key=int) == [str(number) for number in range(50)]


def test_a_waiting_worker_takes_a_message_at_once(tmp_path: Path) -> None:
    with worker(tmp_path):
        leave.delay(str(tmp_path), "first")
        wait_until(lambda: lines(tmp_path, "done") == ["first"])
        started = time.monotonic()
        leave.delay(str(tmp_path), "second")
        wait_until(lambda: len(lines(tmp_path, "done")) == 2)
        assert time.monotonic() - started < 0.5


def test_what_a_killed_worker_held_is_done_by_the_next(tmp_path: Path) -> None:
    for number in range(6):
        leave_slowly.delay(str(tmp_path), str(number))
    with worker(tmp_path, lease=2) as first:
        wait_until(lambda: len(lines(tmp_path, "begun")) == 2)
        kill(first)
    assert not lines(tmp_path, "done")
    (tmp_path / "go").touch()
    with worker(tmp_path, lease=2):
        wait_until(lambda: not QueueMessage.objects.exists())
    assert sorted(lines(tmp_path, "done")) == [str(number) for number in range(6)]


def test_a_living_worker_keeps_what_takes_longer_than_the_lease(tmp_path: Path) -> None:
    leave_slowly.delay(str(tmp_path), "long")
    with worker(tmp_path, lease=2), worker(tmp_path, lease=2):
        wait_until(lambda: lines(tmp_path, "begun") == ["long"])
        first_lease = QueueMessage.objects.get().free_at
        wait_until(lambda: (QueueMessage.objects.get().free_at - first_lease).total_seconds() > 3)
        (tmp_path / "go").touch()
        wait_until(lambda: not QueueMessage.objects.exists())
    assert lines(tmp_path, "begun") == ["long"]


def test_worker_and_publisher_come_back_when_the_server_cut_them_off(tmp_path: Path) -> None:
    with worker(tmp_path):
        leave.delay(str(tmp_path), "before")
        wait_until(lambda: lines(tmp_path, "done") == ["before"])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # what it kept was cut off too, and it takes its time to see that
        leave.delay(str(tmp_path), "after")
        wait_until(lambda: lines(tmp_path, "done") == ["before", "after"])


def test_a_worker_that_is_told_to_end_finishes_what_it_holds(tmp_path: Path) -> None:
    leave_slowly.delay(str(tmp_path), "held")
    with worker(tmp_path) as running:
        wait_until(lambda: lines(tmp_path, "begun") == ["held"])
        running.terminate()
        (tmp_path / "go").touch()
        assert running.wait(30) == 0
    assert lines(tmp_path, "done") == ["held"]
    assert not QueueMessage.objects.exists()


def test_a_lost_lease_gives_no_say_over_the_message() -> None:
    with pgqueue.connect(timeout=5) as database:
        pgqueue.put(database, "q", {"properties": {}})
        slow = pgqueue.take(database, "q", lease=0)
        quick = pgqueue.take(database, "q", lease=60)
        assert slow is not None
        assert quick is not None
        assert quick["properties"]["redelivered"]
        for change in (pgqueue.finish, pgqueue.give_back):
            change(database, slow["properties"]["delivery_tag"])
        assert pgqueue.count(database, "q") == 0
        assert QueueMessage.objects.count() == 1
        pgqueue.finish(database, quick["properties"]["delivery_tag"])
        assert not QueueMessage.objects.exists()


def test_two_takers_never_get_the_same_message() -> None:
    with pgqueue.connect(timeout=5) as one, pgqueue.connect(timeout=5) as other:
        pgqueue.put(one, "q", {"properties": {}, "n": 1})
        pgqueue.put(one, "q", {"properties": {}, "n": 2})
        with one.transaction():
            first = pgqueue.take(one, "q", lease=60)
            second = pgqueue.take(other, "q", lease=60)
        assert (first or {})["n"] == 1
        assert (second or {})["n"] == 2


def test_rejected_goes_back_or_away_and_a_closed_channel_gives_back() -> None:
    queue = Queue("q", routing_key="q")
    with Connection("postgresql://") as client, client.channel() as channel:
        bound = queue(channel)
        bound.declare()
        for text in ("one", "two"):
            client.Producer().publish(text, routing_key="q")
        message = bound.get()
        assert message.payload == "one"
        message.requeue()
        assert QueueMessage.objects.count() == 2
        again = bound.get()
        assert again.payload == "one"
        again.reject()
        assert bound.get().payload == "two"
    with pgqueue.connect(timeout=5) as database:
        assert pgqueue.count(database, "q") == 1
        assert pgqueue.purge(database, "q") == 1


def test_a_server_that_is_away_is_an_error_that_celery_retries() -> None:
    with Connection("postgresql://") as client:
        assert issubclass(psycopg.OperationalError, client.connection_errors)


def test_a_host_in_the_url_is_refused() -> None:
    with pytest.raises(ValueError, match="no host of its own"):
        Connection("postgresql://elsewhere.example/other").connect()
