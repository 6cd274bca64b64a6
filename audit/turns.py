"""The portal's own tasks: that a turn did something, or broke, stands in the log."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.db import Error, transaction
from django.utils import timezone

from audit.events import Event
from audit.log import record

logger = logging.getLogger(__name__)


def noted[**P](work: Callable[P, int | None]) -> Callable[P, None]:
    """Write that a task did something, if it gives how much, or that it broke off.

    A turn with nothing to do leaves no event: most have nothing.
    """

    @wraps(work)
    def turn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            count = work(*args, **kwargs)
        except Exception as error:
            note_failed(work.__name__, error, now=timezone.now())
            raise
        if count:
            note_done(work.__name__, count=count, now=timezone.now())

    return turn


@transaction.atomic
def note_done(task: str, *, count: int, now: datetime) -> None:
    """Write that a task did something, `count` times: a sum, of what has had events of its own."""
    record(Event.TASK_DONE, by="system", now=now, task=task, count=count)


def note_failed(task: str, error: BaseException, *, now: datetime) -> None:
    """Write that a task broke off, and by what kind of error: its words may quote a person's row.

    Where the database is what is broken it cannot, and says so to whoever runs the portal.
    """
    try:
        with transaction.atomic():
            reason = type(error).__name__[:60]
            record(Event.TASK_FAILED, by="system", now=now, reason=reason, task=task)
    except Error as away:
        logger.warning("Not in the audit log: %s failed (%s)", task, type(away).__name__)
