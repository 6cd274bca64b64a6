"""The tokens that leave here: ID tokens (OIDC Core 2), logout tokens (Back-Channel Logout 2.4)."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from devtools.idporten.clients import SIGNATURE_ONLY
from devtools.idporten.faults import Json, TokenHooks
from devtools.idporten.jws import compact, rs256
from devtools.idporten.keys import KeyRing
from devtools.idporten.people import Person
from devtools.idporten.requests import AuthorizationRequest
from devtools.idporten.sessions import SsoSession

TOKEN_SECONDS = 120
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class Grant:
    """What a code or an access token stands for."""

    request: AuthorizationRequest
    session: SsoSession
    locale: str


def id_token_claims(grant: Grant, *, issuer: str, subject: str, now: float) -> Json:
    """The claims of the ID token for `grant`, issued at `now`."""
    session = grant.session
    claims = {
        "sub": subject,
        "amr": [session.eid.amr],
        "iss": issuer,
        "locale": grant.locale,
        "nonce": grant.request.nonce,
        "sid": session.sid,
        "aud": grant.request.client_id,
        "acr": session.eid.acr,
        "auth_time": session.auth_time,
        "exp": int(now) + TOKEN_SECONDS,
        "iat": int(now),
        "jti": secrets.token_urlsafe(16),
    }
    if "profile" in grant.request.scopes and session.eid.tells_names:
        claims |= _names(session.person)
    return claims | _pid(session.person)


def userinfo_claims(grant: Grant, *, subject: str) -> Json:
    """What `/userinfo` tells."""
    return {"sub": subject, "locale": grant.locale} | _pid(grant.session.person)


def logout_token_claims(*, issuer: str, client_id: str, sid: str, subject: str, now: float) -> Json:
    """The claims of a logout token for one client, issued at `now`."""
    return {
        "iss": issuer,
        "aud": client_id,
        "sub": subject,
        "sid": sid,
        "iat": int(now),
        "exp": int(now) + TOKEN_SECONDS,
        "jti": secrets.token_urlsafe(16),
        "events": {_LOGOUT_EVENT: {}},
    }


def sign(claims: Json, keys: KeyRing, hooks: TokenHooks, **header: str) -> str:
    """A compact JWS by the current key, altered by `hooks` on the way."""
    key = keys.current
    claims = hooks.claims.apply(claims)
    headers = hooks.header.apply({"alg": "RS256", "kid": key.kid, **header})
    payload = hooks.payload.apply(json.dumps(claims).encode())
    signer = hooks.signer.apply(rs256(key.private))
    return hooks.compact.apply(compact(headers, payload, signer))


def own_token_claims(token: str, keys: KeyRing) -> Mapping[str, Any] | None:
    """The claims of an ID token that was signed here, however old; None for any other text."""
    for key in keys.known():
        public = key.private.public_key()
        try:
            return jwt.decode(token, public, algorithms=["RS256"], options=SIGNATURE_ONLY)
        except jwt.PyJWTError:
            continue
    return None


def _names(person: Person) -> Json:
    return {"given_name": person.given_name, "family_name": person.family_name}


def _pid(person: Person) -> Json:
    return {"pid": person.pid} if person.pid else {}
