"""Whoever looks at a person tells what for: asked first, held for an hour, and in the event."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.lists import COUNTED
from accounts.models import Employee
from accounts.purposes.standing import MOST
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from linking.models import PendingCode
from tests.accounts.test_looks import ABOUT
from tests.accounts.worlds import World, browser_of, make_colleague, make_local
from tests.administrators import without_purpose
from tests.factories import make_employee

pytestmark = pytest.mark.django_db
PURPOSE, LIST = "/admin/purpose/", "/admin/accounts/employee/"
ASKS = "What do you need this for?"
NUMBER = "13097248022"
INPUT = re.compile(r'<input type="(?:hidden|checkbox)" name="([^"]+)"(?: value="([^"]*)")?')


@pytest.fixture
def pia(eksempel: World) -> Client:
    return without_purpose(browser_of(make_local("pia", role=Role.ADMINISTRATOR)))


@pytest.fixture
def siri(eksempel: World) -> Client:
    return without_purpose(browser_of(make_colleague(eksempel, "Siri", Role.SUPPORT)))


@pytest.fixture
def kari(eksempel: World) -> Employee:
    return make_employee(organisation=eksempel.organisation, first_name="Kari", last_name="Vik")


def page_of(employee: Any) -> str:
    return reverse("support_person", args=[employee.pk])


def sent(html: str) -> dict[str, list[str]]:
    """The hidden fields of the page that asks, as a browser would send them."""
    form = html[html.index('action="/admin/purpose/"') :].partition("</form>")[0]
    fields: dict[str, list[str]] = {}
    for name, value in INPUT.findall(form):
        if name != "purpose-everybody":
            fields.setdefault(name, []).append(unescape(value))
    return fields


def tell(client: Client, html: str, **fields: str) -> Any:
    told = {f"purpose-{name}": value for name, value in fields.items()}
    return client.post(PURPOSE, sent(html) | told, follow=True)


def whys() -> list[dict[str, Any]]:
    events = AuditEvent.objects.filter(event=Event.PERSON_VIEWED).order_by("id")
    return [
        {name: each.details[name] for name in each.details if name.startswith("purpose")}
        for each in events
    ]


def addresses(world: World) -> Iterator[str]:
    """Every page that is about one person."""
    for model in ABOUT:
        for page in ("change", "history"):
            yield reverse(f"admin:{model}_{page}", args=[world.key(model, page)])
    asks = ("accounts_employee_delete", "accounts_employee_rehire", "accounts_employee_move")
    for page in (*asks, "linking_linkedidentity_revoke", "linking_case_decide"):
        yield reverse(f"admin:{page}", args=[world.key(*page.rsplit("_", 1))])
    yield reverse("admin:linking_block_lift", args=[world.key("linking_block", "lift")])
    yield reverse("admin:audit_auditevent_change", args=[world.key("audit_auditevent", "")])
    person = world.rows["accounts_employee"]
    yield from (page_of(person), f"/admin/audit/auditevent/?person={person.pk}")


def test_no_page_about_somebody_opens_before_it_is_told_what_for(
    pia: Client, eksempel: World, fjordvik: World
) -> None:
    for number, address in enumerate(addresses(eksempel), start=1):
        html = pia.get(address).content.decode()
        assert ASKS in html, address
        assert "Eksempelulf" not in html, address
        assert len(whys()) == number - 1, address
        answer = tell(pia, html, kind="registry")
        assert answer.redirect_chain == [(address, 302)]
        assert ASKS not in answer.content.decode(), address
        assert whys()[-1] == {"purpose": "registry"}
        without_purpose(pia)
    assert number > 25
    assert AuditEvent.objects.filter(event=Event.AUDIT_SEARCHED).count() == 1  # not before it asked


@pytest.mark.parametrize("action", ["merge", "delete_for_good"])
def test_an_action_on_a_list_is_asked_first_and_goes_on_as_it_was_sent(
    pia: Client, eksempel: World, kari: Employee, action: str
) -> None:
    ola = make_employee(organisation=eksempel.organisation, first_name="Ola", last_name="Li")
    chosen = {"action": action, "_selected_action": [str(kari.pk), str(ola.pk)], "index": "0"}
    html = pia.post(LIST, chosen).content.decode()
    assert ASKS in html
    assert "Kari" not in html
    answer = tell(pia, html, kind="registry")
    assert answer.redirect_chain == [(LIST, 307)]
    assert "Kari" in answer.content.decode()
    assert "Ola" in answer.content.decode()
    assert whys() == [{"purpose": "registry"}] * 2


def test_a_bulk_revocation_is_asked_first_too(pia: Client, eksempel: World) -> None:
    key = eksempel.key("linking_linkedidentity", "revoke")
    chosen = {"action": "revoke", "_selected_action": [key]}
    html = pia.post("/admin/linking/linkedidentity/", chosen).content.decode()
    assert ASKS in html
    assert "Eksempelulf" in tell(pia, html, kind="case").content.decode()


def forms_about(world: World) -> Iterator[tuple[str, dict[str, str]]]:
    """Every form about one person, filled in so that it comes back."""
    employee = world.key("accounts_employee", "")
    yield reverse("admin:accounts_employee_change", args=[employee]), {"email": "no address"}
    yield reverse("admin:audit_auditevent_erase", args=[employee]), {"reason": "none"}
    asks = ("accounts_employee_delete", "accounts_employee_rehire", "accounts_employee_move")
    acts = ("linking_linkedidentity_revoke", "linking_case_decide", "linking_block_lift")
    for page in (*asks, *acts):
        model, _line, verb = page.rpartition("_")
        yield reverse(f"admin:{page}", args=[world.key(model, verb)]), {"reason": ""}
    for model in ("accounts_employee", "linking_linkedidentity", "linking_case"):
        yield reverse(f"admin:{model}_history", args=[world.key(model, "")]), {"x": "y"}


def test_a_form_that_is_sent_without_having_been_opened_opens_nobodys_page(
    eksempel: World, fjordvik: World
) -> None:
    for number, (address, fields) in enumerate(forms_about(eksempel)):
        user = make_local(f"pia-{number}", role=Role.ADMINISTRATOR)
        pia = without_purpose(browser_of(user))
        html = pia.post(address, fields).content.decode()
        assert ASKS in html, address
        assert "Eksempelulf" not in html, address
        assert len(whys()) == number
        answer = tell(pia, html, kind="registry")
        assert answer.redirect_chain == [(address, 307)]  # with all that was typed
        assert ASKS not in answer.content.decode(), address
        assert whys()[-1] == {"purpose": "registry"}
    assert number == 10


@pytest.mark.parametrize("action", ["delete_for_good", "merge"])
def test_nor_does_an_action_on_a_list_that_brings_a_reason(
    pia: Client, eksempel: World, kari: Employee, action: str
) -> None:
    ola = make_employee(organisation=eksempel.organisation, first_name="Ola", last_name="Li")
    chosen = {"_selected_action": [str(kari.pk), str(ola.pk)], "index": "0", "reason": ""}
    html = pia.post(LIST, chosen | {"action": action}).content.decode()
    assert ASKS in html
    assert "Kari" not in html


def test_a_form_that_comes_back_is_no_other_look_and_is_not_asked_about(
    pia: Client, kari: Employee
) -> None:
    kari.active = False
    kari.save()
    page = reverse("admin:accounts_employee_delete", args=[kari.pk])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tell(pia, pia.get(page).content.decode(), kind="registry")
        without_purpose(pia)
        clock.shift(10 * 60)
        answer = pia.post(page, {"reason": ""}).content.decode()
        assert ASKS not in answer
        assert 'class="errorlist"' in answer
        assert whys() == [{"purpose": "registry"}]


def test_a_page_is_sent_again_only_if_it_was_sent(siri: Client, kari: Employee) -> None:
    html = siri.get(page_of(kari)).content.decode()
    answer = siri.post(PURPOSE, sent(html) | {"purpose-kind": "case", "q": "of another form"})
    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(kari))
    wrong = siri.post(PURPOSE, sent(html) | {"purpose-kind": "", "q": "of another form"})
    assert "of another form" not in wrong.content.decode()


def test_what_was_typed_goes_along_also_after_a_mistake(pia: Client, kari: Employee) -> None:
    page = reverse("admin:accounts_employee_change", args=[kari.pk])
    html = pia.post(page, {"first_name": "Kari Anne"}).content.decode()
    html = tell(pia, html, kind="").content.decode()
    assert "Choose what you need this for." in html
    assert 'value="Kari Anne"' in tell(pia, html, kind="registry").content.decode()
    assert len(whys()) == 1


def test_keys_go_along_that_have_the_digits_of_an_identity_number(
    pia: Client, eksempel: World
) -> None:
    key = UUID(f"01a21778-200b-7c9f-8000-a{NUMBER}")
    make_employee(organisation=eksempel.organisation, id=key, last_name="Vik")
    other = make_employee(organisation=eksempel.organisation, last_name="Li")
    chosen = {"action": "merge", "_selected_action": [str(key), str(other.pk)], "index": "0"}
    answer = tell(pia, pia.post(LIST, chosen).content.decode(), kind="registry")
    assert answer.redirect_chain == [(LIST, 307)]
    assert len(whys()) == 2


def test_what_was_typed_goes_along_and_an_identity_number_does_not(
    pia: Client, kari: Employee
) -> None:
    page = reverse("admin:accounts_employee_change", args=[kari.pk])
    typed = {"first_name": "Kari Anne", "email": "no address", "new_number": NUMBER}
    html = pia.post(page, typed).content.decode()
    assert NUMBER not in html
    assert (sent(html)["first_name"], sent(html)["email"]) == (["Kari Anne"], ["no address"])
    assert 'value="Kari Anne"' in tell(pia, html, kind="registry").content.decode()


def test_it_holds_for_that_person_and_for_no_other(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    tell(siri, siri.get(page_of(kari)).content.decode(), kind="asked")
    assert "Kari Vik" in siri.get(page_of(kari)).content.decode()
    assert ASKS in siri.get(page_of(eksempel.rows["accounts_employee"])).content.decode()


def test_it_holds_for_everybody_where_that_is_ticked(
    siri: Client, eksempel: World, kari: Employee
) -> None:
    html = siri.get(page_of(kari)).content.decode()
    tell(siri, html, kind="security", everybody="on")
    assert ASKS not in siri.get(page_of(eksempel.rows["accounts_employee"])).content.decode()
    assert whys() == [{"purpose": "security"}] * 2


@pytest.mark.parametrize("ticked", [{}, {"everybody": "on"}])
def test_it_ends_after_an_hour(siri: Client, kari: Employee, ticked: dict[str, str]) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tell(siri, siri.get(page_of(kari)).content.decode(), kind="asked", **ticked)
        for minutes in (29, 29):  # a session that is not used ends after thirty
            clock.shift(minutes * 60)
            assert ASKS not in siri.get(page_of(kari)).content.decode()
        clock.shift(2 * 60)
        assert ASKS in siri.get(page_of(kari)).content.decode()


def test_a_quoted_reference_is_why_enough(siri: Client, eksempel: World) -> None:
    request = eksempel.rows["linking_pendingcode"]
    assert isinstance(request, PendingCode)
    person = page_of(request.employee)
    address = f"{person}?reference={request.reference}"
    assert ASKS in siri.get(address).content.decode()  # which anybody may have written
    assert siri.post("/admin/support/", {"q": request.reference}).headers["Location"] == address
    assert ASKS not in siri.get(address).content.decode()
    assert whys() == [{}]
    assert ASKS in siri.get(f"{person}?reference=7F3K-2Q").content.decode()
    event = AuditEvent.objects.get(event=Event.PERSON_VIEWED)
    assert event.reference == request.reference


def test_the_page_of_a_reference_is_about_whom_it_is_about(siri: Client, eksempel: World) -> None:
    request = eksempel.rows["linking_pendingcode"]
    assert isinstance(request, PendingCode)
    address = reverse("support_reference", args=[request.reference])
    html = siri.get(address).content.decode()
    assert ASKS in html
    assert "Eksempelulf" not in html
    assert "Eksempelulf" in tell(siri, html, kind="case").content.decode()
    siri.post("/admin/support/", {"q": request.reference})
    without_purpose(siri)
    assert "Eksempelulf" in siri.get(address).content.decode()
    events = AuditEvent.objects.filter(event=Event.PERSON_VIEWED).order_by("id")
    assert request.employee is not None
    assert [(each.employee_id, each.reference) for each in events] == [
        (request.employee.pk, ""),
        (request.employee.pk, request.reference),
    ]


def test_another_reason_is_written(siri: Client, kari: Employee) -> None:
    html = siri.get(page_of(kari)).content.decode()
    answer = tell(siri, html, kind="other", text=" ")
    assert "Write which reason, in a few words." in answer.content.decode()
    tell(siri, answer.content.decode(), kind="other", text=" The union  asked ")
    assert whys() == [{"purpose": "other", "purpose_text": "The union asked"}]
    event = AuditEvent.objects.get(event=Event.PERSON_VIEWED)
    page = siri.get(reverse("admin:audit_auditevent_change", args=[event.pk])).content.decode()
    assert "Purpose: Another reason" in page
    assert "The reason, in their words: “The union asked”" in page


def test_what_is_written_for_another_reason_alone_is_kept(siri: Client, kari: Employee) -> None:
    tell(siri, siri.get(page_of(kari)).content.decode(), kind="case", text="Not this")
    assert whys() == [{"purpose": "case"}]
    assert "Not this" not in str(dict(siri.session))


@pytest.mark.parametrize(
    "number",
    [NUMBER, "130972 48022", "130972-48022", f"x{NUMBER}" + "y" * 100, "１３０９７２４８０２２"],
)
@pytest.mark.parametrize("kind", ["other", "case", ""])
def test_an_identity_number_is_refused_and_kept_nowhere(
    siri: Client, kari: Employee, number: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = AuditEvent.objects.count()
    html = siri.get(page_of(kari)).content.decode()
    page = tell(siri, html, kind=kind, text=f"Says {number}").content.decode()
    assert "That looked like an identity number. It was not kept. Leave it out." in page
    for kept in (page, str(dict(siri.session)), caplog.text):
        assert number not in kept
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose what you need this for."),
        ({"kind": "curiosity"}, "Choose what you need this for."),
        ({"kind": "other", "text": "kari@x.example"}, "Write the reason without e-mail addresses."),
        ({"kind": "other", "text": "x" * 101}, "at most 100 characters"),
        ({"kind": "other", "text": "\0"}, "Write which reason, in a few words."),
    ],
)
def test_what_is_no_purpose_gets_a_sentence(
    siri: Client, kari: Employee, fields: dict[str, str], sentence: str
) -> None:
    html = siri.get(page_of(kari)).content.decode()
    page = tell(siri, html, **fields).content.decode()
    assert sentence in page
    assert "curiosity" not in page
    assert ASKS in siri.get(page_of(kari)).content.decode()


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example/admin/", "//evil.example/admin/", "/me/", "/administration/"),
        *("/admin/../me/", "/admin/%2e%2e/me/", "/admin/..\\me/", "/admin/x/../../me/"),
        *("javascript:alert(1)", "http://[", PURPOSE, f"{PURPOSE}?x", "\0", ""),
    ],
)
def test_it_goes_on_inside_the_administration_alone(siri: Client, target: str) -> None:
    told = {"purpose-kind": "case", "purpose-next": target, "purpose-back": target}
    assert siri.post(PURPOSE, told).headers["Location"] == "/admin/"
    page = siri.post(PURPOSE, told | {"purpose-kind": ""}).content.decode()
    assert '<a class="closelink" href="/admin/">' in page


def test_who_may_not_look_is_not_asked(eksempel: World, fjordvik: World) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"
    frode = make_colleague(fjordvik, "Frode", Role.SUPPORT)
    for user in (make_colleague(eksempel, "Eva", None), frode):
        told, client = browser_of(user), without_purpose(browser_of(user))
        for address in addresses(eksempel):
            answer = client.get(address)
            assert ASKS not in answer.content.decode(), address
            assert answer.status_code == told.get(address).status_code, address
        gone = client.get(f"/admin/support/{nobody}/")
        there = client.get(page_of(eksempel.rows["accounts_employee"]))
        assert gone.status_code == there.status_code
    assert whys() == []


def test_the_way_back_is_where_one_came_from(siri: Client, kari: Employee) -> None:
    found = "http://eksempel-kommune.localhost/admin/support/found/"
    page = siri.get(page_of(kari), headers={"referer": found}).content.decode()
    assert '<a class="closelink" href="/admin/support/found/">' in page
    elsewhere = siri.get(page_of(kari), headers={"referer": "http://x.example/admin/support/"})
    assert '<a class="closelink" href="/admin/">' in elsewhere.content.decode()


def test_what_holds_stands_on_each_page_and_can_be_changed_and_ended(
    siri: Client, kari: Employee
) -> None:
    assert "purpose-line" not in siri.get("/admin/").content.decode()
    tell(siri, siri.get(page_of(kari)).content.decode(), kind="case")
    for address in ("/admin/", LIST, page_of(kari)):
        page = siri.get(address).content.decode()
        assert "Purpose of looking: <strong>Deciding a case</strong>" in page
        assert "for 1 person, until" in page
    change = siri.get(f"{PURPOSE}?people={kari.pk}").content.decode()
    assert "Kari" not in change
    tell(siri, change, kind="rights")
    siri.get(page_of(kari))
    assert [each["purpose"] for each in whys()] == ["case", "case", "rights"]
    assert siri.post(PURPOSE, {"purpose-end": "1"}).headers["Location"] == "/admin/"
    assert ASKS in siri.get(page_of(kari)).content.decode()


def test_a_change_without_anybody_in_sight_is_for_everybody(siri: Client, kari: Employee) -> None:
    html = siri.get(PURPOSE, {"people": "nonsense"}).content.decode()
    assert "for everybody, until" in tell(siri, html, kind="control").content.decode()
    assert ASKS not in siri.get(page_of(kari)).content.decode()


def test_the_session_knows_keys_codes_and_the_reason_and_no_name(
    siri: Client, kari: Employee
) -> None:
    html = siri.get(page_of(kari)).content.decode()
    tell(siri, html, kind="other", text="The union asked")
    [kept] = siri.session["purposes"]
    assert kept.pop("until") > 0
    assert kept == {"purpose": "other", "text": "The union asked", "people": [str(kari.pk)]}


@pytest.mark.parametrize("more", [MOST - 1, MOST])
def test_what_is_told_for_very_many_holds_for_no_others(
    siri: Client, eksempel: World, kari: Employee, more: int
) -> None:
    """A row of the session table does not grow without end."""
    ola = make_employee(organisation=eksempel.organisation)
    html = siri.get(page_of(kari)).content.decode()
    people = " ".join(str(uuid4()) for _each in range(more))
    tell(siri, html, kind="case", people=f"{kari.pk} {people}")
    [kept] = siri.session["purposes"]
    assert len(kept["people"]) == MOST
    assert ASKS not in siri.get(page_of(kari)).content.decode()
    assert ASKS in siri.get(page_of(ola)).content.decode()


def test_as_many_as_an_action_takes_are_told_of_at_once() -> None:
    """Else it would ask again and again."""
    assert MOST >= COUNTED


def test_what_was_told_of_very_many_is_forgotten_from_the_oldest_on(
    siri: Client, kari: Employee
) -> None:
    for _turn in range(3):
        html = siri.get(page_of(kari)).content.decode()
        people = " ".join(str(uuid4()) for _each in range(MOST // 2))
        siri.post(PURPOSE, sent(html) | {"purpose-kind": "case", "purpose-people": people})
    kept = siri.session["purposes"]
    assert sum(len(each["people"]) for each in kept) == MOST
    assert kept[0]["people"] == sorted(people.split())


def test_messages_wait_for_the_page_that_was_asked_for(pia: Client, kari: Employee) -> None:
    """They may name somebody."""
    kari.active = False
    kari.save()
    tell(pia, pia.get(page_of(kari)).content.decode(), kind="registry")
    pia.post(reverse("admin:accounts_employee_rehire", args=[kari.pk]), {"first_day": "2026-01-01"})
    without_purpose(pia)
    change = reverse("admin:accounts_employee_change", args=[kari.pk])
    html = pia.get(change).content.decode()
    assert "is active again" not in html
    assert "is active again" in tell(pia, html, kind="registry").content.decode()
