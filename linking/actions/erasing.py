"""What the log holds on a person is erased by an administrator: never their own (GDPR art. 17)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import covers, scope
from accounts.actions import StillEmployed
from accounts.models import Employee, User, fold_email
from audit.erasure import (
    Ground,
    Hindrance,
    Left,
    NotGranted,
    OutOfReach,
    ask_granted,
    erase,
    short_waits,
)
from audit.events import Event
from audit.log import record
from audit.models import AuditEvent

ERASE: Final = "audit.erase_auditevent"


class OwnTrail(Exception):
    """Whoever would erase is the very person."""


_HINDRANCES: Final[Mapping[type[Exception], Hindrance]] = {
    OwnTrail: Hindrance.OWN_TRAIL,
    StillEmployed: Hindrance.STILL_EMPLOYED,
    OutOfReach: Hindrance.OUT_OF_REACH,
    NotGranted: Hindrance.NOT_GRANTED,
}


def ask_erasable(person: UUID, held: Left, *, by: User, now: datetime) -> None:
    """Ask whether a user may erase what the log has `held` on a person, and whether it is the time.

    Raises:
        OwnTrail, StillEmployed, OutOfReach, NotGranted: no.
    """
    _ask(Employee.objects.filter(pk=person).first(), person, by=by, now=now)
    if not all(covers(by, ERASE, chain) for chain in held.chains):
        raise OutOfReach
    ask_granted()


@transaction.atomic
def erase_from_log(person: UUID, *, ground: Ground, by: User, now: datetime) -> int:
    """Erase what the log holds on a person; gives how many events were blanked.

    Raises:
        OwnTrail, StillEmployed, OutOfReach, NotGranted, LogIsBusy: nothing was changed.
    """
    with short_waits():
        # Held, so that nobody employs them again meanwhile.
        employee = Employee.objects.select_for_update(of=("self",)).filter(pk=person).first()
    _ask(employee, person, by=by, now=now)
    return erase(
        person,
        by=by.actor,
        now=now,
        ground=ground,
        reaches=lambda chain: covers(by, ERASE, chain),
    )


@transaction.atomic
def note_refused_erasure(person: UUID, refused: Exception, *, by: User, now: datetime) -> None:
    """Write that a user would have erased a person, in a log that they may erase from.

    By itself: what was refused was undone.
    """
    employee = Employee.objects.filter(pk=person).first()
    place = employee.organisation_id if employee is not None else None
    if employee is None or not covers(by, ERASE, place):
        events = scope(
            AuditEvent.objects.filter(employee_id=person), by, ERASE, path="organisation_id"
        )
        place = events.order_by("-at").values_list("organisation_id", flat=True).first()
    record(
        Event.ERASURE_REFUSED,
        by=by.actor,
        now=now,
        organisation=place,
        employee=person,
        reason=_HINDRANCES[type(refused)],
    )


def _ask(employee: Employee | None, person: UUID, *, by: User, now: datetime) -> None:
    # nobody erases their own trail, by their own user or by a local one with the same e-mail.
    mine = employee is not None and fold_email(by.email) == fold_email(employee.email)
    if by.employee_id == person or mine:
        raise OwnTrail
    # The log has to tell what happens to whoever works here.
    if employee is not None and employee.is_employed(timezone.localdate(now)):
        raise StillEmployed
