"""Who gets a code, whose link waits, and what happens where two claim one place."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, NameMismatch, Organisation
from audit.models import AuditEvent
from linking import actions, codes
from linking.models import Case, LinkedIdentity, OutgoingMail, PendingCode
from linking.persons import EidPerson
from linking.views.common import REQUEST_KEY
from tests.factories import make_employee, make_link, make_organisation
from tests.journeys.seats import seat, some_person
from tests.journeys.visitor import text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation()


def ask(browser: Client, employee: Employee) -> PendingCode:
    browser.post("/link/", {"email": employee.email})
    pk = UUID(browser.session[REQUEST_KEY]["id"])
    actions.decide_request(pk, now=timezone.now())
    return PendingCode.objects.get(pk=pk)


def confirm(browser: Client, request: PendingCode) -> str:
    """Type the right code; gives where that leads, or the page."""
    code = codes.make_code(request.pk, key=actions.code_key())
    answer = browser.post("/link/code/", {"code": code})
    return answer.headers.get("Location") or text(answer)


def link(person: EidPerson, employee: Employee) -> str:
    browser = seat(person, employee.organisation)
    return confirm(browser, ask(browser, employee))


def kari(organisation: Organisation) -> Employee:
    return make_employee(organisation=organisation, first_name="Kari", last_name="Aasen Lie")


OLA = {"given_name": "OLA", "family_name": "NORDMANN"}
KARI = {"given_name": "KARI ANNE", "family_name": "ÅSEN"}


@pytest.mark.parametrize(
    ("policy", "name", "refusal", "state"),
    [
        (NameMismatch.REFUSE, OLA, "name-mismatch", None),
        (NameMismatch.APPROVE, OLA, "", "pending"),
        (NameMismatch.IGNORE, OLA, "", "active"),
        (NameMismatch.REFUSE, KARI, "", "active"),
        (NameMismatch.APPROVE, KARI, "", "active"),
        (NameMismatch.REFUSE, {}, "", "active"),
    ],
)
def test_another_name_is_refused_approved_or_ignored_as_the_organisation_wants(
    organisation: Organisation,
    policy: NameMismatch,
    name: dict[str, str],
    refusal: str,
    state: str | None,
) -> None:
    organisation.name_mismatch = policy
    organisation.save()
    employee = kari(organisation)
    browser = seat(some_person(**name), organisation)
    request = ask(browser, employee)
    assert request.refusal == refusal
    confirm(browser, request)
    assert [link.state for link in LinkedIdentity.objects.all()] == ([state] if state else [])
    assert OutgoingMail.objects.filter(kind="code").exists() == (state is not None)


def test_the_organisations_default_lets_somebody_look_at_another_name() -> None:
    assert Organisation().name_mismatch == NameMismatch.APPROVE


def test_a_link_that_waits_lets_nobody_in_and_says_so(organisation: Organisation) -> None:
    organisation.approve_links = True
    organisation.save()
    person, employee = some_person(), make_employee(organisation=organisation)
    browser = seat(person, organisation)
    assert confirm(browser, ask(browser, employee)) == "/link/"
    assert "Your link waits for approval" in text(browser.get("/link/"))
    assert browser.get("/me/").status_code == 403
    assert actions.sign_in(person, organisation=organisation, now=timezone.now()) is None
    case = Case.objects.get()
    assert (case.kind, case.employee, case.link) == (
        "approval",
        employee,
        LinkedIdentity.objects.get(),
    )
    assert OutgoingMail.objects.filter(kind="waiting", employee=employee).count() == 1
    assert not OutgoingMail.objects.filter(kind="linked").exists()
    assert AuditEvent.objects.filter(event="link:waiting", employee_id=employee.pk).exists()


def test_a_link_that_nobody_approved_in_time_stands_in_nobodys_way(
    organisation: Organisation,
) -> None:
    """Also before beat has marked it."""
    organisation.approve_links = True
    organisation.save()
    person, employee = some_person(), make_employee(organisation=organisation)
    browser = seat(person, organisation)
    assert confirm(browser, ask(browser, employee)) == "/link/"
    LinkedIdentity.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(days=30))
    assert "Your link waits" not in text(browser.get("/link/"))
    assert confirm(browser, ask(browser, employee)) == "/link/"
    assert sorted(link.state for link in LinkedIdentity.objects.all()) == ["expired", "pending"]


def test_a_link_that_waits_holds_its_place_against_others(organisation: Organisation) -> None:
    organisation.approve_links = True
    organisation.save()
    employee = make_employee(organisation=organisation)
    link(some_person(), employee)
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert ask(seat(some_person(), organisation), employee).refusal == "employee-linked"


def test_a_second_eid_for_a_linked_employee_opens_a_case_and_moves_nothing(
    organisation: Organisation,
) -> None:
    """A-08: the mailbox that both may read is told; the link stays."""
    employee = make_employee(organisation=organisation)
    standing = make_link(employee=employee)
    newcomer = some_person(given_name="OLA", family_name="NORDMANN")
    assert ask(seat(newcomer, organisation), employee).refusal == "employee-linked"
    case = Case.objects.get()
    assert (case.kind, case.link, case.requester) == ("employee-linked", standing, "OLA NORDMANN")
    standing.refresh_from_db()
    assert standing.state == "active"
    assert [mail.recipient for mail in OutgoingMail.objects.all()] == [employee.email]
    assert AuditEvent.objects.filter(event="case:opened", reference=case.reference).exists()


def test_an_eid_that_is_linked_already_opens_a_case_and_both_mailboxes_are_told(
    organisation: Organisation,
) -> None:
    """A-09: one eID is one employee of an organisation, and nothing is moved silently."""
    person = some_person()
    mine, other = (make_employee(organisation=organisation) for _ in range(2))
    standing = make_link(employee=mine, whose=person.current)
    assert ask(seat(person, organisation), other).refusal == "person-linked"
    case = Case.objects.get()
    assert (case.kind, case.employee, case.other_employee) == ("person-linked", other, mine)
    assert case.link == standing
    told = OutgoingMail.objects.filter(kind="conflict").values_list("recipient", flat=True)
    assert set(told) == {mine.email, other.email}


def test_the_same_conflict_again_is_the_same_case_and_tells_nobody_twice(
    organisation: Organisation,
) -> None:
    employee = make_employee(organisation=organisation)
    make_link(employee=employee)
    person = some_person()
    for _ in range(3):
        ask(seat(person, organisation), employee)
    assert Case.objects.count() == 1
    assert OutgoingMail.objects.count() == 1


def test_asking_for_ones_own_link_again_is_no_conflict(organisation: Organisation) -> None:
    person, employee = some_person(), make_employee(organisation=organisation)
    make_link(employee=employee, whose=person.current)
    assert ask(seat(person, organisation), employee).refusal == "employee-linked"
    assert not Case.objects.exists()


def test_who_loses_at_the_last_moment_gets_a_neutral_page_and_a_case(
    organisation: Organisation,
) -> None:
    employee = make_employee(organisation=organisation)
    browser = seat(some_person(), organisation)
    request = ask(browser, employee)
    make_link(employee=employee)
    page = confirm(browser, request)
    assert "The user could not be linked" in page
    assert request.reference in page
    assert Case.objects.get().kind == "employee-linked"


def test_another_birth_date_gets_no_code_and_opens_no_case(organisation: Organisation) -> None:
    """A-01: whoever is certainly another person is no party to anything."""
    employee = make_employee(organisation=organisation, birth_date=date(1980, 1, 1))
    make_link(employee=employee)
    request = ask(seat(some_person(birth_date="1990-01-01"), organisation), employee)
    assert request.refusal == "birth-date-mismatch"
    assert not OutgoingMail.objects.exists()
    assert not Case.objects.exists()


def test_after_it_was_not_me_the_eid_gets_no_code_before_the_case_is_decided(
    organisation: Organisation,
) -> None:
    person, employee = some_person(), make_employee(organisation=organisation)
    case = Case.objects.create(
        kind="not-me",
        reference="7F3K-2Q",
        organisation=organisation,
        employee=employee,
        fingerprint=person.current.digest,
        fingerprint_key=person.current.key_id,
        opened_at=timezone.now(),
    )
    assert ask(seat(person, organisation), employee).refusal == "disputed"
    assert ask(seat(some_person(), organisation), employee).refusal == ""
    OutgoingMail.objects.all().delete()
    Case.objects.filter(pk=case.pk).update(decided_at=datetime.now(UTC), decision="closed")
    assert ask(seat(person, organisation), employee).refusal == ""
