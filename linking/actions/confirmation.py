"""Typing the code: the tries, the comparison and the link."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import Employee, User
from audit.events import Event
from audit.log import record
from linking import codes
from linking.actions.notices import tell_employee
from linking.actions.requests import FORGOTTEN, code_key
from linking.actions.stale import expire
from linking.facts import facts_about
from linking.models import LinkedIdentity, OutgoingMail, PendingCode, matches, stale_at
from linking.persons import EidPerson
from linking.policy import LINK_CHECKS, Refusal, first_refusal


class WrongCode(Exception):
    """The code is not the newest request's. `tries_left` is told for every address alike."""

    def __init__(self, tries_left: int) -> None:
        super().__init__()
        self.tries_left = tries_left


class CodeExpired(Exception):
    """The request is older than ten minutes, has ended, or is another session's."""


class NoTriesLeft(Exception):
    """The request has had its five tries."""


class LinkRefused(Exception):
    """The code was right, but the policy no longer lets the two be linked."""

    def __init__(self, reference: str) -> None:
        super().__init__()
        self.reference = reference


@dataclass(frozen=True, slots=True)
class Linked:
    """A link that was just made, and the user it lets in."""

    user: User
    link: LinkedIdentity


def confirm_code(
    request_id: UUID, *, typed: str, binding: str, person: EidPerson, now: datetime
) -> Linked:
    """Spend the code and make the link. `typed` is normalised.

    Each call takes one of the five tries, and has committed that before anything is compared.

    Raises:
        CodeExpired, NoTriesLeft, WrongCode: the person may type again, or ask for a new code.
        LinkRefused: the policy says no.
    """
    open_request = PendingCode.objects.filter(
        pk=request_id,
        session_binding=sha256(binding.encode()).digest(),
        fingerprint__in=[fingerprint.digest for fingerprint in person.all_fingerprints],
        ended_at__isnull=True,
        expires_at__gt=now,
    )
    if not open_request.filter(tries__lt=codes.MAX_TRIES).update(tries=F("tries") + 1):
        raise NoTriesLeft if open_request.exists() else CodeExpired
    request = PendingCode.objects.select_related("organisation").get(pk=request_id)
    stored = bytes(request.code_hash) if request.code_hash is not None else None
    if not codes.is_right(typed, request.pk, stored=stored, key=code_key()):
        _note_wrong_code(request, now=now)
        raise WrongCode(codes.MAX_TRIES - request.tries)
    outcome = _spend_and_link(request, person, now=now)
    if isinstance(outcome, Refusal):
        raise LinkRefused(request.reference)
    return outcome


@transaction.atomic
def _note_wrong_code(request: PendingCode, *, now: datetime) -> None:
    record(
        Event.CODE_WRONG,
        by="eid",
        now=now,
        organisation=request.organisation_id,
        employee=request.employee_id,
        reference=request.reference,
        tries=request.tries,
    )


@transaction.atomic
def _spend_and_link(request: PendingCode, person: EidPerson, *, now: datetime) -> Linked | Refusal:
    """Make the link, or give the reason against: the code is spent either way (A-07)."""
    unspent = PendingCode.objects.filter(pk=request.pk, ended_at__isnull=True)
    spent = unspent.update(state=PendingCode.State.CONFIRMED, ended_at=now, **FORGOTTEN)
    if not spent:
        raise CodeExpired
    if request.employee_id is None:
        raise CodeExpired  # deleted since
    employee = Employee.objects.select_for_update().get(pk=request.employee_id)
    refusal = first_refusal(LINK_CHECKS, facts_about(request, employee, now=now))
    link = None if refusal else _make_link(request, employee, person, now=now)
    if link is None:
        return _note_refused_link(request, refusal or Refusal.PERSON_LINKED, now=now)
    user, _created = User.objects.get_or_create(
        employee=employee, defaults={"password": make_password(None)}
    )
    employee.language = request.language
    employee.save(update_fields=["language"])
    record(
        Event.LINK_MADE,
        by=user.actor,
        now=now,
        organisation=request.organisation_id,
        employee=employee.pk,
        reference=request.reference,
        eid=person.eid,
        level=person.level,
    )
    tell_employee(OutgoingMail.Kind.LINKED, employee, link=link, now=now)
    return Linked(user=user, link=link)


def _make_link(
    request: PendingCode, employee: Employee, person: EidPerson, *, now: datetime
) -> LinkedIdentity | None:
    """Insert the link; None where another one took its place a moment ago (A-08)."""
    expire(LinkedIdentity.objects.active().filter(employee=employee, expires_at__lte=now), now)
    same_person = matches(person.all_fingerprints)
    stale = LinkedIdentity.objects.active().filter(
        same_person, organisation=request.organisation_id, expires_at__lte=now
    )
    expire(stale, now)
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
                linked_at=now,
                last_used_at=now,
                expires_at=stale_at(request.organisation, now),
            )
    except IntegrityError:
        return None
    return link


def _note_refused_link(request: PendingCode, refusal: Refusal, *, now: datetime) -> Refusal:
    PendingCode.objects.filter(pk=request.pk).update(refusal=refusal)
    record(
        Event.LINK_REFUSED,
        by="eid",
        now=now,
        organisation=request.organisation_id,
        employee=request.employee_id,
        reference=request.reference,
        reason=refusal,
    )
    return refusal
