"""Lists that stay fast at a million: what is found, counted, sorted and chosen in them."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import lists
from accounts.departments import departments
from accounts.ids import uuid7
from accounts.models import Employee
from accounts.search import people_found
from linking.models import Invitation, LinkedIdentity, OutgoingMail
from tests.accounts.worlds import browser_of
from tests.factories import (
    make_administrator,
    make_case,
    make_employee,
    make_link,
    make_mail,
    make_organisation,
    make_pending_code,
)
from tests.plans import plan_of

pytestmark = pytest.mark.django_db
EMPLOYEES = reverse("admin:accounts_employee_changelist")


@pytest.fixture
def root() -> Client:
    return browser_of(make_administrator())


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that counts to four, and goes to six; two on a page."""
    monkeypatch.setattr(lists, "COUNTED", 4)
    monkeypatch.setattr(lists, "REACHED", 6)
    monkeypatch.setattr(lists, "PAGES_AHEAD", 0)
    monkeypatch.setattr("accounts.admin.EmployeeAdmin.list_per_page", 2)


def found(typed: str) -> bool:
    return Employee.objects.filter(people_found(typed)).exists()


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("han", True),
        ("HANSEN", True),
        ("kari han", True),
        ("han kari", True),
        ("anne", True),
        ("øye", True),
        ("andre", True),
        ("oye", False),
        ("kari.han", True),
        ("KARI.HANSEN@EKS", True),
        ("a-12", True),
        ("ansen", False),
        ("kari olsen", False),
        ("", True),
    ],
)
def test_each_word_begins_a_name_the_address_or_the_number(typed: str, finds: bool) -> None:
    make_employee(
        first_name="Kari Anne André",
        last_name="Øye-Hansen",
        email="kari.hansen@eksempel.example",
        employee_number="A-123",
    )
    assert found(typed) == finds


@pytest.mark.parametrize(
    "typed", ["%", "_", "k%i", "k:*", "'", "\\", "!kari", "(a | b)", "ka' | '"]
)
def test_what_is_typed_is_text_and_no_operator(typed: str) -> None:
    make_employee(first_name="Kari")
    assert not found(typed)
    make_employee(last_name=f"{typed}x", employee_number=typed)
    assert found(typed)


def test_codes_mails_links_and_cases_are_found_by_person_address_and_reference(
    root: Client,
) -> None:
    kari = make_employee(first_name="Kari", last_name="Hansen", email="kh@x.example")
    request = make_pending_code(employee=kari, email="Other@x.example", reference="7F3K-2Q")
    make_case(employee=kari, request=request, reference="2M8D-4R")
    make_mail(pending_code=request, recipient="old@x.example")
    make_link()
    for model, typed in {
        "linkedidentity": ["kari han", "kh@x"],
        "pendingcode": ["kari han", "other@", "7f3k-2q"],
        "outgoingmail": ["han", "OLD@x"],
        "case": ["kari", "2m8d-4r"],
    }.items():
        page = reverse(f"admin:linking_{model}_changelist")
        assert root.get(page).context["cl"].result_count >= 1
        for each in typed:
            assert root.get(page, {"q": each}).context["cl"].result_count == 1, (model, each)
        for each in ("o_her", "%", "ari"):
            assert root.get(page, {"q": each}).context["cl"].result_count == 0, (model, each)


@pytest.mark.usefixtures("few")
def test_a_list_says_that_there_are_more_and_goes_so_far(root: Client) -> None:
    for _ in range(8):
        make_employee()
    text = root.get(EMPLOYEES).content.decode()
    assert "More than 4 employees" in text
    assert "see the others" not in text
    assert "Select all 4" not in text
    last = root.get(EMPLOYEES, {"p": "3"}).content.decode()
    assert "More than 6 employees. Search or filter to see the others." in last
    assert root.get(EMPLOYEES, {"p": "4"}).headers["Location"].endswith("?e=1")


@pytest.mark.usefixtures("few")
def test_little_is_sorted_by_any_column_and_much_by_none_without_an_index(root: Client) -> None:
    for number in (2, 4, 3, 1):
        make_employee(employee_number=f"{number}")

    def numbers() -> list[str]:
        answer = root.get(EMPLOYEES, {"o": "3"})
        return [each.employee_number for each in answer.context["cl"].result_list]

    assert numbers() == ["1", "2"]
    make_employee(employee_number="0", last_name="Ås")
    assert numbers() == ["2", "4"]


@pytest.mark.usefixtures("few")
def test_nothing_is_done_to_more_than_was_counted(root: Client) -> None:
    one, *_others = [make_employee() for _ in range(5)]
    form = {"action": "sign_out", "_selected_action": str(one.pk), "select_across": "1"}
    answer = root.post(EMPLOYEES, form, follow=True)
    assert "Nothing was done: more than 4 rows" in answer.content.decode()
    one.delete()
    answer = root.post(EMPLOYEES, form, follow=True)
    assert "Nothing was done" not in answer.content.decode()


