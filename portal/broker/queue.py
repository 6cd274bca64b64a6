"""The queue's SQL: put, take on lease, keep, give back, finish.

A message is deleted only when its work is done. A worker that dies keeps its lease until it runs
out, and then another takes the message: at least once, never lost.
"""

import json
from collections.abc import Iterable
from typing import Any

import psycopg
from django.db import connections
from psycopg.rows import TupleRow

CHANNEL = "portal_queue"  # of LISTEN and NOTIFY

type Connection = psycopg.Connection[TupleRow]

_PUT = """
    WITH message AS (
        INSERT INTO portal_queue_message (queue, payload) VALUES (%s, %s) RETURNING queue
    )
    SELECT pg_notify('portal_queue', queue) FROM message
"""
_TAKE = """
    UPDATE portal_queue_message
       SET free_at = clock_timestamp() + make_interval(secs => %(lease)s),
           deliveries = deliveries + 1
     WHERE id = (
        SELECT id FROM portal_queue_message
         WHERE queue = %(queue)s AND free_at <= clock_timestamp()
         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
     )
    RETURNING id, deliveries, payload
"""
_KEEP = """
    UPDATE portal_queue_message
       SET free_at = clock_timestamp() + make_interval(secs => %s)
     WHERE id = %s AND deliveries = %s
"""
_GIVE_BACK = """
    WITH message AS (
        UPDATE portal_queue_message SET free_at = clock_timestamp()
         WHERE id = %s AND deliveries = %s RETURNING queue
    )
    SELECT pg_notify('portal_queue', queue) FROM message
"""


def connect(*, timeout: float) -> Connection:
    """Open a connection of our own to the portal's database; `timeout` in seconds.

    Not one of Django's: a message is queued at once, and LISTEN needs a connection to itself.

    Raises:
        psycopg.OperationalError: the server does not answer.
    """
    options: dict[str, Any] = connections["default"].get_connection_params()
    options.pop("cursor_factory", None)
    options.pop("context", None)
    seconds = max(1, round(timeout))
    return psycopg.connect(**(options | {"autocommit": True, "connect_timeout": seconds}))


def put(connection: Connection, queue: str, message: dict[str, Any]) -> None:
    connection.execute(_PUT, [queue, json.dumps(message)])


def take(connection: Connection, queue: str, *, lease: float) -> dict[str, Any] | None:
    """Take the oldest free message for `lease` seconds, or nothing.

    Its delivery tag names this delivery: the three functions below work with it until somebody else
    has taken the message; from then on they do nothing.
    """
    row = connection.execute(_TAKE, {"queue": queue, "lease": lease}).fetchone()
    if row is None:
        return None
    key, delivery, payload = row
    message: dict[str, Any] = json.loads(payload)
    message["properties"]["delivery_tag"] = f"{key}:{delivery}"
    if delivery > 1:
        message["properties"]["redelivered"] = True
    return message


def keep(connection: Connection, tags: Iterable[str], *, lease: float) -> None:
    """Lengthen the leases to `lease` seconds from now."""
    for tag in tags:
        connection.execute(_KEEP, [lease, *_delivery(tag)])


def give_back(connection: Connection, tag: str) -> None:
    connection.execute(_GIVE_BACK, _delivery(tag))


def finish(connection: Connection, tag: str) -> None:
    connection.execute(
        "DELETE FROM portal_queue_message WHERE id = %s AND deliveries = %s", _delivery(tag)
    )


def count(connection: Connection, queue: str) -> int:
    """Give how many messages wait, those on lease left out."""
    row = connection.execute(
        "SELECT count(*) FROM portal_queue_message "
        "WHERE queue = %s AND free_at <= clock_timestamp()",
        [queue],
    ).fetchone()
    return int(row[0]) if row else 0


def purge(connection: Connection, queue: str) -> int:
    """Delete what waits, those on lease left out; gives how many."""
    return connection.execute(
        "DELETE FROM portal_queue_message WHERE queue = %s AND free_at <= clock_timestamp()",
        [queue],
    ).rowcount


def wait_for_message(listener: Connection, *, seconds: float) -> None:
    """Wait until somebody puts or gives back a message, but no longer than `seconds`."""
    for _notice in listener.notifies(timeout=seconds, stop_after=1):
        pass


def _delivery(tag: str) -> list[int]:
    key, delivery = tag.split(":")
    return [int(key), int(delivery)]
