"""How much may be guessed, whatever the sequence (threats.md: the code's budget)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from accounts.models import Employee, Organisation
from audit.models import AuditEvent
from linking import actions, codes
from linking.models import Block, Case, CodeTry, LinkedIdentity, OutgoingMail, PendingCode
from linking.persons import EidPerson
from linking.views.common import REQUEST_KEY
from tests.factories import make_administrator, make_employee, make_organisation
from tests.journeys.seats import seat, some_person
from tests.journeys.visitor import run_worker, text

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def organisation(clock: time_machine.Traveller) -> Organisation:
    return make_organisation()


@pytest.fixture
def employee(organisation: Organisation) -> Employee:
    return make_employee(organisation=organisation)


def ask(browser: Client, email: str) -> PendingCode:
    """Ask for a code, and let the worker decide; no mail is sent."""
    assert browser.post("/link/", {"email": email}).status_code == 302
    pk = UUID(browser.session[REQUEST_KEY]["id"])
    actions.decide_request(pk, now=datetime.now(UTC))
    return PendingCode.objects.get(pk=pk)


def right(request: PendingCode) -> str:
    return codes.make_code(request.pk, key=actions.code_key())


def wrong(request: PendingCode) -> str:
    return f"{(int(right(request)) + 1) % 10**6:06}"


def guess(browser: Client, request: PendingCode, times: int = 1) -> Any:
    for _ in range(times):
        answer = browser.post("/link/code/", {"code": wrong(request)})
    return answer


def compared() -> int:
    return CodeTry.objects.filter(employee__isnull=False).count()


def spend_days(
    clock: time_machine.Traveller, person: EidPerson, employees: list[Employee], each: int
) -> None:
    """Type `each` wrong codes for one employee a day."""
    for employee in employees:
        browser = seat(person, employee.organisation)
        guess(browser, ask(browser, employee.email), each)
        clock.shift(timedelta(days=1, minutes=1))


def test_the_fifth_wrong_code_of_a_day_is_the_eids_last(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    person = some_person()
    browser = seat(person, employee.organisation)
    answer = guess(browser, ask(browser, employee.email), 5)
    assert "no tries are left today" in text(answer)
    assert Block.objects.get().budget == "person-day"
    assert AuditEvent.objects.filter(event="block:made", reason="person-day").exists()
    clock.shift(timedelta(hours=23))
    browser = seat(person, employee.organisation)
    another = ask(browser, make_employee(organisation=employee.organisation).email)
    assert (another.state, another.refusal) == ("refused", "person-blocked")
    clock.shift(timedelta(hours=1, minutes=1))
    assert ask(seat(person, employee.organisation), employee.email).refusal == ""


@pytest.mark.parametrize("way", ["a new code", "a new session", "a flushed cache", "another place"])
def test_no_way_round_gives_the_eid_more_than_five_wrong_a_day(
    employee: Employee, clock: time_machine.Traveller, way: str
) -> None:
    """A-04: the counts lie in PostgreSQL, and know the eID in every session and organisation."""
    person = some_person()
    browser = seat(person, employee.organisation)
    for number in range(8):
        request = ask(browser, employee.email)
        guess(browser, request, 2)
        if way == "a new session":
            browser = seat(person, employee.organisation)
        elif way == "a flushed cache":
            cache.clear()
        elif way == "another place":
            employee = make_employee()
            browser = seat(person, employee.organisation, x_forwarded_for=f"10.0.0.{number}")
        clock.shift(timedelta(minutes=21))
    assert compared() == 5


def test_a_try_is_counted_although_the_answer_fails(
    employee: Employee, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A-04: an error after the comparison gives nothing back."""
    browser = seat(some_person(), employee.organisation)
    request = ask(browser, employee.email)
    browser.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("linking.actions.confirmation.note_wrong", None)
        assert browser.post("/link/code/", {"code": wrong(request)}).status_code == 500
    assert compared() == 1
    assert "You have 3 tries left" in text(guess(browser, request))


def test_ten_wrong_without_a_success_block_the_eid_until_somebody_lifts_it(
    organisation: Organisation, clock: time_machine.Traveller
) -> None:
    person = some_person()
    employees = [make_employee(organisation=organisation) for _ in range(3)]
    spend_days(clock, person, employees[:2], 5)
    clock.shift(timedelta(days=300))
    browser = seat(person, organisation)
    assert ask(browser, employees[2].email).refusal == "person-blocked"
    block = Block.objects.get(budget="person")
    assert block.ends_at is None
    lift(block)
    clock.shift(timedelta(minutes=2))
    request = ask(browser, employees[2].email)
    assert request.refusal == ""
    assert browser.post("/link/code/", {"code": right(request)}).status_code == 302
    assert LinkedIdentity.objects.active().count() == 1


