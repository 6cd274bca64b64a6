"""Each check on an ID token alone, on tokens signed here. The journeys meet it over HTTP."""

import base64
import hashlib
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from linking import jose, oidc, refusals

NOW = 1_800_000_000
ISSUER = "https://idporten.example"
KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
KEYS = {"one": (KEY,)}
EXPECTED = oidc.Expectation(
    issuer=ISSUER,
    client_id="client",
    nonce="n" * 43,
    minimum_level="substantial",
    accept_synthetic=True,
)
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "aud": "client",
    "sub": "s" * 95,
    "exp": NOW + 120,
    "iat": NOW,
    "auth_time": NOW - 5,
    "nonce": "n" * 43,
    "acr": "idporten-loa-high",
    "amr": ["BankID"],
    "pid": "21879498012",
    "sid": "session",
}
MISSING = object()


def signed(
    claims: dict[str, Any] | bytes, *, key: RSAKey = KEY, header: dict[str, Any] | None = None
) -> str:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    registry = jws.JWSRegistry(strict_check_header=False)
    return jws.serialize_compact(
        {"alg": "RS256", "kid": "one"} | (header or {}), payload, key, registry=registry
    )


def verify(token: str, expected: oidc.Expectation = EXPECTED, **how: Any) -> oidc.VerifiedPerson:
    return oidc.verify_id_token(
        token, access_token="at", keys=how.get("keys", KEYS), expected=expected, now=NOW
    )


def changed(**claims: Any) -> dict[str, Any]:
    return {name: value for name, value in (GOOD | claims).items() if value is not MISSING}


def test_a_good_token_gives_the_person() -> None:
    person = verify(signed(GOOD))
    assert (person.level, person.eid, person.sid) == ("high", "BankID", "session")
    assert GOOD["pid"] not in repr(person)


ACCEPTED = [
    {"aud": ["client"]},
    {"exp": NOW - 1},
    {"iat": NOW + 5},
    {"auth_time": MISSING},
    {"acr": "idporten-loa-substantial"},
    {"amr": MISSING},
    {"amr": ["x"] * 1000},
    {"azp": "client"},
    {"pid": "47906701517"},
    {"sid": MISSING},
]


@pytest.mark.parametrize("claims", ACCEPTED, ids=lambda claims: next(iter(claims)))
def test_what_does_no_harm_is_accepted(claims: dict[str, Any]) -> None:
    verify(signed(changed(**claims)))


REFUSED = [
    ({"iss": "https://evil.example"}, refusals.TokenIssuerWrong),
    ({"iss": ISSUER + "/"}, refusals.TokenIssuerWrong),
    ({"iss": MISSING}, refusals.TokenIssuerWrong),
    ({"aud": "another"}, refusals.TokenAudienceWrong),
    ({"aud": ["client", "another"]}, refusals.TokenAudienceWrong),
    ({"aud": []}, refusals.TokenAudienceWrong),
    ({"aud": MISSING}, refusals.TokenAudienceWrong),
    ({"azp": "another"}, refusals.TokenAudienceWrong),
    ({"exp": NOW - 31}, refusals.TokenTimeWrong),
    ({"exp": MISSING}, refusals.TokenTimeWrong),
    ({"exp": str(NOW + 9)}, refusals.TokenTimeWrong),
    ({"exp": -1}, refusals.TokenTimeWrong),
    ({"exp": True}, refusals.TokenTimeWrong),
    ({"iat": NOW + 31}, refusals.TokenTimeWrong),
    ({"iat": NOW - 301}, refusals.TokenTimeWrong),
    ({"iat": MISSING}, refusals.TokenTimeWrong),
    ({"nbf": NOW + 31}, refusals.TokenTimeWrong),
    ({"auth_time": NOW + 31}, refusals.TokenTimeWrong),
    ({"nonce": MISSING}, refusals.TokenNonceWrong),
    ({"nonce": "m" * 43}, refusals.TokenNonceWrong),
    ({"nonce": "ø" * 43}, refusals.TokenNonceWrong),
    ({"sub": MISSING}, refusals.TokenSubjectWrong),
    ({"sub": ""}, refusals.TokenSubjectWrong),
    ({"sub": 7}, refusals.TokenSubjectWrong),
    ({"sub": "s" * 256}, refusals.TokenSubjectWrong),
    ({"sub": "a\x00b"}, refusals.TokenSubjectWrong),
    ({"acr": MISSING}, refusals.LevelTooLow),
    ({"acr": "idporten-loa-low"}, refusals.LevelTooLow),
    ({"acr": "eidas-loa-high"}, refusals.LevelTooLow),
    ({"acr": ["idporten-loa-high"]}, refusals.LevelTooLow),
    ({"pid": MISSING}, refusals.NationalIdMissing),
    ({"pid": "2187949801"}, refusals.NationalIdMissing),
    ({"pid": "２１８７９４９８０１２"}, refusals.NationalIdMissing),
    ({"at_hash": "wrong"}, refusals.AccessTokenHashWrong),
]


