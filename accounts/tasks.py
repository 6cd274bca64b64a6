"""The Celery tasks that need to know the organisations and nothing of links."""

from collections.abc import Collection, Mapping
from time import monotonic
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.models import Organisation
from audit.forwarding import forward
from audit.turns import noted

TURN_SECONDS = 30  # well below CELERY_TASK_SOFT_TIME_LIMIT, with a last call that gets no answer


@shared_task
@noted
def forward_audit_log() -> None:
    """Forward what has been sealed; what is left after half a minute, next time."""
    if settings.AUDIT_RECEIVER is None:
        return
    stop = monotonic() + TURN_SECONDS
    for _step in forward(settings.AUDIT_RECEIVER, slugs=slugs_of, clock=timezone.now):
        if monotonic() > stop:
            return


def slugs_of(organisations: Collection[UUID]) -> Mapping[UUID, str]:
    """Give by which short names organisations go outside: the log knows their ids alone."""
    found = Organisation.objects.filter(pk__in=organisations).order_by()
    return dict(found.values_list("pk", "slug"))
