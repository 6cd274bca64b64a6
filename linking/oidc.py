"""The relying party's side of OpenID Connect: values in, a value or a reason for refusal out.

Plain Python over joserfc: no Django, no network, no clock of its own. What ID-porten sends is
checked from top to bottom by the small functions in `ID_TOKEN_CHECKS`. Instants are Unix seconds.

OpenID Connect Core 1.0 section 3.1.3.7, RFC 7519, RFC 7523, RFC 7636, RFC 9126, RFC 9207, RFC 9700.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey

from accounts.national_id import NationalId, NotANationalId
from linking.jose import ALGORITHM, Claims, Keys, strict_json, verified_claims
from linking.refusals import (
    AccessTokenHashWrong,
    Cancelled,
    LevelTooLow,
    NationalIdMissing,
    NationalIdSynthetic,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    ResponseIssuerWrong,
    ResponseMalformed,
    SignInNotFresh,
    TokenAudienceWrong,
    TokenIssuerWrong,
    TokenMalformed,
    TokenNonceWrong,
    TokenSubjectWrong,
    TokenTimeWrong,
)

CLOCK_LEEWAY = 30  # seconds
ID_TOKEN_MAX_AGE = 300  # seconds since iat
ID_TOKEN_MAX_LENGTH = 64 * 1024
CLIENT_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT_ASSERTION_LIFETIME = 100  # seconds; ID-porten takes 120

# The least asked for → what is taken. Nothing else is, however high it sounds (H-22).
ACCEPTED_ACR = {
    "substantial": ("idporten-loa-substantial", "idporten-loa-high"),
    "high": ("idporten-loa-high",),
}
ACR_OF_LEVEL = {"substantial": "idporten-loa-substantial", "high": "idporten-loa-high"}
LEVEL_OF_ACR = {acr: level for level, acr in ACR_OF_LEVEL.items()}


@dataclass(frozen=True, slots=True)
class Provider:
    """The endpoints that discovery named."""

    issuer: str
    authorization_endpoint: str
    pushed_authorization_request_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an ID token must fit: the request it answers, and who asked."""

    issuer: str
    client_id: str
    nonce: str
    minimum_level: str
    fresh_since: int | None = None
    accept_synthetic: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class VerifiedPerson:
    """Who ID-porten vouches for. Printing one shows nothing."""

    national_id: NationalId
    level: str
    eid: str
    given_name: str
    family_name: str
    sid: str
    auth_time: int | None


# --- Requests ----------------------------------------------------------------------------------


def new_secret() -> str:
    """Give 256 random bits, URL-safe, 43 characters: a state, a nonce or a PKCE verifier."""
    return secrets.token_urlsafe(32)


def code_challenge(verifier: str) -> str:
    """Give the S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def client_assertion(*, key: RSAKey, client_id: str, issuer: str, now: int) -> str:
    """Sign who we are, for one call (RFC 7523, section 3)."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "iat": now,
        "exp": now + CLIENT_ASSERTION_LIFETIME,
        "jti": secrets.token_urlsafe(16),
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key)


