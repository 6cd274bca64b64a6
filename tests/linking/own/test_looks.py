"""Who looked at me: when, in which role, for what; the name by the employer's policy alone."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Employee, RoleGrant, User
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from linking.actions.look_digests import COUNTED
from tests.accounts.worlds import World, browser_of, make_colleague
from tests.attacks.surfer import Form
from tests.factories import make_administrator
from tests.linking.own.events import look, note
from tests.linking.own.test_history import text

pytestmark = pytest.mark.django_db
LOOKS = "/me/looks/"


def names_are_shown(world: World) -> None:
    world.organisation.shows_who_looked = True
    world.organisation.save()


def test_a_look_at_supports_page_is_told_by_role_and_employer(
    browser: Client, siri: User, eva: Employee
) -> None:
    assert browser_of(siri).get(reverse("support_person", args=[eva.pk])).status_code == 200
    page = text(browser, LOOKS)
    assert "Looked at what the portal knows about you" in page
    assert "By: Support, Eksempel kommune" in page
    assert "Siri" not in page
    assert "Names are not shown here." in page


def test_the_name_is_shown_where_the_employer_has_decided_so(
    browser: Client, siri: User, eva: Employee, eksempel: World
) -> None:
    look(eva, siri)
    names_are_shown(eksempel)
    page = text(browser, LOOKS)
    assert "By: Siri Ås (Support)" in page
    assert "Names are not shown here." not in page


def test_the_name_of_another_employers_staff_is_not_this_ones_to_give(
    browser: Client, eva: Employee, eksempel: World, fjordvik: World
) -> None:
    pia = make_colleague(fjordvik, "Pia", None)
    RoleGrant.objects.create(
        user=pia, role=Role.SUPPORT, granted_at=pia.date_joined, granted_by="system"
    )
    look(eva, pia)
    names_are_shown(eksempel)
    page = text(browser, LOOKS)
    assert "By: Support, Fjordvik kommune" in page
    assert "Pia" not in page


def test_the_role_is_that_of_the_time(browser: Client, siri: User, eva: Employee) -> None:
    browser_of(siri).get(reverse("support_person", args=[eva.pk]))
    RoleGrant.objects.filter(user=siri).update(role=Role.REGISTRAR)
    assert "By: Support, Eksempel kommune" in text(browser, LOOKS)
    User.objects.filter(pk=siri.pk).delete()
    assert "By: Support" in text(browser, LOOKS)


def test_the_roles_written_are_those_that_reach_the_employee(
    siri: User, eva: Employee, eksempel: World, fjordvik: World
) -> None:
    for place, role in ((fjordvik.organisation, Role.ADMINISTRATOR), (None, Role.AUDITOR)):
        RoleGrant.objects.create(
            user=siri,
            role=role,
            organisation=place,
            granted_at=siri.date_joined,
            granted_by="system",
        )
    for who in (siri, make_administrator()):
        browser_of(who).get(reverse("support_person", args=[eva.pk]))
    looks = AuditEvent.objects.filter(event=Event.PERSON_VIEWED).order_by("id")
    assert [each.details["roles"] for each in looks] == [["auditor", "support"], ["administrator"]]


def test_why_is_told_by_purpose_or_by_what_was_quoted(
    browser: Client, siri: User, eva: Employee
) -> None:
    look(eva, siri, purpose="Cannot sign in")
    look(eva, siri, reference="7F3K-2Q")
    page = text(browser, LOOKS)
    assert "Why: Cannot sign in" in page
    assert "Why: the reference 7F3K-2Q was quoted" in page
    look(eva, siri)
    assert "Why: not told" in text(browser, LOOKS)


@pytest.mark.parametrize(
    ("language", "why"),
    [
        ("nb", "Hvorfor: Hjelp til å logge inn"),
        ("nn", "Kvifor: Hjelp til å logge inn"),
        ("en", "Why: Help with signing in"),
    ],
)
def test_a_purpose_from_the_list_is_told_in_the_readers_language(
    browser: Client, siri: User, eva: Employee, language: str, why: str
) -> None:
    support, page = browser_of(siri), reverse("support_person", args=[eva.pk])
    told = {"purpose-kind": "sign-in", "purpose-people": str(eva.pk), "purpose-next": page}
    assert support.post("/admin/purpose/", told, follow=True).status_code == 200
    page = browser.get(LOOKS, headers={"accept-language": language}).content.decode()
    assert why in page


def test_another_reason_is_told_as_it_was_written(
    browser: Client, siri: User, eva: Employee
) -> None:
    look(eva, siri, purpose="other", purpose_text="The union asked")
    assert "Why: The union asked" in text(browser, LOOKS)


def test_a_look_at_oneself_says_so(browser: Client, user: User, eva: Employee) -> None:
    look(eva, user)
    page = text(browser, LOOKS)
    assert "It was you yourself." in page
    assert "By:" not in page


def test_ones_own_pages_are_no_look(browser: Client, eva: Employee) -> None:
    for page in ("/me/", "/me/history/", LOOKS, "/me/data/"):
        assert browser.get(page).status_code == 200
    for taken in ("/me/data/file/", "/me/data/page/"):
        assert browser.post(taken).status_code == 200
    assert not AuditEvent.objects.filter(event__in=COUNTED).exists()


def test_looks_at_others_and_what_happened_are_not_among_mine(
    browser: Client, siri: User, eksempel: World, eva: Employee
) -> None:
    other = eksempel.rows["accounts_employee"]
    assert isinstance(other, Employee)
    look(other, siri)
    note(Event.LINK_MADE, eva)
    assert "Nobody has looked." in text(browser, LOOKS)


def test_the_policy_is_the_administrators_and_changing_it_is_an_event(eksempel: World) -> None:
    anne = browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))
    page = reverse("admin:accounts_organisation_change", args=[eksempel.organisation.pk])
    fields = Form(anne.get(page).content.decode()).fields
    assert anne.post(page, fields | {"shows_who_looked": "on"}).status_code == 302
    eksempel.organisation.refresh_from_db()
    assert eksempel.organisation.shows_who_looked
    event = AuditEvent.objects.get(event=Event.ORGANISATION_CHANGED)
    assert event.details["fields"] == ["shows_who_looked"]
