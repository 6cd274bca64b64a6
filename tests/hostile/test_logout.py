"""H-46 and H-47: what ends a session from outside, and what does not."""

from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from devtools.idporten.faults import TokenHooks
from devtools.idporten.jws import hs256, rs256, unsigned
from tests.hostile.attacks import MISSING, OWN, with_members
from tests.hostile.conftest import Door
from tests.journeys.visitor import INGRID, SOLVEIG

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def signed_in(door: Door) -> Door:
    door.opens(door.knock())
    return door


def sid_of(door: Door) -> str:
    return str(door.visitor.client.session["oidc_sid"])


def logout_token(door: Door, *, sid: str = "") -> str:
    """A token as ID-porten sends it: its `sub` can be an identity number."""
    return door.provider.logout_token(
        client_id="kobling-demo", sid=sid or sid_of(door), subject=INGRID.national_id
    )


def claims(**changes: Any) -> Any:
    return lambda hooks: hooks.claims.once(lambda good: with_members(good, changes))


def header(**changes: Any) -> Any:
    return lambda hooks: hooks.header.once(lambda good: with_members(good, changes))


def signer(new: Any) -> Any:
    return lambda hooks: hooks.signer.once(lambda _good: new)


def unsigned_by_name(hooks: TokenHooks) -> None:
    header(alg="none")(hooks)
    signer(unsigned)(hooks)


def keyed_with_the_client_id(hooks: TokenHooks) -> None:
    header(alg="HS256")(hooks)
    signer(hs256(b"kobling-demo"))(hooks)


FAULTS: dict[str, tuple[Any, str]] = {
    "alg none": (unsigned_by_name, "token-algorithm-wrong"),
    "alg HS256": (keyed_with_the_client_id, "token-algorithm-wrong"),
    "another key": (signer(rs256(OWN)), "token-signature-wrong"),
    "unknown kid": (header(kid="unknown"), "token-key-unknown"),
    "typ JWT": (header(typ="JWT"), "token-malformed"),
    "typ at+jwt": (header(typ="at+jwt"), "token-malformed"),
    "no typ": (header(typ=MISSING), "token-malformed"),
    "iss wrong": (claims(iss="https://evil.example"), "token-issuer-wrong"),
    "aud wrong": (claims(aud="another"), "token-audience-wrong"),
    "aud missing": (claims(aud=MISSING), "token-audience-wrong"),
    "no events": (claims(events=MISSING), "token-malformed"),
    "events wrong": (claims(events={"x": {}}), "token-malformed"),
    "event no object": (claims(events={EVENT: "x"}), "token-malformed"),
    "a nonce": (claims(nonce="n"), "token-malformed"),
    "expired": (claims(exp=lambda good: good["iat"] - 31), "token-time-wrong"),
    "no exp": (claims(exp=MISSING), "token-time-wrong"),
    "old": (claims(iat=lambda good: good["iat"] - 301), "token-time-wrong"),
    "from the future": (claims(iat=lambda good: good["iat"] + 60), "token-time-wrong"),
    "neither sub nor sid": (claims(sub=MISSING, sid=MISSING), "token-sid-wrong"),
    "sub and no sid": (claims(sid=MISSING), "token-sid-wrong"),
    "sid with NUL": (claims(sid="a\x00"), "token-sid-wrong"),
    "of over 64 KiB": (claims(more="x" * 60_000), "token-malformed"),
    "no jti": (claims(jti=MISSING), "token-malformed"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_h_46_a_logout_token_that_is_not_right_is_400_and_ends_nothing(
    signed_in: Door, outside: Client, name: str
) -> None:
    fault, reason = FAULTS[name]
    fault(signed_in.provider.faults.logout_token)
    response = outside.post("/oidc/backchannel-logout/", {"logout_token": logout_token(signed_in)})
    assert (response.status_code, response.content.decode()) == (400, reason)
    assert "no-store" in response.headers["Cache-Control"]
    assert signed_in.visitor.get("/me/").status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"logout_token": ""},
        {"logout_token": "x"},
        {"logout_token": "\x00"},
        {"logout_token": ["x", "x"]},
        {"logout_token": "x" * 1_000_000},
    ],
    ids=["nothing", "empty", "no token", "NUL", "twice", "1 MB"],
)
def test_h_46_what_is_no_logout_token_is_400(outside: Client, door: Door, form: Any) -> None:
    response = outside.post("/oidc/backchannel-logout/", form)
    assert response.status_code == 400
    assert "no-store" in response.headers["Cache-Control"]


