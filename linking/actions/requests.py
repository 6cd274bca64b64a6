"""Asking for a code: the request, and what the worker decides."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.models import Employee, Organisation
from audit.events import Event
from audit.log import new_reference, record
from linking import codes
from linking.actions.conflicts import note_conflict
from linking.actions.notices import mail_code
from linking.facts import NOBODY, facts_about
from linking.locks import lock_budgets, lock_person
from linking.models import PendingCode, matches
from linking.persons import EidPerson, fingerprints_from
from linking.policy import CODE_CHECKS, Refusal, first_refusal
from linking.wakeup import SEND_CODE, wake

AGAIN_AFTER = timedelta(minutes=1)
# What the eID told goes when the request ends.
FORGOTTEN: dict[str, Any] = {
    "eid_given_name": "",
    "eid_family_name": "",
    "eid_birth_date": None,
    "number_fingerprints": {},
}


def code_key() -> bytes:
    """Give the key that codes are made under, from outside the database."""
    return salted_hmac("kobling.linking.codes", "", algorithm="sha256").digest()


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
    The same address again within a minute is the same request: its code is on the way (A-05).
    """
    lock_person(person.all_fingerprints)  # of two requests at once the later is the newest
    session_binding = sha256(binding.encode()).digest()
    older = PendingCode.objects.filter(
        matches(person.all_fingerprints), organisation=organisation, ended_at__isnull=True
    )
    on_its_way = older.filter(
        session_binding=session_binding,
        email=email,
        tries__lt=codes.MAX_TRIES,
        requested_at__gt=now - AGAIN_AFTER,
    ).first()
    if on_its_way is not None:
        return on_its_way
    _end(older, Event.CODE_REPLACED, PendingCode.State.REPLACED, by=person.actor, now=now)
    request = PendingCode.objects.create(
        reference=new_reference(),
        organisation=organisation,
        email=email,
        fingerprint=person.current.digest,
        fingerprint_key=person.current.key_id,
        number_fingerprints=person.fingerprints,
        eid=person.eid,
        eid_given_name=person.given_name,
        eid_family_name=person.family_name,
        eid_birth_date=person.born,
        session_binding=session_binding,
        language=language,
        requested_at=now,
        expires_at=now + timedelta(minutes=codes.VALID_MINUTES),
    )
    record(
        Event.CODE_REQUESTED,
        by=person.actor,
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
    undecided = PendingCode.objects.select_related("organisation").filter(
        pk=request_id, state=PendingCode.State.QUEUED, decided_at__isnull=True, expires_at__gt=now
    )
    request = undecided.first()
    if request is None:
        return
    registered = Employee.objects.with_email(request.organisation, request.email)
    employee = registered.first()
    person = fingerprints_from(request.number_fingerprints)
    lock_budgets(request, person, employee.pk if employee else None)
    if not undecided.update(decided_at=now):
        return
    request.decided_at = now
    # Anew under the locks; asked for whoever it is.
    registered = registered.select_for_update().filter(pk=employee.pk if employee else NOBODY)
    employee = registered.first()
    request.employee = employee
    refusal = first_refusal(CODE_CHECKS, facts_about(request, employee, now=now))
    if refusal is not None:
        _refuse(request, refusal, now=now)
    elif employee is not None:
        _grant(request, employee, now=now)


def _refuse(request: PendingCode, refusal: Refusal, *, now: datetime) -> None:
    request.state = PendingCode.State.REFUSED
    request.refusal = refusal
    request.save(update_fields=["state", "refusal", "employee"])
    _record(Event.CODE_REFUSED, request, by="system", now=now, reason=refusal)
    if request.employee is not None:
        note_conflict(request, request.employee, refusal, now=now)


def _grant(request: PendingCode, employee: Employee, *, now: datetime) -> None:
    key = code_key()
    request.code_hash = codes.hash_code(codes.make_code(request.pk, key=key), request.pk, key=key)
    request.save(update_fields=["code_hash", "employee"])
    mail_code(request, employee, now=now)


@transaction.atomic
def expire_codes(*, now: datetime) -> int:
    """End requests whose ten minutes have passed, and forget what their eIDs told."""
    over = PendingCode.objects.filter(ended_at__isnull=True, expires_at__lte=now)
    unused = over.filter(state__in=(PendingCode.State.QUEUED, PendingCode.State.SENT))
    expired = _end(unused, Event.CODE_EXPIRED, PendingCode.State.EXPIRED, by="system", now=now)
    expired += over.update(ended_at=now, **FORGOTTEN)  # refused and failed ones stay that
    return expired


def _end(requests: Any, event: Event, state: PendingCode.State, *, by: str, now: datetime) -> int:
    """End these requests with an event for each, in the caller's transaction.

    Whatever has become of them: whoever asks anew must not learn it by the time it takes (A-02).
    """
    rows = list(requests.order_by("pk").select_for_update())
    for each in rows:
        _record(event, each, by=by, now=now)
    ended = PendingCode.objects.filter(pk__in=[each.pk for each in rows])
    return int(ended.update(state=state, ended_at=now, **FORGOTTEN))


def stop_codes(requests: Any, refusal: Refusal, *, by: str, now: datetime) -> int:
    """Let no code of these open requests be right any more, in the caller's transaction.

    They stay open, and their pages tell nothing (A-02). Gives how many.
    """
    still = requests.filter(ended_at__isnull=True).exclude(state=PendingCode.State.REFUSED)
    rows = list(still.order_by("pk").select_for_update(of=("self",)))
    for each in rows:
        _record(Event.CODE_STOPPED, each, by=by, now=now, reason=refusal)
    stopped = PendingCode.objects.filter(pk__in=[each.pk for each in rows])
    state = PendingCode.State.REFUSED
    return int(stopped.update(state=state, refusal=refusal, code_hash=None))


@transaction.atomic
def note_given_up(request_id: UUID, *, by: str, now: datetime) -> None:
    """Write that whoever asked for a code left without typing it; the code stands until it ends.

    Of each request alike, also where no code was sent (A-02).
    """
    for request in PendingCode.objects.filter(
        pk=request_id, ended_at__isnull=True, expires_at__gt=now
    ):
        _record(Event.CODE_GIVEN_UP, request, by=by, now=now)


def _record(
    event: Event, request: PendingCode, *, by: str, now: datetime, reason: str = ""
) -> None:
    record(
        event,
        by=by,
        now=now,
        organisation=request.organisation_id,
        employee=request.employee_id,
        reference=request.reference,
        reason=reason,
    )
