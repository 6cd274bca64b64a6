"""What is cleared, and whose sessions an administrator ends."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, Organisation, UserSession
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from linking import tasks
from linking.models import AuthorizationRequest, UsedLogoutToken
from tests.administrators import sign_in
from tests.factories import fingerprint_of, make_administrator, make_employee, make_link
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor


@pytest.fixture
def signed_in(idporten: StandIn, organisation: Organisation) -> list[Visitor]:
    """Ingrid in two browsers, and Solveig."""
    visitors = []
    for person in (INGRID, SOLVEIG):
        employee = make_employee(organisation=organisation, email=person.email)
        make_link(employee=employee, whose=fingerprint_of(person.national_id))
    for person in (INGRID, INGRID, SOLVEIG):
        visitor = Visitor(idporten)
        assert visitor.sign_in(person).headers["Location"] == "/me/"
        visitors.append(visitor)
    return visitors


@pytest.fixture
def admin(db: None) -> Client:
    client = Client(headers={"host": "127.0.0.1", "accept-language": "en"})
    sign_in(client, make_administrator(username="admin"))
    return client


def end_sessions(admin: Client, of: Employee) -> str:
    form = {"action": "sign_out", "_selected_action": [str(of.pk)]}
    response = admin.post("/admin/accounts/employee/", form, follow=True)
    return str(response.content.decode())


def test_an_administrator_signs_an_employee_out_everywhere_and_nobody_else(
    signed_in: list[Visitor], admin: Client
) -> None:
    ingrid = Employee.objects.get(email=INGRID.email)
    assert "2 sessions were ended." in end_sessions(admin, ingrid)
    assert [visitor.get("/me/").status_code for visitor in signed_in] == [302, 302, 200]
    assert admin.get("/admin/").status_code == 200
    events = AuditEvent.objects.filter(event="session:ended", employee_id=ingrid.pk)
    assert [event.details for event in events] == [{"how": "administrator"}] * 2
    assert all(event.actor.startswith("user:") for event in events)
    assert "None of them is signed in." in end_sessions(admin, ingrid)


def test_whoever_was_signed_out_may_sign_in_again(signed_in: list[Visitor], admin: Client) -> None:
    end_sessions(admin, Employee.objects.get(email=INGRID.email))
    assert signed_in[0].sign_in(INGRID).headers["Location"] == "/me/"


def test_an_administrator_is_signed_out_by_another(admin: Client) -> None:
    other = make_administrator(username="other")
    theirs = Client(headers={"host": "127.0.0.1"})
    sign_in(theirs, other)
    form = {"action": "sign_out", "_selected_action": [str(other.pk)]}
    page = admin.post("/admin/accounts/user/", form, follow=True).content.decode()
    assert "1 session was ended." in page
    assert theirs.get("/admin/").status_code == 302
    event = AuditEvent.objects.get(event="session:ended")
    assert event.details == {"how": "administrator", "user": str(other.pk)}


def test_whoever_may_only_look_signs_nobody_out(signed_in: list[Visitor], admin: Client) -> None:
    viewer = make_administrator(username="viewer")
    viewer.is_superuser = False
    viewer.save()
    viewer.user_permissions.add(Permission.objects.get(codename="view_employee"))
    client = Client(headers={"host": "127.0.0.1", "accept-language": "en"})
    sign_in(client, viewer)
    end_sessions(client, Employee.objects.get(email=INGRID.email))
    assert UserSession.objects.filter(user__employee__email=INGRID.email).count() == 2


def test_signing_out_ends_my_session_in_this_browser_only(signed_in: list[Visitor]) -> None:
    signed_in[0].post("/oidc/logout/")
    assert [visitor.get("/me/").status_code for visitor in signed_in] == [302, 200, 200]


def test_what_was_never_finished_is_forgotten(
    idporten: StandIn, organisation: Organisation
) -> None:
    now = timezone.now()
    visitor = Visitor(idporten)
    for _ in range(2):
        visitor.to_idporten()
    old = AuthorizationRequest.objects.earliest("started_at")
    AuthorizationRequest.objects.filter(pk=old.pk).update(started_at=now - timedelta(minutes=10))
    for jti, age in ((b"old", timedelta(minutes=7)), (b"new", timedelta(minutes=5))):
        UsedLogoutToken.objects.create(jti_hash=jti, used_at=now - age)
    tasks.clear_sign_ins()
    assert AuthorizationRequest.objects.count() == 1
    assert [bytes(used.jti_hash) for used in UsedLogoutToken.objects.all()] == [b"new"]


def how_it_ended(email: str) -> list[str]:
    events = AuditEvent.objects.filter(
        event="session:ended", employee_id=Employee.objects.get(email=email).pk
    )
    return [event.details["how"] for event in events]


def test_a_session_that_nobody_used_ends_with_its_event(signed_in: list[Visitor]) -> None:
    now = timezone.now()
    UserSession.objects.filter(user__employee__email=SOLVEIG.email).update(expire_date=now)
    nobodys = UserSession.objects.create(session_key="nobodys", expire_date=now)
    tasks.clear_sessions()
    assert how_it_ended(SOLVEIG.email) == ["idle"]
    assert not UserSession.objects.filter(pk=nobodys.pk).exists()
    assert UserSession.objects.count() == 2
    done = AuditEvent.objects.get(event="task:done")
    assert done.details == {"task": "clear_sessions", "count": 2}


def test_removing_my_link_ends_all_my_sessions_with_an_event_each(
    signed_in: list[Visitor],
) -> None:
    signed_in[0].post("/me/unlink/")
    assert how_it_ended(INGRID.email) == ["link ended"] * 2
    assert how_it_ended(SOLVEIG.email) == []


def test_whoever_signs_in_in_anothers_browser_signs_them_out(signed_in: list[Visitor]) -> None:
    signed_in[2].eid_browser = signed_in[2].idporten.browser()
    assert signed_in[2].sign_in(INGRID).headers["Location"] == "/me/"
    assert how_it_ended(SOLVEIG.email) == ["signed in anew"]
    assert how_it_ended(INGRID.email) == []


def test_a_sign_out_message_that_is_not_idportens_is_written_down(
    signed_in: list[Visitor],
) -> None:
    answer = signed_in[0].post("/oidc/backchannel-logout/", logout_token="x")
    event = AuditEvent.objects.get(event="sign-out:refused")
    assert (answer.status_code, event.reason) == (400, answer.content.decode())
    assert UserSession.objects.filter(user__isnull=False).count() == 3
