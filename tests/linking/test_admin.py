"""The administration as HR and IT use it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Employee, Organisation, User
from audit.events import Event
from audit.models import AuditEvent
from linking.models import LinkedIdentity
from tests.administrators import sign_in
from tests.factories import (
    make_administrator,
    make_block,
    make_case,
    make_employee,
    make_link,
    make_mail,
    make_organisation,
    make_pending_code,
)

pytestmark = pytest.mark.django_db
LISTS = [
    "accounts_organisation",
    "accounts_employee",
    "accounts_user",
    "accounts_rolegrant",
    "linking_linkedidentity",
    "linking_pendingcode",
    "linking_outgoingmail",
    "linking_case",
    "linking_block",
    "linking_campaign",
    "linking_invitation",
    "audit_auditevent",
]


@pytest.fixture
def administrator() -> User:
    return make_administrator(username="admin")


@pytest.fixture
def admin(administrator: User) -> Client:
    client = Client(headers={"host": "127.0.0.1", "accept-language": "en"})
    sign_in(client, administrator)
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def a_little_of_everything(count: int = 1) -> Employee:
    for _ in range(count):
        employee = make_employee(department="Skole")
        make_link(employee=employee)
        request = make_pending_code(employee=employee, code_hash=b"\xabsecret" * 4)
        make_mail(pending_code=request)
        make_case(kind="not-me", employee=employee, request=request)
        make_block(request=request)
    return employee


@pytest.mark.parametrize("model", LISTS)
def test_a_list_can_be_read_and_searched_at_the_same_cost_however_long(
    admin: Client, model: str
) -> None:
    def cost(query: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(url(f"{model}_changelist"), {"q": query}).status_code == 200
        return len(queries)

    a_little_of_everything(2)
    cost("")  # to read the log is in the log from now on
    few = [cost(""), cost("sol")]
    a_little_of_everything(10)
    assert [cost(""), cost("sol")] == few


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "solveig"}, True),
        ({"q": "nobody"}, False),
        ({"linked": "yes"}, True),
        ({"linked": "no"}, False),
        ({"department": "Skole"}, True),
        ({"department": "Kultur"}, False),
        ({"employed": "now"}, True),
        ({"employed": "not"}, False),
    ],
)
def test_employees_are_found_as_an_administrator_expects(
    admin: Client, query: dict[str, str], found: bool
) -> None:
    employee = a_little_of_everything()
    page = admin.get(url("accounts_employee_changelist"), query).content.decode()
    assert (employee.email in page) is found


def test_an_employee_is_registered_changed_and_deleted_with_events(admin: Client) -> None:
    organisation = make_organisation()
    fields = {
        "organisation": str(organisation.pk),
        "employee_number": "17",
        "first_name": "Tuva",
        "last_name": "Lyngtoppen",
        "email": " tuva@x.example ",
        "starts_on": "2099-01-01",
        "active": "on",
    }
    admin.post(url("accounts_employee_add"), fields)
    employee = Employee.objects.get()
    assert employee.email == "tuva@x.example"
    changed = fields | {
        "last_name": "Myrlandet",
        **{
            f"{prefix}-{name}_FORMS": "0"
            for prefix in ("links", "cases", "blocks", "pending_codes", "mails")
            for name in ("TOTAL", "INITIAL")
        },
    }
    admin.post(url("accounts_employee_change", employee.pk), changed)
    admin.post(url("accounts_employee_delete", employee.pk), {"reason": "Never came"})
    events = AuditEvent.objects.order_by("id").values_list("event", flat=True)
    assert list(events) == ["employee:created", "employee:changed", "employee:deleted"]
    assert not Employee.objects.exists()


def test_a_duplicate_address_is_a_sentence_beside_the_form(admin: Client) -> None:
    other = make_employee()
    response = admin.post(
        url("accounts_employee_add"),
        {
            "organisation": str(other.organisation.pk),
            "employee_number": "18",
            "first_name": "A",
            "last_name": "B",
            "email": other.email.upper(),
        },
    )
    assert response.status_code == 200
    assert "belongs to another employee" in response.content.decode()


def test_a_link_is_revoked_with_a_reason_and_its_sessions_end(
    admin: Client, administrator: User
) -> None:
    link = make_link()
    page = url("linking_linkedidentity_revoke", link.pk)
    assert admin.get(page).status_code == 200
    assert "required" in admin.post(page, {"reason": ""}).content.decode()
    link.refresh_from_db()
    assert link.state == "active"
    admin.post(page, {"reason": "Lost telephone"})
    link.refresh_from_db()
    assert (link.state, link.end_reason) == ("revoked", "Lost telephone")
    assert link.ended_by == administrator.actor
    assert AuditEvent.objects.filter(event=Event.LINK_REVOKED).count() == 1


def test_many_links_are_revoked_in_one_go_and_ended_ones_are_told(admin: Client) -> None:
    links = [make_link(), make_link()]
    form = {"action": "revoke", "_selected_action": [str(link.pk) for link in links]}
    address = url("linking_linkedidentity_changelist")
    assert "<textarea" in admin.post(address, form).content.decode()
    assert not LinkedIdentity.objects.filter(state="revoked").exists()
    first = admin.post(address, form | {"reason": "Moved"}, follow=True).content.decode()
    second = admin.post(address, form | {"reason": "Moved"}, follow=True).content.decode()
    assert "2 links were revoked." in first
    assert "2 links had ended already." in second


def test_who_may_only_look_may_not_revoke(admin: Client) -> None:
    link = make_link()
    User.objects.update(is_superuser=False)
    assert admin.post(
        url("linking_linkedidentity_revoke", link.pk), {"reason": "x"}
    ).status_code == (403)
    link.refresh_from_db()
    assert link.state == "active"


def test_nothing_secret_is_on_any_page(admin: Client) -> None:
    employee = a_little_of_everything()
    link, request, mail = (
        employee.links.get(),
        employee.pending_codes.get(),
        employee.mails.get(),
    )
    pages = [
        *(admin.get(url(f"{model}_changelist")) for model in LISTS),
        admin.get(url("accounts_employee_change", employee.pk)),
        admin.get(url("linking_linkedidentity_change", link.pk)),
        admin.get(url("linking_pendingcode_change", request.pk)),
        admin.get(url("linking_outgoingmail_change", mail.pk)),
        admin.get(url("linking_case_change", employee.cases.get().pk)),
        admin.get(url("linking_case_decide", employee.cases.get().pk)),
        admin.get(url("linking_block_change", employee.blocks.get().pk)),
        admin.get(url("linking_block_lift", employee.blocks.get().pk)),
    ]
    secrets = [
        bytes(link.fingerprint),
        bytes(request.fingerprint),
        bytes(request.session_binding),
        bytes(request.code_hash or b""),
    ]
    for page in pages:
        assert page.status_code == 200
        html = page.content.decode()
        assert not any(secret.hex() in html or str(secret) in html for secret in secrets)


@pytest.mark.parametrize(
    "model", ["pendingcode", "outgoingmail", "linkedidentity", "case", "block"]
)
def test_what_the_journey_writes_cannot_be_added_or_deleted_by_hand(
    admin: Client, model: str
) -> None:
    employee = a_little_of_everything()
    row = {
        "pendingcode": employee.pending_codes.get().pk,
        "outgoingmail": employee.mails.get().pk,
        "linkedidentity": employee.links.get().pk,
        "case": employee.cases.get().pk,
        "block": employee.blocks.get().pk,
    }[model]
    assert admin.get(url(f"linking_{model}_add")).status_code == 403
    assert admin.post(url(f"linking_{model}_delete", row), {"post": "yes"}).status_code == 403
    assert admin.post(url(f"linking_{model}_change", row), {"state": "x"}).status_code == 403


def test_an_organisation_and_an_administrator_are_made_with_events(admin: Client) -> None:
    admin.post(
        url("accounts_organisation_add"),
        {
            "name": "Nykommune",
            "slug": "nykommune",
            "host": "nykommune.example",
            "default_language": "nn",
            "support_email": "hjelp@nykommune.example",
            "minimum_assurance": "high",
            "unused_days": "365",
            "name_mismatch": "approve",
            "active": "on",
        },
    )
    assert Organisation.objects.get().minimum_assurance == "high"
    admin.post(
        url("accounts_user_add"),
        {
            "username": "kari",
            "usable_password": "true",
            "password1": "a-long-and-fine-one",
            "password2": "a-long-and-fine-one",
            "is_superuser": "on",
        },
    )
    assert User.objects.get(username="kari").is_staff
    events = AuditEvent.objects.order_by("id").values_list("event", flat=True)
    assert list(events) == ["organisation:created", "administrator:created"]


def test_an_administrator_without_a_user_name_is_a_sentence_beside_the_form(admin: Client) -> None:
    page = admin.post(url("accounts_user_add"), {"username": "", "password1": "", "password2": ""})
    assert page.status_code == 200
    assert "This field is required." in page.content.decode()
