"""A changed address: codes sent to the old one end, and the old one is told, by whatever way."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import actions as registry
from accounts.imports.actions import apply_import, read_people
from accounts.models import AddressChange, Employee, Organisation
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking import actions, tasks
from linking.emails import compose
from linking.models import LinkedIdentity, OutgoingMail, PendingCode
from tests.accounts.imports.files import csv
from tests.factories import make_employee, make_organisation
from tests.journeys.visitor import SOLVEIG, Visitor, newest_code, run_worker, text

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def move(employee: Employee, address: str) -> None:
    """Change the address as an import or a shell would: an UPDATE, and nothing else."""
    Employee.objects.filter(pk=employee.pk).update(email=address)


def told() -> list[tuple[str, str]]:
    """Who is told: employee number and address."""
    mails = OutgoingMail.objects.filter(kind="address").order_by("pk")
    return list(mails.values_list("employee__employee_number", "recipient"))


def test_the_task_comes_often_enough() -> None:
    entry: Any = settings.CELERY_BEAT_SCHEDULE["follow_address_changes"]
    assert entry["task"] == tasks.follow_address_changes.name
    assert 0 < entry["schedule"] <= 30


def test_the_old_address_is_told_once_and_not_where_the_mail_goes_now(mailbox: Mailbox) -> None:
    tuva = make_employee(first_name="Tuva", email="tuva@old.example", language="nn")
    move(tuva, "somebody@new.example")
    for _twice in range(2):
        tasks.follow_address_changes()
    run_worker()
    [mail] = mailbox.mails
    assert mail.to == "tuva@old.example"
    assert "Tuva" in mail.text
    assert tuva.organisation.support_email in mail.text
    assert "somebody" not in mail.text + mail.html
    assert "new.example" not in mail.text + mail.html
    assert OutgoingMail.objects.get().language == "nn"
    assert not AddressChange.objects.exists()


def test_an_open_code_ends_at_once_and_the_row_says_why(
    idporten: StandIn, organisation: Organisation, mailbox: Mailbox
) -> None:
    employee = make_employee(organisation=organisation, email=SOLVEIG.email)
    visitor = Visitor(idporten)
    visitor.sign_in(SOLVEIG)
    visitor.ask_for_code(SOLVEIG.email)
    right = newest_code(mailbox)
    move(employee, "another@x.example")
    tasks.follow_address_changes()
    move(employee, SOLVEIG.email)  # back again: the code stays dead
    request = PendingCode.objects.get()
    assert (request.state, request.refusal) == ("refused", "address-changed")
    [stopped] = AuditEvent.objects.filter(event="link:code:stopped")
    assert (stopped.employee_id, stopped.reference) == (employee.pk, request.reference)
    answer = visitor.post("/link/code/", code=right)
    assert "Wrong security code. You have 4 tries left." in text(answer)  # as at no code
    assert not LinkedIdentity.objects.exists()


def test_a_code_that_has_not_left_yet_is_not_sent(
    idporten: StandIn, organisation: Organisation, mailbox: Mailbox
) -> None:
    employee = make_employee(organisation=organisation, email=SOLVEIG.email)
    visitor = Visitor(idporten)
    visitor.sign_in(SOLVEIG)
    visitor.post("/link/", email=SOLVEIG.email)
    actions.decide_request(PendingCode.objects.get().pk, now=timezone.now())
    move(employee, "another@x.example")
    tasks.follow_address_changes()
    run_worker()
    assert [mail.to for mail in mailbox.mails] == [SOLVEIG.email]
    assert "another" not in mailbox.mails[0].text
    assert OutgoingMail.objects.get(kind="code").state == "failed"


def test_codes_to_the_new_address_and_of_others_go_on(
    idporten: StandIn, organisation: Organisation, mailbox: Mailbox
) -> None:
    employee = make_employee(organisation=organisation, email="before@x.example")
    move(employee, SOLVEIG.email)
    visitor = Visitor(idporten)
    visitor.sign_in(SOLVEIG)
    visitor.ask_for_code(SOLVEIG.email)
    right = newest_code(mailbox)
    move(make_employee(organisation=organisation), "third@x.example")
    tasks.follow_address_changes()
    assert visitor.post("/link/code/", code=right).headers["Location"] == "/link/done/"


@pytest.mark.parametrize("address", ["Tuva@X.example", "tuva@x.example"])
def test_upper_and_lower_case_are_no_change(address: str) -> None:
    move(make_employee(email="tuva@x.example"), address)
    assert not AddressChange.objects.exists()


def test_what_is_rolled_back_tells_nobody() -> None:
    tuva = make_employee()
    with transaction.atomic():
        move(tuva, "new@x.example")
        transaction.set_rollback(True)
    assert not AddressChange.objects.exists()


def test_the_form_of_the_administration_is_seen_too() -> None:
    tuva = make_employee(email="old@x.example")
    tuva.email = "new@x.example"
    registry.change_employee(tuva, fields=["email"], by="user:hr", now=NOW)
    assert AddressChange.objects.get().old_address == "old@x.example"


def test_two_who_swap_addresses_read_nothing_about_each_other() -> None:
    one = make_employee(email="one@x.example")
    two = make_employee(email="two@x.example", organisation=one.organisation)
    move(one, f"{one.pk}@parked.example")
    move(two, "one@x.example")
    move(one, "two@x.example")
    actions.follow_address_changes(now=NOW)
    assert told() == []


def test_a_new_employee_with_a_leavers_address_reads_nothing_of_the_leaver() -> None:
    """A-11: the mailbox is somebody else's now."""
    left = make_employee(email="post@x.example", active=False)
    move(left, "left@x.example")
    make_employee(email="POST@x.example", organisation=left.organisation)
    actions.follow_address_changes(now=NOW)
    assert told() == []


