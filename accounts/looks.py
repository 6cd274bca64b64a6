"""That somebody looked: what they searched for, and the people they read about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts.actors import roles_of
from accounts.models import Employee
from accounts.purposes.choices import NOT_TOLD, Why
from audit.events import Event, Kept
from audit.log import record, record_each
from audit.models import AuditEvent

# A form that comes back within this time shows what was opened before.
_LATELY: Final = timedelta(hours=1)


@transaction.atomic
def note_search(
    *, kind: str, hits: int, organisation: UUID | None, by: str, now: datetime, page: str = ""
) -> None:
    """Write that somebody was searched for: by what kind of thing, never what was typed.

    `page` is the list of the administration in which they were, if in one.
    """
    record(
        Event.PERSON_SEARCHED,
        by=by,
        now=now,
        organisation=organisation,
        kind=kind,
        hits=hits,
        **_given(page=page),
    )


def note_view(
    employee: Employee,
    *,
    by: str,
    now: datetime,
    reference: str = "",
    why: Why = NOT_TOLD,
) -> None:
    """Write that somebody read about an employee, and by which roles they could."""
    place = employee.organisation_id
    note_trail(employee.pk, organisation=place, by=by, now=now, reference=reference, why=why)


@transaction.atomic
def note_views(whys: Mapping[Employee, Why], *, by: str, now: datetime, page: str) -> None:
    """Write it of each of these, or of none: as many statements as organisations and purposes.

    `page` is what they opened for it in the administration, such as `linking_pendingcode`.
    """
    alike = defaultdict[tuple[UUID, Why], list[UUID]](list)
    for employee, why in whys.items():
        alike[employee.organisation_id, why].append(employee.pk)
    roles = {place: roles_of(by, place) for place in {place for place, _why in alike}}
    for (place, why), people in alike.items():
        record_each(
            Event.PERSON_VIEWED,
            [(place, person) for person in people],
            by=by,
            now=now,
            roles=roles[place],
            **_given(purpose=why.purpose, purpose_text=why.text, page=page),
        )


@transaction.atomic
def note_trail(
    person: UUID,
    *,
    organisation: UUID | None,
    by: str,
    now: datetime,
    reference: str = "",
    why: Why = NOT_TOLD,
) -> None:
    """Write the same of somebody whom `organisation` has in its log, if not in its registry.

    The employee is told the roles, also when they have changed. `why` is what was told of it.
    """
    record(
        Event.PERSON_VIEWED,
        by=by,
        now=now,
        organisation=organisation,
        employee=person,
        reference=reference,
        roles=roles_of(by, organisation),
        **_given(purpose=why.purpose, purpose_text=why.text),
    )


def looked_at_lately(people: Iterable[UUID], *, by: str, now: datetime) -> frozenset[UUID]:
    """Give at which of these `by` has looked within the last hour, as the log has it."""
    looks = AuditEvent.objects.filter(
        kept=Kept.SECURITY,
        event=Event.PERSON_VIEWED,
        actor=by,
        employee_id__in=list(people),
        at__gt=now - _LATELY,
    )
    found = looks.order_by().values_list("employee_id", flat=True)
    return frozenset(each for each in found if each is not None)


def _given(**texts: str) -> dict[str, Any]:
    return {name: text for name, text in texts.items() if text}
