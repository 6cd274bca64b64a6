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

# In whose log, if not in that of the portal, and of whom: in the registry, or in the log alone.
type Whom = tuple[UUID | None, UUID]

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
    note_views({(employee.organisation_id, employee.pk): why}, by=by, now=now, reference=reference)


def note_views(
    whys: Mapping[Whom, Why], *, by: str, now: datetime, reference: str = "", page: str = ""
) -> None:
    """Write it of each of these or of none, and what was told of why.

    The employee is told the roles, also when they have changed. `page` is what was opened for it in
    the administration, such as `linking_pendingcode`. It takes as many statements as there are
    organisations and purposes.
    """
    if not whys:
        return
    alike = defaultdict[tuple[UUID | None, Why], list[Whom]](list)
    for whom, why in whys.items():
        alike[whom[0], why].append(whom)
    with transaction.atomic():
        roles = {place: roles_of(by, place) for place in {place for place, _why in alike}}
        for (place, why), people in alike.items():
            record_each(
                Event.PERSON_VIEWED,
                people,
                by=by,
                now=now,
                reference=reference,
                roles=roles[place],
                **_given(purpose=why.purpose, purpose_text=why.text, page=page),
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
