"""The second provider is what ID-porten is, passes on what the certified one says, and ends."""

import base64
import json
import time
from typing import Any

import pytest
from django.test import Client as Caller
from joserfc.jwk import RSAKey

from accounts.models import Organisation
from tests.conftest import take_for_idporten
from tests.devtools.idporten.relying_party import CLIENT_ID, RelyingParty, answered, registration
from tests.factories import fingerprint_of, make_employee, make_link
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor
from tests.second_provider.gateway import SecondProvider
from tests.second_provider.node import Program

KEY = RSAKey.generate_key(2048, {"kid": "client"}, private=True)


@pytest.fixture
def client(second_provider: SecondProvider) -> RelyingParty:
    second_provider.register(registration(KEY))
    return RelyingParty(second_provider.issuer, time.time, KEY)


def signed_in(provider: SecondProvider, client: RelyingParty, *how: Any) -> dict[str, Any]:
    """The claims after a sign-in by somebody, with some eID."""
    return client.claims_after(provider.sign_in(client.authorize_url(), *how))


def test_a_good_sign_in_gives_what_id_porten_gives(
    second_provider: SecondProvider, client: RelyingParty
) -> None:
    callback = second_provider.sign_in(client.authorize_url(), INGRID)
    assert answered(callback)["iss"] == second_provider.issuer
    assert answered(callback)["state"] == "the-state"
    claims = client.claims_after(callback)
    assert (claims["iss"], claims["aud"]) == (second_provider.issuer, CLIENT_ID)
    assert claims["pid"] == INGRID.national_id
    assert (claims["acr"], claims["amr"]) == ("idporten-loa-high", ["BankID"])
    assert claims["nonce"] == "the-nonce"
    assert claims["given_name"] == INGRID.given_name
    assert claims["sid"]
    assert claims["auth_time"] <= claims["iat"]
    assert claims["exp"] - claims["iat"] == 120


def test_minid_is_substantial_and_tells_no_name(
    second_provider: SecondProvider, client: RelyingParty
) -> None:
    claims = signed_in(second_provider, client, INGRID, "MinID")
    assert claims["acr"] == "idporten-loa-substantial"
    assert "given_name" not in claims


def test_an_eid_may_have_no_number(second_provider: SecondProvider, client: RelyingParty) -> None:
    assert "pid" not in signed_in(second_provider, client, None)


