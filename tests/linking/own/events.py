"""Events as the portal writes them, without what they are about happening."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Employee, User
from audit.events import Event
from audit.log import record
from audit.models import AuditEvent


def note(event: Event, employee: Employee, *, by: str = "system", **more: Any) -> AuditEvent:
    now: datetime = more.pop("now", None) or timezone.now()
    organisation = more.pop("organisation", employee.organisation_id)
    with transaction.atomic():
        return record(
            event,
            by=by,
            now=now,
            organisation=organisation,
            employee=employee.pk,
            **more,
        )


def look(employee: Employee, by: User, **more: Any) -> AuditEvent:
    """What is left of an open of support's page."""
    return note(Event.PERSON_VIEWED, employee, by=by.actor, **more)
