"""JSON and JOSE read strictly: key sets, and what a key has signed. Plain Python over joserfc.

RFC 7515, RFC 7517, RFC 8725 (best current practices), RS256 alone.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from linking.refusals import (
    ProviderUnavailable,
    Refused,
    TokenAlgorithmWrong,
    TokenKeyUnknown,
    TokenMalformed,
    TokenSignatureWrong,
)

ALGORITHM = "RS256"
KEY_BITS = 2048
KID_MAX_LENGTH = 255
# Header members that bring a key along, point at one, or change what was signed (H-10).
UNWELCOME = frozenset(("jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "enc"))

# Members that nobody knows are nobody's business (RFC 7515, section 4): joserfc would refuse them.
_RS256 = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)

type Claims = Mapping[str, Any]
type Keys = Mapping[str, Sequence[RSAKey]]


def strict_json(body: bytes, refusal: type[Refused]) -> dict[str, Any]:
    """Read a JSON object, once each member, no NaN, no BOM (H-29).

    Raises:
        Refused: of the class given.
    """

    def refuse(_constant: str) -> NoReturn:
        raise ValueError

    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique_members, parse_constant=refuse
        )
    except (ValueError, RecursionError):
        raise refusal from None
    if not isinstance(value, dict):
        raise refusal
    return value


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def parse_jwks(body: bytes) -> Keys:
    """Give the keys of a JWK set that may sign ID tokens, by `kid`; the others are passed over.

    Raises:
        ProviderUnavailable: it is no JWK set, or none of its keys may sign.
    """
    entries = strict_json(body, ProviderUnavailable).get("keys")
    if not isinstance(entries, list):
        raise ProviderUnavailable
    keys: dict[str, tuple[RSAKey, ...]] = {}
    for entry in entries:
        key = _signing_key(entry)
        if key is not None and key.kid:
            keys[key.kid] = (*keys.get(key.kid, ()), key)  # H-08: each is tried
    if not keys:
        raise ProviderUnavailable  # a good set that we have is not overwritten by nothing (H-12)
    return keys


def _signing_key(entry: object) -> RSAKey | None:
    """Give an RSA public key that is meant for this and long enough (H-09)."""
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        return None
    if entry.get("alg", ALGORITHM) != ALGORITHM or "d" in entry:
        return None
    if not isinstance(entry.get("n"), str) or len(entry["n"]) * 6 < KEY_BITS:
        return None  # joserfc would take it, and warn
    try:
        key = RSAKey.import_key(entry)
        return key if key.raw_value.key_size >= KEY_BITS else None
    except (JoseError, ValueError):
        return None


def verified_claims(token: str, *, keys: Keys, type_: str) -> dict[str, Any]:
    """Verify a compact JWS of this `typ` by RS256 and give its claims.

    Raises:
        TokenKeyUnknown: no key has its `kid`.
        Refused: header or signature is wrong; the class says which.
    """
    header = strict_json(_header_segment(token), TokenMalformed)
    for check in HEADER_CHECKS:
        check(header, type_)
    candidates = keys.get(header["kid"], ())
    if not candidates:
        raise TokenKeyUnknown
    for key in candidates:
        try:
            signed = jws.deserialize_compact(token, key, registry=_RS256)
        except (JoseError, ValueError):
            continue
        return strict_json(signed.payload, TokenMalformed)
    raise TokenSignatureWrong


def _header_segment(token: str) -> bytes:
    """Give the header of three segments, each spelt as base64url spells it (H-04).

    Without that a signature could be changed in bits that no decoder looks at (RFC 4648, 3.5).
    """
    segments = [_decoded(segment) for segment in token.split(".")]
    if len(segments) != 3:
        raise TokenMalformed
    return segments[0]


def _decoded(segment: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(segment + "==")
    except ValueError:
        raise TokenMalformed from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != segment:
        raise TokenMalformed
    return data


def check_algorithm(header: Claims, _type: str) -> None:
    """RS256, spelt so (H-01 to H-03)."""
    if header.get("alg") != ALGORITHM:
        raise TokenAlgorithmWrong


def check_key_id(header: Claims, _type: str) -> None:
    """The key is told by its id, which is text of bounded length (H-07)."""
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= KID_MAX_LENGTH:
        raise TokenKeyUnknown


def check_no_other_key(header: Claims, _type: str) -> None:
    """H-10."""
    if UNWELCOME & header.keys():
        raise TokenMalformed


def check_type(header: Claims, type_: str) -> None:
    """One kind of token is never taken for another (H-13; RFC 8725, section 3.11).

    Whatever does not say is a plain JWT.
    """
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower() != type_.lower():
        raise TokenMalformed


HEADER_CHECKS: tuple[Callable[[Claims, str], None], ...] = (
    check_algorithm,
    check_key_id,
    check_no_other_key,
    check_type,
)
