"""Lists that stay fast at a million: what is found, counted, sorted and chosen in them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import lists
from accounts.departments import departments
from accounts.models import Employee
from accounts.search import people_found
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


def test_no_list_counts_its_table(root: Client) -> None:
    make_link()
    for model in ("accounts_employee", "linking_linkedidentity", "linking_pendingcode"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            root.get(reverse(f"admin:{model}_changelist"), {"_facets": "True"})
        counts = [each["sql"] for each in queries if "COUNT(" in each["sql"]]
        assert counts
        assert all("LIMIT 1001" in each for each in counts), counts


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
