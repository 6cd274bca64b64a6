"""H-12, H-28 and H-36 to H-44: the endpoints that the portal itself calls."""

import gzip
from collections.abc import Callable
from functools import partial

import pytest

from devtools.idporten.faults import Answer, delayed, slowly
from linking import http
from linking.models import AuthorizationRequest
from tests.hostile import attacks
from tests.hostile.attacks import Attack, body, text
from tests.hostile.conftest import Door, Trap

UNAVAILABLE, MISCONFIGURED = "provider-unavailable", "provider-misconfigured"
MALFORMED, TOKEN_MALFORMED, ERROR = "response-malformed", "token-malformed", "provider-error"

type Row = tuple[str, str, Attack, str | None]


def members(**changes: object) -> Callable[[Answer], Answer]:
    """The good answer with these members changed; None takes one out."""
    return lambda good: good.changed(**changes)


def literal(name: bytes, value: bytes) -> Callable[[Answer], Answer]:
    """The good answer with a member more, written as it is."""
    return body(lambda good: b'{"' + name + b'": ' + value + b", " + good[1:])


NO_JSON: dict[str, str | bytes] = {
    "HTML": "<html>",
    "an array": "[]",
    "a string": '"x"',
    "null": "null",
    "nothing": "",
    "a number": "7",
    "half": '{"access_token": "',
    "not UTF-8": b"\xff\xfe{}",
}
BIG = b'{"x": "' + b"y" * 100_000_000 + b'"}'
WITH_NULL = '{"token_type": "Bearer", "access_token": "a", "id_token": null}'
PACKED = gzip.compress(BIG)

TOKEN: list[Row] = [
    *(
        ("H-28", f"id_token {name}", attacks.token(body_with_id_token), TOKEN_MALFORMED)
        for name, body_with_id_token in {
            "missing": members(id_token=None),
            "a number": members(id_token=7),
            "an array": members(id_token=["x"]),
            "empty": members(id_token=""),
        }.items()
    ),
    ("H-28", "id_token null", attacks.token(text(WITH_NULL)), TOKEN_MALFORMED),
    ("H-28", "id_token of 500 kB", attacks.token(members(id_token="x" * 500_000)), TOKEN_MALFORMED),
    ("H-28", "id_token of 5 MB", attacks.token(members(id_token="x" * 5_000_000)), UNAVAILABLE),
    ("H-29", "a member twice", attacks.token(literal(b"id_token", b'"x"')), MALFORMED),
    ("H-29", "NaN", attacks.token(literal(b"more", b"NaN")), MALFORMED),
    ("H-29", "nesting", attacks.token(literal(b"more", b"[" * 10_000)), MALFORMED),
    ("H-29", "a BOM", attacks.token(body(lambda good: b"\xef\xbb\xbf" + good)), MALFORMED),
    ("H-36", "400", attacks.token(text('{"error": "invalid_grant"}', 400)), ERROR),
    ("H-36", "401", attacks.token(text('{"error": "invalid_client"}', 401)), ERROR),
    ("H-36", "429", attacks.token(text("{}", 429, Retry_After="1")), ERROR),
    ("H-36", "500", attacks.token(text("<html>", 500)), UNAVAILABLE),
    ("H-36", "503", attacks.token(text("", 503, Retry_After="1")), UNAVAILABLE),
    ("H-36", "204", attacks.token(text("", 204)), UNAVAILABLE),
    ("H-39", "100 MB", attacks.token(text(BIG)), UNAVAILABLE),
    ("H-39", "a gzip bomb", attacks.token(text(PACKED, Content_Encoding="gzip")), UNAVAILABLE),
    *(("H-40", name, attacks.token(text(raw)), MALFORMED) for name, raw in NO_JSON.items()),
    ("H-41", "token_type MAC", attacks.token(members(token_type="MAC")), MALFORMED),
    ("H-41", "token_type missing", attacks.token(members(token_type=None)), MALFORMED),
    (
        "H-41",
        "bEaReR without expires_in",
        attacks.token(members(token_type="bEaReR", expires_in=None)),
        None,
    ),
    ("H-41", "access_token missing", attacks.token(members(access_token=None)), MALFORMED),
]


