"""Whether an answer of ID-porten is good, as the standards and its documentation have it.

The judge of our relying party: written from OpenID Connect Core 3.1.2.7 and 3.1.3.7, RFC 6749,
7515, 7519 and 9207, on `cryptography` and the standard library. It shares no code with `linking`,
nor its libraries. Where it is stricter than the standards, ID-porten's profile is: whole seconds,
a `sid`, eleven digits, four known levels.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
SKEW, OLDEST = 30, 300
LONGEST_HEADER = 512  # characters; ID-porten's are about a hundred
RANK = {"idporten-loa-low": 1, "idporten-loa-substantial": 2, "idporten-loa-high": 3}


@dataclass(frozen=True)
class Exchange:
    """One sign-in: what was asked, and what came back."""

    issuer: str
    client_id: str
    state: str
    nonce: str
    acr_values: str
    keys: Mapping[str, Sequence[RSAPublicKey]]
    now: float
    parameters: Sequence[tuple[str, str]]
    status: int
    body: bytes


class Bad(Exception):
    """What is wrong, for a person who reads a failing test."""


def is_good(exchange: Exchange) -> bool:
    return not fault(exchange)


def fault(exchange: Exchange) -> str:
    """What is wrong with it; nothing, if nothing is."""
    try:
        _response(exchange)
        access_token, id_token = _token_response(exchange)
        header, payload = _signed(exchange, id_token)
        _header(header)
        _claims(exchange, _object(payload), access_token)
    except Bad as bad:
        return str(bad)
    return ""


def _require(condition: bool, words: str) -> None:
    if not condition:
        raise Bad(words)


def _response(exchange: Exchange) -> None:
    def all_of(name: str) -> list[str]:
        return [value for key, value in exchange.parameters if key == name]

    _require(all_of("state") == [exchange.state], "state")
    _require(all_of("iss") == [exchange.issuer], "iss of the response")
    _require(not all_of("error"), "an error")
    _require(len(all_of("code")) == 1, "not one code")
    _require(re.fullmatch(r"[\x20-\x7e]{1,4096}", all_of("code")[0]) is not None, "the code")


def _token_response(exchange: Exchange) -> tuple[str, str]:
    _require(exchange.status == 200, "the status")
    members = _object(exchange.body)
    kind, access, token = (members.get(n) for n in ("token_type", "access_token", "id_token"))
    _require(isinstance(kind, str) and kind.lower() == "bearer", "token_type")
    for value in (access, token):
        _require(isinstance(value, str), "a token is no text")
        _require(re.fullmatch(r"[\x20-\x7e]{1,65536}", str(value)) is not None, "a token's text")
    return str(access), str(token)


def _signed(exchange: Exchange, token: str) -> tuple[dict[str, Any], bytes]:
    segments = token.split(".")
    _require(len(segments) == 3, "not three segments")
    _require(len(segments[0]) <= LONGEST_HEADER, "a long header")
    head, payload, signature = (_bytes(segment) for segment in segments)
    header = _object(head)
    kid = header.get("kid")
    keys = exchange.keys.get(kid, ()) if isinstance(kid, str) else ()
    signed = f"{segments[0]}.{segments[1]}".encode()
    _require(any(_fits(key, signature, signed) for key in keys), "the signature")
    return header, payload


def _fits(key: RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _header(header: dict[str, Any]) -> None:
    _require(header.get("alg") == "RS256", "alg")
    for name in ("crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"):
        _require(name not in header, f"{name} in the header")
    if "typ" in header:
        _require(isinstance(header["typ"], str) and header["typ"].lower() == "jwt", "typ")


def _claims(exchange: Exchange, claims: dict[str, Any], access_token: str) -> None:
    now = int(exchange.now)
    _require(claims.get("iss") == exchange.issuer, "iss")
    _require(claims.get("aud") in (exchange.client_id, [exchange.client_id]), "aud")
    if "azp" in claims:
        _require(claims["azp"] == exchange.client_id, "azp")
    _require(claims.get("nonce") == exchange.nonce, "nonce")
    _require(_seconds(claims, "exp") > now - SKEW, "exp")
    _require(now - OLDEST <= _seconds(claims, "iat") <= now + SKEW, "iat")
    for name in ("nbf", "auth_time"):
        if name in claims:
            _require(_seconds(claims, name) <= now + SKEW, name)
    for name in ("sub", "sid"):
        value = claims.get(name)
        text = value if isinstance(value, str) else ""
        _require(re.fullmatch(r"[\x20-\x7e]{1,255}", text) is not None, name)
    number = re.search(r"(^|[^0-9])[0-9]{11}($|[^0-9])", str(claims["sid"]))
    _require(number is None, "a number in a sid")
    acr = claims.get("acr")
    _require(isinstance(acr, str) and acr in RANK, "acr is no level")
    _require(RANK[str(acr)] >= RANK[exchange.acr_values], "acr is too low")
    pid = claims.get("pid")
    _require(isinstance(pid, str) and re.fullmatch(r"[0-9]{11}", pid) is not None, "pid")
    if "at_hash" in claims:
        _require(claims["at_hash"] == _at_hash(access_token), "at_hash")


def _seconds(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    _require(type(value) is int and 0 <= value < 10**12, f"{name} is no time")
    return int(value) if isinstance(value, int) else 0


def _at_hash(access_token: str) -> str:
    digest = Hash(SHA256())
    digest.update(access_token.encode())
    return _text(digest.finalize()[:16])


def _object(data: bytes) -> dict[str, Any]:
    """JSON as RFC 8259 and RFC 7519 section 4 have it: UTF-8, an object, each name once."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        _require(len({name for name, _ in pairs}) == len(pairs), "a member twice")
        return dict(pairs)

    def no_number(name: str) -> None:
        raise Bad(f"{name} is no JSON")

    try:
        text = data.decode("utf-8")
        value = json.JSONDecoder(object_pairs_hook=once, parse_constant=no_number).decode(text)
    except (ValueError, RecursionError):
        raise Bad("no JSON") from None
    _require(isinstance(value, dict), "no object")
    return dict(value)


def _bytes(segment: str) -> bytes:
    """base64url without padding, and spelt in the one canonical way (RFC 7515 2, RFC 4648 3.5)."""
    _require(all(character in ALPHABET for character in segment), "no base64url")
    bits = "".join(f"{ALPHABET.index(character):06b}" for character in segment)
    whole, rest = divmod(len(bits), 8)
    _require(rest < 6 and "1" not in bits[whole * 8 :], "no canonical base64url")
    return bytes(int(bits[at * 8 : at * 8 + 8], 2) for at in range(whole))


def _text(data: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 6)
    return "".join(ALPHABET[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6))
