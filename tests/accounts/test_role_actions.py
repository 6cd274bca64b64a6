"""Giving roles and taking them away: the rules, and the page."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions
from accounts.models import Employee, Organisation, RoleGrant, User
from accounts.roles import Role
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from linking.actions import end_leavers
from tests.accounts.worlds import browser_of, make_local
from tests.factories import (
    fingerprint_of,
    make_administrator,
    make_employee,
    make_grant,
    make_link,
    make_organisation,
)
from tests.journeys.visitor import INGRID, Visitor

pytestmark = pytest.mark.django_db
NOW = timezone.now()
YESTERDAY = timezone.localdate() - timedelta(days=1)


@pytest.fixture
def eksempel() -> Organisation:
    return make_organisation(name="Eksempel kommune")


@pytest.fixture
def fjordvik() -> Organisation:
    return make_organisation(name="Fjordvik kommune")


@pytest.fixture
def anne(eksempel: Organisation) -> User:
    """Administrator of Eksempel."""
    return make_local("anne", role=Role.ADMINISTRATOR, organisation=eksempel)


@pytest.fixture
def pia() -> User:
    """Administrator of the whole portal."""
    return make_local("pia", role=Role.ADMINISTRATOR)


def give(whom: User | Employee, role: Role, at: Organisation | None, by: User) -> RoleGrant:
    return actions.grant_role(whom, role, organisation=at, by=by, now=NOW)


def take(grant: RoleGrant, by: User) -> None:
    actions.revoke_role(grant, by=by, now=NOW)


def test_an_employee_without_a_link_gets_a_role_with_its_event(
    eksempel: Organisation, anne: User
) -> None:
    employee = make_employee(organisation=eksempel)
    grant = give(employee, Role.SUPPORT, eksempel, anne)
    user = User.objects.get(employee=employee)
    assert user.is_staff
    assert not user.has_usable_password()
    assert (grant.user, grant.granted_by) == (user, anne.actor)
    event = AuditEvent.objects.get()
    assert (event.event, event.organisation_id, event.employee_id) == (
        "role:granted",
        eksempel.pk,
        employee.pk,
    )
    assert event.details == {"user": str(user.pk), "from": [], "to": ["support"]}


def test_whoever_loses_the_last_role_is_out_of_the_administration(
    eksempel: Organisation, anne: User
) -> None:
    employee = make_employee(organisation=eksempel)
    grants = [give(employee, role, eksempel, anne) for role in (Role.SUPPORT, Role.AUDITOR)]
    for grant, staff in zip(grants, (True, False), strict=True):
        take(grant, anne)
        assert User.objects.get(employee=employee).is_staff is staff
    event = AuditEvent.objects.first()
    assert event is not None
    assert event.event == "role:revoked"
    assert (event.details["from"], event.details["to"]) == (["auditor"], [])


def test_the_event_tells_of_its_own_organisation_alone(
    eksempel: Organisation, fjordvik: Organisation, pia: User
) -> None:
    siri = make_local("siri")
    give(siri, Role.SUPPORT, fjordvik, pia)
    give(siri, Role.AUDITOR, eksempel, pia)
    event = AuditEvent.objects.get(organisation_id=eksempel.pk)
    assert (event.details["from"], event.details["to"]) == ([], ["auditor"])


def test_nobody_gives_more_than_they_have(
    eksempel: Organisation, fjordvik: Organisation, anne: User
) -> None:
    siri = make_local("siri")
    rune = make_local("rune", role=Role.REGISTRAR, organisation=eksempel)
    for by, role, place in (
        (anne, Role.AUDITOR, fjordvik),
        (anne, Role.AUDITOR, None),
        (rune, Role.REGISTRAR, eksempel),
        (siri, Role.SUPPORT, eksempel),
    ):
        with pytest.raises(actions.RoleNotYours):
            give(make_local(f"x-{role}-{place}-{by}"), role, place, by)
    with pytest.raises(actions.RoleNotYours):
        take(make_grant(user=siri, role=Role.SUPPORT, organisation=fjordvik), anne)
    assert not AuditEvent.objects.exists()


def test_nobody_changes_their_own_roles(eksempel: Organisation, pia: User, anne: User) -> None:
    make_administrator()
    for user, place in ((pia, None), (anne, eksempel)):
        with pytest.raises(actions.OwnRoles):
            give(user, Role.AUDITOR, place, user)
        with pytest.raises(actions.OwnRoles):
            take(user.grants.get(), user)


def test_a_role_is_given_once_and_not_to_whoever_has_left(
    eksempel: Organisation, anne: User
) -> None:
    employee = make_employee(organisation=eksempel)
    give(employee, Role.SUPPORT, eksempel, anne)
    with pytest.raises(actions.AlreadyGranted):
        give(employee, Role.SUPPORT, eksempel, anne)
    for fields in ({"active": False}, {"ends_on": YESTERDAY}):
        with pytest.raises(actions.NotEmployed):
            give(make_employee(organisation=eksempel, **fields), Role.SUPPORT, eksempel, anne)


def test_the_last_administrator_of_the_portal_stays(eksempel: Organisation, pia: User) -> None:
    gone = make_employee(organisation=eksempel, active=False)
    make_grant(employee=gone)  # gives nothing, and so counts for nobody
    # by herself she may not, so somebody who was an administrator a moment ago tries
    root = make_administrator()
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    with pytest.raises(actions.LastAdministrator):
        take(pia.grants.get(), root)
    assert pia.grants.exists()
    assert not AuditEvent.objects.exists()
    make_administrator()
    take(pia.grants.get(), root)
    assert not pia.grants.exists()


def test_the_last_superuser_is_not_made_inactive(pia: User) -> None:
    root = make_administrator()
    root.is_active = False
    actions.change_administrator(root, fields=["is_active"], by="system", now=NOW)
    pia.is_active = False
    with pytest.raises(actions.LastAdministrator):
        actions.change_administrator(pia, fields=["is_active"], by="system", now=NOW)
    assert User.objects.get(pk=pia.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_two_administrators_do_not_take_each_others_role_at_once() -> None:
    pia, per = [make_local(name, role=Role.ADMINISTRATOR) for name in ("pia", "per")]
    outcome: list[str] = []

    def per_takes_pias() -> None:
        try:
            take(pia.grants.get(), per)
        except actions.LastAdministrator:
            outcome.append("refused")
        finally:
            connection.close()

    thread = Thread(target=per_takes_pias)
    with transaction.atomic():
        take(per.grants.get(), pia)
        thread.start()
        while thread.is_alive() and not somebody_waits():
            pass
    thread.join()
    assert outcome == ["refused"]
    assert RoleGrant.objects.get().user == pia


def somebody_waits() -> bool:
    """Whether somebody waits for what this transaction holds.

    Not by `pg_stat_activity`: a transaction sees that for ever as it was at its first look.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted"
            " AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("fields", [{"active": False}, {"ends_on": YESTERDAY}])
