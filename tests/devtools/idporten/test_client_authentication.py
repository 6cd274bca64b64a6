"""private_key_jwt is enforced at PAR, and in the same way at the token endpoint.

A client with a secret is another kind of client: each has one way in, and not the other's.
"""

from typing import Any

import pytest
from joserfc.jwk import RSAKey

from devtools.idporten.clients import Client
from devtools.idporten.server import StandIn
from tests.devtools.idporten.relying_party import CLIENT_ID, REDIRECT_URI, Form, RelyingParty

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


SECRET_ID, SECRET = "with-secret", "the-secret-of-the-test-client"
BY_SECRET = {"client_id": SECRET_ID, "client_secret": SECRET}


@pytest.fixture
def by_secret(standin: StandIn, rp: RelyingParty) -> RelyingParty:
    """The same stand-in, where a second client is registered with a secret."""
    standin.register(Client.register(SECRET_ID, secret=SECRET, redirect_uris=[REDIRECT_URI]))
    return rp


def test_a_client_registered_with_a_secret_gives_it(by_secret: RelyingParty) -> None:
    assert by_secret.push(BY_SECRET)[0] == 201


@pytest.mark.parametrize("secret", ["", "another", SECRET + "x", SECRET.upper(), "hemmelighet-ø"])
def test_a_wrong_secret_is_refused(by_secret: RelyingParty, secret: str) -> None:
    refused(by_secret, BY_SECRET | {"client_secret": secret})


def test_a_missing_secret_is_refused(by_secret: RelyingParty) -> None:
    refused(by_secret, {"client_id": SECRET_ID})


def test_a_client_with_a_secret_cannot_sign_instead(by_secret: RelyingParty) -> None:
    assertion = by_secret.assertion(iss=SECRET_ID, sub=SECRET_ID)
    form = by_secret.authentication(assertion)
    refused(by_secret, form | {"client_id": SECRET_ID})
    refused(by_secret, form | BY_SECRET)
    del form["client_id"]  # named by the assertion alone
    status, answer = by_secret.push(form, client_id=None)
    assert (status, answer["error"]) == (401, "invalid_client")


def test_one_clients_secret_is_not_anothers(by_secret: RelyingParty) -> None:
    refused(by_secret, BY_SECRET | {"client_id": CLIENT_ID})


def test_a_client_has_keys_or_a_secret(rp: RelyingParty) -> None:
    keys = [rp.key.as_dict(private=False)]
    with pytest.raises(ValueError, match="never both"):
        Client.register(SECRET_ID, jwks=keys, secret=SECRET, redirect_uris=[REDIRECT_URI])
    with pytest.raises(ValueError, match="one to 5 keys"):
        Client.register(SECRET_ID, redirect_uris=[REDIRECT_URI])


def test_a_registration_does_not_print_its_secret() -> None:
    client = Client.register(SECRET_ID, secret=SECRET, redirect_uris=[REDIRECT_URI])
    assert SECRET not in repr(client)
