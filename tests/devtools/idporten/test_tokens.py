"""The token endpoint, the ID token as joserfc reads it, userinfo and the keys."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from devtools.idporten.keys import KeyRing
from devtools.idporten.people import Person
from devtools.idporten.server import StandIn
from tests.devtools.idporten.relying_party import (
    REDIRECT_URI,
    VERIFIER,
    Clock,
    Form,
    RelyingParty,
    answered,
)

ALWAYS = {"sub", "amr", "iss", "pid", "locale", "nonce", "sid", "aud", "acr", "auth_time"} | {
    "exp",
    "iat",
    "jti",
}


def test_the_callback_carries_code_state_and_iss(
    rp: RelyingParty, standin: StandIn, kari: Person
) -> None:
    callback = standin.sign_in(rp.authorize_url(), kari)
    assert callback.startswith(REDIRECT_URI + "?")
    answer = answered(callback)
    assert set(answer) == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("the-state", standin.issuer)


def test_the_id_token_says_what_the_gateway_says(
    rp: RelyingParty, standin: StandIn, kari: Person, clock: Clock
) -> None:
    callback = standin.sign_in(rp.authorize_url(ui_locales="nn"), kari, "BankID på mobil")
    clock.forward(5)
    claims = rp.claims_after(callback)
    now = int(clock())
    assert set(claims) == ALWAYS | {"given_name", "family_name"}
    assert claims["iss"] == standin.issuer
    assert claims["aud"] == "kobling-test"
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now, now + 120, now - 5)
    assert (claims["amr"], claims["acr"]) == (["BankID Mobil"], "idporten-loa-high")
    assert (claims["pid"], claims["nonce"], claims["locale"]) == (kari.pid, "the-nonce", "nn")
    assert (claims["given_name"], claims["family_name"]) == ("Kari", "Eksempel")
    assert re.fullmatch(r"[A-Za-z0-9_-]{95}", claims["sub"])


@pytest.mark.parametrize(
    ("eid", "amr", "acr", "names"),
    [
        ("MinID", "Minid-OTC", "idporten-loa-substantial", False),
        ("BankID", "BankID", "idporten-loa-high", True),
        ("Buypass ID på smartkort", "Buypass", "idporten-loa-high", True),
        ("Buypass ID i mobil", "Buypass", "idporten-loa-high", True),
        ("Commfides", "Commfides", "idporten-loa-high", False),
    ],
)
def test_each_eid_has_its_level_and_tells_names_or_not(
    rp: RelyingParty, standin: StandIn, kari: Person, eid: str, amr: str, acr: str, names: bool
) -> None:
    claims = rp.claims_after(standin.sign_in(rp.authorize_url(), kari, eid))
    assert (claims["amr"], claims["acr"]) == ([amr], acr)
    assert ("given_name" in claims) is names


def test_names_need_the_scope_profile(rp: RelyingParty, standin: StandIn, kari: Person) -> None:
    claims = rp.claims_after(standin.sign_in(rp.authorize_url(scope="openid"), kari))
    assert set(claims) == ALWAYS


def test_somebody_without_a_number_has_no_pid(rp: RelyingParty, standin: StandIn) -> None:
    claims = rp.claims_after(standin.sign_in(rp.authorize_url(), None, "MinID"))
    assert set(claims) == ALWAYS - {"pid"}


def test_a_typed_synthetic_number_signs_in(rp: RelyingParty, standin: StandIn) -> None:
    claims = rp.claims_after(standin.sign_in(rp.authorize_url(), "058958 94984"))
    assert claims["pid"] == "05895894984"


def test_sub_is_the_same_at_every_sign_in_and_another_for_others(
    rp: RelyingParty, standin: StandIn, kari: Person, ola: Person
) -> None:
    first, second, other = (
        rp.claims_after(standin.sign_in(rp.authorize_url(), who))["sub"]
        for who in (kari, kari, ola)
    )
    assert first == second != other


def test_the_token_response(rp: RelyingParty, standin: StandIn, kari: Person) -> None:
    code = answered(standin.sign_in(rp.authorize_url(), kari))["code"]
    status, answer = rp.redeem(code)
    assert status == 200
    assert set(answer) == {"access_token", "id_token", "token_type", "expires_in", "scope"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 120)
    userinfo = rp.get("/userinfo", Authorization=f"Bearer {answer['access_token']}").json()
    assert set(userinfo) == {"sub", "pid", "locale"}
    assert userinfo["pid"] == kari.pid


def test_userinfo_needs_an_access_token(rp: RelyingParty) -> None:
    assert rp.get("/userinfo", Authorization="Bearer nonsense").status == 401
    assert rp.get("/userinfo").status == 401


def test_a_code_works_once(rp: RelyingParty, standin: StandIn, kari: Person) -> None:
    code = answered(standin.sign_in(rp.authorize_url(), kari))["code"]
    assert rp.redeem(code)[0] == 200
    status, answer = rp.redeem(code)
    assert (status, answer["error"]) == (400, "invalid_grant")


def test_a_code_lives_120_seconds(
    rp: RelyingParty, standin: StandIn, kari: Person, clock: Clock
) -> None:
    code = answered(standin.sign_in(rp.authorize_url(), kari))["code"]
    clock.forward(121)
    assert rp.redeem(code)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": VERIFIER[:42]}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://evil.example/"}, "invalid_grant"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_a_wrong_token_request_is_refused(
    rp: RelyingParty, standin: StandIn, kari: Person, changes: Form, error: str
) -> None:
    code = answered(standin.sign_in(rp.authorize_url(), kari))["code"]
    status, answer = rp.redeem(changes.pop("code", code), **changes)
    assert (status, answer["error"]) == (400, error)


def test_a_failed_attempt_uses_the_code_up(
    rp: RelyingParty, standin: StandIn, kari: Person
) -> None:
    code = answered(standin.sign_in(rp.authorize_url(), kari))["code"]
    assert rp.redeem(code, code_verifier="w" * 64)[0] == 400
    assert rp.redeem(code)[0] == 400


def test_discovery_names_its_own_endpoints(rp: RelyingParty, standin: StandIn) -> None:
    document = rp.get("/.well-known/openid-configuration").json()
    assert document["issuer"] == standin.issuer
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"):
        assert document[name].startswith(standin.issuer + "/")
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True


def test_two_public_keys_are_published_and_rotate(
    rp: RelyingParty, standin: StandIn, kari: Person
) -> None:
    published = []
    for _ in range(3):
        published.append(rp.get("/jwks.json").json())
        standin.rotate_keys()
    assert all(set(key) == {"kty", "kid", "use", "alg", "n", "e"} for key in published[0]["keys"])
    for before, after in pairwise(published):
        assert before["keys"][1] == after["keys"][0]


def test_an_announced_key_is_known_beforehand_and_an_abrupt_one_is_not(
    rp: RelyingParty, standin: StandIn, kari: Person
) -> None:
    cached = rp.get("/jwks.json").json()
    kids = {key["kid"] for key in cached["keys"]}
    standin.rotate_keys()
    assert standin.provider.keys.current.kid in kids
    standin.rotate_keys(announced=False)
    assert standin.provider.keys.current.kid not in kids
    assert rp.claims_after(standin.sign_in(rp.authorize_url(), kari))["pid"] == kari.pid


def test_keys_and_subjects_survive_a_restart(tmp_path: Path) -> None:
    first, second = KeyRing.open(tmp_path / "state"), KeyRing.open(tmp_path / "state")
    assert first.jwks() == second.jwks()
    assert first.subject("client", "person") == second.subject("client", "person")
    assert (tmp_path / "state" / "keys.json").stat().st_mode & 0o077 == 0
