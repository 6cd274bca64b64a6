"""Sessions that were planted, sign-ins that are another's (A-18, A-19, A-36, A-38)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, User
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking.models import LinkedIdentity, OutgoingMail
from tests.administrators import PASSWORD, SECOND_FACTOR, SIGN_IN, code_of, enrol_app
from tests.attacks.conftest import ATTACKER
from tests.factories import fingerprint_of, make_employee, make_link
from tests.journeys.visitor import INGRID, Visitor, assert_refused, newest_code, text

HOST = "eksempel-kommune.localhost"


def key_of(visitor: Visitor) -> str:
    return str(visitor.client.cookies["session"].value)


def plant(visitor: Visitor, key: str) -> None:
    visitor.client.cookies["session"] = key


@pytest.fixture
def planted(attacker: Visitor, idporten: StandIn) -> tuple[Visitor, str]:
    """The victim's browser, with a session that the attacker began and knows the key of."""
    beginner = Visitor(idporten)
    beginner.to_idporten()
    victim = Visitor(idporten)
    plant(victim, key_of(beginner))
    return victim, key_of(beginner)


def of_no_use(idporten: StandIn, key: str) -> bool:
    thief = Visitor(idporten)
    plant(thief, key)
    return {thief.get(path).status_code for path in ("/me/", "/link/")} == {302}


def test_a_planted_session_is_of_no_use_after_the_sign_in(
    planted: tuple[Visitor, str], ingrid: Employee, idporten: StandIn
) -> None:
    """A-18: of a linked employee."""
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    victim, key = planted
    assert victim.sign_in().headers["Location"] == "/me/"
    assert key_of(victim) != key
    assert of_no_use(idporten, key)


def test_a_planted_session_is_of_no_use_on_the_way_to_a_link(
    planted: tuple[Visitor, str], mailbox: Mailbox, idporten: StandIn
) -> None:
    """A-18: a new key when somebody came from ID-porten, and again when the link is made."""
    victim, key = planted
    victim.sign_in()
    between = key_of(victim)
    assert between != key
    assert of_no_use(idporten, key)
    victim.ask_for_code(INGRID.email)
    victim.post("/link/code/", code=newest_code(mailbox))
    assert key_of(victim) != between
    for old in (key, between):
        assert of_no_use(idporten, old)
    assert victim.get("/me/").status_code == 200


def test_a_planted_session_is_of_no_use_after_an_administrators_sign_in(
    planted: tuple[Visitor, str],
) -> None:
    """A-18: by password too."""
    secret = enrol_app(User.objects.create_superuser("admin", PASSWORD))
    victim, key = planted
    victim.post(SIGN_IN, username="admin", password=PASSWORD)
    between = key_of(victim)
    assert between != key
    victim.post(SECOND_FACTOR, code=code_of(secret))
    assert victim.get("/admin/").status_code == 200
    for old in (key, between):
        thief = Client(headers={"host": HOST})
        thief.cookies["session"] = old
        assert thief.get("/admin/").status_code == 302


def test_a_key_of_the_attackers_choice_is_never_taken(
    visitor: Visitor, ingrid: Employee, idporten: StandIn
) -> None:
    """A-18: one that no session has."""
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    chosen = "a" * 32
    plant(visitor, chosen)
    visitor.get("/")
    visitor.sign_in()
    assert key_of(visitor) != chosen
    assert of_no_use(idporten, chosen)


def test_a_session_of_one_organisation_opens_no_other(
    visitor: Visitor, ingrid: Employee, idporten: StandIn
) -> None:
    """A-10, A-18: its cookie brought to another organisation's address."""
    from tests.factories import make_organisation

    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    visitor.sign_in()
    other = make_organisation(host="fjordvik-kommune.localhost")
    elsewhere = Client(headers={"host": other.host})
    elsewhere.cookies["session"] = key_of(visitor)
    assert elsewhere.get("/me/").status_code == 302
    assert elsewhere.post("/me/unlink/").status_code == 302
    assert LinkedIdentity.objects.get().state == "active"


