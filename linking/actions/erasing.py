"""What the log holds on a person is erased by an administrator: never their own (GDPR art. 17)."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import covers
from accounts.actions import StillEmployed
from accounts.models import Employee, User, fold_email
from audit.erasure import Ground, Left, OutOfReach, ask_granted, erase

ERASE: Final = "audit.erase_auditevent"


class OwnTrail(Exception):
    """Whoever would erase is the very person."""


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


def _ask(employee: Employee | None, person: UUID, *, by: User, now: datetime) -> None:
    # nobody erases their own trail, by their own user or by a local one with the same e-mail.
    mine = employee is not None and fold_email(by.email) == fold_email(employee.email)
    if by.employee_id == person or mine:
        raise OwnTrail
    # The log has to tell what happens to whoever works here.
    if employee is not None and employee.is_employed(timezone.localdate(now)):
        raise StillEmployed
