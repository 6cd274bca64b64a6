"""One person who is registered twice: one record is kept, the other ends, no link is moved."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AddressChange, Employee, Organisation, RoleGrant, UserSession
from accounts.roles import Role
from accounts.sessions import EID_USED_AT
from audit.models import AuditEvent
from linking import actions, tasks
from linking.models import LinkedIdentity, OutgoingMail
from tests.accounts.worlds import World, browser_of, make_colleague
from tests.factories import (
    make_employee,
    make_grant,
    make_invitation,
    make_link,
    make_mail,
    make_organisation,
    make_pending_code,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
LIST = reverse("admin:accounts_employee_changelist")


def make_pair(organisation: Organisation | None = None) -> tuple[Employee, Employee]:
    place = organisation or make_organisation()
    kept = make_employee(organisation=place, email="kept@x.example", employee_number="K1")
    other = make_employee(organisation=place, email="other@x.example", employee_number="O1")
    return kept, other


def merge(kept: Employee, other: Employee, **how: Any) -> Employee:
    asked: dict[str, Any] = {
        "email": kept.email,
        "employee_number": kept.employee_number,
        "by": "user:hr",
        "reason": "Typed in twice",
        "now": NOW,
    } | how
    return actions.merge_employees(kept, other, **asked)


def state_of(*employees: Employee) -> list[tuple[Any, ...]]:
    fields = ("email", "employee_number", "active", "ends_on")
    return [Employee.objects.values_list(*fields).get(pk=each.pk) for each in employees]


# --- The action ----------------------------------------------------------------------------------


def test_the_kept_one_keeps_its_link_and_the_other_ends_from_today() -> None:
    kept, other = make_pair()
    link = make_link(employee=kept)
    merge(kept, other)
    assert state_of(kept, other) == [
        ("kept@x.example", "K1", True, None),
        ("other@x.example", "O1", False, TODAY),
    ]
    assert LinkedIdentity.objects.get(state="active") == link
    assert not AddressChange.objects.exists()
    here, away = AuditEvent.objects.order_by("id")
    assert (here.event, here.employee_id) == ("employee:merged", kept.pk)
    assert (away.event, away.employee_id) == ("employee:merged:away", other.pk)
    assert here.details == {"other": str(other.pk), "fields": [], "why": "Typed in twice"}
    assert away.details["other"] == str(kept.pk)
    assert here.reference == away.reference != ""


def test_roles_sessions_codes_and_invitations_of_the_other_end_and_its_history_stays() -> None:
    kept, other = make_pair()
    code = make_pending_code(employee=other, state="sent", code_hash=b"c" * 32)
    make_mail(pending_code=code)
    invitation = make_invitation(employee=other)
    grant = make_grant(employee=other, organisation=other.organisation)
    UserSession.objects.create(
        session_key="s" * 32, user=grant.user, expire_date=NOW + timedelta(hours=1)
    )
    merge(kept, other)
    code.refresh_from_db()
    assert (code.state, code.refusal, code.code_hash) == ("refused", "not-employed", None)
    assert actions.open_one(invitation.pk, now=NOW) is None
    assert not RoleGrant.objects.exists()
    assert not UserSession.objects.exists()
    assert (code.employee, OutgoingMail.objects.get().employee) == (other, other)


def test_address_and_number_are_exchanged_and_only_the_address_given_up_is_told() -> None:
    kept, other = make_pair()
    merge(kept, other, email=other.email, employee_number=other.employee_number)
    assert state_of(kept, other) == [
        ("other@x.example", "O1", True, None),
        ("kept@x.example", "K1", False, TODAY),
    ]
    tasks.follow_address_changes()
    assert not AddressChange.objects.exists()
    [mail] = OutgoingMail.objects.all()
    assert (mail.kind, mail.employee, mail.recipient) == ("address", kept, "kept@x.example")
    assert AuditEvent.objects.filter(details__fields=["email", "employee_number"]).count() == 2


@pytest.mark.parametrize("state", ["active", "pending"])
def test_a_link_is_not_moved(state: str) -> None:
    """A-08."""
    kept, other = make_pair()
    make_link(employee=other, state=state)
    before = state_of(kept, other)
    with pytest.raises(actions.OtherIsLinked):
        merge(kept, other, email=other.email)
    make_link(employee=kept)
    with pytest.raises(actions.BothLinked):
        merge(kept, other)
    assert state_of(kept, other) == before
    assert not AuditEvent.objects.exists()


def test_two_organisations_one_record_and_a_deleted_one_are_no_pair() -> None:
    kept, other = make_pair()
    for wrong in (make_employee(), kept, Employee(pk=make_organisation().pk)):
        with pytest.raises(actions.NotAPair):
            merge(kept, wrong)
    with pytest.raises(actions.RecordsChanged):
        merge(kept, other, email="third@x.example")
    assert not AuditEvent.objects.exists()


def test_the_same_again_changes_nothing() -> None:
    kept, other = make_pair()
    taken = {"email": other.email, "employee_number": other.employee_number}
    merge(kept, other, **taken)
    before = state_of(kept, other)
    with pytest.raises(actions.NothingToMerge):
        merge(kept, other, **taken)
    assert state_of(kept, other) == before
    assert AuditEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "last_day"),
    [
        ({"starts_on": TODAY + timedelta(days=3)}, None),
        ({"ends_on": TODAY - timedelta(days=9)}, TODAY - timedelta(days=9)),
        ({"ends_on": TODAY + timedelta(days=9)}, TODAY),
    ],
)
def test_the_other_leaves_today_unless_it_has_left_or_not_begun(
    fields: dict[str, Any], last_day: Any
) -> None:
    kept, other = make_pair()
    Employee.objects.filter(pk=other.pk).update(**fields)
    merge(kept, other, employee_number=other.employee_number)
    other.refresh_from_db()
    assert not other.is_employed(TODAY + timedelta(days=1))
    assert other.ends_on == last_day


# --- The page ------------------------------------------------------------------------------------


@pytest.fixture
def rune(eksempel: World) -> Client:
    """HR, who may read neither links nor codes."""
    return browser_of(make_colleague(eksempel, "Rune", Role.REGISTRAR))


def choose(*employees: Employee, **fields: str) -> dict[str, Any]:
    return {"action": "merge", "_selected_action": [str(each.pk) for each in employees]} | fields


def answer(client: Client, asked: dict[str, Any]) -> str:
    return " ".join(client.post(LIST, asked, follow=True).content.decode().split())


def test_hr_sees_both_and_comes_to_the_kept_one(eksempel: World, rune: Client) -> None:
    kept, other = make_pair(eksempel.organisation)
    shown = answer(rune, choose(kept, other))
    assert shown.count("kept@x.example") > 1
    assert shown.count("Not shown to you") == 2
    asked = choose(kept, other, kept=str(kept.pk), email="other@x.example", reason="Twice")
    done = rune.post(LIST, asked)
    assert done.headers["Location"] == reverse("admin:accounts_employee_change", args=[kept.pk])
    kept.refresh_from_db()
    assert (kept.email, kept.employee_number) == ("other@x.example", "K1")
    assert "has left already" in answer(rune, asked)  # a double click
    kept.refresh_from_db()
    assert kept.email == "other@x.example"


def test_the_linked_record_is_the_only_one_to_keep(eksempel: World) -> None:
    anne = browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))
    kept, other = make_pair(eksempel.organisation)
    link = make_link(employee=kept)
    shown = answer(anne, choose(kept, other))
    assert "<td>Yes</td><td>No</td>" in shown.replace("</td> <td>", "</td><td>")
    assert f'value="{kept.pk}"' in shown
    assert f'name="kept" value="{other.pk}"' not in shown
    forged = choose(kept, other, kept=str(other.pk), reason="x")
    assert "the other one is linked" in answer(anne, forged)
    make_link(employee=other)
    assert "Both records are linked" in answer(anne, choose(kept, other, kept=str(kept.pk)))
    link.refresh_from_db()
    assert link.state == "active"
    assert not AuditEvent.objects.filter(event__startswith="employee:merged").exists()


def test_three_one_and_another_organisation_s_are_refused_in_words(
    eksempel: World, fjordvik: World, rune: Client
) -> None:
    kept, other = make_pair(eksempel.organisation)
    elsewhere = make_employee(organisation=fjordvik.organisation)
    third = make_employee(organisation=eksempel.organisation)
    for chosen in ((kept, other, third), (kept, kept), (kept, elsewhere)):
        asked = choose(*chosen, kept=str(kept.pk), reason="x")
        assert "exactly two employees" in answer(rune, asked)
    assert state_of(elsewhere, other)[0][2]
    assert not AuditEvent.objects.filter(event__startswith="employee:merged").exists()


def test_nobody_merges_themselves_or_whose_roles_give_more(eksempel: World) -> None:
    """A-27."""
    user = make_colleague(eksempel, "Rune", Role.REGISTRAR)
    client, (kept, boss) = browser_of(user), make_pair(eksempel.organisation)
    make_grant(employee=boss, organisation=eksempel.organisation)
    assert user.employee is not None
    for target in (user.employee, boss):
        for pair in ((kept, target), (target, kept)):
            asked = choose(*pair, kept=str(pair[0].pk), email=kept.email, reason="x")
            assert "for somebody else" in answer(client, asked)
    assert not AuditEvent.objects.filter(event__startswith="employee:merged").exists()


def test_it_takes_a_role_a_reason_and_a_fresh_sign_in(eksempel: World, rune: Client) -> None:
    kept, other = make_pair(eksempel.organisation)
    support = browser_of(make_colleague(eksempel, "Siri", Role.SUPPORT))
    asked = choose(kept, other, kept=str(kept.pk))
    support.post(LIST, asked | {"reason": "x"})
    assert "This field is required" in answer(rune, asked | {"reason": " "})
    stale = rune.session
    stale[EID_USED_AT] = 0
    stale.save()
    gone = rune.post(LIST, asked | {"reason": "x"})
    assert "level=high" in gone.headers["Location"]
    assert all(active for _email, _number, active, _day in state_of(kept, other))


@pytest.mark.parametrize("field", ["kept", "email", "employee_number"])
def test_what_is_not_offered_gets_a_sentence(eksempel: World, rune: Client, field: str) -> None:
    kept, other = make_pair(eksempel.organisation)
    fields = {"kept": str(kept.pk), "reason": "My words"} | {field: "\0 no-such"}
    shown = answer(rune, choose(kept, other, **fields))
    assert "My words" in shown
    assert "errorlist" in shown
    assert state_of(kept, other)[1][2]
