"""The ways round a list: filters, look-ups, search, completion, actions, links. None shows more."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Employee, User
from accounts.roles import Role
from linking.models import LinkedIdentity
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.attacks.surfer import Form
from tests.factories import make_employee, make_grant, make_link, make_pending_code

pytestmark = pytest.mark.django_db
ROLES = [Role.ADMINISTRATOR, Role.REGISTRAR, Role.SUPPORT, Role.AUDITOR]
LISTS = [
    "accounts_employee",
    "accounts_organisation",
    "accounts_rolegrant",
    "accounts_import",
    "audit_auditevent",
    "linking_linkedidentity",
    "linking_pendingcode",
    "linking_outgoingmail",
    "linking_case",
    "linking_block",
]


@pytest.fixture
def anne(eksempel: World) -> Client:
    return browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))


def text(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"admin:{name}", args=args), query, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.parametrize("model", LISTS)
def test_search_and_look_ups_find_nothing_of_another_organisation(
    anne: Client, fjordvik: World, model: str
) -> None:
    organisation, stuck = fjordvik.organisation, fjordvik.rows["accounts_employee"]
    for query in (
        {"q": "ordvik"},
        {"q": "jord"},
        {"q": str(stuck.pk)},
        {"organisation": str(organisation.pk)},
        {"organisation__id__exact": str(organisation.pk)},
        {"organisation__name__startswith": "Fj"},
        {"employee__id__exact": str(stuck.pk)},
        {"employee__last_name__startswith": "Fj"},
        {"department": "Fjordvikskolen"},
        {"o": "1.2.3", "all": "", "p": "0"},
    ):
        answer = anne.get(reverse(f"admin:{model}_changelist"), query, follow=True)
        assert answer.status_code in (200, 400)  # 400: a look-up that the list does not have
        html = answer.content.decode()
        assert not any(name in html for name in ("Fjordvikmark", "Fjordvik kommune", "FXXX-7Q"))


def test_the_filter_by_organisation_names_only_those_of_the_role(
    eksempel: World, fjordvik: World
) -> None:
    both = make_local("shared-support", role=Role.SUPPORT, organisation=eksempel.organisation)
    make_grant(user=both, role=Role.SUPPORT, organisation=fjordvik.organisation)
    third = make_employee(department="Tredjeskolen")
    html = text(browser_of(both), "accounts_employee_changelist")
    assert "Eksempel kommune" in html
    assert "Fjordvikskolen" in html
    assert third.organisation.name not in html
    assert "Tredjeskolen" not in html


@pytest.mark.parametrize(
    ("model", "field"), [("user", "employee"), ("employee", "organisation"), ("rolegrant", "user")]
)
def test_completion_offers_nothing_of_another_organisation(
    anne: Client, fjordvik: World, model: str, field: str
) -> None:
    query = {"app_label": "accounts", "model_name": model, "field_name": field}
    for term in ("", "Fjord", "eks"):
        answer = anne.get(reverse("admin:autocomplete"), query | {"term": term})
        if model == "rolegrant":  # users are for the whole portal
            assert answer.status_code == 403
            continue
        assert answer.status_code == 200
        assert "Fjord" not in answer.content.decode()
        if model == "user" and term == "eks":
            assert "Eksempelmark" in answer.content.decode()


def test_an_employee_is_registered_in_ones_own_organisation_only(
    anne: Client, eksempel: World, fjordvik: World
) -> None:
    fields = {
        "employee_number": "77",
        "first_name": "Tuva",
        "last_name": "Li",
        "email": "tuva@x.example",
    }
    page = reverse("admin:accounts_employee_add")
    refused = anne.post(page, fields | {"organisation": str(fjordvik.organisation.pk)})
    assert "not one of the available choices" in refused.content.decode()
    assert anne.post(
        page, fields | {"organisation": str(eksempel.organisation.pk)}
    ).status_code == (302)


def test_nobody_is_moved_to_or_from_another_organisation(
    anne: Client, eksempel: World, fjordvik: World
) -> None:
    mine = eksempel.rows["accounts_employee"]
    page = reverse("admin:accounts_employee_change", args=[mine.pk])
    form = Form(anne.get(page).content.decode()).fields
    anne.post(page, form | {"organisation": str(fjordvik.organisation.pk)})
    anne.post(page, form | {"organisation": str(eksempel.organisation.pk), "department": "Ny"})
    mine.refresh_from_db()
    assert mine.organisation == eksempel.organisation  # type: ignore[attr-defined]
    assert mine.department == "Ny"  # type: ignore[attr-defined]


def test_an_action_touches_only_what_the_role_may_change(eksempel: World, fjordvik: World) -> None:
    """Administrator here, support there: there the same list is only to be looked at."""
    user = make_local("kari", role=Role.ADMINISTRATOR, organisation=eksempel.organisation)
    make_grant(user=user, role=Role.SUPPORT, organisation=fjordvik.organisation)
    client = browser_of(user)
    links = [world.rows["linking_linkedidentity"] for world in (eksempel, fjordvik)]
    assert "Fjordvikmark" in text(client, "linking_linkedidentity_changelist")
    chosen = {"action": "revoke", "_selected_action": [str(link.pk) for link in links]}
    page = reverse("admin:linking_linkedidentity_changelist")
    assert "Fjordvikmark" not in client.post(page, chosen).content.decode()
    client.post(page, chosen | {"reason": "Lost"})
    states = [LinkedIdentity.objects.get(pk=link.pk).state for link in links]
    assert states == ["revoked", "active"]


def test_a_mixed_role_changes_nothing_where_it_only_looks(eksempel: World, fjordvik: World) -> None:
    user = make_local("kari", role=Role.ADMINISTRATOR, organisation=eksempel.organisation)
    make_grant(user=user, role=Role.SUPPORT, organisation=fjordvik.organisation)
    client = browser_of(user)
    for name, row, data in (
        ("accounts_employee_change", "accounts_employee", {"first_name": "Ny"}),
        ("accounts_employee_delete", "accounts_employee_delete", {"reason": "x"}),
        ("linking_case_decide", "linking_case", {"decision": "closed", "reason": "x"}),
        ("linking_block_lift", "linking_block", {"reason": "x"}),
        ("linking_linkedidentity_revoke", "linking_linkedidentity", {"reason": "x"}),
    ):
        page = reverse(f"admin:{name}", args=[fjordvik.rows[row].pk])
        assert client.post(page, data).status_code == 403, name
    shown = text(
        client, "linking_linkedidentity_change", fjordvik.rows["linking_linkedidentity"].pk
    )
    assert "/revoke/" not in shown


def test_links_and_codes_stand_on_an_employees_page_only_where_they_may_be_read(
    eksempel: World, fjordvik: World
) -> None:
    user = make_local("kari", role=Role.SUPPORT, organisation=eksempel.organisation)
    make_grant(user=user, role=Role.REGISTRAR, organisation=fjordvik.organisation)
    shown = [
        "Security codes" in text(browser_of(user), "accounts_employee_change", row.pk)
        for row in (eksempel.rows["accounts_employee"], fjordvik.rows["accounts_employee"])
    ]
    assert shown == [True, False]


def test_what_lies_behind_a_block_is_told_of_this_organisation_only(
    anne: Client, eksempel: World, fjordvik: World
) -> None:
    """A-10: the eID was used at both; each knows its own half."""
    block = eksempel.rows["linking_block"]
    for world, reference in ((eksempel, "4444-44"), (fjordvik, "5555-55")):
        make_pending_code(
            employee=world.rows["accounts_employee"],
            reference=reference,
            fingerprint=block.fingerprint,  # type: ignore[attr-defined]
            fingerprint_key=block.fingerprint_key,  # type: ignore[attr-defined]
            tries=1,
            requested_at=block.blocked_at,  # type: ignore[attr-defined]
        )
    html = text(anne, "linking_block_change", block.pk)
    assert "4444-44" in html
    assert "5555-55" not in html


def test_roles_elsewhere_are_not_told_on_an_employees_page(
    anne: Client, eksempel: World, fjordvik: World
) -> None:
    employee = make_employee(organisation=eksempel.organisation)
    make_grant(employee=employee, role=Role.SUPPORT, organisation=eksempel.organisation)
    make_grant(employee=employee, role=Role.AUDITOR, organisation=fjordvik.organisation)
    html = text(anne, "accounts_employee_change", employee.pk)
    assert "Support" in html
    assert "Auditor" not in html


def test_events_of_no_organisation_are_for_the_whole_portal(anne: Client, eksempel: World) -> None:
    pia = browser_of(make_local("pia", role=Role.ADMINISTRATOR))
    User.objects.create_superuser("root")
    form = {"username": "ny", "usable_password": "true", "password1": "a-long-and-fine-one"}
    pia.post(reverse("admin:accounts_user_add"), form | {"password2": form["password1"]})
    assert "Administrator created" in text(pia, "audit_auditevent_changelist")
    assert (
        "Administrator created"
        not in text(anne, "audit_auditevent_changelist")
        .partition("<tbody>")[2]
        .partition("</tbody>")[0]
    )


@pytest.mark.parametrize("role", ROLES)
def test_no_page_links_to_what_the_role_may_not_open(eksempel: World, role: Role) -> None:
    client = browser_of(make_colleague(eksempel, "Siri", role))
    waiting, seen = [reverse("admin:index")], set[str]()
    while waiting:
        address = waiting.pop().partition("#")[0]
        path = address.partition("?")[0]
        if path in seen:
            continue
        seen.add(path)
        answer: Any = client.get(address, follow=True)
        assert answer.status_code == 200, address
        links = Form(answer.content.decode()).links
        waiting += [link for link in links if link.startswith("/admin/")]
    assert len(seen) > 5


def test_what_somebody_did_under_a_lost_role_is_not_on_their_first_page(
    eksempel: World, fjordvik: World
) -> None:
    user = make_local("kari", role=Role.ADMINISTRATOR, organisation=eksempel.organisation)
    there = make_grant(user=user, role=Role.REGISTRAR, organisation=fjordvik.organisation)
    row = fjordvik.rows["accounts_employee"]
    page = reverse("admin:accounts_employee_change", args=[row.pk])
    client = browser_of(user)
    form = Form(client.get(page).content.decode()).fields
    assert client.post(page, form | {"department": "Ny"}).status_code == 302
    there.delete()
    client.get(reverse("admin:accounts_employee_changelist"))  # the notice of the change
    assert "Fjordvik" not in text(client, "index")


def test_a_registrar_cannot_make_an_administrators_record_their_own(eksempel: World) -> None:
    """A-27: an address changed before the first link would give the role to whoever reads it."""
    rune = browser_of(make_colleague(eksempel, "Rune", Role.REGISTRAR))
    boss = make_employee(organisation=eksempel.organisation, birth_date=date(1970, 1, 1))
    make_grant(employee=boss, organisation=eksempel.organisation)
    page = reverse("admin:accounts_employee_change", args=[boss.pk])
    assert 'name="email"' not in rune.get(page).content.decode()
    taken_over = {"email": "rune@x.example", "birth_date": "1990-01-01", "first_name": "Rune"}
    assert rune.post(page, taken_over | {"ends_on": "2020-01-01"}).status_code == 302
    kept = Employee.objects.get(pk=boss.pk)
    assert (kept.email, kept.birth_date, kept.first_name) == (
        boss.email,
        boss.birth_date,
        boss.first_name,
    )
    assert kept.ends_on == date(2020, 1, 1)
    remove = reverse("admin:accounts_employee_delete", args=[boss.pk])
    assert rune.post(remove, {"reason": "x"}).status_code == 403


def test_the_lists_cost_as_much_however_many_organisations_and_roles(
    eksempel: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is, the log looks as far back as it has to.
    monkeypatch.setattr("linking.logbook.searching.SECONDS", 3600)
    user = make_local("kari", role=Role.SUPPORT, organisation=eksempel.organisation)

    def cost() -> dict[str, int]:
        found = {}
        for model in LISTS[:1] + LISTS[4:]:
            client = browser_of(user)
            with CaptureQueriesContext(connection) as queries:
                text(client, f"{model}_changelist")
            found[model] = len(queries)
        return found

    cost()  # to read the log is in the log from now on
    before = cost()
    for _ in range(5):
        link = make_link()
        make_grant(user=user, role=Role.SUPPORT, organisation=link.organisation)
    after = cost()
    # At most: where the log has more to show, it looks less far back.
    assert after.pop("audit_auditevent") <= before.pop("audit_auditevent")
    assert after == before
