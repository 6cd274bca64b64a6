"""What ID-porten signs: ID tokens and logout tokens, checked one small question at a time.

Plain Python over joserfc: no Django, no network, no clock of its own. A token is read from top to
bottom by `HEADER_CHECKS` and the signature in `linking/jose.py`, then by the list of checks here;
the first that fails says why. Instants are Unix seconds.

OpenID Connect Core 1.0 section 3.1.3.7, Back-Channel Logout 1.0 section 2.6, RFC 7519, RFC 8725.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from accounts.national_id import NationalId, NotANationalId
from linking.jose import Claims, Keys, verified_claims
from linking.refusals import (
    AccessTokenHashWrong,
    LevelTooLow,
    LevelUnknown,
    NationalIdMissing,
    NationalIdSynthetic,
    SignInNotFresh,
    TokenAudienceWrong,
    TokenIssuerWrong,
    TokenMalformed,
    TokenNonceWrong,
    TokenSessionWrong,
    TokenSubjectWrong,
    TokenTimeWrong,
)

CLOCK_LEEWAY = 30  # seconds
TOKEN_MAX_AGE = 300  # seconds since iat
FRESH_SECONDS = 300  # since the eID itself was used, where somebody links
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

# What each level is called in `acr`, weakest first. Nothing else is a level, however high it
# sounds (H-22).
ACR_OF_LEVEL = {
    "low": "idporten-loa-low",
    "substantial": "idporten-loa-substantial",
    "high": "idporten-loa-high",
}
LEVEL_OF_ACR = {acr: level for level, acr in ACR_OF_LEVEL.items()}
LEVELS = tuple(ACR_OF_LEVEL)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Who may have signed a token, and for whom."""

    issuer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class SignInExpectation(Expectation):
    """What an ID token must fit besides: the request it answers."""

    nonce: str
    level: str
    """The least that was asked for: one of `LEVELS`."""
    access_token: str = ""
    fresh_since: int | None = None
    """When `prompt=login` was asked for; None where an earlier sign-in will do."""
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


def reaches(level: str, minimum: str) -> bool:
    """Whether a sign-in at `level` is enough where `minimum` is asked."""
    return LEVELS.index(level) >= LEVELS.index(minimum)


def is_fresh(auth_time: int | None, *, since: int, now: int) -> bool:
    """Whether the eID itself was used after `since`, and within five minutes of `now` (A-38)."""
    earliest = max(since, now - FRESH_SECONDS) - CLOCK_LEEWAY
    return auth_time is not None and auth_time >= earliest


# --- The ID token ------------------------------------------------------------------------------


