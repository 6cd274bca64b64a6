"""Whoever has left, or was set inactive, loses link, roles and sessions at once."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.actions import end_roles, end_sessions
from accounts.models import RoleGrant, UserSession
from audit.events import Event
from audit.log import record_each
from linking.actions.cases import close_cases_about
from linking.actions.links import why
from linking.models import LinkedIdentity
from linking.policy import Refusal

BATCH = 500


@transaction.atomic
def end_leavers(*, now: datetime, limit: int = BATCH) -> int:
    """End links, roles and sessions of employees who are inactive or whose last day has passed.

    The last day itself is a working day. Gives how many rows were ended; call again until it is 0.
    Rows that somebody holds are left for next time. Nothing comes back when an employee does: the
    person links anew.
    """
    today = timezone.localdate(now)
    links = list(
        LinkedIdentity.objects.standing()
        .filter(_has_left("employee", today))
        .select_for_update(of=("self",), skip_locked=True)
        .values_list("pk", "organisation_id", "employee_id")[:limit]
    )
    LinkedIdentity.objects.filter(pk__in=[pk for pk, *_whose in links]).update(
        state=LinkedIdentity.State.REVOKED,
        ended_at=now,
        ended_by="system",
        end_reason=why(Refusal.NOT_EMPLOYED),
    )
    close_cases_about((pk for pk, *_whose in links), now=now)
    pairs = [(organisation, employee) for _pk, organisation, employee in links]
    record_each(Event.LINK_REVOKED, pairs, by="system", now=now, reason=Refusal.NOT_EMPLOYED.value)
    roles = _end_roles(today, now=now, limit=limit)
    return len(links) + roles + _end_sessions(today, now=now, limit=limit)


def _end_roles(today: date, *, now: datetime, limit: int) -> int:
    left = RoleGrant.objects.filter(_has_left("user__employee", today)).select_related("user")
    return end_roles(left.order_by("user", "pk")[:limit], by="system", now=now)


def _end_sessions(today: date, *, now: datetime, limit: int) -> int:
    """Also those without a link: a sign-in may have been under way when the link ended."""
    open_sessions = list(
        UserSession.objects.filter(_has_left("user__employee", today))
        .select_for_update(of=("self",), skip_locked=True)
        .values_list("pk", flat=True)[:limit]
    )
    if not open_sessions:
        return 0
    left = UserSession.objects.filter(pk__in=open_sessions)
    return end_sessions(left, by="system", how="not employed", now=now)


def _has_left(employee: str, today: date) -> Q:
    return Q(**{f"{employee}__active": False}) | Q(**{f"{employee}__ends_on__lt": today})
