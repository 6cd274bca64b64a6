"""Counting what is typed, before anything is compared (A-03, A-04)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.db.models import Case as SqlCase
from django.db.models import F, Q, QuerySet, Value, When
from django.db.models.lookups import Exact

from accounts.models import Organisation
from audit.events import Event
from audit.log import record
from linking import codes
from linking.actions.cases import open_case
from linking.actions.notices import tell_support
from linking.facts import guesses_against
from linking.locks import lock_budgets
from linking.models import Block, Case, CodeTry, OutgoingMail, PendingCode, matches
from linking.persons import EidPerson, fingerprints_from
from linking.policy import (
    EMPLOYEE_WRONG_A_DAY,
    EMPLOYEE_WRONG_A_MONTH,
    GUESS_CHECKS,
    ORGANISATION_WRONG_A_DAY,
    ORGANISATION_WRONG_ALARM,
    PERSON_WRONG,
    PERSON_WRONG_A_DAY,
    Facts,
    Refusal,
    Wrong,
    first_refusal,
    person_may_guess,
)

A_DAY = timedelta(days=1)


class CodeExpired(Exception):
    """The request is older than ten minutes, has ended, or is another session's."""


class NoTriesLeft(Exception):
    """The request has had its five tries; `person_blocked` where a new one would not help."""

    def __init__(self, *, person_blocked: bool = False) -> None:
        super().__init__()
        self.person_blocked = person_blocked


@dataclass(frozen=True, slots=True)
class Try:
    """One counted try. What may not be compared is answered like a wrong code."""

    request: PendingCode
    wrong: Wrong
    may_be_compared: bool
    refusal: Refusal | None
    by: str

    @property
    def left(self) -> int:
        """How many more the person may type: their own doing alone, whatever the address (A-02)."""
        return min(codes.MAX_TRIES - self.request.tries, self.wrong.left_to_person)


@dataclass(frozen=True, slots=True)
class Typist:
    """Who types, in which browser."""

    person: EidPerson
    binding: str

    @property
    def binding_hash(self) -> bytes:
        return sha256(self.binding.encode()).digest()

    def open_request(self, request_id: UUID, *, now: datetime) -> QuerySet[PendingCode]:
        """Give the request if it is open, and of this eID and this browser's session."""
        return PendingCode.objects.filter(
            matches(self.person.all_fingerprints),
            pk=request_id,
            session_binding=self.binding_hash,
            ended_at__isnull=True,
            expires_at__gt=now,
        )


def check_open(request_id: UUID, typist: Typist, *, now: datetime) -> None:
    """Look whether a code may be typed now.

    Raises:
        CodeExpired, NoTriesLeft: no.
    """
    request = typist.open_request(request_id, now=now).first()
    if request is None:
        raise CodeExpired
    if request.tries >= codes.MAX_TRIES:
        raise NoTriesLeft
    _check_person(_facts(request, typist, now=now))


@transaction.atomic(durable=True)
def take_try(request_id: UUID, typist: Typist, *, now: datetime) -> Try:
    """Take one of the request's tries, and of the eID's, the employee's and the organisation's.

    Committed when it returns: nothing undoes a try but that it was right. The statements are the
    same whether there is an employee behind the address or not (A-02).

    Raises:
        CodeExpired, NoTriesLeft: nothing may be typed.
    """
    open_request = typist.open_request(request_id, now=now)
    request = open_request.select_related("organisation").first()
    if request is None:
        raise CodeExpired
    lock_budgets(request, typist.person.all_fingerprints, request.employee_id)
    facts = _facts(request, typist, now=now)
    _check_person(facts)
    refusal = first_refusal(GUESS_CHECKS, facts)
    with_tries = open_request.filter(tries__lt=codes.MAX_TRIES)
    if not with_tries.update(tries=F("tries") + 1, **_refused_by(refusal)):
        raise NoTriesLeft if open_request.exists() else CodeExpired
    # Anew under the lock: a dispute may have taken the code away. The employee is not read anew: a
    # code that was only just made is in nobody's hands, and its employee was not counted for.
    request.refresh_from_db(fields=["tries", "code_hash", "state"])
    has_code = request.employee_id is not None and request.code_hash is not None
    may_be_compared = refusal is None and has_code
    current = typist.person.current
    CodeTry.objects.create(
        request=request,
        organisation=request.organisation,
        employee_id=request.employee_id if may_be_compared else None,
        fingerprint=current.digest,
        fingerprint_key=current.key_id,
        tried_at=now,
    )
    wrong = facts.wrong.after_one_more(at_an_employee=may_be_compared)
    return Try(request, wrong, may_be_compared, refusal, by=typist.person.actor)


def _facts(request: PendingCode, typist: Typist, *, now: datetime) -> Facts:
    person = typist.person.all_fingerprints
    return Facts(**guesses_against(request, person, employee_id=request.employee_id, now=now))


def _check_person(facts: Facts) -> None:
    if person_may_guess(facts):
        raise NoTriesLeft(person_blocked=True)


