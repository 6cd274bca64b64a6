"""Who reads about whom in the administration, and who searches: each look is in the audit log."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.looks import looked_at_lately, note_view
from accounts.models import Employee
from accounts.roles import Role
from accounts.watched import WatchedPages
from audit.events import Event
from audit.models import AuditEvent
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.factories import make_employee, make_event

pytestmark = pytest.mark.django_db
# The log's own page names nobody; an import tells of many, and has a list of its own.
NOT_A_PERSON = {"accounts_import"}
ABOUT = (
    *("accounts_employee", "accounts_user", "accounts_rolegrant", "linking_linkedidentity"),
    *("linking_pendingcode", "linking_outgoingmail", "linking_case", "linking_block"),
    "linking_invitation",
)


def looks(event: Event = Event.PERSON_VIEWED) -> list[tuple[Any, dict[str, Any]]]:
    told = AuditEvent.objects.filter(event=event).order_by("id")
    return [(each.employee_id, each.details | {"roles": None}) for each in told]


def viewed(employee: Any, page: str) -> tuple[Any, dict[str, Any]]:
    return employee.pk, {"page": page, "purpose": "control", "roles": None}


@pytest.fixture
def pia(eksempel: World) -> Client:
    return browser_of(make_local("pia", role=Role.ADMINISTRATOR))


def whom(row: Any) -> Employee:
    if isinstance(row, Employee):
        return row
    employee: Employee = getattr(row, "employee", None) or row.user.employee
    return employee


def test_every_page_whose_rows_know_an_employee_is_watched() -> None:
    knows = {
        model
        for model in admin.site._registry
        if model is Employee
        or any(field.name in ("employee", "user") for field in model._meta.get_fields())
    }
    watched = {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model, page in admin.site._registry.items()
        if isinstance(page, WatchedPages) and page.about_people
    }
    named = {f"{model._meta.app_label}_{model._meta.model_name}" for model in knows}
    assert watched == named - NOT_A_PERSON == set(ABOUT)


@pytest.mark.parametrize("model", ABOUT)
def test_whoever_opens_a_page_about_somebody_is_written_down(
    pia: Client, eksempel: World, model: str
) -> None:
    row: Any = eksempel.rows[model]
    pia.get(reverse(f"admin:{model}_change", args=[row.pk]))
    pia.get(reverse(f"admin:{model}_history", args=[row.pk]))
    assert looks() == [viewed(whom(row), model)] * 2
    event = AuditEvent.objects.filter(event="person:viewed").latest("id")
    assert event.actor.startswith("user:")
    assert event.organisation_id == eksempel.organisation.pk


@pytest.mark.parametrize(
    "page",
    [
        *("accounts_employee_delete", "accounts_employee_rehire", "accounts_employee_move"),
        *("linking_linkedidentity_revoke", "linking_case_decide", "linking_block_lift"),
    ],
)
def test_so_is_whoever_opens_what_asks_before_something_is_done(
    pia: Client, eksempel: World, fjordvik: World, page: str
) -> None:
    model, _line, _verb = page.rpartition("_")
    row: Any = eksempel.rows.get(page, eksempel.rows[model])
    pia.get(reverse(f"admin:{page}", args=[row.pk]))
    assert looks() == [viewed(whom(row), model)]


def test_whoever_merges_two_has_seen_both(pia: Client, eksempel: World) -> None:
    pair = [eksempel.rows["accounts_employee"], eksempel.rows["linking_invitation"].employee]  # type: ignore[attr-defined]
    chosen = {"action": "merge", "_selected_action": [str(each.pk) for each in pair]}
    pia.post("/admin/accounts/employee/", chosen)
    assert {employee for employee, _page in looks()} == {each.pk for each in pair}


def ask_to_delete(client: Client, employees: list[Employee]) -> None:
    keys = [str(each.pk) for each in employees]
    chosen = {"action": "delete_for_good", "_selected_action": keys, "index": "0"}
    assert client.post(reverse("admin:accounts_employee_changelist"), chosen).status_code == 200


def test_a_look_at_many_takes_as_many_statements_as_one_at_two(
    pia: Client, eksempel: World, fjordvik: World
) -> None:
    """An action on a list may be about a thousand."""
    took = []
    for number in (1, 7):
        many = [
            make_employee(organisation=world.organisation)
            for world in (eksempel, fjordvik)
            for _each in range(number)
        ]
        with CaptureQueriesContext(connection) as queries:
            ask_to_delete(pia, many)
        took.append(len(queries))
        assert {key for key, _details in looks()[-len(many) :]} == {each.pk for each in many}
    assert took[0] == took[1]


def test_whoever_looks_at_many_is_written_down_with_all_of_them_or_none(
    pia: Client, eksempel: World, fjordvik: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = iter(["10.0.0.1"])  # asked for by each that is written: the second breaks off
    monkeypatch.setattr("audit.log.network_of", lambda _by: next(networks))
    one, another = (
        make_employee(organisation=world.organisation) for world in (eksempel, fjordvik)
    )
    with pytest.raises(StopIteration):
        ask_to_delete(pia, [one, another])
    assert looks() == []


def test_who_may_not_look_has_not_looked(eksempel: World, fjordvik: World) -> None:
    siri = browser_of(make_colleague(fjordvik, "Siri", Role.SUPPORT))
    row = eksempel.rows["accounts_employee"]
    siri.get(reverse("admin:accounts_employee_change", args=[row.pk]))
    siri.get(reverse("admin:accounts_employee_history", args=[row.pk]))
    assert looks() == []


def test_a_search_is_told_of_by_its_list_and_its_hits_and_not_by_what_was_typed(
    eksempel: World, fjordvik: World
) -> None:
    siri = browser_of(make_colleague(eksempel, "Siri", Role.SUPPORT))
    typed = eksempel.word.lower()
    siri.get("/admin/accounts/employee/", {"q": typed})
    siri.get("/admin/accounts/employee/", {"q": typed, "p": "1"})  # the same search, further down
    siri.get("/admin/accounts/employee/")
    siri.get("/admin/linking/pendingcode/", {"q": "nobody@x.example"})
    found = Employee.objects.filter(last_name__startswith=eksempel.word).count()
    assert [details for _nobody, details in looks(Event.PERSON_SEARCHED)] == [
        {"kind": "list", "hits": found, "page": "accounts_employee", "roles": None},
        {"kind": "list", "hits": 0, "page": "linking_pendingcode", "roles": None},
    ]
    told = AuditEvent.objects.filter(event="person:searched")
    assert {event.organisation_id for event in told} == {eksempel.organisation.pk}
    assert typed not in str([event.__dict__ for event in told]).lower()


def test_who_was_looked_at_lately_is_known_from_the_log(eksempel: World) -> None:
    now, long_ago = timezone.now(), timezone.now() - timedelta(minutes=61)
    lately, before, by_another, coded, nobody = (
        make_employee(organisation=eksempel.organisation) for _each in range(5)
    )
    note_view(lately, by="user:1", now=now - timedelta(minutes=59))
    note_view(before, by="user:1", now=long_ago)
    note_view(by_another, by="user:2", now=now)
    make_event(Event.CODE_SENT, actor="user:1", employee_id=coded.pk)
    everybody = [each.pk for each in (lately, before, by_another, coded, nobody)]
    assert looked_at_lately(everybody, by="user:1", now=now) == {lately.pk}


@pytest.mark.parametrize("page", ["", "0", "1", "x"])
def test_no_page_of_a_list_hides_a_search(eksempel: World, page: str) -> None:
    siri = browser_of(make_colleague(eksempel, "Siri", Role.SUPPORT))
    for model in ("accounts/employee", "linking/pendingcode", "linking/outgoingmail"):
        before = len(looks(Event.PERSON_SEARCHED))
        siri.get(f"/admin/{model}/", {"q": eksempel.word, "p": page})
        assert len(looks(Event.PERSON_SEARCHED)) == before + 1
        siri.get(f"/admin/{model}/", {"q": eksempel.word})  # once more, from the beginning
        assert len(looks(Event.PERSON_SEARCHED)) == before + 2
    siri.get("/admin/linking/outgoingmail/", {"q": "another", "p": page})
    siri.post(f"/admin/accounts/employee/?q={eksempel.word}")
    assert len(looks(Event.PERSON_SEARCHED)) == before + 4
    assert eksempel.word.lower() not in str(dict(siri.session)).lower()


def test_an_action_on_what_was_searched_for_is_no_other_search(
    pia: Client, eksempel: World
) -> None:
    keys = [str(eksempel.rows["accounts_employee"].pk)]
    page = f"/admin/accounts/employee/?q={eksempel.word}"
    pia.get(page)
    pia.post(page, {"action": "delete_for_good", "_selected_action": keys, "index": "0"})
    pia.post(page, {"action": "invite", "index": "0"})  # of nobody: back to the list
    assert len(looks(Event.PERSON_SEARCHED)) == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_takes_a_role_away_or_gives_one_to_somebody_named_has_seen_them(
    pia: Client, eksempel: World, method: str
) -> None:
    grant: Any = eksempel.rows["accounts_rolegrant"]
    employee = grant.user.employee
    getattr(pia, method)(reverse("admin:accounts_rolegrant_delete", args=[grant.pk]))
    getattr(pia, method)(f"{reverse('admin:accounts_rolegrant_add')}?employee={employee.pk}")
    assert looks() == [viewed(employee, "accounts_rolegrant")] * (2 if method == "get" else 1)


def test_a_completion_is_a_search(pia: Client, eksempel: World) -> None:
    field = {"app_label": "accounts", "model_name": "user", "field_name": "employee"}
    pia.get("/admin/autocomplete/", field | {"term": eksempel.word})
    [(_nobody, details)] = looks(Event.PERSON_SEARCHED)
    assert details["kind"] == "completion"
    assert details["hits"] > 0


def test_a_list_of_no_people_is_searched_by_anybody(pia: Client) -> None:
    before = dict(pia.session)
    pia.get("/admin/accounts/organisation/", {"q": "x"})
    assert looks(Event.PERSON_SEARCHED) == []
    assert dict(pia.session) == before
