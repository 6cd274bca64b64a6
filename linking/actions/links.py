"""How a link ends by somebody's hand. By itself: `stale.py` and `leavers.py`."""

from datetime import datetime

from django.db import transaction

from accounts.models import UserSession
from audit.events import Event
from audit.log import record
from linking.models import LinkedIdentity


@transaction.atomic
def revoke_link(link: LinkedIdentity, *, by: str, reason: str, now: datetime) -> bool:
    """End a link and its employee's sessions; False where it had ended already."""
    revoked = (
        LinkedIdentity.objects.active()
        .filter(pk=link.pk)
        .update(
            state=LinkedIdentity.State.REVOKED, ended_at=now, ended_by=by, end_reason=reason[:500]
        )
    )
    if not revoked:
        return False
    UserSession.objects.filter(user__employee=link.employee_id).delete()
    record(
        Event.LINK_REVOKED,
        by=by,
        now=now,
        organisation=link.organisation_id,
        employee=link.employee_id,
    )
    return True
