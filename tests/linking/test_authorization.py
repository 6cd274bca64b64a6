"""The messages of the authorization code flow, as they are made and as they are read."""

import base64
import dataclasses
import json
from typing import Any

import pytest
from joserfc import jwt

from linking import authorization, refusals
from tests.linking.tokens import ISSUER, KEY, NOW

# --- What we send --------------------------------------------------------------------------------


def test_a_secret_is_43_url_safe_characters_and_never_the_same() -> None:
    secrets = {authorization.new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(len(base64.urlsafe_b64decode(each + "=")) == 32 for each in secrets)


def test_the_challenge_is_that_of_the_standards_example() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = authorization.code_challenge(verifier)
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def assertion() -> tuple[dict[str, Any], dict[str, Any]]:
    fields = authorization.client_authentication(
        key=KEY, client_id="client", issuer=ISSUER, now=NOW
    )
    assert fields["client_id"] == "client"
    assert (
        fields["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    )
    token = jwt.decode(fields["client_assertion"], KEY, algorithms=["RS256"])
    return token.header, token.claims


def test_we_prove_who_we_are_for_at_most_two_minutes() -> None:
    header, claims = assertion()
    assert header == {"typ": "JWT", "alg": "RS256", "kid": "one"}
    assert claims.pop("jti")
    assert claims == {
        "iss": "client",
        "sub": "client",
        "aud": ISSUER,
        "iat": NOW,
        "exp": NOW + 100,
    }


def test_each_proof_is_for_one_call() -> None:
    assert assertion()[1]["jti"] != assertion()[1]["jti"]
    assert len(assertion()[1]["jti"]) == 22  # 128 bits


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://x.example/a", "https://x.example/a?p=%2F+q"),
        ("https://x.example/a?b=c", "https://x.example/a?b=c&p=%2F+q"),
    ],
)
def test_parameters_go_after_those_an_endpoint_has(url: str, whole: str) -> None:
    assert authorization.with_query(url, p="/ q") == whole


# --- Discovery -----------------------------------------------------------------------------------

NAMES = [field.name for field in dataclasses.fields(authorization.Provider)]
METADATA = {name: f"{ISSUER}/{name}" for name in NAMES} | {"issuer": ISSUER}


def read(document: dict[str, Any], issuer: str = ISSUER) -> authorization.Provider:
    return authorization.parse_metadata(json.dumps(document).encode(), issuer=issuer)


def test_a_discovery_document_names_the_endpoints() -> None:
    assert dataclasses.asdict(read(METADATA | {"more": 1})) == METADATA


def test_what_was_read_stays_as_it_was_read() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(METADATA).token_endpoint = "https://evil.example"  # type: ignore[misc]


BAD_METADATA: list[dict[str, Any]] = [
    {"issuer": "https://evil.example"},
    {"issuer": ISSUER + "/"},
    {"issuer": None},
    *({name: None} for name in NAMES),
    *({"token_endpoint": address} for address in ("http://x.example/token", "/token", "", 7)),
    *({"token_endpoint": address} for address in ("https:///token", "ftp://x.example", "x")),
    *({"token_endpoint": address} for address in ("https://x.example/ø", "https://x.example/\n")),
    *({"token_endpoint": address} for address in ("https://[/token", "https://x.example/#y")),
]


@pytest.mark.parametrize("change", BAD_METADATA, ids=repr)
def test_discovery_of_another_issuer_or_with_a_bad_endpoint_is_refused(
    change: dict[str, Any],
) -> None:
    with pytest.raises(refusals.ProviderMisconfigured):
        read(METADATA | change)


def test_an_endpoint_may_be_as_safe_as_the_issuer_or_safer() -> None:
    local = {name: f"http://127.0.0.1/{name}" for name in NAMES} | {"issuer": "http://127.0.0.1"}
    assert read(local, "http://127.0.0.1")
    assert read(local | {"jwks_uri": "https://x.example/jwks"}, "http://127.0.0.1")
    with pytest.raises(refusals.ProviderMisconfigured):
        read(METADATA | {"jwks_uri": "http://127.0.0.1/jwks"})


# --- The authorization response ------------------------------------------------------------------


@pytest.mark.parametrize("code", ["c", "c" * 4096])
def test_a_good_response_gives_its_code(code: str) -> None:
    parameters = {"code": [code], "iss": [ISSUER], "state": ["s"]}
    assert authorization.authorization_code(parameters, issuer=ISSUER) == code


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"code": ["c"]}, refusals.ResponseIssuerWrong),
        ({"error": ["access_denied"]}, refusals.ResponseIssuerWrong),
        ({"code": ["c"], "iss": ["https://evil.example"]}, refusals.ResponseIssuerWrong),
        ({"code": ["c"], "iss": [ISSUER, ISSUER]}, refusals.ResponseIssuerWrong),
        ({"code": ["c"], "iss": [ISSUER, "x"]}, refusals.ResponseIssuerWrong),
        ({"iss": [ISSUER]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": ["c", "d"]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": ["c", "c"]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": [""]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": ["c" * 4097]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": ["ø"]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": ["c"], "error": ["x"]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "code": ["c"], "error": ["access_denied"]}, refusals.ResponseMalformed),
        ({"iss": [ISSUER], "error": ["access_denied"]}, refusals.Cancelled),
        ({"iss": [ISSUER], "error": ["access_denied"] * 2}, refusals.ProviderError),
        ({"iss": [ISSUER], "error": ["server_error"]}, refusals.ProviderError),
        ({"iss": [ISSUER], "error": [""]}, refusals.ProviderError),
    ],
)
def test_an_authorization_response_that_is_not_right_is_refused(
    parameters: dict[str, list[str]], reason: type[refusals.Refused]
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        authorization.authorization_code(parameters, issuer=ISSUER)
    assert type(refused.value) is reason


# --- Pushed requests and tokens ------------------------------------------------------------------


LONGEST = b'{"request_uri": "urn:' + b"x" * 2044 + b'"}'


def test_a_request_uri_has_at_most_2048_characters() -> None:
    assert len(authorization.pushed_request_uri(201, LONGEST)) == 2048


@pytest.mark.parametrize("status", [200, 201])
def test_a_pushed_request_gives_its_uri(status: int) -> None:
    body = b'{"request_uri": "urn:idporten:x", "expires_in": 120}'
    assert authorization.pushed_request_uri(status, body) == "urn:idporten:x"


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (400, b'{"error": "invalid_client"}', refusals.ClientNotRecognised),
        (401, b'{"error": "invalid_client"}', refusals.ClientNotRecognised),
        (500, b'{"error": "invalid_client"}', refusals.ProviderUnavailable),
        (400, b'{"error": "invalid_request"}', refusals.ProviderUnavailable),
        (401, b"<html>", refusals.ProviderUnavailable),
        (400, b'{"request_uri": "urn:x"}', refusals.ProviderUnavailable),
        (202, b'{"request_uri": "urn:x"}', refusals.ProviderUnavailable),
        (307, b'{"request_uri": "urn:x"}', refusals.ProviderUnavailable),
        (201, b"{}", refusals.ProviderUnavailable),
        (201, b"[]", refusals.ProviderUnavailable),
        (201, b'{"request_uri": 7}', refusals.ProviderUnavailable),
        (201, b'{"request_uri": "urn:\\ud800"}', refusals.ProviderUnavailable),
        (201, LONGEST.replace(b"urn:", b"urn:x"), refusals.ProviderUnavailable),
        (201, b'{"request_uri": "https://evil.example"}', refusals.ProviderUnavailable),
    ],
)
def test_a_pushed_request_that_was_not_taken_is_refused(
    status: int, body: bytes, reason: type[refusals.Refused]
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        authorization.pushed_request_uri(status, body)
    assert type(refused.value) is reason


TOKENS: dict[str, Any] = {"token_type": "Bearer", "id_token": "i", "access_token": "a"}


def token_response(status: int = 200, **change: Any) -> tuple[str, str]:
    return authorization.token_response(status, json.dumps(TOKENS | change).encode())


@pytest.mark.parametrize("change", [{"token_type": "bEaReR"}, {"id_token": "i" * 65536}], ids=str)
def test_a_token_response_gives_its_tokens(change: dict[str, Any]) -> None:
    assert token_response(**change) == ((TOKENS | change)["id_token"], "a")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (0, refusals.ProviderUnavailable),
        (199, refusals.ProviderUnavailable),
        (400, refusals.ProviderError),
        (401, refusals.ProviderError),
        (499, refusals.ProviderError),
        (399, refusals.ProviderUnavailable),
        (307, refusals.ProviderUnavailable),
        (201, refusals.ProviderUnavailable),
        (500, refusals.ProviderUnavailable),
        (503, refusals.ProviderUnavailable),
    ],
)
def test_any_other_status_is_refused(status: int, reason: type[refusals.Refused]) -> None:
    with pytest.raises(refusals.Refused) as refused:
        token_response(status)
    assert type(refused.value) is reason


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        *((refusals.ResponseMalformed, {"token_type": kind}) for kind in ("MAC", None, 7, "")),
        *((refusals.TokenMalformed, {"id_token": token}) for token in (None, 7, ["i"], "")),
        (refusals.TokenMalformed, {"id_token": "i" * 65537}),
        *((refusals.ResponseMalformed, {"access_token": token}) for token in (None, 7, "ø", "")),
    ],
    ids=str,
)
def test_a_token_response_that_is_not_right_is_refused(
    reason: type[refusals.Refused], change: dict[str, Any]
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        token_response(**change)
    assert type(refused.value) is reason


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'"x"', b"null", b""])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(refusals.ResponseMalformed):
        authorization.token_response(200, body)
