"""That somebody looked: support's searches, and the people they read about."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.actors import roles_of
from accounts.models import Employee
from audit.events import Event
from audit.log import record


@transaction.atomic
def note_search(*, kind: str, hits: int, organisation: UUID | None, by: str, now: datetime) -> None:
    """Write that somebody was searched for: by what kind of thing, never what was typed."""
    record(Event.PERSON_SEARCHED, by=by, now=now, organisation=organisation, kind=kind, hits=hits)


@transaction.atomic
def note_view(
    employee: Employee, *, by: str, now: datetime, reference: str = "", purpose: str = ""
) -> None:
    """Write that somebody read about an employee, and by which roles they could.

    `purpose`, where it was asked for. The employee is told the roles, also when they have changed.
    """
    record(
        Event.PERSON_VIEWED,
        by=by,
        now=now,
        organisation=employee.organisation_id,
        employee=employee.pk,
        reference=reference,
        roles=roles_of(by, employee.organisation_id),
        **({"purpose": purpose} if purpose else {}),
    )
