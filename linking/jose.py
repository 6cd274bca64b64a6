"""JSON and JOSE read strictly: key sets, and what a key has signed. Plain Python over joserfc.

RFC 7515, RFC 7517, RFC 8725 (best current practices), RS256 alone.
"""

import base64
import json
from collections.abc import Mapping, Sequence
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


def parse_jwks(body: bytes) -> dict[str, tuple[RSAKey, ...]]:
    """Give the keys of a JWK set that may sign ID tokens, by `kid`; the others are passed over.

    Raises:
        ProviderUnavailable: it is no JWK set.
    """
    entries = strict_json(body, ProviderUnavailable).get("keys")
    if not isinstance(entries, list):
        raise ProviderUnavailable
    keys: dict[str, tuple[RSAKey, ...]] = {}
    for entry in entries:
        key = _signing_key(entry)
        if key is not None and key.kid:
            keys[key.kid] = (*keys.get(key.kid, ()), key)
    return keys


def _signing_key(entry: object) -> RSAKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        return None
    if entry.get("alg", ALGORITHM) != ALGORITHM or "d" in entry:
        return None
    try:
        key = RSAKey.import_key(entry)
        return key if key.raw_value.key_size >= 2048 else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def verified_claims(token: str, *, keys: Keys, types: tuple[str, ...]) -> dict[str, Any]:
    """Verify a compact JWS by RS256 and give its claims.

    Raises:
        Refused: header, key or signature is wrong.
    """
    header = strict_json(_header_segment(token), TokenMalformed)
    check_header(header, types)
    candidates = keys.get(header["kid"], ())
    if not candidates:
        raise TokenKeyUnknown
    for key in candidates:
        try:
            signed = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            continue
        return strict_json(signed.payload, TokenMalformed)
    raise TokenSignatureWrong


def _header_segment(token: str) -> bytes:
    segments = token.split(".")
    if len(segments) != 3 or not token.isascii():
        raise TokenMalformed
    try:
        return base64.b64decode(segments[0] + "=" * (-len(segments[0]) % 4), "-_", validate=True)
    except ValueError:
        raise TokenMalformed from None


def check_header(header: Claims, types: tuple[str, ...]) -> None:
    """RS256 by a key known beforehand; nothing that points at another one (H-01 to H-13)."""
    if header.get("alg") != ALGORITHM:
        raise TokenAlgorithmWrong
    if not isinstance(header.get("kid"), str) or len(header["kid"]) > 512:
        raise TokenKeyUnknown
    if {"jku", "x5u", "jwk", "x5c", "crit", "b64", "zip", "enc"} & header.keys():
        raise TokenMalformed
    kind = header.get("typ", types[0])
    if not isinstance(kind, str) or kind.lower() not in [name.lower() for name in types]:
        raise TokenMalformed
