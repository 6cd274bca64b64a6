"""How links end: by somebody, or by not being used."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import UserSession
from audit.events import Event
from audit.log import record
from linking.actions.cases import close_cases_about
from linking.models import LinkedIdentity


@transaction.atomic
def revoke_link(
    link: LinkedIdentity,
    *,
    by: str,
    reason: str,
    now: datetime,
    event: Event = Event.LINK_REVOKED,
) -> bool:
    """End a link, or one that waits, and its employee's sessions; False where it had ended."""
    revoked = (
        LinkedIdentity.objects.standing()
        .filter(pk=link.pk)
        .update(
            state=LinkedIdentity.State.REVOKED, ended_at=now, ended_by=by, end_reason=reason[:500]
        )
    )
    if not revoked:
        return False
    UserSession.objects.filter(user__employee=link.employee_id).delete()
    close_cases_about(link, now=now)
    record(
        event,
        by=by,
        now=now,
        organisation=link.organisation_id,
        employee=link.employee_id,
    )
    return True


@transaction.atomic
def expire_stale_links(*, now: datetime, limit: int = 500) -> int:
    """Expire links that nobody has used for the organisation's number of days, oldest first.

    Gives how many; call again while it is `limit`. Rows that somebody holds are left for next time.
    """
    stale = LinkedIdentity.objects.active().filter(expires_at__lte=now).order_by("expires_at")
    return expire(stale.select_for_update(skip_locked=True)[:limit], now)


def expire(stale: Any, now: datetime) -> int:
    """Expire these links, in the caller's transaction; gives how many."""
    links = list(stale)
    LinkedIdentity.objects.filter(pk__in=[link.pk for link in links]).update(
        state=LinkedIdentity.State.EXPIRED, ended_at=now, ended_by="system"
    )
    for link in links:
        record(
            Event.LINK_EXPIRED,
            by="system",
            now=now,
            organisation=link.organisation_id,
            employee=link.employee_id,
        )
    return len(links)