def test_roles_end_with_the_employment_and_do_not_come_back(
    eksempel: Organisation, fields: dict[str, Any]
) -> None:
    employee = make_employee(organisation=eksempel)
    make_grant(employee=employee, organisation=eksempel)
    stays = make_grant(employee=make_employee(organisation=eksempel), organisation=eksempel)
    Employee.objects.filter(pk=employee.pk).update(**fields)
    assert end_leavers(now=NOW) == 1
    assert end_leavers(now=NOW) == 0
    assert list(RoleGrant.objects.all()) == [stays]
    assert not User.objects.get(employee=employee).is_staff
    event = AuditEvent.objects.get()
    assert (event.event, event.actor) == ("role:revoked", "system")


# --- The page ----------------------------------------------------------------------------------


def send(client: Client, **fields: object) -> str:
    page = reverse("admin:accounts_rolegrant_add")
    answer = client.post(page, {name: str(value) for name, value in fields.items()}, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_role_is_given_by_work_email_and_taken_away_on_its_page(
    eksempel: Organisation, anne: User
) -> None:
    employee = make_employee(organisation=eksempel)
    client = browser_of(anne)
    told = send(client, who=employee.email.upper(), role="support", organisation=eksempel.pk)
    assert f"The role is given: {employee} · Support · Eksempel kommune" in told
    grant = RoleGrant.objects.get(user__employee=employee)
    page = reverse("admin:accounts_rolegrant_delete", args=[grant.pk])
    assert client.post(page, {"post": "yes"}).headers["Location"] == reverse(
        "admin:accounts_rolegrant_changelist"
    )
    assert list(AuditEvent.objects.values_list("event", flat=True)) == [
        "role:revoked",
        "person:viewed",
        "role:granted",
    ]


def test_the_employees_page_leads_to_the_form_and_names_the_roles(
    eksempel: Organisation, fjordvik: Organisation, anne: User
) -> None:
    mine, theirs = make_employee(organisation=eksempel), make_employee(organisation=fjordvik)
    make_grant(employee=mine, role=Role.AUDITOR, organisation=eksempel)
    client = browser_of(anne)
    page = client.get(reverse("admin:accounts_employee_change", args=[mine.pk])).content.decode()
    form = reverse("admin:accounts_rolegrant_add")
    assert f"{form}?employee={mine.pk}" in page
    assert "Auditor" in page
    assert mine.email in client.get(form, {"employee": str(mine.pk)}).content.decode()
    for senseless in (theirs.pk, "x", ""):
        html = client.get(form, {"employee": str(senseless)}).content.decode()
        assert theirs.email not in html


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("theirs", "There is nobody with this e-mail or user name."),
        ("nobody@x.example", "There is nobody with this e-mail or user name."),
        ("pia", "There is nobody with this e-mail or user name."),
        ("left", "This employee is inactive or has left."),
        ("has", "This person has the role already."),
        ("", "This field is required."),
    ],
)
def test_what_is_refused_is_said_beside_the_form_and_nothing_typed_is_lost(
    eksempel: Organisation, fjordvik: Organisation, anne: User, pia: User, who: str, said: str
) -> None:
    has = make_employee(organisation=eksempel)
    make_grant(employee=has, role=Role.SUPPORT, organisation=eksempel)
    people = {
        "theirs": make_employee(organisation=fjordvik).email,
        "left": make_employee(organisation=eksempel, active=False).email,
        "has": has.email,
    }
    typed = people.get(who, who)
    html = send(browser_of(anne), who=typed, role="support", organisation=eksempel.pk)
    assert said in html
    assert typed in html
    assert RoleGrant.objects.count() == 3


