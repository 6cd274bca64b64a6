"""Whatever the portal does about links: one function, one transaction, its event inside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import Employee, Organisation, User, UserSession
from audit.events import Event
from audit.log import new_reference, record
from linking import codes
from linking.facts import facts_about
from linking.models import LinkedIdentity, OutgoingMail, PendingCode, matches, stale_at
from linking.persons import EidPerson
from linking.policy import CODE_CHECKS, LINK_CHECKS, Refusal, first_refusal
from linking.refusals import NotEmployed
from linking.wakeup import DELIVER_MAIL, SEND_CODE, wake

# What the eID told goes when the request ends.
FORGOTTEN: dict[str, Any] = {"eid_name": "", "eid_birth_date": None, "number_fingerprints": {}}
NOTICE_LIFETIME = timedelta(days=2)


class WrongCode(Exception):
    """The code is not the newest request's. `tries_left` is told for every kind of address alike."""

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


def code_key() -> bytes:
    """Give the key that codes are made under, from outside the database."""
    return salted_hmac("kobling.linking.codes", "", algorithm="sha256").digest()


# --- Sign-in -----------------------------------------------------------------------------------


@transaction.atomic
def sign_in(person: EidPerson, *, organisation: Organisation, now: datetime) -> User | None:
    """Let in the employee this eID is linked to; None where there is no link in force.

    Raises:
        NotEmployed: there is a link, but the employee is inactive or has left.
    """
    link = (
        LinkedIdentity.objects.in_force(now)
        .filter(matches(person.all_fingerprints), organisation=organisation)
        .select_related("employee__user")
        .first()
    )
    if link is None:
        return None
    if not link.employee.is_employed(timezone.localdate(now)):
        raise NotEmployed
    used = LinkedIdentity.objects.active().filter(pk=link.pk)
    if not used.update(last_used_at=now, expires_at=stale_at(organisation, now)):
        return None
    user: User = link.employee.user
    record(
        Event.SIGN_IN_DONE,
        by=user.actor,
        now=now,
        organisation=organisation.pk,
        employee=link.employee_id,
        eid=person.eid,
        level=person.level,
    )
    return user


@transaction.atomic
def note_unlinked_sign_in(person: EidPerson, *, organisation: Organisation, now: datetime) -> None:
    """Write that somebody without a link is at the door."""
    record(
        Event.SIGN_IN_UNLINKED,
        by="eid",
        now=now,
        organisation=organisation.pk,
        eid=person.eid,
        level=person.level,
    )


@transaction.atomic
def note_sign_out(user: User | None, *, organisation: Organisation, now: datetime) -> None:
    """Write that an employee, or somebody without a link, signed out."""
    record(
        Event.SESSION_ENDED,
        by=user.actor if user else "eid",
        now=now,
        organisation=organisation.pk,
        employee=user.employee_id if user else None,
        how="signed out",
    )


@transaction.atomic
def end_sessions_of(sid: str, *, how: str, now: datetime) -> int:
    """End the sessions that came from one session at ID-porten; gives how many."""
    sessions = UserSession.objects.filter(oidc_sid=sid).select_related("user__employee")
    for session in sessions:
        employee = session.user.employee if session.user else None
        record(
            Event.SESSION_ENDED,
            by="id-porten",
            now=now,
            organisation=employee.organisation_id if employee else None,
            employee=employee.pk if employee else None,
            how=how,
        )
    return sessions.delete()[0]


def user_in_force(user_id: object, *, now: datetime) -> User | None:
    """Give the employee's user while their link is in force and they are employed, else None."""
    links = LinkedIdentity.objects.in_force(now).filter(employee=OuterRef("employee"))
    user: User | None = (
        User.objects.filter(Exists(links), pk=user_id, is_active=True)
        .select_related("employee__organisation")
        .first()
    )
    if user is None or user.employee is None:
        return None
    return user if user.employee.is_employed(timezone.localdate(now)) else None


# --- Asking for a code ---------------------------------------------------------------------------


@transaction.atomic
def request_code(
    person: EidPerson,
    *,
    organisation: Organisation,
    email: str,
    binding: str,
    language: str,
    now: datetime,
) -> PendingCode:
    """Write down that somebody wants to link to an address. Nothing is looked up (A-02).

    Older open requests of the same eID end. `binding` ties the request to the browser's session.
    """
    older = PendingCode.objects.filter(
        organisation=organisation, fingerprint=person.current.digest, ended_at__isnull=True
    )
    older.update(state=PendingCode.State.REPLACED, ended_at=now, **FORGOTTEN)
    request = PendingCode.objects.create(
        reference=new_reference(),
        organisation=organisation,
        email=email,
        fingerprint=person.current.digest,
        fingerprint_key=person.current.key_id,
        number_fingerprints=person.fingerprints,
        eid=person.eid,
        eid_name=person.name,
        eid_birth_date=person.born,
        session_binding=sha256(binding.encode()).digest(),
        language=language,
        requested_at=now,
        expires_at=now + timedelta(minutes=codes.VALID_MINUTES),
    )
    record(
        Event.CODE_REQUESTED,
        by="eid",
        now=now,
        organisation=organisation.pk,
        reference=request.reference,
        eid=person.eid,
    )
    wake(SEND_CODE, request.pk)
    return request


