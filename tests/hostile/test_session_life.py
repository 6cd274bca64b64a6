"""A session is new when somebody signs in, and stays ended once it was, whatever runs beside."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, Organisation, UserSession
from accounts.sessions import SessionStore
from audit.models import AuditEvent
from linking.persons import EidPerson
from tests.factories import fingerprint_of, make_employee, make_link
from tests.hostile import attacks
from tests.hostile.attacks import claims
from tests.hostile.conftest import Door
from tests.journeys.visitor import INGRID, SOLVEIG, Response, text

NEARLY_OVER = timedelta(hours=9, minutes=59)


def nearly_over() -> None:
    UserSession.objects.update(started_at=timezone.now() - NEARLY_OVER)


def key_of(door: Door) -> str:
    return str(door.visitor.client.session.session_key)


def sign_out(door: Door) -> Response:
    return door.visitor.post("/oidc/logout/")


def is_sent_to_idporten(response: Response) -> bool:
    return response.status_code == 200 and "post_logout_redirect_uri" in text(response)


# --- New -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [INGRID, SOLVEIG], ids=["the same person", "another one"])
def test_whoever_signs_in_again_has_a_new_key_and_ten_new_hours(
    door: Door, organisation: Organisation, who: object
) -> None:
    colleague = make_employee(organisation=organisation, email=SOLVEIG.email)
    make_link(employee=colleague, whose=fingerprint_of(SOLVEIG.national_id))
    door.opens(door.knock())
    before = key_of(door)
    nearly_over()
    door.visitor.eid_browser = door.provider.browser()
    door.visitor.sign_in(who)  # type: ignore[arg-type]
    assert key_of(door) != before
    started_at = UserSession.objects.get(session_key=key_of(door)).started_at
    assert started_at > timezone.now() - timedelta(minutes=1)
    assert not UserSession.objects.filter(session_key=before).exists()


def test_whoever_is_to_link_has_ten_new_hours(door: Door) -> None:
    door.visitor.to_idporten()
    nearly_over()
    door.visitor.sign_in(SOLVEIG)
    assert UserSession.objects.get().started_at > timezone.now() - timedelta(minutes=1)


# --- Ended ---------------------------------------------------------------------------------------


def test_a_session_ended_while_its_key_changes_stays_ended(door: Door) -> None:
    door.visitor.sign_in(SOLVEIG)
    under_way = SessionStore(key_of(door))
    under_way.items()  # read, before
    UserSession.objects.all().delete()  # signed out at ID-porten meanwhile
    with pytest.raises(SessionInterrupted):
        under_way.cycle_key()
    assert not UserSession.objects.exists()


def test_a_page_under_way_in_an_ended_session_says_so(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.opens(door.knock())

    def ended_meanwhile(*_arguments: object) -> None:
        UserSession.objects.all().delete()

    monkeypatch.setattr("linking.views.me.active_link", ended_meanwhile)
    response = door.visitor.get("/me/")
    assert response.status_code == 403
    assert "You have been signed out" in text(response)
    assert "/oidc/logout/" not in text(response)
    assert "session" not in response.cookies


def test_a_slower_tab_does_not_bring_an_older_sign_in_back(door: Door) -> None:
    door.opens(door.knock())
    slower = SessionStore(key_of(door))
    slower.items()  # read, before
    door.visitor.eid_browser = door.provider.browser()
    door.opens(door.knock())
    newest = door.visitor.client.session["oidc_sid"]
    with pytest.raises(UpdateError):
        slower.save()
    assert [session.oidc_sid for session in UserSession.objects.all()] == [newest]


def test_h_31_the_page_of_a_replay_touches_no_session(door: Door) -> None:
    """In one browser it would else take the winner's cookie away, if it came last."""
    callback = door.provider.sign_in(door.visitor.to_idporten(), INGRID)
    door.opens(door.visitor.come_back(callback))
    assert "session" not in door.visitor.come_back(callback).cookies


# --- Out, for everyone who came in ---------------------------------------------------------------


@pytest.mark.parametrize(
    "attack",
    [claims(iss="https://evil.example"), attacks.token(attacks.text("", 503))],
    ids=["refused", "unavailable"],
)
def test_whoever_was_refused_can_sign_out_at_idporten(door: Door, attack: attacks.Attack) -> None:
    attack(door.provider.faults)
    assert "/oidc/logout/" in text(door.knock())
    assert is_sent_to_idporten(sign_out(door))


def test_whoever_could_not_be_asked_again_can_sign_out_at_idporten(door: Door) -> None:
    """Single sign-on, no link, and the second question fails."""
    claims(auth_time=lambda good: good["iat"] - 3600)(door.provider.faults)
    callback = door.provider.sign_in(door.visitor.to_idporten(), SOLVEIG)
    attacks.par(attacks.text("", 503))(door.provider.faults)
    response = door.visitor.come_back(callback)
    door.stays_shut(response, "provider-unavailable")
    assert "/oidc/logout/" in text(response)
    assert is_sent_to_idporten(sign_out(door))


def test_a_leaver_can_sign_out_at_idporten(door: Door, ingrid: Employee) -> None:
    door.opens(door.knock())
    Employee.objects.filter(pk=ingrid.pk).update(active=False)
    assert is_sent_to_idporten(sign_out(door))
    assert not UserSession.objects.exists()


# --- What a provider may put where it does not belong --------------------------------------------


def test_a_number_in_a_method_or_a_name_is_not_kept(door: Door) -> None:
    number = INGRID.national_id
    claims(amr=[f"x {number}"], given_name=number)(door.provider.faults)
    door.opens(door.knock())
    assert AuditEvent.objects.get(event="sign-in:done").details["eid"] == ""


def test_a_number_for_a_sid_is_refused(door: Door) -> None:
    claims(sid=INGRID.national_id)(door.provider.faults)
    door.stays_shut(door.knock(), "token-sid-wrong")


def test_somebody_who_waits_for_a_link_is_not_printed() -> None:
    person = EidPerson({"k": "00"}, "1994-11-16", "Ingrid", "Bergtun", "high", "BankID")
    assert "Ingrid" not in repr(person)


# --- What a browser may bring --------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ['"\\000aaaaaaaaaa"', "a" * 5000, "å" * 20, "", "a b c d e f g"])
@pytest.mark.parametrize("path", ["/", "/oidc/callback/?state=x", "/me/", "/admin/sign-in/"])
def test_a_cookie_that_is_no_session_is_no_session(outside: Client, cookie: str, path: str) -> None:
    response = outside.get(path, headers={"cookie": f"session={cookie}"})
    assert response.status_code in (200, 302, 403)
