"""Tokens signed here, for tests of the checks one by one."""

import json
from typing import Any

from joserfc import jws
from joserfc.jwk import RSAKey

NOW = 1_800_000_029  # of whose last bits a leeway of 30 s moves some
ISSUER = "https://idporten.example"
KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
KEYS = {"one": (KEY,)}
MISSING = object()


def signed(
    claims: dict[str, Any] | bytes, *, key: RSAKey = KEY, header: dict[str, Any] | None = None
) -> str:
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    registry = jws.JWSRegistry(strict_check_header=False)
    return jws.serialize_compact(
        without_missing({"alg": "RS256", "kid": "one"} | (header or {})),
        payload,
        key,
        registry=registry,
    )


def without_missing(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not MISSING}
