"""Whoever comes back begins without what they had before."""

from datetime import date, datetime

from django.db import transaction

from accounts.actions import end_roles, end_sessions, rehire_employee
from accounts.models import Employee, RoleGrant, UserSession
from linking.actions.links import revoke_link, why
from linking.models import LinkedIdentity
from linking.policy import Refusal


@transaction.atomic
def rehire(employee: Employee, *, first_day: date, by: str, now: datetime) -> Employee:
    """Let the employment of somebody who has left begin again; they link anew.

    Ends link, roles and sessions that the minute's task has not come to yet.

    Raises:
        HasNotLeft: nothing was changed.
    """
    employee = rehire_employee(employee, first_day=first_day, by=by, now=now)
    sessions = UserSession.objects.filter(user__employee=employee)
    end_sessions(sessions, by="system", how="not employed", now=now)
    for link in LinkedIdentity.objects.standing().filter(employee=employee):
        revoke_link(link, by="system", reason=why(Refusal.NOT_EMPLOYED), now=now)
    end_roles(RoleGrant.objects.filter(user__employee=employee), by="system", now=now)
    return employee
