"""Where a secret could have been left: the database, its log, the queue, mails as they came."""

import email
import email.policy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from kombu import Queue
from psycopg import sql

from accounts.models import UserSession
from portal.celery import app as celery_app

type Content = tuple[str, bytes]
"""Where it was found, and what stands there."""

_TABLES = """
    SELECT table_schema, table_name, column_name FROM information_schema.columns
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
    ORDER BY table_schema, table_name, ordinal_position
"""


def every_value() -> Iterator[tuple[str, Any]]:
    """Give each value of each column of each table, with the column's name."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        columns = cursor.fetchall()
        for schema, table, column in columns:
            every = sql.SQL("SELECT {0}, {0}::text FROM {1}")
            cursor.execute(every.format(sql.Identifier(column), sql.Identifier(schema, table)))
            for value, text in cursor.fetchall():
                if isinstance(value, memoryview | bytes):
                    yield f"{table}.{column}", bytes(value)
                if text is not None:
                    yield f"{table}.{column}", text


def database() -> Iterator[Content]:
    """A full dump, bytea as bytes and as hexadecimal; sessions decoded too."""
    for column, value in every_value():
        yield column, value if isinstance(value, bytes) else value.encode()
    for session in UserSession.objects.all():
        yield "a session, decoded", repr(session.get_decoded()).encode()


def waiting_messages() -> list[bytes]:
    """What waits in the broker, whichever it is: headers and body; all is given back."""
    queue = Queue(celery_app.conf.task_default_queue)
    with celery_app.connection_for_read() as broker:
        channel = broker.channel()
        waiting, taken = queue(channel), []
        while (message := waiting.get(accept=["json"])) is not None:
            parts = (message.headers, message.properties, message.body, message.payload)
            taken.append(repr(parts).encode())
        channel.close()
    return taken


def mails(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """Each mail that came: its name, its subject, and all of it: raw, and every part decoded."""
    for path in sorted(folder.glob("*.eml")):
        raw = path.read_bytes()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        parts = [part.get_payload(decode=True) or b"" for part in message.walk()]
        headers = "\n".join(f"{name}: {value}" for name, value in message.items())
        whole = b"\n".join([raw, headers.encode(), *(bytes(part) for part in parts)])
        yield path.name, str(message["Subject"]), whole