@pytest.mark.parametrize(("claims", "reason"), REFUSED)
def test_a_claim_that_is_not_right_is_refused(
    claims: dict[str, Any], reason: type[refusals.Refused]
) -> None:
    with pytest.raises(reason):
        verify(signed(changed(**claims)))


def test_high_is_not_met_by_substantial() -> None:
    high = oidc.Expectation(**{**vars_of(EXPECTED), "minimum_level": "high"})
    verify(signed(GOOD), high)
    with pytest.raises(refusals.LevelTooLow):
        verify(signed(changed(acr="idporten-loa-substantial")), high)


@pytest.mark.parametrize("auth_time", [MISSING, NOW - 91])
def test_an_old_sign_in_is_not_fresh(auth_time: object) -> None:
    fresh = oidc.Expectation(**{**vars_of(EXPECTED), "fresh_since": NOW - 60})
    verify(signed(GOOD), fresh)
    with pytest.raises(refusals.SignInNotFresh):
        verify(signed(changed(auth_time=auth_time)), fresh)


def test_a_test_number_is_refused_where_people_are_real() -> None:
    real = oidc.Expectation(**{**vars_of(EXPECTED), "accept_synthetic": False})
    with pytest.raises(refusals.NationalIdSynthetic):
        verify(signed(GOOD), real)


def vars_of(expected: oidc.Expectation) -> dict[str, Any]:
    return {name: getattr(expected, name) for name in oidc.Expectation.__dataclass_fields__}


def test_a_right_at_hash_is_accepted() -> None:
    half = hashlib.sha256(b"at").digest()[:16]
    verify(signed(changed(at_hash=base64.urlsafe_b64encode(half).rstrip(b"=").decode())))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"kid": "unknown"}, refusals.TokenKeyUnknown),
        ({"kid": ""}, refusals.TokenKeyUnknown),
        ({"kid": "k" * 1000}, refusals.TokenKeyUnknown),
        ({"jku": "https://evil.example"}, refusals.TokenMalformed),
        ({"jwk": {"kty": "oct", "k": "aaaa"}}, refusals.TokenMalformed),
        ({"typ": "logout+jwt"}, refusals.TokenMalformed),
        ({"typ": "at+jwt"}, refusals.TokenMalformed),
    ],
)
def test_a_header_that_leads_elsewhere_is_refused(
    header: dict[str, Any], reason: type[refusals.Refused]
) -> None:
    with pytest.raises(reason):
        verify(signed(GOOD, header=header))


def test_another_keys_signature_is_refused() -> None:
    with pytest.raises(refusals.TokenSignatureWrong):
        verify(signed(GOOD, key=OTHER))


def test_a_flipped_bit_in_the_payload_is_refused() -> None:
    header, payload, signature = signed(GOOD).split(".")
    flipped = payload[:20] + ("A" if payload[20] != "A" else "B") + payload[21:]
    with pytest.raises(refusals.Refused):
        verify(f"{header}.{flipped}.{signature}")


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "PS256", "RS512", "ES256"])
def test_any_other_algorithm_is_refused(alg: str) -> None:
    _header, payload, signature = signed(GOOD).split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "kid": "one"}).encode()).decode()
    with pytest.raises(refusals.TokenAlgorithmWrong):
        verify(f"{header.rstrip('=')}.{payload}.{signature}")


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c.d.e", "é.b.c", "....", "!!.b.c"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(refusals.TokenMalformed):
        verify(token)