@transaction.atomic
def decide_request(request_id: UUID, *, now: datetime) -> None:
    """Find the employee, run the policy, and grant a code or note the refusal. Once per request."""
    undecided = PendingCode.objects.filter(
        pk=request_id, state=PendingCode.State.QUEUED, decided_at__isnull=True, expires_at__gt=now
    )
    if not undecided.update(decided_at=now):
        return
    request = PendingCode.objects.select_related("organisation").get(pk=request_id)
    # The lock makes the budgets exact: two requests for one employee are counted one by one.
    employee: Employee | None = (
        Employee.objects.with_email(request.organisation, request.email).select_for_update().first()
    )
    refusal = first_refusal(CODE_CHECKS, facts_about(request, employee, now=now))
    request.employee = employee
    if refusal is not None:
        _refuse(request, refusal, now=now)
    elif employee is not None:
        _grant(request, employee, now=now)


def _refuse(request: PendingCode, refusal: Refusal, *, now: datetime) -> None:
    request.state = PendingCode.State.REFUSED
    request.refusal = refusal
    request.save(update_fields=["state", "refusal", "employee"])
    record(
        Event.CODE_REFUSED,
        by="system",
        now=now,
        organisation=request.organisation_id,
        employee=request.employee_id,
        reference=request.reference,
        reason=refusal,
    )


def _grant(request: PendingCode, employee: Employee, *, now: datetime) -> None:
    key = code_key()
    request.code_hash = codes.hash_code(codes.make_code(request.pk, key=key), request.pk, key=key)
    request.save(update_fields=["code_hash", "employee"])
    OutgoingMail.objects.create(
        kind=OutgoingMail.Kind.CODE,
        employee=employee,
        recipient=employee.email,  # the stored address, never the typed one
        language=request.language,
        pending_code=request,
        created_at=now,
        next_attempt_at=now,
        give_up_at=request.expires_at,
    )


# --- Typing the code -----------------------------------------------------------------------------


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
    _give_notice(link, employee, now=now)
    return Linked(user=user, link=link)


def _make_link(
    request: PendingCode, employee: Employee, person: EidPerson, *, now: datetime
) -> LinkedIdentity | None:
    """Insert the link; None where another one took its place a moment ago (A-08)."""
    _expire(LinkedIdentity.objects.active().filter(employee=employee, expires_at__lte=now), now)
    same_person = matches(person.all_fingerprints)
    stale = LinkedIdentity.objects.active().filter(
        same_person, organisation=request.organisation_id, expires_at__lte=now
    )
    _expire(stale, now)
    try:
        with transaction.atomic():
            link: LinkedIdentity = LinkedIdentity.objects.create(
                employee=employee,
                organisation=request.organisation,
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


def _give_notice(link: LinkedIdentity, employee: Employee, *, now: datetime) -> None:
    mail = OutgoingMail.objects.create(
        kind=OutgoingMail.Kind.LINKED,
        employee=employee,
        recipient=employee.email,
        language=employee.language,
        link=link,
        created_at=now,
        next_attempt_at=now,
        give_up_at=now + NOTICE_LIFETIME,
    )
    wake(DELIVER_MAIL, mail.pk)


# --- Ends ----------------------------------------------------------------------------------------


@transaction.atomic
def revoke_link(link: LinkedIdentity, *, by: str, reason: str, now: datetime) -> bool:
    """End a link and its employee's sessions; False where it had ended already."""
    revoked = (
        LinkedIdentity.objects.active()
        .filter(pk=link.pk)
        .update(
            state=LinkedIdentity.State.REVOKED, ended_at=now, ended_by=by, end_reason=reason[:500]
        )
    )
    if not revoked:
        return False
    UserSession.objects.filter(user__employee=link.employee_id).delete()
    record(
        Event.LINK_REVOKED,
        by=by,
        now=now,
        organisation=link.organisation_id,
        employee=link.employee_id,
    )
    return True


@transaction.atomic
def expire_stale_links(*, now: datetime, limit: int = 500) -> int:
    """Expire links that nobody has used for the organisation's number of days, oldest first.

    Gives how many; call again while it is `limit`. Rows that somebody holds are left for next time.
    """
    stale = LinkedIdentity.objects.active().filter(expires_at__lte=now).order_by("expires_at")
    return _expire(stale.select_for_update(skip_locked=True)[:limit], now)


def _expire(stale: Any, now: datetime) -> int:
    links = list(stale)
    LinkedIdentity.objects.filter(pk__in=[link.pk for link in links]).update(
        state=LinkedIdentity.State.EXPIRED, ended_at=now, ended_by="system"
    )
    for link in links:
        record(
            Event.LINK_EXPIRED,
            by="system",
            now=now,
            organisation=link.organisation_id,
            employee=link.employee_id,
        )
    return len(links)


@transaction.atomic
def expire_codes(*, now: datetime) -> int:
    """End requests whose ten minutes have passed, and forget what their eIDs told."""
    over = PendingCode.objects.filter(ended_at__isnull=True, expires_at__lte=now)
    unused = over.filter(state__in=(PendingCode.State.QUEUED, PendingCode.State.SENT))
    expired: int = unused.update(state=PendingCode.State.EXPIRED, ended_at=now, **FORGOTTEN)
    expired += over.update(ended_at=now, **FORGOTTEN)  # refused and failed ones stay that
    return expired
