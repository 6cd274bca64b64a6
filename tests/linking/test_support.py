"""Support's look: what is found by what is typed, by whom, and what is written about it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, User
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from linking.models import Block
from linking.support.facts import facts_of
from linking.support.rows import actor_names
from linking.support.typed import Kind, recognise
from tests.accounts.worlds import World, browser_of, make_colleague, make_local, make_world
from tests.digits import stand_alone
from tests.factories import (
    make_block,
    make_case,
    make_employee,
    make_event,
    make_grant,
    make_link,
    make_mail,
    make_pending_code,
)

pytestmark = pytest.mark.django_db
SEARCH = "/admin/support/"
NUMBER = "16919408131"


@pytest.fixture
def siri(eksempel: World) -> Client:
    return browser_of(make_colleague(eksempel, "Siri", Role.SUPPORT))


def kari(world: World, **fields: Any) -> Employee:
    given: dict[str, Any] = {
        "first_name": "Kari Anne",
        "last_name": "Nordby-Vik",
        "employee_number": "K-17",
    }
    given |= {"email": "kari@x.example", "organisation": world.organisation}
    return make_employee(**given | fields)


def person_page(employee: Employee) -> str:
    return reverse("support_person", args=[employee.pk])


def shown(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def events() -> list[tuple[str, dict[str, Any]]]:
    return [(event.event, event.details) for event in AuditEvent.objects.order_by("id")][-2:]


@pytest.mark.parametrize(
    "typed",
    ["kari", "KARI nord", "vik anne", "Nordby-Vik, Kari", "K-17", "Kari@X.example", "nordby-vik"],
)
def test_a_name_a_number_or_an_address_leads_to_the_person(
    siri: Client, eksempel: World, typed: str
) -> None:
    employee = kari(eksempel)
    assert siri.post(SEARCH, {"q": typed}).headers["Location"] == person_page(employee)


@pytest.mark.parametrize(
    "typed", ["ari", "Q-17", "kari@x.exampl", "kari vik olsen", "x@", "%", "_"]
)
def test_what_fits_nobody_is_kept_in_the_field_with_what_to_try(
    siri: Client, eksempel: World, typed: str
) -> None:
    kari(eksempel)
    html = siri.post(SEARCH, {"q": typed}).content.decode()
    assert "Nothing was found" in html
    assert f'value="{typed}"' in html


@pytest.mark.parametrize("typed", ["", " ", "\0", "x" * 300, "🙈", "'; --", "a\nb", "q" * 254])
def test_bad_input_is_answered_by_a_sentence(siri: Client, typed: str) -> None:
    html = siri.post(SEARCH, {"q": typed}).content.decode()
    assert "Nothing was found" in html or 'class="errorlist"' in html


@pytest.mark.parametrize("typed", ["7F3K-2Q", "7f3k2q", " 7f3k – 2q ", "7F3K 2Q"])
def test_a_reference_is_recognised_however_it_is_typed(
    siri: Client, eksempel: World, typed: str
) -> None:
    make_pending_code(employee=(employee := kari(eksempel)), reference="7F3K-2Q")
    address = siri.post(SEARCH, {"q": typed}).headers["Location"]
    assert address == f"{person_page(employee)}?reference=7F3K-2Q"
    assert "Reference 7F3K-2Q" in shown(siri, address)


def test_letters_that_no_reference_has_are_read_as_those_that_look_alike() -> None:
    assert recognise("UF3K20").references == ("VF3K-2Q", "VF3K-2D")
    assert recognise("OOOOOO").references == ()  # too many to be one
    assert recognise("Hansen").references == ("HANS-EN",)
    assert recognise("Hansen").kind == Kind.NAME
    assert recognise("Å33333").references == ()


def test_a_surname_that_spells_a_reference_finds_both(siri: Client, eksempel: World) -> None:
    hansen = kari(eksempel, last_name="Hansen")
    make_pending_code(employee=eksempel.rows["accounts_employee"], reference="HANS-EN")
    answer = siri.post(SEARCH, {"q": "hansen"}, follow=True).content.decode()
    assert person_page(hansen) in answer
    assert reverse("support_reference", args=["HANS-EN"]) in answer


def test_a_refused_sign_in_of_nobody_known_is_told_by_its_reference(
    siri: Client, eksempel: World
) -> None:
    make_event(
        Event.SIGN_IN_REFUSED,
        organisation_id=eksempel.organisation.pk,
        actor="eid",
        reference="9H9H-9H",
        reason="state-unknown",
    )
    html = siri.post(SEARCH, {"q": "9h9h9h"}, follow=True).content.decode()
    assert "was started in another browser" in html
    assert "Nobody knows which employee it was." in html


def test_a_code_for_an_address_that_is_nobodys_is_told_without_a_person(
    siri: Client, eksempel: World
) -> None:
    code = make_pending_code(reference="9H9H-9H", state="refused", refusal="address-unknown")
    type(code).objects.update(employee=None, organisation=eksempel.organisation)
    html = siri.post(SEARCH, {"q": "9h9h9h"}, follow=True).content.decode()
    assert "No employee had the address that was typed" in html
    assert "Nobody knows which employee it was." in html


@pytest.mark.parametrize("reference", ["2M8D-4R", "2m8d4r"])
def test_a_case_is_told_by_its_reference(siri: Client, eksempel: World, reference: str) -> None:
    make_case(employee=kari(eksempel), kind="not-me", reference="2M8D-4R")
    html = shown(siri, reverse("support_reference", args=[reference]))
    assert "The employee has said" in html
    assert "Kari Anne Nordby-Vik" in html


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        "169194 08131",
        "16.91.94-08131",
        f"kari {NUMBER}",
        f"1001 {NUMBER}",
        "１６９１９４０８１３１",
        f"{NUMBER}\0",
        f"{NUMBER} {'x' * 300}",
        "169194:08131",
    ],
)
def test_an_identity_number_is_neither_looked_up_nor_kept_nor_shown(
    siri: Client, eksempel: World, typed: str
) -> None:
    kari(eksempel, employee_number=NUMBER)
    answer = siri.post(SEARCH, {"q": typed})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "It was not looked up and not kept." in html
    for kept in (html, list(AuditEvent.objects.values()), dict(siri.session)):
        assert typed not in str(kept)
        assert NUMBER not in str(kept)
        assert not stand_alone("08131", kept)
    assert events()[-1] == ("person:searched", {"kind": "identity-number", "hits": 0})


def test_nothing_that_is_in_an_address_is_looked_up(siri: Client, eksempel: World) -> None:
    kari(eksempel)
    assert "Nordby" not in siri.get(SEARCH, {"q": "kari"}).content.decode()
    assert siri.get(SEARCH, {"q": NUMBER}).content.decode().find(NUMBER) == -1


def test_several_are_told_apart_and_more_than_a_page_is_said(siri: Client, eksempel: World) -> None:
    first = kari(eksempel, department="Skole")
    make_link(employee=first)
    kari(eksempel, employee_number="K-18", email="k2@x.example", active=False)
    answer = siri.post(SEARCH, {"q": "kari"})
    assert answer.headers["Location"] == "/admin/support/found/"  # back leads here, without a form
    html = shown(siri, "/admin/support/found/")
    for told in ("Skole", "K-17", "K-18", "Eksempel kommune", "Inactive, not begun or left"):
        assert told in html
    assert "There are more" not in html
    for number in range(20):
        kari(eksempel, employee_number=f"{number}", email=f"{number}@x.example")
    assert "There are more" in siri.post(SEARCH, {"q": "kari"}, follow=True).content.decode()


def test_nobody_and_nothing_of_another_organisation_is_found(siri: Client, fjordvik: World) -> None:
    stuck: Any = fjordvik.rows["accounts_employee"]
    make_event(
        Event.SIGN_IN_REFUSED,
        organisation_id=fjordvik.organisation.pk,
        actor="eid",
        reference="9H9H-9H",
    )
    for typed in ("Fjordvikulf", stuck.email, stuck.employee_number, "FXXX-7Q", "9H9H-9H"):
        assert "Nothing was found" in siri.post(SEARCH, {"q": typed}).content.decode()
    for address in (
        person_page(stuck),
        reverse("support_reference", args=["FXXX-7Q"]),
        reverse("support_reference", args=["9H9H-9H"]),
    ):
        assert siri.get(address).status_code == 404
    mine = kari(make_world("tredje", "Tredje"))
    assert siri.get(person_page(mine) + "?reference=FXXX-7Q").status_code == 404


@pytest.mark.parametrize(
    ("actor", "named"),
    [
        ("command:demo", "Employee changed · somebody at the server, by a command"),
        (
            "user:0193e9c4-8f00-7000-8000-000000000000",
            "Employee changed · somebody who is not here",
        ),
        ("stranger", "Employee changed · somebody who had not signed in"),
    ],
)
def test_who_did_it_is_told_in_words_and_not_by_a_key(
    siri: Client, eksempel: World, actor: str, named: str
) -> None:
    stuck = kari(eksempel)
    place = eksempel.organisation.pk
    make_event(Event.EMPLOYEE_CHANGED, employee_id=stuck.pk, organisation_id=place, actor=actor)
    html = siri.get(person_page(stuck)).content.decode()
    assert named in html
    assert f"· {actor}" not in html


def test_whoever_is_not_noted_is_nobody() -> None:
    assert actor_names([""])("", None) == ""


def test_another_persons_reference_is_not_told_on_this_ones_page(
    siri: Client, eksempel: World
) -> None:
    html = shown(siri, person_page(kari(eksempel)) + "?reference=EXXX-7Q")
    assert "EXXX-7Q" not in html


def test_hr_comes_to_the_person_in_the_registry_and_reads_no_story(eksempel: World) -> None:
    rune = browser_of(make_colleague(eksempel, "Rune", Role.REGISTRAR))
    employee = kari(eksempel)
    found = rune.post(SEARCH, {"q": "kari"}).headers["Location"]
    assert found == reverse("admin:accounts_employee_change", args=[employee.pk])
    assert person_page(employee) not in shown(rune, found)
    assert rune.get(person_page(employee)).status_code == 403
    assert "Nothing was found" in rune.post(SEARCH, {"q": "EXXX-7Q"}).content.decode()


def test_who_is_hr_there_and_support_here_reads_the_story_here_only(
    eksempel: World, fjordvik: World
) -> None:
    user = make_local("kari", role=Role.SUPPORT, organisation=eksempel.organisation)
    make_grant(user=user, role=Role.REGISTRAR, organisation=fjordvik.organisation)
    client = browser_of(user)
    pages = [person_page(world.rows["accounts_employee"]) for world in (eksempel, fjordvik)]  # type: ignore[arg-type]
    assert [client.get(page).status_code for page in pages] == [200, 403]


def test_the_field_is_not_there_for_who_sees_no_people(eksempel: World) -> None:
    arne = browser_of(make_colleague(eksempel, "Arne", Role.AUDITOR))
    assert 'id="find"' not in shown(arne, "/admin/")
    siri = browser_of(make_colleague(eksempel, "Siri", Role.SUPPORT))
    assert 'id="find"' in shown(siri, "/admin/")


def test_looking_and_searching_are_events_without_what_was_typed(
    siri: Client, eksempel: World
) -> None:
    employee = kari(eksempel)
    siri.post(SEARCH, {"q": "kari"}, follow=True)
    assert events() == [
        ("person:searched", {"kind": "name", "hits": 1}),
        ("person:viewed", {"roles": ["support"], "purpose": "control"}),
    ]
    last = AuditEvent.objects.latest("id")
    assert last.employee_id == employee.pk
    assert last.organisation_id == eksempel.organisation.pk
    assert last.actor == User.objects.get(employee__first_name="Siri").actor


def test_an_administrator_has_the_pages_where_something_is_done_and_support_has_not(
    siri: Client, eksempel: World
) -> None:
    employee = kari(eksempel)
    case = make_case(employee=employee, kind="not-me")
    link = make_link(employee=employee)
    block = make_block(request=case.request, budget=Block.Budget.EMPLOYEE_DAY)
    addresses = [
        reverse("admin:linking_case_decide", args=[case.pk]),
        reverse("admin:linking_block_lift", args=[block.pk]),
        reverse("admin:linking_linkedidentity_revoke", args=[link.pk]),
    ]
    html = shown(siri, person_page(employee))
    assert not any(address in html for address in addresses)
    anne = browser_of(make_colleague(eksempel, "Anne", Role.ADMINISTRATOR))
    html = shown(anne, person_page(employee))
    assert all(address in html for address in addresses)


def test_the_page_links_to_rows_and_the_employees_page_and_the_log_link_to_it(
    siri: Client, eksempel: World
) -> None:
    employee = kari(eksempel)
    code = make_pending_code(employee=employee, reference="7F3K-2Q", state="sent")
    make_mail(pending_code=code, state="sent", answer="250 ok")
    html = shown(siri, person_page(employee))
    assert reverse("admin:linking_pendingcode_change", args=[code.pk]) in html
    registry = shown(siri, reverse("admin:accounts_employee_change", args=[employee.pk]))
    assert person_page(employee) in registry
    assert person_page(employee) in shown(siri, reverse("admin:audit_auditevent_changelist"))


def test_a_story_is_at_most_ten_queries_whatever_has_happened(eksempel: World) -> None:
    employee, kim = kari(eksempel), make_local("kim")
    costs = []
    for _ in range(2):
        one = Employee.objects.select_related("organisation", "user").get(pk=employee.pk)
        with CaptureQueriesContext(connection) as queries:
            facts_of(one, now=timezone.now())
        costs.append(len(queries))
        make_link(
            employee=employee,
            state="revoked",
            ended_at=timezone.now(),
            ended_by=kim.actor,
        )
        for number in range(12):
            code = make_pending_code(employee=employee, reference=f"2222-2{number % 9 + 1}")
            make_mail(pending_code=code)
            make_case(employee=employee, kind="not-me", request=code)
    assert max(costs) <= 9
    facts = facts_of(one, now=timezone.now() + timedelta(seconds=1))
    assert len(facts.codes) == 10
    assert facts.links[0].ended_by == "kim"
