"""Whoever comes back, and whoever goes on at another organisation of the portal."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions as registry
from accounts.models import Employee, RoleGrant, User, UserSession
from accounts.roles import Role
from audit.models import AuditEvent
from linking import actions
from linking.models import LinkedIdentity
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.factories import make_employee, make_grant, make_link, some_fingerprint

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
YESTERDAY = TODAY - timedelta(days=1)


def page_of(employee: Employee, name: str) -> str:
    return reverse(f"admin:accounts_employee_{name}", args=[employee.pk])


def rehire(employee: Employee, **how: Any) -> Employee:
    asked: dict[str, Any] = {"first_day": TODAY, "by": "user:hr", "now": NOW} | how
    return actions.rehire(employee, **asked)


def move(employee: Employee, world: World, **fields: Any) -> Employee:
    asked: dict[str, Any] = {
        "to": world.organisation,
        "employee_number": "9999",
        "email": "moved@x.example",
        "department": "",
        "last_day": TODAY,
        "first_day": TODAY,
        "by": "user:hr",
        "now": NOW,
    } | fields
    return registry.move_employee(employee, **asked)


@pytest.fixture
def kari() -> User:
    """HR of no organisation yet."""
    return make_local("kari")


def hr_of(user: User, *worlds: World) -> Client:
    for world in worlds:
        make_grant(user=user, role=Role.REGISTRAR, organisation=world.organisation)
    return browser_of(User.objects.get(pk=user.pk))


# --- Employed again ------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [{"active": False}, {"ends_on": YESTERDAY}])
def test_whoever_comes_back_is_active_from_the_first_day_without_a_last_one(
    left: dict[str, Any],
) -> None:
    back = rehire(make_employee(**left), first_day=TODAY + timedelta(days=3))
    assert (back.active, back.ends_on) == (True, None)
    assert not back.is_employed(TODAY)
    assert back.is_employed(TODAY + timedelta(days=3))
    assert AuditEvent.objects.get().event == "employee:rehired"


def test_nothing_of_before_comes_back_also_within_the_minute() -> None:
    """The task that ends it all has not been here yet."""
    link = make_link(employee=make_employee(active=False))
    make_grant(employee=link.employee)
    UserSession.objects.create(
        session_key="s" * 32, user=link.employee.user, expire_date=NOW + timedelta(hours=1)
    )
    rehire(link.employee)
    link.refresh_from_db()
    assert link.state == "revoked"
    assert not UserSession.objects.exists()
    assert not RoleGrant.objects.exists()
    assert {"link:revoked", "role:revoked", "session:ended", "employee:rehired"} == set(
        AuditEvent.objects.values_list("event", flat=True)
    )


def test_whoever_has_not_left_is_not_employed_again_and_keeps_the_link() -> None:
    link = make_link()
    with pytest.raises(registry.HasNotLeft):
        rehire(link.employee)
    assert LinkedIdentity.objects.get().state == "active"
    assert not AuditEvent.objects.exists()


def test_the_page_offers_it_for_those_who_have_left(eksempel: World) -> None:
    rune = browser_of(make_colleague(eksempel, "Rune", Role.REGISTRAR))
    here, left = eksempel.rows["accounts_employee"], eksempel.rows["accounts_employee_rehire"]
    assert isinstance(here, Employee)
    assert isinstance(left, Employee)
    assert "/rehire/" not in rune.get(page_of(here, "change")).content.decode()
    assert page_of(left, "rehire") in rune.get(page_of(left, "change")).content.decode()
    shown = rune.get(page_of(left, "rehire")).content.decode()
    assert "links anew" in " ".join(shown.split())
    assert TODAY.isoformat() in shown
    refused = rune.post(page_of(left, "rehire"), {"first_day": "31.12.26"})
    assert "Enter a valid date" in refused.content.decode()
    done = rune.post(page_of(left, "rehire"), {"first_day": TODAY.isoformat()}, follow=True)
    assert eksempel.organisation.base_url in done.content.decode()
    left.refresh_from_db()
    assert left.is_employed(TODAY)
    again = rune.post(page_of(left, "rehire"), {"first_day": "2020-01-01"}, follow=True)
    assert "has not left" in again.content.decode()


def test_an_administrator_who_left_comes_not_back_by_hr_with_the_role(eksempel: World) -> None:
    """A-27: roles that give more are another's to decide about, also in their last minute."""
    rune = browser_of(make_colleague(eksempel, "Rune", Role.REGISTRAR))
    boss = make_employee(organisation=eksempel.organisation, active=False)
    make_grant(employee=boss, organisation=eksempel.organisation)
    assert rune.post(page_of(boss, "rehire"), {"first_day": "2026-01-01"}).status_code == 403


# --- To another organisation ---------------------------------------------------------------------


def test_a_move_ends_here_and_registers_the_same_person_there(fjordvik: World) -> None:
    number = some_fingerprint()
    link = make_link(
        employee=make_employee(
            birth_date=date(1990, 5, 1),
            national_id_fingerprint=number.digest,
            national_id_key=number.key_id,
            language="nn",
        )
    )
    new = move(link.employee, fjordvik, first_day=TODAY + timedelta(days=1))
    new.refresh_from_db()
    assert (new.organisation, new.employee_number) == (fjordvik.organisation, "9999")
    assert (new.full_name, new.language) == (link.employee.full_name, "nn")
    assert new.birth_date == date(1990, 5, 1)
    assert bytes(new.national_id_fingerprint or b"") == number.digest
    assert Employee.objects.get(pk=link.employee.pk).ends_on == TODAY
    assert not LinkedIdentity.objects.filter(employee=new).exists()  # it is not moved
    link.refresh_from_db()
    assert link.state == "active"  # until the last day is over


