"""Cases and blocks in the administration: who may decide, and what they are shown."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, User
from audit.models import AuditEvent
from linking.models import Block, Case, LinkedIdentity
from tests.administrators import sign_in
from tests.digits import stand_alone
from tests.factories import (
    make_administrator,
    make_block,
    make_case,
    make_employee,
    make_grant,
    make_link,
    make_pending_code,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    return make_administrator(username="admin")


@pytest.fixture
def admin(administrator: User) -> Client:
    return browser_of(administrator)


def browser_of(user: User) -> Client:
    client = Client(headers={"host": "127.0.0.1", "accept-language": "en"})
    sign_in(client, user)
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"admin:linking_{name}", args=args)


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(url(name, *args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def let_only_look(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_superuser=False)
    make_grant(user=user, role="support")


def test_what_waits_is_listed_first_and_what_is_decided_on_request(admin: Client) -> None:
    make_case(reference="2222-22")
    make_case(
        reference="3333-33", decided_at=timezone.now(), decision="declined", decided_by="user:x"
    )
    for query, shown in (({}, "2"), ({"decided": "yes"}, "3"), ({"decided": "all"}, "23")):
        html = page(admin, "case_changelist", **query)
        assert ["2222-22" in html, "3333-33" in html] == ["2" in shown, "3" in shown]
    assert "2222-22" in page(admin, "case_changelist", q="2222-22")
    assert "2222-22" in page(admin, "case_changelist", q="solveig")
    assert "2222-22" not in page(admin, "case_changelist", q="nobody")


def test_a_case_tells_both_sides_in_words(admin: Client) -> None:
    employee = make_employee(birth_date=date(1990, 3, 14), department="Skole")
    other = make_employee(organisation=employee.organisation)
    case = make_case(
        kind="person-linked",
        employee=employee,
        other_employee=other,
        link=make_link(employee=other),
    )
    html = page(admin, "case_change", case.pk)
    assert case.request is not None
    for told in (
        employee.full_name,
        other.full_name,
        "Skole",
        employee.employee_number,
        "A birth date is registered. If it was when the code was asked for, it fits.",
        "TUVA LYNGTOPPEN",
        "BankID",
        case.request.reference,
        "Last used:",
    ):
        assert told in html
    assert not stand_alone("1990", html)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"national_id_fingerprint": b"x" * 32, "national_id_key": "another"},
            "An identity number is registered. If",
        ),
        ({"birth_date": date(1990, 3, 14)}, "A birth date is"),
        ({}, "Neither birth date nor identity number"),
    ],
)
def test_a_case_tells_what_could_be_compared(
    admin: Client, fields: dict[str, object], told: str
) -> None:
    case = make_case(employee=make_employee(**fields))
    assert told in page(admin, "case_change", case.pk)


@pytest.mark.parametrize(("same", "told"), [(True, "and it is the"), (False, "and it is not the")])
def test_a_number_that_was_registered_since_is_compared_now(
    admin: Client, same: bool, told: str
) -> None:
    case = make_case()
    Employee.objects.update(
        national_id_key=case.fingerprint_key,
        national_id_fingerprint=case.fingerprint if same else b"x" * 32,
    )
    assert told in page(admin, "case_change", case.pk)


def test_a_case_is_decided_with_a_reason_on_its_own_page(
    admin: Client, administrator: User
) -> None:
    case = make_case()
    assert case.employee is not None
    address = url("case_decide", case.pk)
    assert address in page(admin, "case_change", case.pk)
    asked = page(admin, "case_decide", case.pk)
    assert "Approve the link" in asked
    assert f"and {case.employee.full_name} gets an e-mail and can sign in at once" in asked
    for incomplete in ({}, {"decision": "approved"}, {"reason": "x"}):
        assert "required" in admin.post(address, incomplete).content.decode()
    wrong = {"decision": "ended", "reason": "x"}
    assert "not one of the available choices" in admin.post(address, wrong).content.decode()
    assert LinkedIdentity.objects.get().state == "pending"
    answer = {"decision": "approved", "reason": "Known to HR"}
    assert "is decided" in admin.post(address, answer, follow=True).content.decode()
    case.refresh_from_db()
    assert (case.decision, case.reason) == ("approved", "Known to HR")
    assert case.decided_by == administrator.actor
    assert LinkedIdentity.objects.get().state == "active"
    html = page(admin, "case_change", case.pk)
    assert "admin" in html
    assert address not in html
    assert "Somebody else decided" in admin.post(address, answer, follow=True).content.decode()


def test_a_party_sees_why_they_may_not_decide(administrator: User, admin: Client) -> None:
    """A-27: the button is not there, and the page behind it does nothing."""
    case = make_case()
    assert case.employee is not None
    User.objects.filter(pk=administrator.pk).update(email=case.employee.email.upper())
    html = page(admin, "case_change", case.pk)
    assert "The case is about you" in html
    assert url("case_decide", case.pk) not in html
    answer = {"decision": "approved", "reason": "It is me"}
    refused = admin.post(url("case_decide", case.pk), answer, follow=True).content.decode()
    assert "The case is about you" in refused
    assert LinkedIdentity.objects.get().state == "pending"


def test_what_has_been_overtaken_is_said(admin: Client) -> None:
    case = make_case()
    LinkedIdentity.objects.update(state="revoked", ended_at=timezone.now())
    answer = {"decision": "approved", "reason": "Known"}
    said = admin.post(url("case_decide", case.pk), answer, follow=True).content.decode()
    assert "no longer stands" in said
    assert Case.objects.get().decided_at is None


def test_who_may_only_look_decides_and_lifts_nothing(administrator: User, admin: Client) -> None:
    let_only_look(administrator)
    case, block = make_case(), make_block()
    for row, name, what in ((case, "case", "decide"), (block, "block", "lift")):
        address = url(f"{name}_{what}", row.pk)
        assert address not in page(admin, f"{name}_change", row.pk)
        assert admin.get(address).status_code == 403
        assert admin.post(address, {"decision": "approved", "reason": "x"}).status_code == 403
    assert LinkedIdentity.objects.get().state == "pending"
    assert Block.objects.get().lifted_at is None


def test_a_block_is_lifted_with_a_reason_and_no_sooner(admin: Client, administrator: User) -> None:
    block = make_block()
    address = url("block_lift", block.pk)
    assert address in page(admin, "block_change", block.pk)
    assert "required" in admin.post(address, {"reason": ""}).content.decode()
    assert Block.objects.get().lifted_at is None
    assert "is lifted" in admin.post(address, {"reason": "Asked"}, follow=True).content.decode()
    lifted = Block.objects.get()
    assert (lifted.lifted_by, lifted.lift_reason) == (administrator.actor, "Asked")
    event = AuditEvent.objects.exclude(event="person:viewed").get()
    assert (event.event, event.details) == ("block:lifted", {"why": "Asked"})
    assert address not in page(admin, "block_change", block.pk)
    again = admin.post(address, {"reason": "Again"}, follow=True).content.decode()
    assert "not in force any more" in again


def test_a_block_tells_whose_it_is_and_what_was_tried(admin: Client) -> None:
    first = make_pending_code(tries=5, reference="4444-44")
    same = {"fingerprint": first.fingerprint, "employee": first.employee, "tries": 5}
    second = make_pending_code(**same, reference="5555-55")
    make_pending_code(**{**same, "tries": 0}, reference="6666-66")
    make_pending_code(tries=5, reference="7777-77")
    block = make_block(request=second)
    html = page(admin, "block_change", block.pk)
    assert [ref in html for ref in ("4444-44", "5555-55", "6666-66", "7777-77")] == [
        True,
        True,
        False,
        False,
    ]
    assert "The eID that asked for 5555-55" in page(admin, "block_changelist")


def test_blocks_are_filtered_by_whether_they_hold(admin: Client) -> None:
    make_block(request=make_pending_code(reference="4444-44"))
    over = timezone.now() - timedelta(hours=1)
    make_block(request=make_pending_code(reference="5555-55"), ends_at=over)
    for query, shown in (({}, "45"), ({"in_force": "yes"}, "4"), ({"in_force": "no"}, "5")):
        html = page(admin, "block_changelist", **query)
        assert ["4444-44" in html, "5555-55" in html] == ["4" in shown, "5" in shown]


def test_a_link_that_waits_is_told_with_its_employee_and_can_be_revoked(admin: Client) -> None:
    link = make_link(state="pending")
    listed = admin.get(reverse("admin:accounts_employee_changelist")).content.decode()
    assert "Waiting for approval" in listed
    address = url("linkedidentity_revoke", link.pk)
    assert address in page(admin, "linkedidentity_change", link.pk)
    admin.post(address, {"reason": "Lost"})
    assert LinkedIdentity.objects.get().state == "revoked"


def test_the_queue_has_its_oldest_first_and_says_what_has_waited_too_long(admin: Client) -> None:
    now = timezone.now()
    for reference, days in (("2222-22", 1), ("3333-33", 4), ("4444-44", 2)):
        make_case(reference=reference, opened_at=now - timedelta(days=days))
    html = page(admin, "case_changelist")
    assert html.index("3333-33") < html.index("4444-44") < html.index("2222-22")
    assert html.count("has waited too long") == 1
    html = page(admin, "case_changelist", decided="all")
    assert html.index("2222-22") < html.index("4444-44") < html.index("3333-33")


def test_where_a_case_is_decided_both_sides_stand_in_words(admin: Client) -> None:
    employee = make_employee(birth_date=date(1990, 3, 14), department="Skole")
    other = make_employee(organisation=employee.organisation, first_name="Odd")
    link = make_link(employee=other)
    case = make_case(kind="person-linked", employee=employee, other_employee=other, link=link)
    html = page(admin, "case_decide", case.pk)
    for told in ("Skole", "TUVA LYNGTOPPEN", "If it was when the code was asked for, it fits."):
        assert told in html
    assert f"Nothing changes for {other.full_name}." in html
    assert f"{other.full_name} is signed out and has no link any more." in html
    assert not stand_alone("1990", html)


def test_the_way_on_is_to_the_next_case_that_one_may_decide(
    admin: Client, administrator: User
) -> None:
    now = timezone.now()
    own = make_employee(email=(email := "own@x.example"))
    User.objects.filter(pk=administrator.pk).update(email=email)
    first, second = (make_case(opened_at=now - timedelta(days=days)) for days in (1, 3))
    make_case(employee=own, opened_at=now - timedelta(days=9))
    answer = {"decision": "declined", "reason": "x", "_next": "1"}
    onwards = admin.post(url("case_decide", first.pk), answer)
    assert onwards.headers["Location"] == url("case_decide", second.pk)
    last = admin.post(url("case_decide", second.pk), answer)
    assert last.headers["Location"] == url("case_changelist")
    assert "No case waits for you now." in page(admin, "case_changelist")


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ({"usual": "HR has confirmed it."}, "HR has confirmed it."),
        ({"usual": "HR has confirmed it.", "reason": " By Eva. "}, "HR has confirmed it. By Eva."),
        ({"usual": "Made up", "reason": "x"}, ""),
        ({"usual": "HR has confirmed it.", "reason": "x" * 490}, ""),
        ({"reason": " "}, ""),
    ],
)
def test_a_usual_reason_needs_no_typing(admin: Client, reason: dict[str, str], kept: str) -> None:
    case = make_case()
    answer = admin.post(url("case_decide", case.pk), {"decision": "declined"} | reason)
    assert (answer.status_code == 302) is bool(kept)
    assert Case.objects.get().reason == kept


def test_what_ends_or_lets_in_asks_for_a_fresh_sign_in(administrator: User) -> None:
    case, block, link = make_case(), make_block(), make_link()
    late = Client(headers={"host": "127.0.0.1"})
    sign_in(late, administrator, ago=16 * 60)
    for address, answer in (
        (url("case_decide", case.pk), {"decision": "approved", "reason": "x"}),
        (url("block_lift", block.pk), {"reason": "x"}),
        (url("linkedidentity_revoke", link.pk), {"reason": "x"}),
    ):
        for asked in (late.get(address), late.post(address, answer)):
            assert asked.headers["Location"].startswith("/admin/sign-in/second-factor/?next=")
    assert Case.objects.get().decided_at is None
    assert Block.objects.get().lifted_at is None
    assert LinkedIdentity.objects.get(pk=link.pk).state == "active"


def test_many_links_are_revoked_with_one_reason_and_an_event_each(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"action": "revoke", "_selected_action": [str(make_link().pk) for _ in range(3)]}
    asked = admin.post(url("linkedidentity_changelist"), chosen).content.decode()
    assert "3 links are revoked." in asked
    assert not AuditEvent.objects.exclude(event="person:viewed").exists()
    admin.post(url("linkedidentity_changelist"), chosen | {"reason": "Lost tablets"})
    assert AuditEvent.objects.filter(event="link:revoked").count() == 3
    assert set(LinkedIdentity.objects.values_list("end_reason", flat=True)) == {"Lost tablets"}
    monkeypatch.setattr("linking.admin.links.MOST", 2)
    refused = admin.post(url("linkedidentity_changelist"), chosen, follow=True)
    assert "Choose at most 2 links at a time." in refused.content.decode()


def test_a_link_that_an_employee_removed_says_so_in_the_readers_language(admin: Client) -> None:
    now = timezone.now()
    ended = {"state": "revoked", "ended_at": now, "end_reason": LinkedIdentity.REMOVED}
    link = make_link(**ended)
    address = url("linkedidentity_change", link.pk)
    for language, told in (("en", "Removed by the employee"), ("nb", "Fjernet av den ansatte")):
        html = admin.get(address, headers={"accept-language": language}).content.decode()
        assert told in html
