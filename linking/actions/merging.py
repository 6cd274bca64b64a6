"""One person who is registered twice in an organisation: one record is kept, the other ends."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.actions import end_roles, end_sessions
from accounts.models import Employee, RoleGrant, UserSession
from audit.events import Event
from audit.log import new_reference, record
from linking.actions.ending import drop_queued, end_invitations
from linking.actions.notices import tell_old_addresses
from linking.actions.requests import stop_codes
from linking.models import Invitation, LinkedIdentity, OutgoingMail, PendingCode
from linking.policy import Refusal


class NotAPair(Exception):
    """The two are one record, or of two organisations, or one of them is gone."""


class BothLinked(Exception):
    """Each record has a link, or one that waits: one must be ended first."""


class OtherIsLinked(Exception):
    """The record that was to end has the link, and no link is moved."""


class NothingToMerge(Exception):
    """The other record has left already, and the kept one has this address and number."""


class RecordsChanged(Exception):
    """Neither record has this address, or this number, any more."""


def who_is_linked(employees: list[Employee]) -> list[Employee]:
    """Give those who have a link, or one that waits for approval."""
    linked = set(
        LinkedIdentity.objects.standing()
        .filter(employee__in=employees)
        .values_list("employee", flat=True)
    )
    return [each for each in employees if each.pk in linked]


@transaction.atomic
def merge_employees(
    kept: Employee,
    other: Employee,
    *,
    email: str,
    employee_number: str,
    by: str,
    reason: str,
    now: datetime,
) -> Employee:
    """Let `kept` be the person's one record, with one of the two addresses and numbers.

    The other becomes inactive, without roles and sessions, and keeps its history; what the kept
    one takes over it gets in return. Who may do this to both, the caller has asked.

    Raises:
        NotAPair, BothLinked, OtherIsLinked, NothingToMerge, RecordsChanged: nothing was changed.
    """
    # Requests before employees, as whoever confirms a code.
    codes = PendingCode.objects.filter(employee=other.pk, ended_at__isnull=True)
    list(codes.order_by("pk").select_for_update())
    kept, other = _locked(kept, other)
    _check_links(kept, other)
    fields = _fields_to_swap(kept, other, email=email, employee_number=employee_number)
    today = timezone.localdate(now)
    if other.has_left(today) and not fields:
        raise NothingToMerge
    stop_codes(codes, Refusal.NOT_EMPLOYED, by=by, now=now)
    theirs = Invitation.objects.filter(employee=other)
    drop_queued(OutgoingMail.objects.filter(invitation__in=theirs))
    end_invitations(theirs, Invitation.End.MERGED, by=by, now=now)
    end_roles(RoleGrant.objects.filter(user__employee=other), by=by, now=now)
    sessions = UserSession.objects.filter(user__employee=other)
    end_sessions(sessions, by=by, how="employee merged", now=now)
    if not other.has_left(today):
        other.active = False
        if other.starts_on is None or other.starts_on <= today:
            other.ends_on = today
    _swap(kept, other, fields, now=now)
    reference = new_reference()
    for event, one, two in (
        (Event.EMPLOYEE_MERGED, kept, other),
        (Event.EMPLOYEE_MERGED_AWAY, other, kept),
    ):
        record(
            event,
            by=by,
            now=now,
            organisation=one.organisation_id,
            employee=one.pk,
            reference=reference,
            other=str(two.pk),
            fields=fields,
            why=reason[:500],
        )
    return kept


def _locked(kept: Employee, other: Employee) -> tuple[Employee, Employee]:
    """Take both rows: no link is made for either until this is over."""
    both = Employee.objects.filter(pk__in=[kept.pk, other.pk]).select_related("organisation")
    found = {each.pk: each for each in both.order_by("pk").select_for_update(of=("self",))}
    if len(found) != 2 or len({each.organisation_id for each in found.values()}) != 1:
        raise NotAPair
    return found[kept.pk], found[other.pk]


def _check_links(kept: Employee, other: Employee) -> None:
    """A-08: what one eID proved for one record is not moved to another."""
    linked = who_is_linked([kept, other])
    if len(linked) == 2:
        raise BothLinked
    if other in linked:
        raise OtherIsLinked


def _fields_to_swap(
    kept: Employee, other: Employee, *, email: str, employee_number: str
) -> list[str]:
    """Give what the kept record takes over."""
    wanted = {"email": email, "employee_number": employee_number}
    for name, value in wanted.items():
        if value not in (getattr(kept, name), getattr(other, name)):
            raise RecordsChanged
    return [name for name, value in wanted.items() if value != getattr(kept, name)]


def _swap(kept: Employee, other: Employee, fields: list[str], *, now: datetime) -> None:
    """Exchange these fields: both values stay taken, so neither becomes somebody else's.

    The task that follows changed addresses tells nobody, for each has the other's. The kept one's
    old address is no longer the person's, and is told here (A-27).
    """
    old_address = kept.email
    for name in fields:
        mine, theirs = getattr(kept, name), getattr(other, name)
        setattr(kept, name, theirs)
        setattr(other, name, mine)
    if fields:
        # The unique indexes look at each row at once, and the trigger knows this as nobody's.
        parked = {"email": f"{other.pk}@import.invalid", "employee_number": str(other.pk)}
        Employee.objects.filter(pk=other.pk).update(**{name: parked[name] for name in fields})
        kept.save(update_fields=fields)
    other.save(update_fields=[*fields, "active", "ends_on"])
    if "email" in fields and kept.organisation.active:
        tell_old_addresses([(kept, old_address)], now=now)