def test_neither_log_names_the_other_organisation(fjordvik: World) -> None:
    old = make_employee()
    new = move(old, fjordvik)
    away, here = AuditEvent.objects.filter(event__startswith="employee:moved").order_by("id")
    assert (away.organisation_id, away.employee_id) == (old.organisation_id, old.pk)
    assert (here.organisation_id, here.employee_id) == (new.organisation_id, new.pk)
    assert away.reference == here.reference != ""
    assert (list(away.details), list(here.details)) == (["ends_on"], ["starts_on"])


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"email": "taken@x.example"}, ValidationError),
        ({"employee_number": "77"}, ValidationError),
        ({"last_day": date(2019, 1, 1)}, ValidationError),
    ],
)
def test_what_cannot_be_registered_there_changes_nothing(
    fjordvik: World, fields: dict[str, Any], refusal: type[Exception]
) -> None:
    make_employee(organisation=fjordvik.organisation, email="TAKEN@x.example", employee_number="77")
    old = make_employee(starts_on=date(2020, 1, 1))
    with pytest.raises(refusal):
        move(old, fjordvik, **fields)
    assert Employee.objects.get(pk=old.pk).ends_on is None
    assert not AuditEvent.objects.filter(event__startswith="employee:").exists()


def test_whoever_has_left_is_not_moved(fjordvik: World) -> None:
    with pytest.raises(registry.NotEmployed):
        move(make_employee(active=False), fjordvik)


def answers(world: World, **fields: str) -> dict[str, str]:
    return {
        "organisation": str(world.organisation.pk),
        "last_day": TODAY.isoformat(),
        "first_day": TODAY.isoformat(),
        "employee_number": "9999",
        "email": "moved@x.example",
    } | fields


def test_hr_of_both_moves_and_hr_of_one_does_not(
    kari: User, eksempel: World, fjordvik: World
) -> None:
    here = eksempel.rows["accounts_employee"]
    assert isinstance(here, Employee)
    one = hr_of(kari, eksempel)
    assert "/move/" not in one.get(page_of(here, "change")).content.decode()
    assert one.post(page_of(here, "move"), answers(fjordvik)).status_code == 403
    both = hr_of(kari, fjordvik)
    assert page_of(here, "move") in both.get(page_of(here, "change")).content.decode()
    assert both.get(page_of(here, "move")).status_code == 200
    done = both.post(page_of(here, "move"), answers(fjordvik))
    new = Employee.objects.get(email="moved@x.example")
    assert done.headers["Location"] == page_of(new, "change")


def test_a_move_to_an_organisation_that_is_not_theirs_is_refused(
    kari: User, eksempel: World, fjordvik: World
) -> None:
    third = make_employee().organisation
    here = eksempel.rows["accounts_employee"]
    assert isinstance(here, Employee)
    both = hr_of(kari, eksempel, fjordvik)
    shown = both.get(page_of(here, "move")).content.decode()
    assert third.name not in shown
    world = World(third, "third")
    refused = both.post(page_of(here, "move"), answers(world)).content.decode()
    assert "not one of the available choices" in refused


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"first_day": "2020-01-01"}, "is before the last day here"),
        ({"email": "no address"}, "valid email"),
        ({"employee_number": "x" * 60}, "at most 50"),
        ({"email": "taken@x.example"}, "belongs to another employee"),
        ({"last_day": "\0"}, "valid date"),
        ({"organisation": "no-such"}, "valid choice"),
    ],
)
def test_bad_answers_get_a_sentence_and_nothing_is_lost(
    kari: User, eksempel: World, fjordvik: World, fields: dict[str, str], told: str
) -> None:
    make_employee(organisation=fjordvik.organisation, email="taken@x.example")
    here = eksempel.rows["accounts_employee"]
    assert isinstance(here, Employee)
    page = page_of(here, "move")
    asked = answers(fjordvik, **({"department": "Skole"} | fields))
    shown = hr_of(kari, eksempel, fjordvik).post(page, asked)
    assert shown.status_code == 200
    assert told in shown.content.decode() or "not a valid value" in shown.content.decode()
    assert 'value="Skole"' in shown.content.decode()
    assert not Employee.objects.filter(employee_number="9999").exists()


def test_nobody_moves_themselves_or_their_administrator(eksempel: World, fjordvik: World) -> None:
    user = make_colleague(eksempel, "Rune", Role.REGISTRAR)
    make_grant(user=user, role=Role.REGISTRAR, organisation=fjordvik.organisation)
    client = browser_of(User.objects.get(pk=user.pk))
    boss = make_colleague(eksempel, "Anne", Role.ADMINISTRATOR).employee
    for target in (user.employee, boss):
        assert target is not None
        assert client.post(page_of(target, "move"), answers(fjordvik)).status_code == 403
