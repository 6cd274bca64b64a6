"""Typing the code: the tries, the comparison and the link."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Employee
from linking import codes
from linking.actions.making import Linked, Outcome, link_or_refuse, told
from linking.actions.requests import FORGOTTEN, code_key
from linking.actions.tries import (
    CodeExpired,
    NoTriesLeft,
    Try,
    Typist,
    forgive,
    note_not_taken,
    note_wrong,
    take_try,
)
from linking.facts import facts_about
from linking.locks import lock_budgets
from linking.models import PendingCode
from linking.persons import EidPerson
from linking.policy import LINK_CHECKS


class WrongCode(Exception):
    """The code is not the newest request's. `tries_left` is told for every address alike."""

    def __init__(self, tries_left: int, *, person_blocked: bool) -> None:
        super().__init__()
        self.tries_left = tries_left
        self.person_blocked = person_blocked


def confirm_code(request_id: UUID, typist: Typist, *, typed: str, now: datetime) -> Linked:
    """Spend the code and make the link. `typed` is normalised.

    Each call takes a try, and has committed that before anything is compared (A-03).

    Raises:
        CodeExpired, NoTriesLeft, WrongCode: the person may type again, or ask for a new code.
        LinkRefused: the policy says no.
        LinkWaits: the link is made, and waits for approval.
    """
    try:
        attempt = take_try(request_id, typist, now=now)
    except (CodeExpired, NoTriesLeft) as late:
        why = "expired" if isinstance(late, CodeExpired) else "no-tries-left"
        note_not_taken(request_id, typist, reason=why, now=now)
        raise
    if not _is_right(attempt, typed):
        note_wrong(attempt, now=now)
        blocked = attempt.wrong.left_to_person == 0
        raise WrongCode(attempt.left, person_blocked=blocked)
    outcome = _spend_and_link(attempt.request, typist.person, now=now)
    return told(outcome, attempt.request)


def _is_right(attempt: Try, typed: str) -> bool:
    """Compare in the same time whether there is a code or not (A-02)."""
    request = attempt.request
    stored = bytes(request.code_hash) if request.code_hash is not None else None
    right = codes.is_right(typed, request.pk, stored=stored, key=code_key())
    return right and attempt.may_be_compared


@transaction.atomic
def _spend_and_link(request: PendingCode, person: EidPerson, *, now: datetime) -> Outcome:
    """Make the link, or give the reason against: the code is spent either way (A-07)."""
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
    return link_or_refuse(request, employee, person, facts=facts, checks=LINK_CHECKS, now=now)
