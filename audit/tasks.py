"""The Celery tasks of the log: they read the clock, and may run twice."""

import logging
from time import monotonic

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from audit import heads, retention
from audit.rounds import seal_round
from audit.turns import noted

logger = logging.getLogger(__name__)

TURN_SECONDS = 30  # well below CELERY_TASK_SOFT_TIME_LIMIT


@shared_task
@noted
def seal_audit_log() -> None:
    """Seal what waits, round by round; what is left after half a minute, next time."""
    if settings.AUDIT_SEAL_KEY is None:
        logger.error("The audit log is not sealed: this worker has no AUDIT_SEAL_KEY.")
        return
    stop = monotonic() + TURN_SECONDS
    while seal_round(key=settings.AUDIT_SEAL_KEY, now=timezone.now()) and monotonic() < stop:
        pass


@shared_task
@noted
def tell_audit_head() -> None:
    heads.tell(settings.AUDIT_HEADS_TO)


@shared_task
@noted
def tend_audit_log() -> None:
    """Make the months to come and drop those that are over, and seal at once that they went."""
    if retention.tend(months=settings.AUDIT_MONTHS_KEPT, now=timezone.now()):
        seal_audit_log()
