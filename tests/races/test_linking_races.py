"""Real threads and a barrier on PostgreSQL: what one row may decide, one row decides."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Employee
from audit.models import AuditEvent
from linking import actions, codes
from linking.models import LinkedIdentity, OutgoingMail, PendingCode
from linking.persons import EidPerson
from tests.factories import make_employee, make_pending_code, some_fingerprint
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
BINDING = "binding"


def person() -> EidPerson:
    fingerprint = some_fingerprint()
    return EidPerson(
        fingerprints={fingerprint.key_id: fingerprint.digest.hex()},
        birth_date="1990-01-01",
        given_name="",
        family_name="",
        level="high",
        eid="BankID",
    )


def granted(employee: Employee, who: EidPerson) -> tuple[PendingCode, str]:
    """A request of `who` for `employee`, with its code."""
    request = make_pending_code(
        employee=employee,
        fingerprint=who.current.digest,
        fingerprint_key=who.current.key_id,
        number_fingerprints=who.fingerprints,
        session_binding=sha256(BINDING.encode()).digest(),
    )
    key = actions.code_key()
    code = codes.make_code(request.pk, key=key)
    request.code_hash = codes.hash_code(code, request.pk, key=key)
    request.save()
    return request, code


def confirming(request: PendingCode, typed: str, who: EidPerson) -> Callable[[], Any]:
    return lambda: actions.confirm_code(
        request.pk, actions.Typist(who, BINDING), typed=typed, now=timezone.now()
    )


def test_two_confirmations_of_one_code_make_one_link_one_event_and_one_notice() -> None:
    who = person()
    request, code = granted(make_employee(), who)
    outcomes = at_once([confirming(request, code, who)] * 4)
    assert sum(isinstance(outcome, actions.Linked) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, actions.CodeExpired) for outcome in outcomes) == 3
    assert LinkedIdentity.objects.count() == 1
    assert AuditEvent.objects.filter(event="link:made").count() == 1
    assert OutgoingMail.objects.filter(kind="linked").count() == 1


def test_two_eids_confirming_for_one_employee_make_one_link() -> None:
    employee, one, other = make_employee(), person(), person()
    outcomes = at_once([confirming(*granted(employee, who), who) for who in (one, other)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LinkRefused", "Linked"]
    assert LinkedIdentity.objects.count() == 1
    assert AuditEvent.objects.filter(event="link:refused").count() == 1


def test_one_eid_confirming_for_two_employees_makes_one_link() -> None:
    who = person()
    first = make_employee()
    second = make_employee(organisation=first.organisation)
    outcomes = at_once([confirming(*granted(employee, who), who) for employee in (first, second)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LinkRefused", "Linked"]
    assert LinkedIdentity.objects.count() == 1


def test_thirty_parallel_guesses_are_five_tries() -> None:
    who = person()
    request, code = granted(make_employee(), who)
    guess = "000000" if code != "000000" else "111111"
    outcomes = at_once([confirming(request, guess, who)] * 30)
    assert sum(isinstance(outcome, actions.WrongCode) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, actions.NoTriesLeft) for outcome in outcomes) == 25
    assert AuditEvent.objects.filter(event="link:code:wrong").count() == 5


def test_parallel_requests_for_one_employee_are_one_mail_a_minute() -> None:
    employee = make_employee()
    requests = [make_pending_code(employee=employee) for _ in range(8)]
    PendingCode.objects.update(employee=None)
    now = timezone.now()
    at_once([partial(actions.decide_request, request.pk, now=now) for request in requests])
    assert OutgoingMail.objects.count() == 1