def verify_id_token(
    token: str, *, keys: Keys, expected: SignInExpectation, now: int
) -> VerifiedPerson:
    """Verify an ID token and give the person it is about.

    Raises:
        TokenKeyUnknown: no key has its `kid`; a fresh key set may.
        Refused: any other check failed; the class says which.
    """
    claims = verified_claims(token, keys=keys, type_="JWT")
    for check in ID_TOKEN_CHECKS:
        check(claims, expected, now)
    return VerifiedPerson(
        national_id=NationalId.parse(claims["pid"]),
        level=LEVEL_OF_ACR[claims["acr"]],
        eid=eid_of(claims),
        given_name=shown_text(claims.get("given_name")),
        family_name=shown_text(claims.get("family_name")),
        sid=claims["sid"],
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


def check_authorized_party(claims: Claims, expected: Expectation, _now: int) -> None:
    """Where it is told who asked, it was we (H-15)."""
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise TokenAudienceWrong


def check_expiry(claims: Claims, _expected: Expectation, now: int) -> None:
    """H-16."""
    if instant(claims, "exp") + CLOCK_LEEWAY <= now:
        raise TokenTimeWrong


def check_issued_at(claims: Claims, _expected: Expectation, now: int) -> None:
    """H-17."""
    if not now - TOKEN_MAX_AGE <= instant(claims, "iat") <= now + CLOCK_LEEWAY:
        raise TokenTimeWrong


def check_not_before(claims: Claims, _expected: Expectation, now: int) -> None:
    """H-18."""
    if "nbf" in claims and instant(claims, "nbf") > now + CLOCK_LEEWAY:
        raise TokenTimeWrong


def check_nonce(claims: Claims, expected: SignInExpectation, _now: int) -> None:
    """H-19."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce.isascii():
        raise TokenNonceWrong
    if not secrets.compare_digest(nonce, expected.nonce):
        raise TokenNonceWrong


def check_access_token_hash(claims: Claims, expected: SignInExpectation, _now: int) -> None:
    """OIDC Core 3.1.3.8: right where it is there (H-26)."""
    if "at_hash" not in claims:
        return
    half = hashlib.sha256(expected.access_token.encode()).digest()[:16]
    if claims["at_hash"] != base64.urlsafe_b64encode(half).rstrip(b"=").decode("ascii"):
        raise AccessTokenHashWrong


def check_subject(claims: Claims, _expected: Expectation, _now: int) -> None:
    """OIDC Core section 2: at most 255 ASCII characters. Never a key for people (H-20)."""
    if not is_identifier(claims.get("sub")):
        raise TokenSubjectWrong


def check_session_id(claims: Claims, _expected: Expectation, _now: int) -> None:
    """Front-Channel Logout section 3: without a `sid` ID-porten could not end what begins here.

    It is kept, so it may be nobody's number.
    """
    if not is_identifier(claims.get("sid")) or holds_a_number(claims["sid"]):
        raise TokenSessionWrong


def check_level_known(claims: Claims, _expected: SignInExpectation, _now: int) -> None:
    """An exact list: other frameworks' levels are none of ours (H-22)."""
    acr = claims.get("acr")
    if not isinstance(acr, str) or acr not in LEVEL_OF_ACR:
        raise LevelUnknown


def check_level(claims: Claims, expected: SignInExpectation, _now: int) -> None:
    """Follows `check_level_known` (H-22)."""
    if not reaches(LEVEL_OF_ACR[claims["acr"]], expected.level):
        raise LevelTooLow


def check_auth_time(claims: Claims, _expected: SignInExpectation, now: int) -> None:
    """Nobody has used an eID in the future (H-24)."""
    if "auth_time" in claims and instant(claims, "auth_time") > now + CLOCK_LEEWAY:
        raise TokenTimeWrong


def check_freshness(claims: Claims, expected: SignInExpectation, now: int) -> None:
    """Where `prompt=login` was asked, follows `check_auth_time` (H-24, A-38)."""
    if expected.fresh_since is None:
        return
    if not is_fresh(claims.get("auth_time"), since=expected.fresh_since, now=now):
        raise SignInNotFresh


def check_national_id(claims: Claims, _expected: SignInExpectation, _now: int) -> None:
    """`pid` is eleven digits. Check digits are not asked: a signed number is a number (H-21)."""
    try:
        NationalId.parse(claims.get("pid"))
    except NotANationalId:
        raise NationalIdMissing from None


def check_not_synthetic(claims: Claims, expected: SignInExpectation, _now: int) -> None:
    """Follows `check_national_id`: no test numbers at a portal for real people (H-21)."""
    if not expected.accept_synthetic and NationalId.parse(claims["pid"]).is_synthetic:
        raise NationalIdSynthetic


ID_TOKEN_CHECKS: tuple[Callable[[Claims, SignInExpectation, int], None], ...] = (
    check_issuer,
    check_audience,
    check_authorized_party,
    check_expiry,
    check_issued_at,
    check_not_before,
    check_nonce,
    check_access_token_hash,
    check_subject,
    check_session_id,
    check_level_known,
    check_level,
    check_auth_time,
    check_freshness,
    check_national_id,
    check_not_synthetic,
)


def eid_of(claims: Claims) -> str:
    """Give the eID by the first `amr`, to show and to log: never to decide on (H-23)."""
    methods = claims.get("amr")
    return shown_text(methods[0]) if isinstance(methods, list) and methods else ""


# --- The logout token --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """Which session at ID-porten has ended. `sub` is not kept: it can be an identity number."""

    sid: str
    jti: str


def verify_logout_token(token: str, *, keys: Keys, expected: Expectation, now: int) -> LogoutToken:
    """Verify a logout token (H-46). That its `jti` is new is for the caller to see to.

    Raises:
        TokenKeyUnknown: no key has its `kid`; a fresh key set may.
        Refused: any other check failed.
    """
    claims = verified_claims(token, keys=keys, type_="logout+jwt")
    for check in LOGOUT_TOKEN_CHECKS:
        check(claims, expected, now)
    return LogoutToken(sid=claims["sid"], jti=claims["jti"])


def check_logout_event(claims: Claims, _expected: Expectation, _now: int) -> None:
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenMalformed


def check_no_nonce(claims: Claims, _expected: Expectation, _now: int) -> None:
    """An ID token is never a logout token."""
    if "nonce" in claims:
        raise TokenMalformed


def check_token_id(claims: Claims, _expected: Expectation, _now: int) -> None:
    if not is_identifier(claims.get("jti")):
        raise TokenMalformed


LOGOUT_TOKEN_CHECKS: tuple[Callable[[Claims, Expectation, int], None], ...] = (
    check_issuer,
    check_audience,
    check_expiry,
    check_issued_at,
    check_not_before,
    check_logout_event,
    check_no_nonce,
    check_token_id,
    check_session_id,
)


# --- Values ------------------------------------------------------------------------------------


def instant(claims: Claims, name: str) -> int:
    """Give a claim that is a time: whole seconds, not text, not true, not before 1970.

    Raises:
        TokenTimeWrong: it is something else, or missing.
    """
    value = claims.get(name)
    if type(value) is not int or not 0 <= value < 1 << 40:
        raise TokenTimeWrong
    return value


def is_identifier(value: object) -> bool:
    """Whether this is 1 to 255 printable ASCII characters, as `sub`, `sid` and `jti` are."""
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        return False
    return value.isascii() and value.isprintable()


def holds_a_number(text: str) -> bool:
    """Whether eleven digits stand alone here, as an identity number would (A-30)."""
    return re.search(r"(?<![0-9])[0-9]{11}(?![0-9])", text) is not None


def shown_text(value: object) -> str:
    """Give a claim that is shown and logged: one line, of bounded length, without a number."""
    if not isinstance(value, str) or holds_a_number(value):
        return ""
    return "".join(character for character in value[:150] if character.isprintable()).strip()
