"""Typing the code: the tries, the comparison and the link."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from accounts.models import Employee, User
from audit.events import Event
from audit.log import record
from linking import codes
from linking.actions.cases import open_case
from linking.actions.conflicts import note_conflict
from linking.actions.notices import tell_employee
from linking.actions.requests import FORGOTTEN, code_key
from linking.actions.stale import expire
from linking.actions.tries import CodeExpired, Try, Typist, forgive, note_wrong, take_try
from linking.facts import facts_about
from linking.locks import lock_budgets
from linking.models import Case, LinkedIdentity, OutgoingMail, PendingCode, matches, stale_at
from linking.persons import EidPerson
from linking.policy import LINK_CHECKS, Refusal, first_refusal, has_another_name

APPROVAL_LIFETIME = timedelta(days=30)


class WrongCode(Exception):
    """The code is not the newest request's. `tries_left` is told for every address alike."""

    def __init__(self, tries_left: int, *, person_blocked: bool) -> None:
        super().__init__()
        self.tries_left = tries_left
        self.person_blocked = person_blocked


class LinkRefused(Exception):
    """The code was right, but the policy no longer lets the two be linked."""

    def __init__(self, reference: str) -> None:
        super().__init__()
        self.reference = reference


class LinkWaits(Exception):
    """The code was right, and somebody else must approve the link before it lets anybody in."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A link that was just made, and the user it lets in."""

    user: User
    link: LinkedIdentity


def confirm_code(request_id: UUID, typist: Typist, *, typed: str, now: datetime) -> Linked:
    """Spend the code and make the link. `typed` is normalised.

    Each call takes a try, and has committed that before anything is compared (A-03).

    Raises:
        CodeExpired, NoTriesLeft, WrongCode: the person may type again, or ask for a new code.
        LinkRefused: the policy says no.
        LinkWaits: the link is made, and waits for approval.
    """
    attempt = take_try(request_id, typist, now=now)
    if not _is_right(attempt, typed):
        note_wrong(attempt, now=now)
        blocked = attempt.wrong.left_to_person == 0
        raise WrongCode(attempt.left, person_blocked=blocked)
    outcome = _spend_and_link(attempt.request, typist.person, now=now)
    if isinstance(outcome, Refusal):
        raise LinkRefused(attempt.request.reference)
    if outcome is None:
        raise LinkWaits
    return outcome


def _is_right(attempt: Try, typed: str) -> bool:
    """Compare in the same time whether there is a code or not (A-02)."""
    request = attempt.request
    stored = bytes(request.code_hash) if request.code_hash is not None else None
    right = codes.is_right(typed, request.pk, stored=stored, key=code_key())
    return right and attempt.may_be_compared


@transaction.atomic
def _spend_and_link(
    request: PendingCode, person: EidPerson, *, now: datetime
) -> Linked | Refusal | None:
    """Make the link, or give the reason against: the code is spent either way (A-07).

    None where the link is made and waits for approval.
    """
    lock_budgets(request, person.all_fingerprints, request.employee_id)
    unspent = PendingCode.objects.filter(
        pk=request.pk, ended_at__isnull=True, code_hash__isnull=False
    )
    spent = unspent.update(state=PendingCode.State.CONFIRMED, ended_at=now, **FORGOTTEN)
    if not spent:
        raise CodeExpired
    if request.employee_id is None:
        raise CodeExpired
    employee = Employee.objects.select_for_update().filter(pk=request.employee_id).first()
    if employee is None:
        raise CodeExpired  # deleted since
    forgive(request, person)
    facts = facts_about(request, employee, now=now)
    refusal = first_refusal(LINK_CHECKS, facts)
    waits = facts.approve_all or has_another_name(facts)
    link = None if refusal else _make_link(request, employee, person, waits=waits, now=now)
    if link is None:
        return _note_refused_link(request, employee, refusal or Refusal.PERSON_LINKED, now=now)
    employee.language = request.language
    employee.save(update_fields=["language"])
    if waits:
        kind = Case.Kind.NAME_MISMATCH if has_another_name(facts) else Case.Kind.APPROVAL
        _put_up_for_approval(link, kind, now=now)
        return None
    user, _created = User.objects.get_or_create(
        employee=employee, defaults={"password": make_password(None)}
    )
    _record(Event.LINK_MADE, link, by=user.actor, now=now)
    tell_employee(OutgoingMail.Kind.LINKED, employee, link=link, now=now)
    return Linked(user=user, link=link)


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


def _put_up_for_approval(link: LinkedIdentity, kind: Case.Kind, *, now: datetime) -> None:
    """Nobody is let in by the link before somebody other than the employee has said yes (A-27)."""
    _record(Event.LINK_WAITING, link, by="eid", now=now, reason=kind)
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
    request: PendingCode, employee: Employee, refusal: Refusal, *, now: datetime
) -> Refusal:
    PendingCode.objects.filter(pk=request.pk).update(refusal=refusal)
    record(
        Event.LINK_REFUSED,
        by="eid",
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