REFUSED: dict[str, dict[str, str | None]] = {
    "no PKCE": {"code_challenge": None, "code_challenge_method": None},
    "plain PKCE": {"code_challenge_method": "plain"},
    "an unregistered address": {"redirect_uri": "http://evil.localhost/"},
    "an implicit flow": {"response_type": "id_token"},
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_request_that_id_porten_would_refuse_is_refused(client: RelyingParty, what: str) -> None:
    assert client.push()[0] == 201
    assert client.push(**REFUSED[what])[0] == 400


def test_a_secret_proves_nothing(client: RelyingParty) -> None:
    assert client.push({"client_id": CLIENT_ID, "client_secret": "x"})[0] == 401


def test_a_request_that_was_not_pushed_is_refused(client: RelyingParty) -> None:
    answer = client.http.request(
        "GET", f"{client.issuer}/authorize", fields=client.request(), redirect=False
    )
    assert "/interaction/" not in answer.headers.get("Location", "")
    assert answer.status in (303, 400)


def test_a_code_is_good_once_and_with_its_verifier(
    second_provider: SecondProvider, client: RelyingParty
) -> None:
    def code() -> str:
        return answered(second_provider.sign_in(client.authorize_url(), INGRID))["code"]

    assert client.redeem(code(), code_verifier="x" * 43)[0] == 400
    one = code()
    assert [client.redeem(one)[0] for _ in range(2)] == [200, 400]


def test_single_sign_on_is_one_session_until_a_level_or_a_login_is_asked_for(
    second_provider: SecondProvider, client: RelyingParty
) -> None:
    browser = second_provider.browser()

    def sign_in(eid: str, **asked: str) -> dict[str, Any]:
        address = client.authorize_url(**asked)
        return client.claims_after(second_provider.sign_in(address, INGRID, eid, browser=browser))

    first = sign_in("MinID")
    assert sign_in("BankID")["auth_time"] == first["auth_time"]
    assert sign_in("BankID")["acr"] == "idporten-loa-substantial"
    assert sign_in("BankID", acr_values="idporten-loa-high")["acr"] == "idporten-loa-high"
    assert not isinstance(browser.open(client.authorize_url(prompt="login")), str)


def test_cancelling_is_an_error_with_state_and_issuer(
    second_provider: SecondProvider, client: RelyingParty
) -> None:
    answer = answered(second_provider.sign_in(client.authorize_url(), None, cancel=True))
    assert answer["error"] == "access_denied"
    assert (answer["iss"], answer["state"]) == (second_provider.issuer, "the-state")


# --- The gateway ---------------------------------------------------------------------------------


def test_an_unaltered_token_is_the_certified_providers_own(
    second_provider: SecondProvider, client: RelyingParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of ours signs where no switch is thrown."""
    monkeypatch.setattr("tests.second_provider.gateway.sign", None)
    assert signed_in(second_provider, client, INGRID)["pid"]


def test_switches_change_what_arrives_until_a_reset(
    second_provider: SecondProvider, client: RelyingParty
) -> None:
    second_provider.faults.id_token.claims.always(lambda claims: claims | {"more": 1})
    second_provider.faults.authorization_response.always(lambda pairs: [*pairs, ("more", "1")])
    callback = second_provider.sign_in(client.authorize_url(), INGRID)
    assert answered(callback)["more"] == "1"
    assert client.claims_after(callback)["more"] == 1
    second_provider.reset()
    assert not second_provider.faults.id_token.armed
    assert client.push()[0] in (400, 401)  # registrations are gone too


@pytest.mark.parametrize("announced", [True, False])
def test_keys_rotate(
    second_provider: SecondProvider, client: RelyingParty, announced: bool
) -> None:
    def kid() -> str:
        code = answered(second_provider.sign_in(client.authorize_url(), INGRID))["code"]
        token = client.redeem(code)[1]["id_token"]
        assert client.verified(token)["pid"] == INGRID.national_id
        header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
        return str(header["kid"])

    before = kid()
    second_provider.rotate_keys(announced=announced)
    assert kid() != before


def test_the_program_ends_with_its_stdin() -> None:
    assert Program().stop() == 0


# --- The portal ----------------------------------------------------------------------------------


def test_the_certified_providers_own_logout_token_ends_the_session(
    second_provider: SecondProvider, organisation: Organisation, settings: Any
) -> None:
    take_for_idporten(second_provider, settings)
    employee = make_employee(organisation=organisation, email=INGRID.email)
    make_link(employee=employee, whose=fingerprint_of(INGRID.national_id))
    visitor = Visitor(second_provider)
    assert visitor.sign_in(INGRID).headers["Location"] == "/me/"
    page = visitor.eid_browser.open(f"{second_provider.issuer}/logout")
    assert not isinstance(page, str)
    secret = page.html.split('name="xsrf" value="')[1].split('"')[0]
    visitor.eid_browser.open(page.forms[0], {"xsrf": secret, "logout": "yes"})
    outside = Caller(headers={"host": organisation.host})
    token = second_provider.logout_tokens[-1]
    assert outside.post("/oidc/backchannel-logout/", {"logout_token": token}).status_code == 200
    assert visitor.get("/me/").status_code == 302


# --- What ID-porten asks for beyond the library --------------------------------------------------


@pytest.mark.parametrize("what", ["another audience", "two audiences", "an hour", "no iat"])
def test_an_assertion_that_id_porten_would_refuse_is_refused(
    client: RelyingParty, what: str
) -> None:
    claims: dict[str, dict[str, Any]] = {
        "another audience": {"aud": f"{client.issuer}/token"},
        "two audiences": {"aud": [client.issuer, "https://elsewhere.example"]},
        "an hour": {"exp": int(time.time()) + 3600},
        "no iat": {"iat": None},
    }
    assert client.push(client.authentication(client.assertion(**claims[what])))[0] == 401
    assert client.push(client.authentication(client.assertion()))[0] == 201


def test_pages_of_the_library_do_not_speak_on_our_pipe(
    second_provider: SecondProvider, client: RelyingParty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line too many, and each later answer would be that of the message before."""
    program, answers = second_provider._program, list[str]()
    say = program._say

    def heard(line: str) -> str:
        answers.append(say(line))
        return answers[-1]

    monkeypatch.setattr(program, "_say", heard)
    assert client.get("/authorize?client_id=nobody").status == 400
    assert client.get("/logout/success").status == 200
    for _ in range(2):
        second_provider.register(registration(KEY))
    assert answers == ["again\n", "again\n"]


def test_a_registration_forgets_nobody_and_another_person_may_follow(
    second_provider: SecondProvider, client: RelyingParty
) -> None:
    browser = second_provider.browser()

    def pid(who: Any, **asked: str) -> Any:
        address = client.authorize_url(**asked)
        return client.claims_after(second_provider.sign_in(address, who, browser=browser))["pid"]

    assert pid(INGRID) == INGRID.national_id
    second_provider.register(registration(KEY))
    assert pid(SOLVEIG) == INGRID.national_id  # single sign-on: nobody is asked
    assert pid(SOLVEIG, prompt="login") == SOLVEIG.national_id
