"""Deleting employees for good: who may, whom, what goes along, and what stays."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions
from accounts.models import Employee, RoleGrant, User
from accounts.roles import Role
from audit.models import AuditEvent
from linking.models import Block, Case, CodeTry, LinkedIdentity, OutgoingMail, PendingCode
from tests.accounts.worlds import World, browser_of, make_colleague
from tests.factories import (
    make_block,
    make_case,
    make_employee,
    make_grant,
    make_link,
    make_mail,
    make_pending_code,
)

pytestmark = pytest.mark.django_db
LIST = reverse("admin:accounts_employee_changelist")


@pytest.fixture
def rune(eksempel: World) -> Client:
    """HR, who may read neither links nor codes."""
    return browser_of(make_colleague(eksempel, "Rune", Role.REGISTRAR))


def page_of(employee: Employee, name: str = "delete") -> str:
    return reverse(f"admin:accounts_employee_{name}", args=[employee.pk])


def with_a_history(world: World, **fields: object) -> Employee:
    employee = make_employee(organisation=world.organisation, active=False, **fields)
    request = make_pending_code(employee=employee)
    make_mail(pending_code=request)
    link = make_link(employee=employee, state="revoked", ended_at=timezone.now())
    make_case(kind=Case.Kind.NOT_ME, employee=employee, request=request, link=link)
    make_block(request=request)
    return employee


def test_hr_deletes_whoever_has_left_with_all_that_goes_along(
    eksempel: World, rune: Client
) -> None:
    gone = with_a_history(eksempel)
    shown = rune.get(page_of(gone)).content.decode()
    for words in ("Security codes: 1", "Outgoing mails: 1", "Cases: 1", "The audit log stays"):
        assert words in shown
    assert rune.post(page_of(gone), {"reason": "Asked for it"}).headers["Location"] == LIST
    assert not Employee.objects.filter(pk=gone.pk).exists()
    for model in (LinkedIdentity, PendingCode, OutgoingMail, Case, Block):
        assert not model._default_manager.filter(employee=gone.pk).exists()
    deleted = AuditEvent.objects.get(event="employee:deleted")
    assert (deleted.employee_id, deleted.details) == (gone.pk, {"why": "Asked for it"})


def test_without_a_reason_nothing_happens(eksempel: World, rune: Client) -> None:
    gone = with_a_history(eksempel)
    assert "This field is required" in rune.post(page_of(gone), {"reason": " "}).content.decode()
    assert Employee.objects.filter(pk=gone.pk).exists()


def test_whoever_is_employed_gets_a_last_day_instead(eksempel: World, rune: Client) -> None:
    here = eksempel.rows["accounts_employee"]
    assert isinstance(here, Employee)
    answer = rune.post(page_of(here), {"reason": "x"})
    assert "cannot be deleted" in answer.content.decode()
    with pytest.raises(actions.StillEmployed):
        actions.delete_employee(here, by="user:hr", reason="x", now=timezone.now())
    assert Employee.objects.filter(pk=here.pk).exists()


def test_of_many_chosen_only_those_who_may_be_deleted_are(eksempel: World, rune: Client) -> None:
    gone, here = with_a_history(eksempel), eksempel.rows["accounts_employee"]
    boss = make_employee(organisation=eksempel.organisation, active=False)
    make_grant(employee=boss, organisation=eksempel.organisation)
    chosen = {
        "action": "delete_for_good",
        "_selected_action": [str(each.pk) for each in (gone, here, boss)],
    }
    shown = rune.post(LIST, chosen).content.decode()
    assert shown.index("Not yours to delete") > shown.index("Still employed")
    assert rune.post(LIST, chosen | {"reason": "x"}).status_code == 302
    left = Employee.objects.filter(pk__in=[gone.pk, here.pk, boss.pk])
    assert set(left.values_list("pk", flat=True)) == {here.pk, boss.pk}


def test_django_s_own_deletion_of_many_is_not_offered(eksempel: World, rune: Client) -> None:
    assert "delete_selected" not in rune.get(LIST).content.decode()
    chosen = {"action": "delete_selected", "post": "yes"}
    rune.post(LIST, chosen | {"_selected_action": [str(with_a_history(eksempel).pk)]})
    assert not AuditEvent.objects.filter(event="employee:deleted").exists()


def test_roles_of_the_deleted_end_with_an_event(eksempel: World) -> None:
    gone = make_employee(organisation=eksempel.organisation, active=False)
    make_grant(employee=gone, role=Role.SUPPORT, organisation=eksempel.organisation)
    actions.delete_employee(gone, by="user:hr", reason="x", now=timezone.now())
    assert not RoleGrant.objects.filter(user__employee=gone.pk).exists()
    assert AuditEvent.objects.filter(event="role:revoked", employee_id=gone.pk).exists()


def test_a_case_of_somebody_else_stays_and_what_was_guessed_goes_on_counting(
    eksempel: World,
) -> None:
    gone = make_employee(organisation=eksempel.organisation, active=False)
    here = make_employee(organisation=eksempel.organisation)
    case = make_case(kind=Case.Kind.PERSON_LINKED, employee=here, other_employee=gone)
    guess = CodeTry.objects.create(
        organisation=eksempel.organisation,
        employee=gone,
        fingerprint=case.fingerprint,
        fingerprint_key=case.fingerprint_key,
        tried_at=timezone.now(),
    )
    actions.delete_employee(gone, by="user:hr", reason="x", now=timezone.now())
    case.refresh_from_db()
    guess.refresh_from_db()
    assert (case.employee, case.other_employee, guess.employee) == (here, None, None)


# --- One's own record (A-27) ---------------------------------------------------------------------


def test_nobody_changes_their_own_employment(eksempel: World) -> None:
    user = make_colleague(eksempel, "Rune", Role.REGISTRAR)
    own, client = user.employee, browser_of(user)
    assert own is not None
    page = page_of(own, "change")
    shown = client.get(page).content.decode()
    for name in ("ends_on", "active", "email", "department"):
        assert f'name="{name}"' not in shown
    assert 'name="language"' in shown
    longer = {"ends_on": "2099-01-01", "email": "own@x.example", "active": "on"}
    assert client.post(page, longer | {"language": "nn"}).status_code == 302
    own.refresh_from_db()
    assert (own.ends_on, own.active, own.language) == (None, True, "nn")
    assert own.email != "own@x.example"


def test_nobody_deletes_their_own_record(eksempel: World) -> None:
    user = make_colleague(eksempel, "Anne", Role.ADMINISTRATOR)
    assert user.employee is not None
    assert browser_of(user).post(page_of(user.employee), {"reason": "x"}).status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


def test_the_way_on_to_the_log_is_for_whoever_may_erase_there(
    eksempel: World, rune: Client
) -> None:
    anne = browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))
    for browser, offered in ((rune, False), (anne, True)):
        gone = with_a_history(eksempel)
        html = browser.post(page_of(gone), {"reason": "x"}, follow=True).content.decode()
        way = reverse("admin:audit_auditevent_erase", args=[gone.pk])
        assert (f'href="{way}"' in html) is offered