def _refused_by(refusal: Refusal | None) -> dict[str, SqlCase]:
    """Give what a try writes on its request: why it is not compared, if it could have been.

    One statement with the count, and the same one where there is nothing against it: whoever
    measures learns of no block (A-02). The page does not tell either.
    """
    state = PendingCode.State.REFUSED
    stays = Q(Exact(Value(refusal or ""), Value(""))) | Q(state=state)
    return {
        "state": SqlCase(When(stays, then=F("state")), default=Value(state)),
        "refusal": SqlCase(When(stays, then=F("refusal")), default=Value(refusal or "")),
        "code_hash": SqlCase(When(stays, then=F("code_hash")), default=None),
    }


@transaction.atomic
def note_not_taken(request_id: UUID, typist: Typist, *, reason: str, now: datetime) -> None:
    """Write that a code was typed that nothing could come of any more; nothing else is changed.

    Nothing is written of a request that is not this browser's: whoever typed may be anybody.
    """
    theirs = PendingCode.objects.filter(
        matches(typist.person.all_fingerprints), pk=request_id, session_binding=typist.binding_hash
    )
    for request in theirs:
        record(
            Event.CODE_NOT_TAKEN,
            by=typist.person.actor,
            now=now,
            organisation=request.organisation_id,
            employee=request.employee_id,
            reference=request.reference,
            reason=reason,
        )


@transaction.atomic
def note_wrong(attempt: Try, *, now: datetime) -> None:
    """Write that the code was wrong, and block whoever has used a budget up by it."""
    request, wrong = attempt.request, attempt.wrong
    lock_budgets(request, fingerprints_from(request.number_fingerprints), request.employee_id)
    record(
        Event.CODE_WRONG,
        by=attempt.by,
        now=now,
        organisation=request.organisation_id,
        employee=request.employee_id,
        reference=request.reference,
        reason=attempt.refusal or "",
        tries=request.tries,
    )
    budgets = Block.Budget
    if wrong.person >= PERSON_WRONG:
        _block(budgets.PERSON, request, ends_at=None, now=now)
    elif wrong.person_day >= PERSON_WRONG_A_DAY:
        _block(budgets.PERSON_DAY, request, ends_at=now + A_DAY, now=now)
    alarmed = _alarmed_today(request.organisation, now)  # asked for every address alike
    if not attempt.may_be_compared:
        return
    if wrong.employee_month >= EMPLOYEE_WRONG_A_MONTH:
        _block(budgets.EMPLOYEE_MONTH, request, ends_at=None, now=now)
    elif wrong.employee_day >= EMPLOYEE_WRONG_A_DAY:
        _block(budgets.EMPLOYEE_DAY, request, ends_at=now + A_DAY, now=now)
    closing = wrong.organisation_day >= ORGANISATION_WRONG_A_DAY
    if closing:
        _block(budgets.ORGANISATION_DAY, request, ends_at=now + A_DAY, now=now)
    if closing or (wrong.organisation_day >= ORGANISATION_WRONG_ALARM and not alarmed):
        _raise_alarm(request.organisation, now=now)


def forgive(request: PendingCode, person: EidPerson) -> None:
    """Count nothing against somebody who has proved to be the employee.

    Only what they typed for this employee, or for addresses that are nobody's: whoever links to
    their own account in between gets no new guesses at another's.
    """
    own = CodeTry.objects.filter(matches(person.all_fingerprints), forgiven=False)
    own.filter(Q(employee=request.employee_id) | Q(employee__isnull=True)).update(forgiven=True)


def _block(
    budget: Block.Budget, request: PendingCode, *, ends_at: datetime | None, now: datetime
) -> None:
    block = Block(
        budget=budget,
        organisation=request.organisation,
        request=request,
        blocked_at=now,
        ends_at=ends_at,
    )
    if budget in Block.OF_A_PERSON:
        block.fingerprint, block.fingerprint_key = request.fingerprint, request.fingerprint_key
    elif budget in Block.OF_AN_EMPLOYEE:
        block.employee_id = request.employee_id
    block.save(force_insert=True)
    record(
        Event.BLOCK_MADE,
        by="system",
        now=now,
        organisation=request.organisation_id,
        employee=block.employee_id,
        reference=request.reference,
        reason=budget,
    )


def _alarmed_today(organisation: Organisation, now: datetime) -> bool:
    alarms = OutgoingMail.objects.filter(kind=OutgoingMail.Kind.ALARM, organisation=organisation)
    return alarms.filter(created_at__gt=now - A_DAY).exists()


def _raise_alarm(organisation: Organisation, *, now: datetime) -> None:
    """Tell support; once a day, and once more when the code journey is closed."""
    kind = Case.Kind.WRONG_CODES
    case = open_case(kind, organisation=organisation, now=now) or Case.objects.get(
        kind=kind, organisation=organisation, decided_at__isnull=True
    )
    tell_support(OutgoingMail.Kind.ALARM, organisation, case=case, now=now)