def test_two_organisations_of_one_person_know_nothing_of_each_other(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox, idporten: StandIn
) -> None:
    """A-10: linked in both; each page has its own employee, and removing one leaves the other."""
    from tests.factories import make_organisation

    other = make_organisation(name="Fjordvik kommune", host="fjordvik-kommune.localhost")
    there = make_employee(organisation=other, email=INGRID.email, department="Fjordvik havn")
    Employee.objects.filter(pk=ingrid.pk).update(department="Eksempel skole")
    visitor.link(mailbox)
    OutgoingMail.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    second = Visitor(idporten, host=other.host)
    assert second.link(mailbox).headers["Location"] == "/link/done/"
    assert LinkedIdentity.objects.active().count() == 2
    for browser, others in ((visitor, "Fjordvik havn"), (second, "Eksempel skole")):
        assert others not in text(browser.get("/me/"))  # the employer's name alone: `journeys/`
    visitor.post("/me/unlink/")
    assert LinkedIdentity.objects.active().get().employee == there
    assert second.get("/me/").status_code == 200


# --- A-19 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("signed_in", [False, True], ids=["nobody", "an employee"])
def test_an_attackers_callback_signs_no_victim_in_as_the_attacker(
    visitor: Visitor, ingrid: Employee, idporten: StandIn, signed_in: bool
) -> None:
    """A-19: unused, and opened in the victim's browser: refused, and nothing changes."""
    colleague = make_employee(organisation=ingrid.organisation)
    make_link(employee=colleague, whose=fingerprint_of(ATTACKER.national_id))
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    if signed_in:
        visitor.sign_in()
    else:
        visitor.to_idporten()
    before = key_of(visitor)
    attackers = Visitor(idporten)
    callback = idporten.sign_in(attackers.to_idporten(), ATTACKER)
    idporten.requests.clear()
    assert_refused(visitor.come_back(callback), "state-unknown")
    assert idporten.requests.count("token") == 0
    assert key_of(visitor) == before
    assert visitor.get("/me/").status_code == (200 if signed_in else 302)
    assert not User.objects.filter(employee=colleague, sessions__isnull=False).exists()
    assert attackers.come_back(callback).headers["Location"] == "/me/"


def test_a_form_of_another_site_changes_nothing(
    visitor: Visitor, ingrid: Employee, idporten: StandIn
) -> None:
    """A-19: no POST of an employee without the token of a page of ours."""
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    visitor.sign_in()
    strict = Client(
        enforce_csrf_checks=True, headers={"host": HOST, "origin": "https://evil.example"}
    )
    strict.cookies["session"] = key_of(visitor)
    for path in ("/me/unlink/", "/oidc/logout/", "/link/", "/link/code/", "/language/"):
        assert strict.post(path, {"email": INGRID.email, "code": "123456"}).status_code == 403
    assert visitor.get("/me/").status_code == 200
    assert LinkedIdentity.objects.get().state == "active"


# --- A-36, A-38 ----------------------------------------------------------------------------------


def test_others_wrong_codes_lock_no_linked_employee_out(
    visitor: Visitor, attacker: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    """A-36: the attacker's own eID has no tries left; the employee signs in as ever."""
    visitor.link(mailbox)
    for _ in range(7):
        attacker.ask_for_code(INGRID.email)
        answer = attacker.post("/link/code/", code="000000")
    assert "no tries are left" in text(answer)
    assert Visitor(idporten).sign_in().headers["Location"] == "/me/"


@pytest.mark.parametrize("minutes", [6, 60])
def test_somebody_elses_eid_session_links_nothing_without_a_fresh_sign_in(
    visitor: Visitor, idporten: StandIn, minutes: int
) -> None:
    """A-38: whoever sits down at a shared PC has to identify again, and that is checked."""
    aged = {"auth_time": timedelta(minutes=minutes)}

    def older(claims: dict[str, object]) -> dict[str, object]:
        return claims | {
            "auth_time": int(str(claims["iat"])) - int(aged["auth_time"].total_seconds())
        }

    idporten.faults.id_token.claims.always(older)
    again = visitor.sign_in().headers["Location"]
    assert again.startswith(idporten.issuer)
    assert visitor.get("/link/").status_code == 302
    callback = idporten.sign_in(again, INGRID, browser=visitor.eid_browser)
    assert idporten.authorizations[-1].prompt == "login"
    answer = visitor.come_back(callback)  # a gateway that claims to have asked, and has not
    assert answer.status_code == 403
    assert visitor.get("/link/").status_code == 302
