"""Erasing what the log holds on a person (GDPR article 17), so that the chain stays whole."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Max, Min, TextChoices
from django.utils.translation import gettext_lazy as _

from audit.events import Event
from audit.log import record
from audit.models import AuditEvent
from audit.rounds import alone, to_seal
from audit.waits import waits_at_most

# A round of sealing is over sooner, and a page does not wait for long.
_PATIENCE = "5s"
_FUNCTION = "audit_erase(uuid, bigint[], bytea[])"


class Ground(TextChoices):
    """Why a person is erased: the reason of `employee:erased`."""

    ASKED = "asked", _("The person asked for it")
    NOT_NEEDED = "not-needed", _("It is no longer needed")
    MISTAKE = "mistake", _("The person was registered by mistake")
    ORDERED = "ordered", _("The data protection authority or a court ordered it")


class Hindrance(TextChoices):
    """Why a person is not erased: the reason of `employee:erasure:refused`."""

    OWN_TRAIL = "own-trail", _("It was about whoever asked for it")
    STILL_EMPLOYED = "still-employed", _("The employee works here")
    OUT_OF_REACH = "out-of-reach", _("The log of others tells of the person, too")
    NOT_GRANTED = "not-granted", _("The portal has no right to erase in its database")


class NotGranted(Exception):
    """The portal's database role has not been given the right to erase (docs/operations.md)."""


class OutOfReach(Exception):
    """A chain that the caller may not touch tells of the person, too."""


@dataclass(frozen=True, slots=True)
class Left:
    """What the log still holds on a person; `chains` are the organisations that tell of it."""

    count: int
    first: datetime | None
    last: datetime | None
    chains: frozenset[UUID | None]
    events: frozenset[str]
    """Names of what happened."""

    @property
    def nothing(self) -> bool:
        """Whether there is no more than what tells of an earlier erasure."""
        return self.events <= {Event.EMPLOYEE_ERASED}


NOTHING: Final = Left(0, None, None, frozenset(), frozenset())


def left(employee: UUID) -> Left:
    """Give what the log holds on a person that would be blanked."""
    rows = AuditEvent.objects.filter(employee_id=employee, commitment=None).order_by()
    kinds = list(
        rows.values("organisation_id", "event").annotate(
            count=Count("pk"), first=Min("at"), last=Max("at")
        )
    )
    if not kinds:
        return NOTHING
    return Left(
        count=sum(each["count"] for each in kinds),
        first=min(each["first"] for each in kinds),
        last=max(each["last"] for each in kinds),
        chains=frozenset(each["organisation_id"] for each in kinds),
        events=frozenset(each["event"] for each in kinds),
    )


def _any(_chain: UUID | None) -> bool:
    return True


@transaction.atomic
def erase(
    employee: UUID,
    *,
    by: str,
    now: datetime,
    ground: Ground | None = None,
    reaches: Callable[[UUID | None], bool] = _any,
) -> int:
    """Blank the details of every event about the employee, and destroy the key of what they were.

    That something happened, when and by whom stays, under the employee's id alone. Each chain that
    tells of the employee is told of the erasure. Gives how many events were blanked; a second time
    there are none, and nothing is told. `reaches` tells whether a chain may be touched.

    Raises:
        LogIsBusy, NotGranted, OutOfReach: nothing was changed.
    """
    with short_waits():
        alone(wait=True)
        # What tells of an earlier erasure, too: its commitment is under the key that goes.
        sealed = to_seal(AuditEvent.objects.filter(employee_id=employee, commitment=None))
        if all(each.event == Event.EMPLOYEE_ERASED for each in sealed):
            return 0
        chains = {each.organisation for each in sealed}
        if not all(map(reaches, chains)):
            raise OutOfReach
        ask_granted()
        _tell(employee, chains, by=by, now=now, reason=ground or "")
        with connection.cursor() as cursor:
            ids, commitments = [each.id for each in sealed], [each.commitment for each in sealed]
            cursor.execute("SELECT audit_erase(%s, %s, %s)", [employee, ids, commitments])
        return len(sealed)


def short_waits() -> AbstractContextManager[None]:
    """Wait for what an erasure takes hold of no longer than a page may: else LogIsBusy."""
    return waits_at_most(_PATIENCE)


def ask_granted() -> None:
    """Ask whether the portal's database role may erase.

    Raises:
        NotGranted: it may not. A role that can only add is given it after the migration.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege(%s, 'EXECUTE')", [_FUNCTION])
        if cursor.fetchone() != (True,):
            raise NotGranted


def _tell(
    employee: UUID, chains: Iterable[UUID | None], *, by: str, now: datetime, reason: str
) -> None:
    for organisation in chains:
        record(
            Event.EMPLOYEE_ERASED,
            by=by,
            now=now,
            organisation=organisation,
            employee=employee,
            reason=reason,
        )
