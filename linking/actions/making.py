"""Making the link: the one door to it, whatever single-use thing was spent for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts.models import Employee, User
from audit.events import Event
from audit.log import record
from linking.actions.cases import open_case
from linking.actions.conflicts import note_conflict
from linking.actions.ending import end_invitations
from linking.actions.notices import tell_employee
from linking.actions.stale import expire
from linking.models import (
    Case,
    Invitation,
    LinkedIdentity,
    OutgoingMail,
    PendingCode,
    matches,
    stale_at,
)
from linking.persons import EidPerson
from linking.policy import Check, Facts, Refusal, first_refusal, has_another_name

APPROVAL_LIFETIME = timedelta(days=30)


class LinkRefused(Exception):
    """What was spent was right, but the policy does not let the two be linked."""

    def __init__(self, reference: str) -> None:
        super().__init__()
        self.reference = reference


class LinkWaits(Exception):
    """The link is made, and somebody else must approve it before it lets anybody in."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A link that was just made, and the user it lets in."""

    user: User
    link: LinkedIdentity


type Outcome = Linked | Refusal | None


def link_or_refuse(
    request: PendingCode,
    employee: Employee,
    person: EidPerson,
    *,
    facts: Facts,
    checks: Iterable[Check],
    now: datetime,
) -> Outcome:
    """Make the link, or give the reason against; None where it is made and waits for approval.

    In the transaction of the caller, who has spent what was single-use, holds the locks of
    `linking/locks.py` and has locked the employee's row.
    """
    refusal = first_refusal(checks, facts)
    waits = facts.approve_all or has_another_name(facts)
    link = None if refusal else _make_link(request, employee, person, waits=waits, now=now)
    if link is None:
        why = refusal or Refusal.PERSON_LINKED
        return _note_refused_link(request, employee, why, by=person.actor, now=now)
    employee.language = request.language
    employee.save(update_fields=["language"])
    end_invitations(Invitation.objects.filter(employee=employee), Invitation.End.LINKED, now=now)
    if waits:
        kind = Case.Kind.NAME_MISMATCH if has_another_name(facts) else Case.Kind.APPROVAL
        _put_up_for_approval(link, kind, by=person.actor, now=now)
        return None
    user, _created = User.objects.get_or_create(
        employee=employee, defaults={"password": make_password(None)}
    )
    user.network = person.network
    _record(Event.LINK_MADE, link, by=user.actor, now=now)
    tell_employee(OutgoingMail.Kind.LINKED, employee, link=link, now=now)
    return Linked(user=user, link=link)


def told(outcome: Outcome, request: PendingCode) -> Linked:
    """Give the link, after the transaction that holds whatever came of it.

    Raises:
        LinkRefused, LinkWaits.
    """
    if isinstance(outcome, Refusal):
        raise LinkRefused(request.reference)
    if outcome is None:
        raise LinkWaits
    return outcome


def _make_link(
    request: PendingCode, employee: Employee, person: EidPerson, *, waits: bool, now: datetime
) -> LinkedIdentity | None:
    """Insert the link; None where another one took its place a moment ago (A-08)."""
    stale = LinkedIdentity.objects.standing().filter(expires_at__lte=now)
    expire(stale.filter(employee=employee), now)
    expire(
        stale.filter(matches(person.all_fingerprints), organisation=request.organisation_id), now
    )
    states = LinkedIdentity.State
    until = now + APPROVAL_LIFETIME if waits else stale_at(request.organisation, now)
    try:
        with transaction.atomic():
            link: LinkedIdentity = LinkedIdentity.objects.create(
                employee=employee,
                organisation=request.organisation,
                request=request,
                fingerprint=person.current.digest,
                fingerprint_key=person.current.key_id,
                level=person.level,
                eid=person.eid,
                state=states.PENDING if waits else states.ACTIVE,
                linked_at=now,
                last_used_at=now,
                expires_at=until,
            )
    except IntegrityError:
        return None
    return link


def _put_up_for_approval(link: LinkedIdentity, kind: Case.Kind, *, by: str, now: datetime) -> None:
    """Nobody is let in by the link before somebody other than the employee has said yes (A-27)."""
    _record(Event.LINK_WAITING, link, by=by, now=now, reason=kind)
    open_case(
        kind,
        organisation=link.organisation,
        request=link.request,
        employee=link.employee,
        link=link,
        now=now,
    )
    tell_employee(OutgoingMail.Kind.WAITING, link.employee, link=link, now=now)


def _note_refused_link(
    request: PendingCode, employee: Employee, refusal: Refusal, *, by: str, now: datetime
) -> Refusal:
    PendingCode.objects.filter(pk=request.pk).update(refusal=refusal)
    record(
        Event.LINK_REFUSED if request.invitation is None else Event.INVITATION_REFUSED,
        by=by,
        now=now,
        organisation=request.organisation_id,
        employee=employee.pk,
        reference=request.reference,
        reason=refusal,
    )
    note_conflict(request, employee, refusal, now=now)
    return refusal


def _record(
    event: Event, link: LinkedIdentity, *, by: str, now: datetime, reason: str = ""
) -> None:
    record(
        event,
        by=by,
        now=now,
        organisation=link.organisation_id,
        employee=link.employee_id,
        reference=link.request.reference if link.request else "",
        reason=reason,
        eid=link.eid,
        level=link.level,
    )
