"""Lets links expire in one process while people sign in at another, and measures the latter."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from devtools.bench import children, surroundings
from devtools.bench.databases import own_database
from devtools.bench.stale_links import rows
from devtools.bench.stale_links.findings import Findings, Times, Variant
from devtools.bench.stale_links.waits import LockWaits

NOT_OURS = ("CACHE_URL", "CELERY_BROKER_URL")
STALE_SHARE = 3  # tenths
SIGN_INS_AT_ONCE = 50  # asked for in one question
MODULES = "devtools.bench.stale_links"


def run(*, server_url: str, links: int, at_rest: int) -> Findings:
    """Measure with three tenths of the links stale, then with all, on copies of one database.

    Raises:
        ChildFailed: a child did not do what was asked.
    """
    began = datetime.now(UTC)
    stale = links * STALE_SHARE // 10
    variants = {
        "three tenths are stale": (stale, began + rows.STALE_ONES_ARE_OVER),
        "all are stale": (links, began + rows.ALL_ARE_OVER),
    }
    with own_database(server_url, "linked") as full:
        children.run("manage.py", "migrate", settings=_settings(full))
        rows.fill(full, links=links, stale=stale, now=began)
        found = {}
        for name, (number, later) in variants.items():
            with own_database(server_url, "expiring", copy_of=full) as url:
                times = _measured(url, links=links, at_rest=at_rest, now=began, later=later)
                found[name] = _told(url, times, links=links, stale=number)
    return Findings(
        bench="stale-links",
        what="signing in while unused links expire",
        date=began.date().isoformat(),
        machine=surroundings.machine(),
        versions=surroundings.versions() | {"postgresql": surroundings.postgresql(server_url)},
        variants=found,
    )


def _measured(
    url: str, *, links: int, at_rest: int, now: datetime, later: datetime
) -> dict[str, Any]:
    settings = _settings(url)
    with (
        tempfile.TemporaryDirectory() as logs,
        _child("worker", settings, logs) as worker,
        _child("door", settings, logs) as door,
    ):
        # At the door it is still before the stale links' time; for the worker it is past.
        asked = {"links": str(links), "now": now.isoformat()}
        door.ask(number=str(SIGN_INS_AT_ONCE), **asked)  # to warm up
        quiet = door.ask(number=str(at_rest), **asked)["times"]
        return {"quiet": quiet} | _while_expiring(url, worker, door, asked, later)


def _while_expiring(
    url: str, worker: children.Child, door: children.Child, asked: dict[str, str], later: datetime
) -> dict[str, Any]:
    times: list[float] = []
    gone = 0
    with LockWaits(url) as waits, ThreadPoolExecutor(1) as beside:
        expiring = beside.submit(worker.ask, now=later.isoformat())
        while not times or not expiring.done():
            answer = door.ask(number=str(SIGN_INS_AT_ONCE), **asked)
            times += answer["times"]
            gone += answer["gone"]
    return {"worker": expiring.result(), "waits": waits, "times": times, "gone": gone}


def _told(url: str, found: dict[str, Any], *, links: int, stale: int) -> Variant:
    worker, waits = found["worker"], found["waits"]
    expired, standing_stale, events = _counts(url, stale)
    return Variant(
        links=links,
        stale=stale,
        expired=expired,
        events=events,
        kept_by_sign_in=standing_stale,
        found_their_link_gone=found["gone"],
        seconds=round(worker["seconds"], 1),
        links_per_second=round(expired / worker["seconds"]),
        turns=worker["turns"],
        batches=worker["batches"],
        longest_batch_ms=round(worker["longest_batch_ms"], 1),
        looks_for_lock_waits=waits.looks,
        lock_waits_seen=waits.seen,
        longest_lock_wait_ms=round(waits.longest_ms, 1),
        at_rest=Times.of(found["quiet"]),
        while_expiring=Times.of(found["times"]),
    )


def _counts(url: str, stale: int) -> tuple[int, int, int]:
    """Give links that expired, stale ones that were used in time, and employees with one event."""
    with psycopg.connect(url) as connection:
        expired = _one(
            connection, "SELECT count(*) FROM linking_linkedidentity WHERE state = 'expired'"
        )
        events = _one(
            connection,
            "SELECT count(*) FROM (SELECT employee_id FROM audit_auditevent WHERE event ="
            " 'link:expired' GROUP BY employee_id HAVING count(*) = 1) once",
        )
    return expired, stale - expired, events


def _one(connection: psycopg.Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    return int(row[0]) if row else 0


def _settings(url: str) -> dict[str, str]:
    return children.environment(
        NOT_OURS, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="portal.settings", DEBUG="1"
    )


@contextmanager
def _child(name: str, settings: dict[str, str], logs: str) -> Iterator[children.Child]:
    with children.Child(f"{MODULES}.{name}", settings=settings, log=Path(logs) / name) as child:
        yield child
