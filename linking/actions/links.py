"""How a link ends by somebody's hand. By itself: `stale.py` and `leavers.py`."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation

from accounts.actions import end_sessions
from accounts.models import UserSession
from audit.events import Event
from audit.log import record
from linking.actions.cases import close_cases_about
from linking.models import LinkedIdentity
from linking.policy import Refusal


def why(reason: Refusal) -> str:
    """Give the words that are kept with what ended for `reason`, in the portal's language."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(reason.label)


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
    record(
        event,
        by=by,
        now=now,
        organisation=link.organisation_id,
        employee=link.employee_id,
        eid=link.eid,
        why=reason[:500],
    )
    sessions = UserSession.objects.filter(user__employee=link.employee_id)
    end_sessions(sessions, by=by, how="link ended", now=now)
    close_cases_about([link.pk], now=now)
    return True