def test_an_administrator_of_one_organisation_chooses_no_other_and_not_the_portal(
    eksempel: Organisation, fjordvik: Organisation, anne: User
) -> None:
    employee = make_employee(organisation=eksempel)
    client = browser_of(anne)
    for place in (fjordvik.pk, ""):
        send(client, who=employee.email, role="support", organisation=place)
    assert not RoleGrant.objects.filter(user__employee=employee).exists()
    html = client.get(reverse("admin:accounts_rolegrant_add")).content.decode()
    assert "The whole portal" not in html
    assert "Fjordvik" not in html


def test_on_the_whole_portal_a_local_administrator_is_found_by_user_name(pia: User) -> None:
    kari = make_local("kari")
    assert "given: kari · Auditor · The whole portal" in send(
        browser_of(pia), who="kari", role="auditor"
    )
    assert User.objects.get(pk=kari.pk).is_staff
    both = [make_employee(email="same@x.example") for _ in range(2)]
    told = send(browser_of(pia), who="same@x.example", role="auditor")
    assert "Several organisations" in told
    send(
        browser_of(pia), who="same@x.example", role="auditor", organisation=both[1].organisation_id
    )
    assert RoleGrant.objects.filter(user__employee=both[1]).exists()


def test_ones_own_roles_and_the_last_administrator_stay_on_the_page_too(pia: User) -> None:
    client = browser_of(pia)
    own = pia.grants.get()
    page = reverse("admin:accounts_rolegrant_delete", args=[own.pk])
    assert client.post(page, {"post": "yes"}).status_code == 403
    assert "Nobody changes their own roles" in send(client, who="pia", role="auditor")
    user_page = reverse("admin:accounts_user_change", args=[pia.pk])
    refused = client.post(user_page, {"username": "pia"}, follow=True).content.decode()
    assert "Nothing was changed" in refused
    assert User.objects.get(pk=pia.pk).is_active


def test_only_a_superuser_makes_or_changes_one(pia: User) -> None:
    root = make_administrator(username="root")
    client = browser_of(pia)
    fields = {"username": "ny", "usable_password": "true", "is_superuser": "on"}
    fields |= dict.fromkeys(("password1", "password2"), "a-long-and-fine-one")
    assert client.post(reverse("admin:accounts_user_add"), fields).status_code == 302
    made = User.objects.get(username="ny")
    assert (made.is_superuser, made.is_staff) == (False, False)
    for name in ("accounts_user_change", "auth_user_password_change"):
        page = reverse(f"admin:{name}", args=[root.pk])
        assert client.post(page, fields | {"username": "root"}).status_code == 403
    page = reverse("admin:accounts_user_change", args=[root.pk])
    browser_of(root).post(page, {"username": "root", "is_active": "on"})
    assert User.objects.get(pk=root.pk).is_superuser


def test_an_administrator_of_an_organisation_leaves_its_address_to_the_portals(
    eksempel: Organisation, anne: User
) -> None:
    page = reverse("admin:accounts_organisation_change", args=[eksempel.pk])
    fields = {
        "name": "Nytt navn",
        "host": "fjordvik.example",
        "slug": "fjordvik",
        "support_email": "x@x.example",
        "default_language": "nb",
        "minimum_assurance": "high",
        "unused_days": "100",
        "name_mismatch": "approve",
    }
    assert browser_of(anne).post(page, fields).status_code == 302
    changed = Organisation.objects.get(pk=eksempel.pk)
    assert (changed.name, changed.minimum_assurance) == ("Nytt navn", "high")
    assert (changed.host, changed.slug, changed.active) == (eksempel.host, eksempel.slug, True)


def test_an_employee_with_a_role_comes_from_id_porten_to_the_administration(
    idporten: StandIn, organisation: Organisation
) -> None:
    ingrid = make_employee(organisation=organisation, email=INGRID.email)
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    visitor = Visitor(idporten)
    visitor.sign_in(INGRID)
    assert visitor.get("/admin/").status_code == 302
    grant = make_grant(employee=ingrid, role=Role.SUPPORT, organisation=organisation)
    assert visitor.get("/admin/accounts/employee/").status_code == 200
    take(grant, make_administrator())
    assert visitor.get("/admin/accounts/employee/").status_code == 302