def test_a_search_gives_the_first_and_says_that_there_are_more(
    root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "FOUND", 2)
    for department in ("Skole", "Bad", "Bad", "Bad"):
        make_employee(department=department)
    assert "More than 2 results" in root.get(EMPLOYEES, {"q": "fager"}).content.decode()
    few = root.get(EMPLOYEES, {"q": "fager", "department": "Skole"})  # whichever is found first
    assert few.context["cl"].result_count == 1


def test_no_list_counts_its_table(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "FOUND", 0)  # of few, nothing is counted
    make_link(employee=make_pending_code().employee)
    for model in ("accounts_employee", "linking_linkedidentity", "linking_pendingcode"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            root.get(reverse(f"admin:{model}_changelist"), {"_facets": "True"})
        counts = [each["sql"] for each in queries if "COUNT(" in each["sql"]]
        assert counts
        assert all("LIMIT 1001" in each for each in counts), counts


def test_of_few_rows_nothing_is_counted_and_the_filter_is_asked_once(root: Client) -> None:
    one = make_employee(last_name="Ås")
    make_link(employee=make_employee())
    with CaptureQueriesContext(connection) as queries:
        page = root.get(EMPLOYEES, {"linked": "no"})
    assert list(page.context["cl"].result_list) == [one]
    asked = [each["sql"] for each in queries if "= ANY(ARRAY" in each["sql"]]
    assert len(asked) == 1
    assert not any("COUNT(*)" in each["sql"] and "ARRAY" in each["sql"] for each in queries)


def test_a_list_is_read_by_one_process(root: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        root.get(EMPLOYEES)
    sent = [each["sql"] for each in queries]
    read = next(n for n, sql in enumerate(sent) if "accounts_employee" in sql and "ORDER BY" in sql)
    assert "SET LOCAL max_parallel_workers_per_gather = 0" in sent[:read]


def test_those_who_are_not_linked_of_two_organisations(root: Client) -> None:
    here, there, _elsewhere = [make_employee() for _ in range(3)]
    chosen = [str(each.organisation_id) for each in (here, there)]
    page = root.get(EMPLOYEES, {"organisation__id__exact": chosen, "linked": "no"})
    assert set(page.context["cl"].result_list) == {here, there}


@pytest.mark.parametrize(
    ("index", "where"),
    [
        ("invitation_newest_first", {}),
        ("invitation_of_organisation", {"organisation": uuid7()}),
        ("invitation_of_campaign", {"campaign": uuid7()}),
        ("invitation_failed", {"failed_at__isnull": False}),
        ("invitation_open_newest_first", {"ended_at__isnull": True}),
    ],
)
def test_invitations_are_read_from_an_index_as_they_are_listed(
    index: str, where: dict[str, Any]
) -> None:
    listed = Invitation.objects.filter(**where).order_by("-invited_at", "-id")[:50]
    assert f"{index} " in plan_of(listed)


def test_mails_are_read_from_an_index_as_they_are_listed() -> None:
    listed = OutgoingMail.objects.order_by("-created_at", "-id")[:50]
    plan = plan_of(listed)
    assert "mail_newest_first" in plan
    assert "Sort" not in plan


def test_links_of_the_rare_level_are_read_from_an_index() -> None:
    listed = LinkedIdentity.objects.filter(level="substantial").order_by("-linked_at", "-id")[:50]
    assert "link_by_rare_level" in plan_of(listed)


def test_departments_are_read_name_by_name() -> None:
    here, there = make_organisation(), make_organisation()
    for place, name in [(here, "Skole"), (here, "Skole"), (here, "Barnehage"), (there, "Bad")]:
        make_employee(organisation=place, department=name)
    make_employee(organisation=here, department="")
    assert departments(None, limit=9) == ["Bad", "Barnehage", "Skole"]
    assert departments(None, limit=2) == ["Bad", "Barnehage"]
    assert departments([here.pk], limit=9) == ["Barnehage", "Skole"]
    assert departments([here.pk, there.pk], limit=9) == ["Bad", "Barnehage", "Skole"]
    assert departments([], limit=9) == []


def test_the_departments_are_those_of_the_organisation_that_is_chosen(root: Client) -> None:
    here, there = make_employee(department="Skole"), make_employee(department="Bad")
    page = root.get(EMPLOYEES, {"organisation__id__exact": str(here.organisation_id)})
    assert "Skole" in page.content.decode()
    assert "?department=Bad" not in page.content.decode()
    assert "Bad" not in page.content.decode().partition('id="changelist-filter"')[2]
    assert there.department == "Bad"
