"""Who is linked and who is not: each employee is in one of the two lists, whatever has happened."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import actions as registry
from accounts.models import Employee
from linking import actions, linked
from linking.linked import invited_not_linked, not_linked, not_linked_of
from linking.models import Invitation, LinkedIdentity, Unlinked
from tests.factories import make_employee, make_invitation, make_link, make_organisation
from tests.plans import plan_of

pytestmark = pytest.mark.django_db
State = LinkedIdentity.State


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def without_link(now: datetime, **where: Any) -> set[Employee]:
    """Give those who are not linked, as the list finds them; the others are in the other list."""
    people = Employee.objects.filter(**where)
    others = set(not_linked(people, now, places=None))
    assert set(linked.linked(people, now)) == set(people) - others
    return others


def test_whoever_is_registered_is_not_linked(now: datetime) -> None:
    one = make_employee()
    many = Employee.objects.bulk_create(
        Employee(organisation=one.organisation, employee_number=f"n{n}", email=f"n{n}@x.example")
        for n in range(3)
    )
    assert without_link(now) == {one, *many}


def test_a_link_is_one_until_it_ends(now: datetime) -> None:
    link = make_link()
    assert without_link(now) == set()
    actions.revoke_link(link, by="system", reason="", now=now)
    assert without_link(now) == {link.employee}
    make_link(employee=link.employee)
    assert without_link(now) == set()


def test_a_link_that_waits_is_none_until_it_is_approved(now: datetime) -> None:
    link = make_link(state=State.PENDING)
    assert without_link(now) == {link.employee}
    LinkedIdentity.objects.update(state=State.ACTIVE)
    assert without_link(now) == set()


def test_a_link_past_its_time_is_none_before_beat_has_ended_it(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, never = make_link(expires_at=now).employee, make_employee()
    make_link()
    assert without_link(now) == {late, never}
    for enough in ("_LATE", "FEW"):
        with monkeypatch.context() as small:
            small.setattr(linked, enough, 0)
            assert without_link(now) == {late, never}
    actions.expire_stale_links(now=now)
    assert without_link(now) == {late, never}


def test_a_link_that_is_deleted_is_none(now: datetime) -> None:
    link = make_link()
    link.delete()
    assert without_link(now) == {link.employee}


@pytest.mark.parametrize("is_linked", [True, False])
def test_whoever_is_moved_is_looked_for_where_they_are(now: datetime, is_linked: bool) -> None:
    here, there = make_organisation(), make_organisation()
    one = make_employee(organisation=here)
    link = make_link(employee=one) if is_linked else None
    one.organisation = there
    registry.change_employee(one, fields=["organisation"], by="system", now=now)
    assert without_link(now, organisation=there) == (set() if is_linked else {one})
    if link is not None:
        actions.revoke_link(link, by="system", reason="", now=now)
    assert without_link(now, organisation=here) == set()
    assert without_link(now, organisation=there) == {one}


def test_nothing_is_left_of_whoever_is_deleted(now: datetime) -> None:
    one, other = (
        make_employee(active=False),
        make_link(employee=make_employee(active=False)).employee,
    )
    for each in (one, other):
        registry.delete_employee(each, by="system", reason="", now=now)
    assert not Unlinked.objects.exists()


def test_few_who_are_not_linked_are_looked_up_and_nobody_else_is(now: datetime) -> None:
    one = make_employee()
    people = Employee.objects.filter(organisation=one.organisation)
    plan = plan_of(not_linked(people, now, places=[one.organisation_id])[:50])
    assert "unlinked_of_organisation" in plan
    assert "id = ANY" in plan
    assert "linkedidentity" not in plan


@pytest.mark.parametrize("few", [linked.FEW, 0])
def test_who_is_invited_and_not_linked(
    now: datetime, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """The few are looked up by who is invited; the many are asked one by one, to the same end."""
    monkeypatch.setattr(linked, "FEW", few)
    one = make_invitation().employee
    make_employee(organisation=one.organisation)
    make_invitation(employee=make_link().employee)
    make_invitation(ended_at=now, end="expired")
    found = invited_not_linked(Employee.objects.all(), now, places=None)
    assert set(found) == {one}
    # However PostgreSQL reads it, by whichever index.
    assert plan_of(found).count(" on linking_invitation ") == (2 if few else 1)


def test_of_many_the_first_are_met_by_their_names(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked, "FEW", 0)
    one = make_employee()
    people = Employee.objects.filter(organisation=one.organisation)
    others = not_linked(people, now, places=[one.organisation_id])
    plan = plan_of(others[:50])
    assert "employee_by_name" in plan
    assert "unlinked" in plan
    assert set(others) == {one}


def test_places_are_those_of_the_list(now: datetime) -> None:
    here, there = make_employee(), make_employee()
    everybody = Employee.objects.all()
    assert set(not_linked(everybody, now, places=[here.organisation_id])) == {here}
    assert set(not_linked(everybody, now, places=None)) == {here, there}


def test_invitations_of_those_who_are_not_linked(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    never, late = make_invitation(), make_invitation()
    make_link(employee=late.employee, expires_at=now)
    make_link(employee=make_invitation().employee)
    assert set(not_linked_of(Invitation.objects.all(), now)) == {never, late}
    monkeypatch.setattr(linked, "_LATE", 0)
    assert set(not_linked_of(Invitation.objects.all(), now)) == {never, late}


def test_to_use_a_link_writes_no_row_about_being_linked(now: datetime) -> None:
    link = make_link()
    Unlinked.objects.create(employee=link.employee, organisation=link.organisation)
    link.last_used_at, link.expires_at = now, now + timedelta(days=9)
    link.save()
    assert Unlinked.objects.count() == 1


def test_an_import_writes_the_rows_in_one_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'accounts_employee'::regclass"
            " AND NOT tgisinternal AND tgtype & 1 = 1"  # for each row
        )
        assert {name for (name,) in cursor} == {"employee_address_changed", "employee_is_elsewhere"}
