"""The authorization code flow's messages: what we ask ID-porten, and how its answers are read.

Plain Python, as `linking/oidc.py`: values in, a value or a reason for refusal out.

RFC 6749, RFC 7523, RFC 7636, RFC 9126, RFC 9207, RFC 9700, OpenID Connect Discovery 1.0.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from linking.jose import ALGORITHM, strict_json
from linking.refusals import (
    Cancelled,
    ClientNotRecognised,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    ResponseIssuerWrong,
    ResponseMalformed,
    TokenMalformed,
)

CODE_MAX_LENGTH = 4096
TOKEN_MAX_LENGTH = 64 * 1024
REQUEST_URI_MAX_LENGTH = 2048
CLIENT_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT_ASSERTION_LIFETIME = 100  # seconds; ID-porten takes 120


# --- What we send ------------------------------------------------------------------------------


def new_secret() -> str:
    """Give 256 random bits, URL-safe, 43 characters: a state, a nonce or a PKCE verifier."""
    return secrets.token_urlsafe(32)


def code_challenge(verifier: str) -> str:
    """Give the S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def client_authentication(*, key: RSAKey, client_id: str, issuer: str, now: int) -> dict[str, str]:
    """Give the form fields by which we prove who we are, for one call (RFC 7523, section 2.2)."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "iat": now,
        "exp": now + CLIENT_ASSERTION_LIFETIME,
        "jti": secrets.token_urlsafe(16),
    }
    return {
        "client_id": client_id,
        "client_assertion_type": CLIENT_ASSERTION_TYPE,
        "client_assertion": jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key),
    }


def with_query(url: str, **parameters: str) -> str:
    """Add parameters to an endpoint, which may have a query of its own (RFC 6749, 3.1)."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


# --- What comes back ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Provider:
    """The endpoints that discovery named."""

    issuer: str
    authorization_endpoint: str
    pushed_authorization_request_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str


def parse_metadata(body: bytes, *, issuer: str) -> Provider:
    """Read a discovery document (OpenID Connect Discovery 1.0, section 4.3).

    Raises:
        ProviderMisconfigured: it is another issuer's, or an endpoint is missing or weaker than it.
    """
    document = strict_json(body, ProviderMisconfigured)
    if document.get("issuer") != issuer:
        raise ProviderMisconfigured
    scheme = urlsplit(issuer).scheme
    endpoints = {field.name: document.get(field.name) for field in fields(Provider)}
    if not all(_is_endpoint(address, scheme) for address in endpoints.values()):
        raise ProviderMisconfigured
    return Provider(**endpoints)  # type: ignore[arg-type]  # all text, as just seen


def _is_endpoint(address: object, scheme: str) -> bool:
    """Whether this is an absolute address, by https or as safe as the issuer's own (H-44)."""
    if not isinstance(address, str) or not address.isascii() or not address.isprintable():
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("https", scheme) and bool(parts.hostname) and not parts.fragment


def authorization_code(parameters: Mapping[str, Sequence[str]], *, issuer: str) -> str:
    """Take the code from an authorization response whose state has been recognised.

    Raises:
        Refused: the answer is not the issuer's, is an error, or is no answer at all.
    """
    if list(parameters.get("iss", ())) != [issuer]:
        raise ResponseIssuerWrong
    errors, codes = list(parameters.get("error", ())), list(parameters.get("code", ()))
    if errors and codes:
        raise ResponseMalformed
    if errors:
        raise Cancelled if errors == ["access_denied"] else ProviderError
    if len(codes) != 1 or not _is_visible(codes[0], at_most=CODE_MAX_LENGTH):
        raise ResponseMalformed
    return codes[0]


def pushed_request_uri(status: int, body: bytes) -> str:
    """Take `request_uri` from the answer to a pushed request (RFC 9126, section 2.2).

    Raises:
        ClientNotRecognised: our key is not known there, or not yet.
        ProviderUnavailable: the request was not taken.
    """
    if status in (400, 401):
        error = strict_json(body, ProviderUnavailable).get("error")
        raise ClientNotRecognised if error == "invalid_client" else ProviderUnavailable
    if status not in (200, 201):
        raise ProviderUnavailable
    request_uri = strict_json(body, ProviderUnavailable).get("request_uri")
    if not isinstance(request_uri, str) or not request_uri.startswith("urn:"):
        raise ProviderUnavailable
    if not _is_visible(request_uri, at_most=REQUEST_URI_MAX_LENGTH):
        raise ProviderUnavailable
    return request_uri


def token_response(status: int, body: bytes) -> tuple[str, str]:
    """Take the ID token and the access token from a token response (OIDC Core 3.1.3.3).

    Raises:
        Refused: it is an error, or is not a token response.
    """
    if status != 200:
        raise ProviderError if 400 <= status < 500 else ProviderUnavailable
    response = strict_json(body, ResponseMalformed)
    token_type = response.get("token_type")
    id_token = response.get("id_token")
    access_token = response.get("access_token")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise ResponseMalformed
    if not isinstance(id_token, str) or not _is_visible(id_token, at_most=TOKEN_MAX_LENGTH):
        raise TokenMalformed
    if not isinstance(access_token, str) or not _is_visible(access_token, at_most=TOKEN_MAX_LENGTH):
        raise ResponseMalformed
    return id_token, access_token


def _is_visible(text: str, *, at_most: int) -> bool:
    """Whether this is some text of visible ASCII characters, as RFC 6749, appendix A, has them."""
    return 0 < len(text) <= at_most and text.isascii() and text.isprintable()