def lift(block: Block) -> None:
    administrator = make_administrator()
    now = datetime.now(UTC)
    assert actions.lift_block(block, by=administrator.actor, reason="Called support", now=now)


def test_a_success_forgives_what_was_typed_for_oneself(
    organisation: Organisation, clock: time_machine.Traveller
) -> None:
    person = some_person()
    own, other = (make_employee(organisation=organisation) for _ in range(2))
    spend_days(clock, person, [own, own], 4)
    browser = seat(person, organisation)
    request = ask(browser, own.email)
    browser.post("/link/code/", {"code": right(request)})
    actions.revoke_link(LinkedIdentity.objects.get(), by="test", reason="", now=datetime.now(UTC))
    clock.shift(timedelta(days=2))
    spend_days(clock, person, [other, other], 4)
    assert not Block.objects.exists()


def test_linking_to_oneself_in_between_gives_no_new_guesses_at_others(
    organisation: Organisation, clock: time_machine.Traveller
) -> None:
    """Nine wrong, one's own link made and removed, nine wrong, … is ten wrong at others in all."""
    person = some_person()
    own, other = (make_employee(organisation=organisation) for _ in range(2))
    for _ in range(8):
        spend_days(clock, person, [other], 4)
        browser = seat(person, organisation)
        request = ask(browser, own.email)
        browser.post("/link/code/", {"code": right(request)})
        for link in LinkedIdentity.objects.active():
            actions.revoke_link(link, by="test", reason="", now=datetime.now(UTC))
    assert CodeTry.objects.filter(employee=other).count() == 10


def test_an_eid_asks_for_three_employees_a_day(
    organisation: Organisation, clock: time_machine.Traveller
) -> None:
    person, refusals = some_person(), []
    for _ in range(4):
        browser = seat(person, organisation)
        refusals.append(ask(browser, make_employee(organisation=organisation).email).refusal)
        clock.shift(timedelta(hours=2))
    assert refusals == ["", "", "", "too-many-employees"]