@pytest.mark.parametrize(
    ("attack", "reason"),
    [row[2:] for row in TOKEN],
    ids=[f"{row} {name}" for row, name, _attack, _reason in TOKEN],
)
def test_a_token_response_is_asked_for_once(door: Door, attack: Attack, reason: str | None) -> None:
    attack(door.provider.faults)
    door.outcome(door.knock(), reason)
    assert door.provider.requests.count("token") == 1
    assert door.provider.requests.count("userinfo") == 0


@pytest.mark.parametrize("sent", [b"", b'{"a' + b" " * 100], ids=["hangs", "drips"])
def test_h_37_a_slow_token_endpoint_is_given_up(
    door: Door, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    """The eight seconds are shortened to one here; they hold for the whole answer, not a piece."""
    assert http.TOTAL_SECONDS == 8
    callback = door.provider.sign_in(door.visitor.to_idporten(), "16919408131")
    monkeypatch.setattr(http, "TOTAL_SECONDS", 1)
    pause = 0.1 if sent else 20
    slow = Answer(200, {}, slowly(sent, seconds=pause, until=door.provider.stopping))
    attacks.token(slow)(door.provider.faults)
    door.stays_shut(door.visitor.come_back(callback), UNAVAILABLE)
    assert door.provider.requests.count("token") == 1


def test_h_37_all_that_a_callback_waits_for_is_within_one_total(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer comes in time, by itself; together they do not."""
    callback = door.provider.sign_in(door.visitor.to_idporten(), "16919408131")
    monkeypatch.setattr(http, "TOTAL_SECONDS", 1)
    late = partial(delayed, seconds=0.7, until=door.provider.stopping)
    attacks.token(late)(door.provider.faults)
    attacks.jwks(late)(door.provider.faults)
    door.stays_shut(door.visitor.come_back(callback), UNAVAILABLE)
    assert door.provider.requests.count("jwks") == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_h_38_a_redirect_takes_code_and_assertion_nowhere(
    door: Door, trap: Trap, status: int
) -> None:
    attacks.token(text("", status, Location=trap.url))(door.provider.faults)
    door.stays_shut(door.knock(), UNAVAILABLE)
    assert not trap.sprung


# --- Pushed requests -----------------------------------------------------------------------------

PAR: list[tuple[str, Attack, str]] = [
    ("400", attacks.par(text('{"error": "invalid_request"}', 400)), UNAVAILABLE),
    ("500", attacks.par(text("<html>", 500)), UNAVAILABLE),
    ("no request_uri", attacks.par(members(request_uri=None)), UNAVAILABLE),
    ("request_uri a surrogate", attacks.par(members(request_uri="urn:\ud800")), UNAVAILABLE),
    ("request_uri of 20 kB", attacks.par(members(request_uri="urn:" + "x" * 20_000)), UNAVAILABLE),
    ("request_uri a number", attacks.par(members(request_uri=7)), UNAVAILABLE),
    (
        "request_uri https",
        attacks.par(members(request_uri="https://evil.example")),
        UNAVAILABLE,
    ),
    ("a redirect", attacks.par(text("", 307, Location="http://127.0.0.1:9/")), UNAVAILABLE),
    *((name, attacks.par(text(raw, 201)), UNAVAILABLE) for name, raw in NO_JSON.items()),
    ("100 MB", attacks.par(text(BIG)), UNAVAILABLE),
]


@pytest.mark.parametrize(
    ("attack", "reason"), [row[1:] for row in PAR], ids=[f"H-43 {row[0]}" for row in PAR]
)
def test_without_a_pushed_request_the_browser_is_not_sent_on(
    door: Door, attack: Attack, reason: str
) -> None:
    attack(door.provider.faults)
    door.stays_shut(door.visitor.get("/oidc/authenticate/"), reason)
    assert not AuthorizationRequest.objects.exists()


def test_h_43_401_is_a_key_that_is_not_known_there(door: Door) -> None:
    door.provider.faults.par.always(lambda _: text('{"error": "invalid_client"}', 401))
    door.stays_shut(door.visitor.get("/oidc/authenticate/"), "client-not-recognised")


def test_h_43_a_request_uri_given_twice_is_refused(door: Door) -> None:
    seen: list[str] = []

    def note(good: Answer) -> Answer:
        seen.append(good.parsed()["request_uri"])
        return good

    attacks.par(note)(door.provider.faults)
    door.visitor.to_idporten()
    attacks.par(members(request_uri=seen[0]))(door.provider.faults)
    door.stays_shut(door.visitor.get("/oidc/authenticate/"), UNAVAILABLE)


# --- Key sets ------------------------------------------------------------------------------------

JWKS: dict[str, Attack] = {
    "500": attacks.jwks(text("{}", 500)),
    "HTML": attacks.jwks(text("<html>")),
    "[]": attacks.jwks(text("[]")),
    "null": attacks.jwks(text("null")),
    "no keys": attacks.jwks(text('{"keys": []}')),
    "keys null": attacks.jwks(text('{"keys": null}')),
    "10 MB": attacks.jwks(text(b'{"keys": [], "x": "' + b"y" * 10_000_000 + b'"}')),
    "a redirect": attacks.jwks(text("", 302, Location="http://127.0.0.1:9/")),
}


@pytest.mark.parametrize("name", JWKS)
def test_h_12_a_broken_key_set_signs_nobody_in(door: Door, name: str) -> None:
    JWKS[name](door.provider.faults)
    door.stays_shut(door.knock(), UNAVAILABLE)


@pytest.mark.parametrize("name", JWKS)
def test_h_12_a_broken_key_set_is_no_matter_while_the_key_is_known(door: Door, name: str) -> None:
    door.opens(door.knock())
    JWKS[name](door.provider.faults)
    door.opens(door.knock())


@pytest.mark.parametrize("name", ["[]", "no keys", "10 MB"])
def test_h_12_a_broken_key_set_never_replaces_a_good_one(door: Door, name: str) -> None:
    """An unknown kid asks for the set anew; what comes is no use, and the old one stays."""
    door.opens(door.knock())
    JWKS[name](door.provider.faults)
    attacks.header(kid="unknown")(door.provider.faults)
    assert door.knock().status_code == 503
    door.provider.requests.clear()
    assert door.knock().headers["Location"] == "/me/"
    assert door.provider.requests.count("jwks") == 0


def test_h_12_a_key_set_that_hangs_is_given_up(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    callback = door.provider.sign_in(door.visitor.to_idporten(), "16919408131")
    monkeypatch.setattr(http, "TOTAL_SECONDS", 1)
    hanging = Answer(200, {}, slowly(b"", seconds=20, until=door.provider.stopping))
    attacks.jwks(hanging)(door.provider.faults)
    door.stays_shut(door.visitor.come_back(callback), UNAVAILABLE)


# --- Discovery -----------------------------------------------------------------------------------

DISCOVERY: dict[str, tuple[Attack, str]] = {
    "another issuer": (attacks.discovery(members(issuer="https://evil.example")), MISCONFIGURED),
    "no issuer": (attacks.discovery(members(issuer=None)), MISCONFIGURED),
    "no token endpoint": (attacks.discovery(members(token_endpoint=None)), MISCONFIGURED),
    "an endpoint by ftp": (attacks.discovery(members(jwks_uri="ftp://x.example")), MISCONFIGURED),
    "an endpoint without host": (attacks.discovery(members(jwks_uri="http:///x")), MISCONFIGURED),
    "HTML": (attacks.discovery(text("<html>")), MISCONFIGURED),
    "500": (attacks.discovery(text("{}", 500)), UNAVAILABLE),
    "100 MB": (attacks.discovery(text(BIG)), UNAVAILABLE),
}


@pytest.mark.parametrize("name", DISCOVERY)
def test_h_44_a_discovery_document_that_is_not_right_stops_at_the_start(
    door: Door, name: str
) -> None:
    attack, reason = DISCOVERY[name]
    attack(door.provider.faults)
    door.stays_shut(door.visitor.get("/oidc/authenticate/"), reason)
    assert door.provider.requests.count("par") == 0