def with_query(url: str, **parameters: str) -> str:
    """Add parameters to an endpoint, which may have a query of its own (RFC 6749, 3.1)."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


# --- Answers -----------------------------------------------------------------------------------


def parse_metadata(body: bytes, *, issuer: str) -> Provider:
    """Read a discovery document (OpenID Connect Discovery 1.0, section 4.3).

    Raises:
        ProviderMisconfigured: it is another issuer's, or an endpoint is missing or weaker than it.
    """
    document = strict_json(body, ProviderMisconfigured)
    scheme = issuer.split("://", 1)[0]
    if document.get("issuer") != issuer:
        raise ProviderMisconfigured
    endpoints: dict[str, str] = {}
    for name in Provider.__dataclass_fields__:
        address = document.get(name)
        if not isinstance(address, str) or not address.startswith(("https://", f"{scheme}://")):
            raise ProviderMisconfigured
        endpoints[name] = address
    return Provider(**endpoints)


def authorization_code(parameters: Mapping[str, Sequence[str]], *, issuer: str) -> str:
    """Take the code from an authorization response whose state has been recognised.

    Raises:
        Refused: the answer is not the issuer's, is an error, or is no answer at all.
    """
    if list(parameters.get("iss", ())) != [issuer]:
        raise ResponseIssuerWrong
    errors = parameters.get("error", ())
    codes = parameters.get("code", ())
    if errors and codes:
        raise ResponseMalformed
    if errors:
        raise Cancelled if list(errors) == ["access_denied"] else ProviderError
    if len(codes) != 1 or not 0 < len(codes[0]) <= 4096 or not codes[0].isascii():
        raise ResponseMalformed
    return codes[0]


def pushed_request_uri(status: int, body: bytes) -> str:
    """Take `request_uri` from the answer to a pushed request (RFC 9126, section 2.2).

    Raises:
        ProviderUnavailable: the request was not taken.
    """
    if status not in (200, 201):
        raise ProviderUnavailable
    request_uri = strict_json(body, ProviderUnavailable).get("request_uri")
    if not isinstance(request_uri, str) or not request_uri.startswith("urn:"):
        raise ProviderUnavailable
    return request_uri


def id_token_of(status: int, body: bytes) -> tuple[str, str]:
    """Take the ID token and the access token from a token response (OIDC Core 3.1.3.3).

    Raises:
        Refused: it is an error, or is not a token response.
    """
    if status != 200:
        raise ProviderError if 400 <= status < 500 else ProviderUnavailable
    response = strict_json(body, ResponseMalformed)
    token_type = response.get("token_type")
    id_token = response.get("id_token")
    access_token = response.get("access_token", "")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise ResponseMalformed
    if not isinstance(id_token, str) or len(id_token) > ID_TOKEN_MAX_LENGTH:
        raise TokenMalformed
    if not isinstance(access_token, str):
        raise ResponseMalformed
    return id_token, access_token


# --- The ID token ------------------------------------------------------------------------------


def verify_id_token(
    token: str, *, access_token: str, keys: Keys, expected: Expectation, now: int
) -> VerifiedPerson:
    """Verify an ID token and give the person it is about.

    Raises:
        TokenKeyUnknown: no key has its `kid`; a fresh key set may.
        Refused: any other check failed; the class says which.
    """
    claims = verified_claims(token, keys=keys, types=("JWT",))
    for check in ID_TOKEN_CHECKS:
        check(claims, expected, now)
    check_access_token_hash(claims, access_token)
    return VerifiedPerson(
        national_id=national_id_of(claims, expected),
        level=LEVEL_OF_ACR[claims["acr"]],
        eid=eid_of(claims),
        given_name=_text(claims.get("given_name")),
        family_name=_text(claims.get("family_name")),
        sid=_text(claims.get("sid")),
        auth_time=claims.get("auth_time"),
    )


def check_issuer(claims: Claims, expected: Expectation, _now: int) -> None:
    """H-14."""
    if claims.get("iss") != expected.issuer:
        raise TokenIssuerWrong


def check_audience(claims: Claims, expected: Expectation, _now: int) -> None:
    """We alone are meant, as a string or as an array of one (H-15)."""
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise TokenAudienceWrong
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise TokenAudienceWrong


def check_expiry(claims: Claims, _expected: Expectation, now: int) -> None:
    """H-16."""
    if _instant(claims, "exp") + CLOCK_LEEWAY <= now:
        raise TokenTimeWrong


def check_issued_at(claims: Claims, _expected: Expectation, now: int) -> None:
    """H-17."""
    if not now - ID_TOKEN_MAX_AGE <= _instant(claims, "iat") <= now + CLOCK_LEEWAY:
        raise TokenTimeWrong


def check_not_before(claims: Claims, _expected: Expectation, now: int) -> None:
    """H-18."""
    if "nbf" in claims and _instant(claims, "nbf") > now + CLOCK_LEEWAY:
        raise TokenTimeWrong


def check_nonce(claims: Claims, expected: Expectation, _now: int) -> None:
    """H-19."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce.isascii():
        raise TokenNonceWrong
    if not secrets.compare_digest(nonce, expected.nonce):
        raise TokenNonceWrong