def test_ten_wrong_a_day_close_the_employee_to_everybody_who_is_not_linked(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    for _ in range(2):
        browser = seat(some_person(), employee.organisation)
        guess(browser, ask(browser, employee.email), 5)
        clock.shift(timedelta(minutes=5))
    assert Block.objects.get(budget="employee-day").employee == employee
    clock.shift(timedelta(hours=1))
    honest = seat(some_person(), employee.organisation)
    assert ask(honest, employee.email).refusal == "employee-blocked"
    lift(Block.objects.get(budget="employee-day"))
    clock.shift(timedelta(minutes=2))
    assert ask(honest, employee.email).refusal == ""


def test_a_code_in_hand_is_not_compared_when_the_employees_budget_is_used_up(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    """The page answers as for a wrong code: it tells nobody that the address is registered."""
    guessers = [seat(some_person(), employee.organisation) for _ in range(3)]
    requests = []
    for browser in guessers:
        requests.append(ask(browser, employee.email))
        clock.shift(timedelta(minutes=2))
    for browser, request in zip(guessers[:2], requests[:2], strict=True):
        guess(browser, request, 5)
    answer = guessers[2].post("/link/code/", {"code": right(requests[2])})
    assert "Wrong security code. You have 4 tries left" in text(answer)
    assert not LinkedIdentity.objects.exists()
    assert compared() == 10
    requests[2].refresh_from_db()
    assert (requests[2].state, requests[2].refusal) == ("refused", "employee-blocked")


def test_twenty_wrong_in_thirty_days_close_the_employee_until_somebody_lifts_it(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    for _ in range(4):
        spend_days(clock, some_person(), [employee], 5)
    block = Block.objects.get(budget="employee-month")
    assert block.ends_at is None
    clock.shift(timedelta(days=40))
    browser = seat(some_person(), employee.organisation)
    assert ask(browser, employee.email).refusal == "employee-blocked"
    lift(block)
    clock.shift(timedelta(minutes=2))
    assert ask(browser, employee.email).refusal == ""


def test_guesses_that_cannot_be_right_use_up_nobodys_budget_but_the_guessers(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    """A-36: whoever cannot get a code cannot lock the employee out by typing."""
    employee.birth_date = START.date()
    employee.save()
    for _ in range(5):
        browser = seat(some_person(), employee.organisation)
        guess(browser, ask(browser, employee.email), 5)
    assert {block.budget for block in Block.objects.all()} == {"person-day"}
    assert not OutgoingMail.objects.filter(kind="alarm").exists()
    own = seat(some_person(birth_date=START.date().isoformat()), employee.organisation)
    assert ask(own, employee.email).refusal == ""


def test_thirty_wrong_a_day_raise_an_alarm_and_a_hundred_close_the_journey(
    organisation: Organisation, clock: time_machine.Traveller
) -> None:
    for number in range(20):
        employee = make_employee(organisation=organisation)
        browser = seat(some_person(), organisation)
        request = ask(browser, employee.email)
        if number == 5:
            guess(browser, request, 4)
            assert not Case.objects.exists()
            guess(browser, request)
            assert Case.objects.get().kind == "wrong-codes"
        else:
            guess(browser, request, 5)
        clock.shift(timedelta(minutes=1))
    alarms = OutgoingMail.objects.filter(kind="alarm")
    assert [mail.recipient for mail in alarms] == [organisation.support_email] * 2
    assert Block.objects.get(budget="organisation-day").organisation == organisation
    honest = seat(some_person(), organisation)
    employee = make_employee(organisation=organisation)
    assert ask(honest, employee.email).refusal == "organisation-closed"
    elsewhere = make_employee()
    assert ask(seat(some_person(), elsewhere.organisation), elsewhere.email).refusal == ""
    lift(Block.objects.get(budget="organisation-day"))
    clock.shift(timedelta(minutes=2))
    assert ask(honest, employee.email).refusal == ""


def test_a_linked_employee_is_never_locked_out_by_others(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    """A-36: guessing touches the code journey alone."""
    person = some_person()
    own = seat(person, employee.organisation)
    own.post("/link/code/", {"code": right(ask(own, employee.email))})
    for _ in range(3):
        browser = seat(some_person(), employee.organisation)
        guess(browser, ask(browser, employee.email), 5)
    assert own.get("/me/").status_code == 200
    now = datetime.now(UTC)
    assert actions.sign_in(person, organisation=employee.organisation, now=now) is not None


def test_a_lifted_block_starts_the_count_anew_and_needs_lifting_once(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    person = some_person()
    browser = seat(person, employee.organisation)
    guess(browser, ask(browser, employee.email), 5)
    block = Block.objects.get()
    lift(block)
    now = datetime.now(UTC)
    assert not actions.lift_block(block, by="user:x", reason="Again", now=now)
    event = AuditEvent.objects.get(event="block:lifted")
    assert event.details["why"] == "Called support"
    clock.shift(timedelta(minutes=2))
    request = ask(browser, employee.email)
    assert "You have 4 tries left" in text(guess(browser, request))
    guess(browser, request, 4)
    standing = Block.objects.filter(lifted_at=None).values_list("budget", flat=True)
    assert set(standing) == {"person", "employee-day"}


def test_the_mail_budget_holds_whatever_is_asked_for(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    """A-05: five mails a day reach an employee, whoever asks and however often."""
    for _ in range(40):
        ask(seat(some_person(), employee.organisation), employee.email)
        clock.shift(timedelta(minutes=30))
    mails = list(OutgoingMail.objects.order_by("created_at").values_list("created_at", flat=True))
    within_a_day = [sum(at - timedelta(days=1) < other <= at for other in mails) for at in mails]
    within_an_hour = [sum(at - timedelta(hours=1) < other <= at for other in mails) for at in mails]
    assert max(within_a_day) == 5
    assert max(within_an_hour) <= 3


def test_conflicts_hold_the_mail_budget_too(
    employee: Employee, clock: time_machine.Traveller
) -> None:
    own = seat(some_person(), employee.organisation)
    own.post("/link/code/", {"code": right(ask(own, employee.email))})
    for _ in range(12):
        clock.shift(timedelta(minutes=10))
        ask(seat(some_person(), employee.organisation), employee.email)
    assert OutgoingMail.objects.filter(kind="conflict", employee=employee).count() == 4
    assert Case.objects.filter(kind="employee-linked").count() == 4


def test_the_worker_is_used_once_here_so_that_its_part_is_not_forgotten(
    employee: Employee, mailbox: Any, clock: time_machine.Traveller
) -> None:
    browser = seat(some_person(), employee.organisation)
    browser.post("/link/", {"email": employee.email})
    run_worker()
    assert OutgoingMail.objects.get().state == "sent"
