"""private_key_jwt is enforced at PAR, and in the same way at the token endpoint."""

from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.devtools.idporten.relying_party import CLIENT_ID, Form, RelyingParty

HOUR_AGO = 1_800_000_000 - 3600


def refused(rp: RelyingParty, form: Form) -> str:
    status, answer = rp.push(form)
    assert (status, answer["error"]) == (401, "invalid_client")
    return str(answer["error_description"])


def test_a_good_assertion_is_accepted(rp: RelyingParty) -> None:
    status, answer = rp.push()
    assert status == 201
    assert answer["request_uri"].startswith("urn:idporten:")
    assert answer["expires_in"] == 120


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://idporten.no"},
        {"aud": None},
        {"aud": ["https://idporten.no"]},
        {"iss": "somebody-else"},
        {"iss": None},
        {"sub": "somebody-else"},
        {"sub": None},
        {"jti": None},
        {"jti": ""},
        {"iat": None},
        {"exp": None},
        {"iat": HOUR_AGO, "exp": HOUR_AGO + 120},
        {"exp": 1_800_000_000 + 121},
        {"iat": 1_800_000_000 + 60, "exp": 1_800_000_000 + 120},
        {"exp": "1800000100"},
    ],
    ids=str,
)
def test_an_assertion_with_a_wrong_claim_is_refused(
    rp: RelyingParty, claims: dict[str, Any]
) -> None:
    refused(rp, rp.authentication(rp.assertion(**claims)))


def test_an_assertion_cannot_be_used_twice(rp: RelyingParty) -> None:
    form = rp.authentication()
    assert rp.push(form)[0] == 201
    assert "jti" in refused(rp, form)


def test_an_assertion_used_at_par_is_refused_at_the_token_endpoint(rp: RelyingParty) -> None:
    form = rp.authentication()
    assert rp.push(form)[0] == 201
    assert rp.redeem("any", form) == (
        401,
        {"error": "invalid_client", "error_description": "jti has been used before"},
    )


def test_another_key_under_our_kid_is_refused(rp: RelyingParty) -> None:
    rp.key = RSAKey.generate_key(2048, {"kid": str(rp.key.kid)})
    refused(rp, rp.authentication())


def test_an_unknown_kid_is_refused(rp: RelyingParty) -> None:
    refused(rp, rp.authentication(rp.assertion({"kid": "client-2"})))


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_only_rs256_is_accepted(rp: RelyingParty, algorithm: str) -> None:
    refused(rp, rp.authentication(rp.assertion({"alg": algorithm})))


def test_an_unsigned_assertion_is_refused(rp: RelyingParty) -> None:
    head, body, _signature = rp.assertion().split(".")
    unsigned_head = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
    refused(rp, rp.authentication(f"{unsigned_head}.{body}."))
    refused(rp, rp.authentication(f"{head}.{body}."))


@pytest.mark.parametrize("assertion", ["x", "a.b.c", "...."])
def test_nonsense_is_refused(rp: RelyingParty, assertion: str) -> None:
    refused(rp, rp.authentication(assertion))


def test_a_secret_is_not_an_authentication(rp: RelyingParty) -> None:
    refused(rp, {"client_id": CLIENT_ID, "client_secret": "secret"})
    refused(rp, rp.authentication() | {"client_secret": "secret"})
    refused(rp, {"client_id": CLIENT_ID})


def test_client_id_must_be_the_assertions(rp: RelyingParty) -> None:
    refused(rp, rp.authentication() | {"client_id": "another"})