@pytest.mark.parametrize(
    "payload", [b'{"iss": 1, "iss": 2}', b"[1]", b'{"exp": NaN}', b"\xef\xbb\xbf{}", b"[" * 20_000]
)
def test_a_payload_that_is_no_plain_object_is_refused(payload: bytes) -> None:
    with pytest.raises(refusals.TokenMalformed):
        verify(signed(payload))


# --- Key sets, discovery and answers --------------------------------------------------------------


def test_only_keys_that_may_sign_are_taken_from_a_key_set() -> None:
    public = KEY.as_dict(private=False)
    entries = [
        public,
        public | {"kid": "enc", "use": "enc"},
        public | {"kid": "alg", "alg": "PS256"},
        KEY.as_dict(private=True) | {"kid": "private"},
        OctKey.generate_key(256, {"kid": "oct"}).as_dict(),
        {"kid": "broken", "kty": "RSA"},
        "nonsense",
        public | {"kid": 7},
    ]
    assert list(jose.parse_jwks(json.dumps({"keys": entries}).encode())) == ["one"]


@pytest.mark.parametrize("body", [b"[]", b"null", b"<html>", b'{"keys": 1}', b""])
def test_what_is_no_key_set_is_refused(body: bytes) -> None:
    with pytest.raises(refusals.ProviderUnavailable):
        jose.parse_jwks(body)


METADATA = {
    "issuer": ISSUER,
    **{name: f"{ISSUER}/{name}" for name in oidc.Provider.__dataclass_fields__ if name != "issuer"},
}


@pytest.mark.parametrize(
    "change",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://x"}, {"jwks_uri": None}],
)
def test_discovery_of_another_issuer_or_over_http_is_refused(change: dict[str, Any]) -> None:
    oidc.parse_metadata(json.dumps(METADATA).encode(), issuer=ISSUER)
    with pytest.raises(refusals.ProviderMisconfigured):
        oidc.parse_metadata(json.dumps(METADATA | change).encode(), issuer=ISSUER)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"code": ["c"]}, refusals.ResponseIssuerWrong),
        ({"code": ["c"], "iss": ["https://evil.example"]}, refusals.ResponseIssuerWrong),
        ({"code": ["c"], "iss": [ISSUER, ISSUER]}, refusals.ResponseIssuerWrong),
        ({"iss": [ISSUER]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": ["c", "d"]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": [""]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": ["c"], "error": ["x"]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "error": ["access_denied"]}, refusals.Cancelled),
        ({"iss": [ISSUER], "error": ["server_error"]}, refusals.ProviderError),
    ],
)
def test_an_authorization_response_that_is_not_right_is_refused(
    parameters: dict[str, list[str]], reason: type[refusals.Refused]
) -> None:
    with pytest.raises(reason):
        oidc.authorization_code(parameters, issuer=ISSUER)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, b"{}", refusals.ProviderError),
        (500, b"{}", refusals.ProviderUnavailable),
        (307, b"{}", refusals.ProviderUnavailable),
        (200, b"<html>", refusals.ResponseMalformed),
        (200, b'{"id_token": "x", "token_type": "MAC"}', refusals.ResponseMalformed),
        (200, b'{"token_type": "Bearer"}', refusals.TokenMalformed),
        (200, b'{"token_type": "Bearer", "id_token": 7}', refusals.TokenMalformed),
    ],
)
def test_a_token_response_that_is_not_right_is_refused(
    status: int, body: bytes, reason: type[refusals.Refused]
) -> None:
    assert oidc.id_token_of(200, b'{"token_type": "bEaReR", "id_token": "x"}') == ("x", "")
    with pytest.raises(reason):
        oidc.id_token_of(status, body)
