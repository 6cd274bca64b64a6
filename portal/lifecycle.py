"""That the portal's processes begin and end, and that its database was migrated, in the audit log.

No process waits for it, or fails by it: where the database is away, a line in the process's own log
says so instead.
"""

import atexit
import logging
import os
from collections.abc import Sequence
from typing import Any

from celery.signals import beat_init, worker_init
from django.db import Error, connection, transaction
from django.utils import timezone

from audit.events import Event
from audit.log import record
from portal import VERSION
from portal.start import connection_of_its_own

logger = logging.getLogger(__name__)

# An insert waits for nobody; where it does, as for a migration, the process goes on without it.
_AT_MOST = "SET LOCAL statement_timeout = '3s'"


def note_started(process: str) -> None:
    """Write that this process has begun: `web`, `worker` or `beat`; and, when it ends, that."""
    _note(Event.SYSTEM_STARTED, process=process)
    atexit.register(note_stopped, process, pid=os.getpid())


def note_stopped(process: str, *, pid: int) -> None:
    """Write that the process `pid` ends; forked children inherit the promise, and are not it."""
    if os.getpid() == pid:
        _note(Event.SYSTEM_STOPPED, process=process)


@worker_init.connect  # type: ignore[untyped-decorator]  # Celery is published without types
def _worker_begins(**_signal: Any) -> None:
    note_started("worker")


@beat_init.connect  # type: ignore[untyped-decorator]
def _beat_begins(**_signal: Any) -> None:
    note_started("beat")


def note_migrated(plan: Sequence[tuple[Any, bool]] = (), **_signal: Any) -> None:
    """Write which migrations were applied, or taken back; `post_migrate` comes after none, too."""
    names = [f"{'-' if back else ''}{each.app_label}.{each.name}" for each, back in plan]
    if names:
        _note(Event.SYSTEM_MIGRATED, migrations=names)


def _note(event: Event, **details: Any) -> None:
    try:
        with connection_of_its_own(), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(_AT_MOST)
            record(event, by="system", now=timezone.now(), version=VERSION, **details)
    except Error as away:
        logger.warning("Not in the audit log: %s (%s)", event.value, type(away).__name__)
