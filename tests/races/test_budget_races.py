"""Sixty threads that guess, over two hundred sessions: never more tries than the budget (A-03)."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from itertools import batched
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, Organisation
from linking import actions, codes
from linking.models import Block, CodeTry, OutgoingMail, PendingCode
from linking.persons import EidPerson
from linking.views.common import REQUEST_KEY
from tests.factories import make_employee, make_organisation, make_pending_code
from tests.journeys.seats import seat, some_person
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, SESSIONS = 60, 200


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation()


def granted(employee: Employee, person: EidPerson, binding: str) -> PendingCode:
    """A request with its code, as if the mail budgets had let it through."""
    fingerprint = person.current
    request = make_pending_code(
        employee=employee,
        fingerprint=fingerprint.digest,
        fingerprint_key=fingerprint.key_id,
        number_fingerprints=person.fingerprints,
        session_binding=sha256(binding.encode()).digest(),
    )
    key = actions.code_key()
    request.code_hash = codes.hash_code(codes.make_code(request.pk, key=key), request.pk, key=key)
    request.save()
    return request


def guesser(number: int, employee: Employee, person: EidPerson) -> Callable[[], Any]:
    """One session of `person` at the code page of a request for `employee`, guessing wrong."""
    request = granted(employee, person, f"binding-{number}")
    address = f"198.51.{number % 100}.{number % 250}"
    browser = seat(person, employee.organisation, x_forwarded_for=address)
    session = browser.session
    asked = {"id": str(request.pk), "binding": f"binding-{number}", "email": employee.email}
    session[REQUEST_KEY] = asked | {"again": False, "on_its_way": False}
    session.save()
    right = codes.make_code(request.pk, key=actions.code_key())
    wrong = f"{(int(right) + 1 + number) % 10**6:06}"
    return partial(_post, browser, wrong)


def _post(browser: Client, code: str) -> int:
    return int(browser.post("/link/code/", {"code": code}).status_code)


def run(guesses: list[Callable[[], Any]]) -> list[Any]:
    """Run them all, sixty at once."""

    def several(calls: tuple[Callable[[], Any], ...]) -> list[Any]:
        return [call() for call in calls]

    share = -(-len(guesses) // THREADS)
    return at_once([partial(several, calls) for calls in batched(guesses, share)])


def compared() -> int:
    return CodeTry.objects.filter(employee__isnull=False).count()


def test_one_eid_in_many_sessions_at_many_employees_has_five_tries(
    organisation: Organisation,
) -> None:
    person = some_person()
    employees = [make_employee(organisation=organisation) for _ in range(20)]
    guesses = [guesser(n, employees[n % 20], person) for n in range(SESSIONS)]
    answers = run(guesses)
    assert {status for each in answers for status in each} == {422}, answers
    assert compared() == 5
    assert Block.objects.get().budget == "person-day"


def test_many_eids_at_one_employee_have_ten_tries(organisation: Organisation) -> None:
    employee = make_employee(organisation=organisation)
    run([guesser(number, employee, some_person()) for number in range(SESSIONS)])
    assert compared() == 10
    assert Block.objects.get().budget == "employee-day"


def test_many_eids_at_many_employees_have_a_hundred_tries_and_one_alarm(
    organisation: Organisation,
) -> None:
    employees = [make_employee(organisation=organisation) for _ in range(40)]
    run([guesser(n, employees[n % 40], some_person()) for n in range(SESSIONS)])
    assert compared() == 100
    assert Block.objects.filter(budget="organisation-day").count() == 1
    assert OutgoingMail.objects.filter(kind="alarm").count() == 2  # at thirty, and at the hundred


def test_one_eid_asking_for_many_employees_at_once_gets_the_codes_of_its_budget(
    organisation: Organisation,
) -> None:
    person = some_person()
    requests = [
        granted(make_employee(organisation=organisation), person, str(number))
        for number in range(8)
    ]
    PendingCode.objects.update(employee=None, code_hash=None)
    now = timezone.now()
    at_once([partial(actions.decide_request, request.pk, now=now) for request in requests])
    assert OutgoingMail.objects.count() == 3


def test_of_two_requests_at_once_one_is_open(organisation: Organisation) -> None:
    person = some_person()
    browsers = [seat(person, organisation) for _ in range(8)]
    at_once(
        [
            partial(browser.post, "/link/", {"email": f"{number}@example.no"})
            for number, browser in enumerate(browsers)
        ]
    )
    assert PendingCode.objects.count() == 8
    assert PendingCode.objects.filter(ended_at=None).count() == 1


def test_typing_before_the_worker_decides_makes_nobody_wait_for_each_other(
    organisation: Organisation,
) -> None:
    """Locks are taken in one order, and before rows: no deadlock, whatever meets."""
    employee = make_employee(organisation=organisation)
    for round_number in range(10):
        person = some_person()
        request = granted(employee, person, "b")
        code = codes.make_code(request.pk, key=actions.code_key())
        PendingCode.objects.filter(pk=request.pk).update(employee=None, code_hash=None)
        typist = actions.Typist(person, "b")
        confirm = partial(actions.confirm_code, request.pk, typist, typed=code, now=timezone.now())
        decide = partial(actions.decide_request, request.pk, now=timezone.now())
        outcomes = at_once([confirm, decide, confirm, decide])
        assert outcomes[1] is None, (round_number, outcomes)
        assert outcomes[3] is None, (round_number, outcomes)
        for outcome in (outcomes[0], outcomes[2]):
            assert isinstance(outcome, actions.WrongCode | actions.Linked | actions.CodeExpired)
