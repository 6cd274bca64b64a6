"""The relying parties that are registered here, and how they prove who they are.

By private_key_jwt (RFC 7523), as the portal does; or by client_secret_post (RFC 6749, 2.3.1), for
the bare library that `devtools.bench` measures beside it. A client has one way, and only that.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from jwt.types import Options
from jwt.utils import base64url_decode
from werkzeug.datastructures import Headers

from devtools.idporten.stores import ExpiringStore

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_MAX_SECONDS = 120
CLOCK_LEEWAY_SECONDS = 10
SIGNATURE_ONLY = Options(verify_exp=False, verify_iat=False, verify_nbf=False, verify_aud=False)
_MAX_KEYS = 5


class ClientRefused(Exception):
    """The client did not prove who it is: `invalid_client`. The message is for its developer."""


@dataclass(frozen=True)
class Client:
    """One registration: ID-porten calls it an integration."""

    client_id: str
    keys: Mapping[str, RSAPublicKey]
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    frontchannel_logout_uris: tuple[str, ...] = ()
    backchannel_logout_uris: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)

    @classmethod
    def register(
        cls,
        client_id: str,
        *,
        jwks: Iterable[Mapping[str, Any]] = (),
        secret: str = "",
        redirect_uris: Iterable[str],
        post_logout_redirect_uris: Iterable[str] = (),
        frontchannel_logout_uris: Iterable[str] = (),
        backchannel_logout_uris: Iterable[str] = (),
    ) -> "Client":
        """From RSA JWKs with `kid`, or a secret; of a private key only the public part is kept.

        ValueError for more than five keys, or one that is not an RSA key of 2048 bits or more; and
        for keys and a secret, or neither.
        """
        keys = {str(jwk["kid"]): _public_key(jwk) for jwk in jwks}
        if secret and keys:
            raise ValueError("a client has keys or a secret, never both")
        if not secret and not 1 <= len(keys) <= _MAX_KEYS:
            raise ValueError(f"a client has one to {_MAX_KEYS} keys, each with its own kid")
        return cls(
            client_id,
            keys,
            tuple(redirect_uris),
            tuple(post_logout_redirect_uris),
            tuple(frontchannel_logout_uris),
            tuple(backchannel_logout_uris),
            secret,
        )


def _public_key(jwk: Mapping[str, Any]) -> RSAPublicKey:
    if jwk.get("kty") != "RSA":
        raise ValueError("a client's key must be an RSA JWK")
    n, e = (int.from_bytes(base64url_decode(jwk[name])) for name in ("n", "e"))
    if n.bit_length() < 2048:
        raise ValueError("a client's key must have at least 2048 bits")
    return RSAPublicNumbers(e, n).public_key()


def authenticate(
    form: Mapping[str, str],
    headers: Headers,
    *,
    clients: Mapping[str, Client],
    issuer: str,
    seen: ExpiringStore[None],
    now: float,
) -> Client:
    """The client that signed the assertion in `form`, or gave its secret; ClientRefused otherwise.

    `seen` remembers each `jti` for longer than an assertion can live.
    """
    named = clients.get(form.get("client_id", ""))
    if named is not None and named.secret:
        return _with_secret(named, form, headers)
    if "Authorization" in headers or "client_secret" in form:
        raise ClientRefused("this client is registered for private_key_jwt only")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise ClientRefused("client_assertion_type is missing or not jwt-bearer")
    assertion = form.get("client_assertion", "")
    client = _claimed_client(assertion, clients)
    if form.get("client_id", client.client_id) != client.client_id:
        raise ClientRefused("client_id is not the one in the assertion")
    claims = _verified_claims(assertion, client)
    _check_claims(claims, client, issuer, now)
    if not seen.add(f"{client.client_id} {claims['jti']}", None):
        raise ClientRefused("jti has been used before")
    return client


def _with_secret(client: Client, form: Mapping[str, str], headers: Headers) -> Client:
    if "Authorization" in headers or "client_assertion" in form:
        raise ClientRefused("this client is registered for client_secret_post only")
    if not hmac.compare_digest(form.get("client_secret", "").encode(), client.secret.encode()):
        raise ClientRefused("client_secret is missing or wrong")
    return client


def _claimed_client(assertion: str, clients: Mapping[str, Client]) -> Client:
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise ClientRefused("client_assertion is not a JWT") from error
    client = clients.get(str(claims.get("iss")))
    if client is None:
        raise ClientRefused("iss of the assertion is not a registered client")
    return client


def _verified_claims(assertion: str, client: Client) -> dict[str, Any]:
    key = client.keys.get(str(jwt.get_unverified_header(assertion).get("kid")))
    if key is None:
        raise ClientRefused("kid of the assertion is not a registered key")
    # Times and audience are checked below: by our own clock, and more strictly than the library.
    try:
        return jwt.decode(assertion, key, algorithms=["RS256"], options=SIGNATURE_ONLY)
    except jwt.PyJWTError as error:
        raise ClientRefused("the assertion's signature does not fit, or is not RS256") from error


def _check_claims(claims: Mapping[str, Any], client: Client, issuer: str, now: float) -> None:
    issued, expires, jti = claims.get("iat"), claims.get("exp"), claims.get("jti")
    if claims.get("sub") != client.client_id:
        raise ClientRefused("sub of the assertion must be the client_id")
    if claims.get("aud") not in (issuer, [issuer]):
        raise ClientRefused("aud of the assertion must be the issuer, and only that")
    if not isinstance(jti, str) or not 1 <= len(jti) <= 255:
        raise ClientRefused("jti is missing")
    if not _is_time(issued) or not _is_time(expires):
        raise ClientRefused("iat and exp must be there, as numbers")
    if not 0 < expires - issued <= ASSERTION_MAX_SECONDS:
        raise ClientRefused(f"the assertion may live at most {ASSERTION_MAX_SECONDS} seconds")
    if expires <= now or issued > now + CLOCK_LEEWAY_SECONDS:
        raise ClientRefused("the assertion has expired, or is from the future")


def _is_time(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