@pytest.mark.parametrize(("name", "is_told"), [("Solveig", True), ("Aslak", False)])
def test_elsewhere_only_the_same_person_reads_it(name: str, is_told: bool) -> None:
    """A mailbox that another employer has registered for the same person is that person's."""
    one = make_employee(email="own@x.example", employee_number="1")
    make_employee(email="own@x.example", first_name=name, last_name=one.last_name)
    move(one, "new@x.example")
    actions.follow_address_changes(now=NOW)
    assert told() == ([("1", "own@x.example")] if is_told else [])


def test_of_several_changes_the_first_address_is_told() -> None:
    tuva = make_employee(email="first@x.example", employee_number="7")
    for address in ("typo@x.example", "third@x.example"):
        move(tuva, address)
    actions.follow_address_changes(now=NOW)
    assert told() == [("7", "first@x.example")]


def test_a_change_that_was_taken_back_is_told_all_the_same() -> None:
    """Whoever had the address for half a minute may have linked in it."""
    tuva = make_employee(email="first@x.example", language="en")
    for address in ("another@x.example", "first@x.example"):
        move(tuva, address)
    actions.follow_address_changes(now=NOW)
    body = str(compose(OutgoingMail.objects.get(), code_key=b"k" * 32).body)
    assert "changed back to this one" in body


def test_an_organisation_that_is_closed_mails_nobody() -> None:
    move(make_employee(organisation=make_organisation(active=False)), "new@x.example")
    assert actions.follow_address_changes(now=NOW) == 1
    assert told() == []


def test_a_batch_at_a_time_and_all_in_one_turn() -> None:
    for number in range(3):
        move(make_employee(), f"new{number}@x.example")
    assert actions.follow_address_changes(now=NOW, limit=2) == 2
    tasks.follow_address_changes()
    assert len(told()) == 3


def test_a_change_is_dated_by_the_transaction_that_made_it() -> None:
    move(make_employee(), "new@x.example")
    with connection.cursor() as cursor:
        cursor.execute("SELECT transaction_timestamp()")
        [began] = cursor.fetchone()
    assert abs(AddressChange.objects.get().changed_at - began) < timedelta(seconds=1)


def test_an_import_tells_those_whose_address_it_changed_and_no_parked_one() -> None:
    """Two swap, one moves, one gets another spelling of the same."""
    first = make_employee(employee_number="1", email="one@x.example")
    for number, address in (
        ("2", "two@x.example"),
        ("3", "old@x.example"),
        ("4", "same@x.example"),
    ):
        make_employee(organisation=first.organisation, employee_number=number, email=address)
    file = csv(
        ("1", "Solveig", "Ås", "two@x.example"),
        ("2", "Solveig", "Li", "one@x.example"),
        ("3", "Solveig", "Vik", "new@x.example"),
        ("4", "Solveig", "Dal", "SAME@x.example"),
    )
    people = read_people(io.BytesIO(file), keys=settings.FINGERPRINT_KEYS, now=NOW)
    apply_import(first.organisation, people, by="command:test", now=NOW)
    assert set(AddressChange.objects.values_list("old_address", flat=True)) == {
        "one@x.example",
        "two@x.example",
        "old@x.example",
    }
    actions.follow_address_changes(now=NOW)
    assert told() == [("3", "old@x.example")]
