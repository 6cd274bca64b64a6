"""What goes wrong for people: each has a clear page, loses nothing, and is never a 500."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Employee, Organisation
from devtools.idporten.faults import Answer
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking.models import LinkedIdentity, OutgoingMail, PendingCode
from tests.factories import fingerprint_of, make_employee, make_link, make_organisation
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor, assert_refused, newest_code, text


@pytest.fixture
def ingrid(organisation: Organisation) -> Employee:
    return make_employee(organisation=organisation, email=INGRID.email)


@pytest.fixture
def visitor(idporten: StandIn, ingrid: Employee) -> Visitor:
    return Visitor(idporten)


# --- At ID-porten --------------------------------------------------------------------------------


def test_cancelling_says_so(visitor: Visitor) -> None:
    assert_refused(visitor.sign_in(cancel=True), "cancelled")


def test_an_eid_without_a_number_is_explained(visitor: Visitor) -> None:
    assert_refused(visitor.sign_in(None), "national-id-missing")


def test_a_refused_person_can_sign_out_of_idporten(visitor: Visitor, idporten: StandIn) -> None:
    assert "/oidc/logout/" in text(visitor.sign_in(None))
    assert f'action="{idporten.issuer}/logout"' in text(visitor.post("/oidc/logout/"))


def test_a_level_below_the_organisations_is_refused(
    visitor: Visitor, idporten: StandIn, organisation: Organisation
) -> None:
    Organisation.objects.update(minimum_assurance="high")
    idporten.faults.id_token.claims.once(lambda c: c | {"acr": "idporten-loa-substantial"})
    assert_refused(visitor.sign_in(), "level-too-low")
    assert idporten.authorizations[-1].acr_values == "idporten-loa-high"


def test_a_gateway_that_does_not_answer_is_said_so(visitor: Visitor, idporten: StandIn) -> None:
    idporten.faults.par.once(lambda _answer: Answer.json({"error": "server_error"}, status=500))
    assert_refused(visitor.get("/oidc/authenticate/"), "provider-unavailable")


def test_a_failing_token_endpoint_signs_nobody_in(visitor: Visitor, idporten: StandIn) -> None:
    idporten.faults.token.once(lambda _answer: Answer.json({"error": "oops"}, status=500))
    assert_refused(visitor.sign_in(), "provider-unavailable")
    assert visitor.get("/me/").status_code == 302


def test_a_callback_used_twice_is_refused_and_still_signed_in_once(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    again = Visitor(idporten)
    callback = idporten.sign_in(again.to_idporten(), INGRID)
    again.come_back(callback)
    assert_refused(again.come_back(callback), "state-unknown")
    assert again.get("/me/").status_code == 200


def test_another_browsers_callback_is_refused(visitor: Visitor, idporten: StandIn) -> None:
    callback = idporten.sign_in(visitor.to_idporten(), INGRID)
    assert_refused(Visitor(idporten).come_back(callback), "state-unknown")


def test_a_sign_in_that_took_more_than_ten_minutes_is_refused(
    visitor: Visitor, idporten: StandIn
) -> None:
    callback = idporten.sign_in(visitor.to_idporten(), INGRID)
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=True):
        assert_refused(visitor.come_back(callback), "state-unknown")


def test_two_tabs_each_end_at_their_own_next(
    visitor: Visitor, ingrid: Employee, idporten: StandIn
) -> None:
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    first = idporten.sign_in(visitor.to_idporten(next_url="/help/"), INGRID)
    second = idporten.sign_in(visitor.to_idporten(next_url="/privacy/"), INGRID)
    assert visitor.come_back(second).headers["Location"] == "/privacy/"
    assert visitor.come_back(first).headers["Location"] == "/help/"


@pytest.mark.parametrize("query", ["", "?error=access_denied", "?code=x", "?state=x&code=y&iss=z"])
def test_a_callback_out_of_the_blue_is_a_page(visitor: Visitor, query: str) -> None:
    assert_refused(visitor.get(f"/oidc/callback/{query}"), "state-unknown")


# --- Hosts and next ------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "host", ["ukjent.localhost", "evil.example", "eksempel-kommune.localhost:99"]
)
def test_an_unknown_host_is_a_page_with_400(host: str) -> None:
    response = Client(headers={"host": host}).get("/")
    assert response.status_code == 400
    assert "<h1" in text(response)


NOWHERE_ELSE = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "///evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    " /me/",
    "evil.example",
    "/%0d%0aLocation:x\r\n",
    "https:/evil.example",
    "/\u2028/evil",
    "@evil.example",
    "http://eksempel-kommune.localhost@evil.example/",
    "data:text/html,x",
    "/" + "a" * 3000,
]


@pytest.mark.parametrize("target", NOWHERE_ELSE)
def test_next_never_leaves_the_portal(visitor: Visitor, ingrid: Employee, target: str) -> None:
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    assert visitor.sign_in(next_url=target).headers["Location"] == "/me/"


# --- The address ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "a b@c.no", f"{'a' * 300}@x.no", "a@b.no\r\nBcc: x@y.no", "\x00@x.no"]
)
def test_a_malformed_address_is_a_sentence_beside_the_field(visitor: Visitor, email: str) -> None:
    visitor.sign_in()
    response = visitor.post("/link/", email=email)
    assert response.status_code == 422
    assert not PendingCode.objects.exists()


ADDRESSES = ["nobody@example.no", INGRID.email, INGRID.email.upper(), SOLVEIG.email]


def test_every_address_gets_the_same_answer(
    visitor: Visitor, organisation: Organisation, mailbox: Mailbox
) -> None:
    make_link(employee=make_employee(organisation=organisation, email=SOLVEIG.email))
    visitor.sign_in()
    pages = set()
    for address in ADDRESSES:
        assert visitor.ask_for_code(address).headers["Location"] == "/link/code/"
        page = text(visitor.get("/link/code/")).replace(address, "ADDRESS")
        pages.add(re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", page))
    assert len(pages) == 1


@pytest.mark.parametrize("look_alike", ["\u212a", "ｉ", "і", "ı"])
def test_a_look_alike_letter_matches_nobody(
    visitor: Visitor, mailbox: Mailbox, organisation: Organisation, look_alike: str
) -> None:
    make_employee(organisation=organisation, email="kiki@example.no")
    visitor.sign_in()
    visitor.ask_for_code(f"k{look_alike}ki@example.no")
    visitor.ask_for_code(f"{look_alike}iki@example.no")
    assert not mailbox.mails


def test_the_mail_goes_to_the_stored_address(visitor: Visitor, mailbox: Mailbox) -> None:
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email.upper())
    assert mailbox.mails[0].to == INGRID.email


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"active": False}, "not-employed"),
        ({"ends_on": "2020-01-01"}, "not-employed"),
        ({"starts_on": "2099-01-01"}, "not-employed"),
        ({"birth_date": "1950-01-01"}, "birth-date-mismatch"),
        ({"national_id_fingerprint": b"x" * 32, "national_id_key": "k"}, "number-mismatch"),
    ],
)
def test_whoever_may_not_link_gets_no_mail_and_no_hint(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox, change: dict[str, object], refusal: str
) -> None:
    Employee.objects.filter(pk=ingrid.pk).update(**change)
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    assert not mailbox.mails
    assert PendingCode.objects.get().refusal == refusal
    assert "4 tries" in text(visitor.post("/link/code/", code="123456"))


def test_a_registered_birth_date_that_fits_is_no_hindrance(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    Employee.objects.filter(pk=ingrid.pk).update(birth_date=INGRID.birth_date)
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    assert newest_code(mailbox)


def test_a_linked_employee_is_never_moved_to_another_eid(
    visitor: Visitor, ingrid: Employee, mailbox: Mailbox
) -> None:
    make_link(employee=ingrid)
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    assert PendingCode.objects.get().refusal == "employee-linked"
    assert not OutgoingMail.objects.filter(kind="code").exists()
    assert LinkedIdentity.objects.get().state == "active"


# --- The code ------------------------------------------------------------------------------------


@pytest.fixture
def asked(visitor: Visitor, mailbox: Mailbox) -> Visitor:
    """Somebody who has been mailed a code."""
    visitor.sign_in()
    visitor.ask_for_code(INGRID.email)
    return visitor


def wrong(mailbox: Mailbox) -> str:
    return f"{(int(newest_code(mailbox)) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize("spelling", ["{0} {1}", " {0}-{1} ", "{0}\u00a0{1}", "{0}–{1}"])
def test_spaces_and_dashes_in_a_code_do_not_matter(
    asked: Visitor, mailbox: Mailbox, spelling: str
) -> None:
    code = newest_code(mailbox)
    response = asked.post("/link/code/", code=spelling.format(code[:3], code[3:]))
    assert response.headers["Location"] == "/link/done/"


@pytest.mark.parametrize("code", ["", "abcdef", "12345", "1234567", "１２３４５６", "x" * 500])
def test_what_is_no_code_costs_no_try(asked: Visitor, code: str) -> None:
    response = asked.post("/link/code/", code=code)
    assert response.status_code == 422
    assert PendingCode.objects.get().tries == 0


def test_a_wrong_code_says_how_many_tries_are_left_and_the_sixth_is_not_compared(
    asked: Visitor, mailbox: Mailbox
) -> None:
    answers = [text(asked.post("/link/code/", code=wrong(mailbox))) for _ in range(5)]
    for left, answer in zip((4, 3, 2), answers, strict=False):
        assert f"{left} tries" in answer
    assert "no tries are left" in answers[4]
    assert "no tries are left" in text(asked.post("/link/code/", code=newest_code(mailbox)))
    assert not LinkedIdentity.objects.exists()


def test_a_code_is_good_for_ten_minutes(asked: Visitor, mailbox: Mailbox) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=10, seconds=1)):
        response = asked.post("/link/code/", code=newest_code(mailbox))
    assert "no longer valid" in text(response)


def test_a_newer_code_replaces_the_older(asked: Visitor, mailbox: Mailbox) -> None:
    old = newest_code(mailbox)
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        asked.ask_for_code(INGRID.email)
        assert newest_code(mailbox) != old
        assert "4 tries" in text(asked.post("/link/code/", code=old))
        response = asked.post("/link/code/", code=newest_code(mailbox))
    assert response.headers["Location"] == "/link/done/"


def test_asking_again_within_a_minute_sends_no_second_mail_and_keeps_the_code(
    asked: Visitor, mailbox: Mailbox
) -> None:
    asked.ask_for_code(INGRID.email)
    assert len(mailbox.mails) == 1
    assert "still valid" in text(asked.get("/link/code/"))
    response = asked.post("/link/code/", code=newest_code(mailbox))
    assert response.headers["Location"] == "/link/done/"


def test_a_reloaded_code_page_says_that_no_tries_are_left(asked: Visitor, mailbox: Mailbox) -> None:
    for _ in range(5):
        asked.post("/link/code/", code=wrong(mailbox))
    page = text(asked.get("/link/code/"))
    assert "no tries are left" in page
    assert 'name="code"' not in page


def test_a_code_is_good_in_its_own_session_only(
    asked: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    other = Visitor(idporten)
    other.sign_in()
    assert other.post("/link/code/", code=newest_code(mailbox)).headers["Location"] == "/link/"


def test_a_leaver_between_code_and_confirmation_is_not_linked(
    asked: Visitor, mailbox: Mailbox, ingrid: Employee
) -> None:
    Employee.objects.filter(pk=ingrid.pk).update(active=False)
    response = asked.post("/link/code/", code=newest_code(mailbox))
    assert response.status_code == 403
    assert PendingCode.objects.get().reference in text(response)
    assert not LinkedIdentity.objects.exists()


# --- Sessions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/link/", "/link/code/"])
def test_a_session_that_ran_out_midway_is_a_page(asked: Visitor, path: str) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        response = asked.post(path, email=INGRID.email, code="123456")
    assert response.status_code == 403
    assert "signed out" in text(response)


@pytest.mark.parametrize(("minutes", "status"), [(29, 200), (31, 302)])
def test_the_portals_session_ends_after_half_an_hour_of_nothing(
    visitor: Visitor, mailbox: Mailbox, minutes: int, status: int
) -> None:
    visitor.link(mailbox)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        assert visitor.get("/me/").status_code == status


def test_the_portals_session_ends_after_ten_hours_however_busy(
    visitor: Visitor, mailbox: Mailbox
) -> None:
    visitor.link(mailbox)
    start = timezone.now()
    for quarter in range(1, 40):
        with time_machine.travel(start + timedelta(minutes=15 * quarter)):
            assert visitor.get("/me/").status_code == 200
    with time_machine.travel(start + timedelta(hours=10, minutes=1)):
        assert visitor.get("/me/").status_code == 302


@pytest.mark.parametrize(
    "path", ["/link/", "/link/code/", "/link/done/", "/me/", "/me/unlink/", "/oidc/logout/"]
)
def test_nobody_sees_a_page_behind_the_sign_in(visitor: Visitor, path: str) -> None:
    response = visitor.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/?") or response.headers["Location"] == "/"


def test_a_form_without_its_token_is_a_page(visitor: Visitor) -> None:
    strict = Client(enforce_csrf_checks=True, headers={"host": "eksempel-kommune.localhost"})
    response = strict.post("/link/", {"email": "x@y.no"})
    assert response.status_code == 403
    assert "<h1" in text(response)


def test_frontchannel_logout_ends_the_session_of_its_sid_only(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    sid = visitor.client.session["oidc_sid"]
    outside = Client(headers={"host": "eksempel-kommune.localhost"})
    outside.get("/oidc/frontchannel-logout/", {"iss": idporten.issuer, "sid": "another"})
    outside.get("/oidc/frontchannel-logout/", {"iss": "https://evil.example", "sid": sid})
    assert visitor.get("/me/").status_code == 200
    response = outside.get("/oidc/frontchannel-logout/", {"iss": idporten.issuer + "/", "sid": sid})
    csp = response.headers["Content-Security-Policy"]
    assert f"frame-ancestors {settings.IDPORTEN_ORIGINS[0]}" in csp
    assert visitor.get("/me/").status_code == 302


def test_backchannel_logout_ends_the_session_and_a_forged_one_does_not(
    visitor: Visitor, mailbox: Mailbox, idporten: StandIn
) -> None:
    visitor.link(mailbox)
    sid = visitor.client.session["oidc_sid"]
    token = idporten.logout_token(client_id="kobling-demo", sid=sid, subject="x")
    outside = Client(headers={"host": "eksempel-kommune.localhost"})
    forged = token[:-8] + "AAAAAAAA"
    assert outside.post("/oidc/backchannel-logout/", {"logout_token": forged}).status_code == 400
    assert visitor.get("/me/").status_code == 200
    assert outside.post("/oidc/backchannel-logout/", {"logout_token": token}).status_code == 200
    assert visitor.get("/me/").status_code == 302
    assert outside.post("/oidc/backchannel-logout/", {"logout_token": token}).status_code == 400


def test_the_switch_keeps_the_language(visitor: Visitor) -> None:
    assert 'lang="en"' in text(visitor.get("/"))
    visitor.post("/language/", language="nn", next="/")
    page = visitor.get("/")
    assert 'lang="nn"' in text(page)
    assert page.headers["Content-Language"] == "nn"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("no", "nb"), ("nb-NO,nb;q=0.9", "nb"), ("nn", "nn"), ("en-GB", "en"), ("de", "nb")],
)
def test_the_browser_chooses_the_language(
    organisation: Organisation, accepted: str, language: str
) -> None:
    browser = Client(headers={"host": organisation.host, "accept-language": accepted})
    assert f'lang="{language}"' in text(browser.get("/"))


def test_an_inactive_organisation_is_an_unknown_host(db: None) -> None:
    host = make_organisation(active=False).host
    assert Client(headers={"host": host}).get("/").status_code == 400