def check_subject(claims: Claims, _expected: Expectation, _now: int) -> None:
    """OIDC Core section 2: at most 255 ASCII characters. Never a key for people (H-20)."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise TokenSubjectWrong
    if not subject.isascii() or not subject.isprintable():
        raise TokenSubjectWrong


def check_level(claims: Claims, expected: Expectation, _now: int) -> None:
    """H-22."""
    acr = claims.get("acr")
    if not isinstance(acr, str) or acr not in ACCEPTED_ACR[expected.minimum_level]:
        raise LevelTooLow


def check_freshness(claims: Claims, expected: Expectation, now: int) -> None:
    """Where `prompt=login` was asked, the eID has been used since (H-24, A-38)."""
    if "auth_time" in claims and _instant(claims, "auth_time") > now + CLOCK_LEEWAY:
        raise TokenTimeWrong
    if expected.fresh_since is None:
        return
    if "auth_time" not in claims:
        raise SignInNotFresh
    if _instant(claims, "auth_time") < expected.fresh_since - CLOCK_LEEWAY:
        raise SignInNotFresh


ID_TOKEN_CHECKS: tuple[Callable[[Claims, Expectation, int], None], ...] = (
    check_issuer,
    check_audience,
    check_expiry,
    check_issued_at,
    check_not_before,
    check_nonce,
    check_subject,
    check_level,
    check_freshness,
)


def check_access_token_hash(claims: Claims, access_token: str) -> None:
    """OIDC Core 3.1.3.8: right where it is there (H-26)."""
    if "at_hash" not in claims:
        return
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    if claims["at_hash"] != base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii"):
        raise AccessTokenHashWrong


def national_id_of(claims: Claims, expected: Expectation) -> NationalId:
    """Take the number from `pid` (H-21).

    Raises:
        NationalIdMissing: there is none, or it is not eleven digits.
        NationalIdSynthetic: it is a test number, at a portal for real people.
    """
    try:
        national_id = NationalId.parse(claims.get("pid"))
    except NotANationalId:
        raise NationalIdMissing from None
    if national_id.is_synthetic and not expected.accept_synthetic:
        raise NationalIdSynthetic
    return national_id


def eid_of(claims: Claims) -> str:
    """Give the eID by the first `amr`, to show and to log: never to decide on (H-23)."""
    methods = claims.get("amr")
    return _text(methods[0]) if isinstance(methods, list) and methods else ""


# --- The logout token --------------------------------------------------------------------------

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class LogoutExpectation:
    issuer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """Which session at ID-porten has ended. `sub` is not kept: it can be an identity number."""

    sid: str
    jti: str


def verify_logout_token(
    token: str, *, keys: Keys, expected: LogoutExpectation, now: int
) -> LogoutToken:
    """Verify a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6; H-46).

    Raises:
        TokenKeyUnknown: no key has its `kid`; a fresh key set may.
        Refused: any other check failed.
    """
    claims = verified_claims(token, keys=keys, types=("logout+jwt",))
    if claims.get("iss") != expected.issuer:
        raise TokenIssuerWrong
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise TokenAudienceWrong
    if _instant(claims, "exp") + CLOCK_LEEWAY <= now:
        raise TokenTimeWrong
    if not now - ID_TOKEN_MAX_AGE <= _instant(claims, "iat") <= now + CLOCK_LEEWAY:
        raise TokenTimeWrong
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenMalformed
    sid, jti = claims.get("sid"), claims.get("jti")
    if "nonce" in claims or not isinstance(sid, str) or not isinstance(jti, str):
        raise TokenMalformed
    if not 0 < len(sid) <= 255 or not 0 < len(jti) <= 255:
        raise TokenMalformed
    return LogoutToken(sid=sid, jti=jti)


def _instant(claims: Claims, name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 <= value < 1 << 40:
        raise TokenTimeWrong
    return value


def _text(value: object) -> str:
    """Give a claim that is shown to people: one line, of bounded length."""
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value[:150] if character.isprintable()).strip()
