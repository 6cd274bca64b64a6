"""Employees with a role come in by a high eID; and what is sensitive asks for a fresh sign-in."""

from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employee, Organisation, User
from devtools.idporten.server import StandIn
from linking.models import AuthorizationRequest
from tests.accounts.worlds import browser_of
from tests.administrators import SIGN_IN, enrol_app, sign_in, type_password
from tests.attacks.conftest import ingrid as ingrid  # noqa: PLC0414  # a fixture
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
HIGH = "/oidc/authenticate/?level=high&next=/admin/"
RULES = reverse("admin:accounts_organisation_add")


@pytest.fixture
def visitor(idporten: StandIn, ingrid: Employee) -> Visitor:
    """Ingrid's browser; she is linked, and has every right in the administration."""
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    User.objects.filter(employee=ingrid).update(is_staff=True, is_superuser=True)
    return Visitor(idporten)


def come_by(visitor: Visitor, address: str) -> str:
    """Go to ID-porten from `address`, and back; gives where the portal sends on."""
    away = visitor.client.get(address).headers["Location"]
    callback = visitor.idporten.sign_in(away, INGRID, "BankID", browser=visitor.eid_browser)
    return str(visitor.come_back(callback).headers["Location"])


def text(visitor: Visitor) -> str:
    return str(visitor.get("/admin/").content.decode())


def is_in(visitor: Visitor) -> bool:
    return bool(visitor.get("/admin/").status_code == 200)


def test_an_employee_with_a_role_comes_in_by_a_high_eid(visitor: Visitor) -> None:
    door = visitor.get(SIGN_IN).content.decode()
    assert HIGH.replace("&", "&amp;").replace("/admin/", "") in door.replace("%2Fadmin%2F", "")
    assert come_by(visitor, HIGH) == "/admin/"
    assert is_in(visitor)
    assert f"<strong>{INGRID.given_name} {INGRID.family_name}</strong>" in text(visitor)


def test_a_lower_level_is_asked_again_at_high(visitor: Visitor) -> None:
    visitor.sign_in(INGRID, eid="MinID")
    assert visitor.get("/me/").status_code == 200
    assert not is_in(visitor)
    assert "have no access" in visitor.get(SIGN_IN).content.decode()
    visitor.client.get(HIGH)
    assert AuthorizationRequest.objects.latest("id").level == "high"
    assert come_by(visitor, HIGH) == "/admin/"
    assert is_in(visitor)


def test_an_employee_without_a_role_stays_outside(visitor: Visitor) -> None:
    User.objects.update(is_staff=False)
    come_by(visitor, HIGH)
    assert not is_in(visitor)


def test_the_session_opens_no_other_address(visitor: Visitor) -> None:
    """A-10: neither another organisation's, nor one that is nobody's."""
    come_by(visitor, HIGH)
    other = make_organisation(host="fjordvik-kommune.localhost")
    for host in (other.host, "127.0.0.1"):
        elsewhere = Client(headers={"host": host})
        elsewhere.cookies["session"] = visitor.client.cookies["session"].value
        assert elsewhere.get("/admin/").status_code == 302


def test_nobody_administers_from_an_organisation_that_is_closed(organisation: Organisation) -> None:
    employee = make_employee(organisation=organisation)
    make_link(employee=employee)
    make_grant(employee=employee)
    browser = browser_of(User.objects.get(employee=employee))
    assert browser.get("/admin/").status_code == 200
    Organisation.objects.update(active=False)
    assert browser.get("/admin/").status_code == 302


def test_an_employee_signs_out_at_idporten_too(visitor: Visitor) -> None:
    come_by(visitor, HIGH)
    page = visitor.get("/admin/").content.decode()
    assert 'action="/oidc/logout/"' in page
    assert "/admin/logout/" not in page
    assert "/logout" in visitor.post("/oidc/logout/").content.decode()
    assert not is_in(visitor)


def test_an_employee_has_no_way_in_by_password(visitor: Visitor) -> None:
    user = User.objects.get()
    user.set_password("a-long-and-fine-one")
    user.save()
    for name in ("", "None", INGRID.email, str(user.pk)):
        assert type_password(visitor.client, name).status_code == 200
    come_by(visitor, HIGH)
    for page in ("enrol/", "enrol/app/", "enrol/passkey/", "factors/", "recovery-codes/"):
        assert visitor.get(f"/admin/sign-in/{page}").headers["Location"] == SIGN_IN


def test_what_is_sensitive_asks_for_a_fresh_eid(visitor: Visitor) -> None:
    come_by(visitor, HIGH)
    assert visitor.get(RULES).status_code == 200
    session = visitor.client.session
    session["eid_used_at"] -= 301
    session.save()
    assert is_in(visitor)
    again = visitor.get(RULES).headers["Location"]
    query = parse_qs(urlsplit(again).query)
    assert query == {"next": [RULES], "level": ["high"], "fresh": ["1"]}
    assert come_by(visitor, again) == RULES
    assert visitor.get(RULES).status_code == 200


# --- The same for local administrators -----------------------------------------------------------

SENSITIVE = [RULES, reverse("admin:accounts_user_add"), "/admin/sign-in/factors/"]


def local(*, ago: float) -> Client:
    browser = Client(headers={"host": "127.0.0.1", "accept-language": "en"})
    user = make_administrator()
    enrol_app(user)
    sign_in(browser, user, ago=ago)
    return browser


@pytest.mark.parametrize("path", SENSITIVE)
def test_what_is_sensitive_opens_for_five_minutes_after_a_sign_in(path: str) -> None:
    assert local(ago=290).get(path).status_code == 200
    answer = local(ago=310).get(path)
    assert answer.headers["Location"].startswith("/admin/sign-in/second-factor/?next=%2Fadmin")


def test_a_form_opened_in_time_may_be_sent_later(organisation: Organisation) -> None:
    page = reverse("admin:accounts_organisation_change", args=[organisation.pk])
    assert local(ago=890).post(page, {}).status_code == 200  # its errors are shown
    late = local(ago=910).post(page, {"name": "Another"}, follow=True)
    assert "Nothing has been changed yet" in late.content.decode()
    assert late.redirect_chain[0][0].startswith("/admin/sign-in/second-factor/")


def test_a_session_whose_factor_has_gone_ends_where_it_is_asked_for() -> None:
    browser = Client(headers={"host": "127.0.0.1"})
    sign_in(browser, make_administrator(), ago=310)
    answer = browser.get(RULES, follow=True)
    assert answer.redirect_chain[-1][0].startswith(SIGN_IN)
    assert browser.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("model", "action"),
    [("linking_linkedidentity", "revoke"), ("accounts_user", "reset_second_factor")],
)
def test_actions_on_many_ask_for_a_fresh_sign_in(model: str, action: str) -> None:
    row = {"linking_linkedidentity": make_link, "accounts_user": make_administrator}[model]()
    form = {"action": action, "_selected_action": [str(row.pk)]}
    page = reverse(f"admin:{model}_changelist")
    assert "second-factor" in local(ago=310).post(page, form).headers["Location"]
    assert local(ago=0).post(page, form).status_code in (200, 302)


def test_the_time_is_the_sign_ins_and_not_the_last_pages() -> None:
    browser = local(ago=0)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(7):
            clock.shift(50)
            assert browser.get("/admin/").status_code == 200
        assert browser.get(RULES).status_code == 302