def test_h_46_an_id_token_is_no_logout_token(signed_in: Door, outside: Client) -> None:
    seen: list[str] = []

    def note(token: str) -> str:
        seen.append(token)
        return token

    signed_in.provider.faults.id_token.compact.once(note)
    signed_in.opens(signed_in.knock())
    response = outside.post("/oidc/backchannel-logout/", {"logout_token": seen[0]})
    assert response.status_code == 400


def test_h_46_a_good_one_ends_its_session_only_and_only_once(
    signed_in: Door, other_browser: Door, outside: Client
) -> None:
    other_browser.opens(other_browser.knock())
    token = logout_token(signed_in)
    response = outside.post("/oidc/backchannel-logout/", {"logout_token": token})
    assert (response.status_code, response.content) == (200, b"")
    assert "no-store" in response.headers["Cache-Control"]
    assert signed_in.visitor.get("/me/").status_code == 302
    assert other_browser.visitor.get("/me/").status_code == 200
    replayed = outside.post("/oidc/backchannel-logout/", {"logout_token": token})
    assert (replayed.status_code, replayed.content) == (400, b"token-replayed")
    event = AuditEvent.objects.get(event="session:ended")
    assert event.details["how"] == "back-channel"


def test_h_46_keys_rotated_since_the_sign_in(signed_in: Door, outside: Client) -> None:
    signed_in.provider.rotate_keys(announced=False)
    token = logout_token(signed_in)
    assert outside.post("/oidc/backchannel-logout/", {"logout_token": token}).status_code == 200
    assert signed_in.visitor.get("/me/").status_code == 302


def test_h_46_somebody_without_a_link_is_signed_out_too(door: Door, outside: Client) -> None:
    door.visitor.sign_in(SOLVEIG)
    assert door.visitor.get("/link/").status_code == 200
    outside.post("/oidc/backchannel-logout/", {"logout_token": logout_token(door)})
    assert door.visitor.get("/link/").status_code == 302


FRONT: dict[str, dict[str, Any]] = {
    "wrong iss": {"iss": "https://evil.example"},
    "no iss": {"iss": None},
    "iss with two slashes": {"iss": "{iss}//"},
    "wrong sid": {"sid": "another"},
    "no sid": {"sid": None},
    "empty sid": {"sid": ""},
    "sid with NUL": {"sid": "\x00"},
    "sid of 1 MB": {"sid": "s" * 1_000_000},
    "sid not ASCII": {"sid": "æ"},
}


@pytest.mark.parametrize("name", FRONT)
def test_h_47_a_front_channel_logout_that_is_not_right_ends_nothing(
    signed_in: Door, outside: Client, name: str
) -> None:
    issuer = signed_in.provider.issuer
    query = {"iss": issuer, "sid": sid_of(signed_in)} | FRONT[name]
    named = {
        key: value.replace("{iss}", issuer) for key, value in query.items() if value is not None
    }
    response = outside.get("/oidc/frontchannel-logout/", named)
    assert response.status_code == 200
    assert signed_in.visitor.get("/me/").status_code == 200


@pytest.mark.parametrize("slash", ["", "/"])
def test_h_47_a_good_one_ends_its_session_only_and_may_come_again(
    signed_in: Door, other_browser: Door, outside: Client, slash: str
) -> None:
    other_browser.opens(other_browser.knock())
    query = {"iss": signed_in.provider.issuer + slash, "sid": sid_of(signed_in)}
    for _ in range(2):
        response = outside.get("/oidc/frontchannel-logout/", query)
        assert (response.status_code, response.content) == (200, b"")
        assert "no-store" in response.headers["Cache-Control"]
    assert signed_in.visitor.get("/me/").status_code == 302
    assert other_browser.visitor.get("/me/").status_code == 200
