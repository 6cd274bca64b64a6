"""A relying party for tests of providers, on joserfc: another library than the stand-in's own."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from devtools.idporten.clients import ASSERTION_TYPE, Client

CLIENT_ID = "kobling-test"
REDIRECT_URI = "http://rp.localhost:9/callback"
AFTER_LOGOUT_URI = "http://rp.localhost:9/"
VERIFIER = "v" * 64

type Form = dict[str, str]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds


class RelyingParty:
    """Speaks to one provider; each step's input can be altered before it goes."""

    def __init__(self, issuer: str, clock: Callable[[], float], key: RSAKey) -> None:
        self.issuer = issuer
        self.clock = clock
        self.key = key
        self.http = urllib3.PoolManager(retries=False, timeout=5)

    def assertion(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A client assertion; a claim given as None is left out."""
        now = int(self.clock())
        own = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": self.issuer, "iat": now, "exp": now + 120}
        every = own | {"jti": secrets.token_urlsafe(12)} | claims
        present = {name: value for name, value in every.items() if value is not None}
        head = {"alg": "RS256", "kid": self.key.kid} | dict(header or {})
        return jwt.encode(head, present, self.key, algorithms=[head["alg"]])

    def authentication(self, assertion: str | None = None) -> Form:
        return {
            "client_id": CLIENT_ID,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
        }

    def request(self, **changes: str | None) -> Form:
        """The parameters of an authorization request; one given as None is left out."""
        challenge = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
        own: dict[str, str | None] = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile",
            "state": "the-state",
            "nonce": "the-nonce",
            "acr_values": "idporten-loa-substantial",
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (own | changes).items() if value is not None}

    def post(self, path: str, form: Form) -> tuple[int, Any]:
        answer = self.http.request(
            "POST", self.issuer + path, fields=form, encode_multipart=False, redirect=False
        )
        return answer.status, answer.json()

    def get(self, url: str, **headers: str) -> urllib3.BaseHTTPResponse:
        address = url if url.startswith("http") else self.issuer + url
        return self.http.request("GET", address, headers=headers, redirect=False)

    def push(self, form: Form | None = None, /, **changes: str | None) -> tuple[int, Any]:
        return self.post("/par", self.request(**changes) | (form or self.authentication()))

    def authorize_url(self, **changes: str | None) -> str:
        """Where the browser goes after a successful push."""
        status, answer = self.push(**changes)
        assert status == 201, answer
        query = urlencode({"client_id": CLIENT_ID, "request_uri": answer["request_uri"]})
        return f"{self.issuer}/authorize?{query}"

    def redeem(self, code: str, form: Form | None = None, /, **changes: str) -> tuple[int, Any]:
        own = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
        }
        return self.post("/token", own | changes | (form or self.authentication()))

    def claims_after(self, callback: str) -> dict[str, Any]:
        """Redeem the callback's code and give the verified claims of the ID token."""
        status, answer = self.redeem(answered(callback)["code"])
        assert status == 200, answer
        return self.verified(answer["id_token"])

    def verified(self, token: str, issuer_keys: Any = None) -> dict[str, Any]:
        keys = KeySet.import_key_set(issuer_keys or self.get("/jwks.json").json())
        return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)


def answered(callback: str) -> Form:
    """The parameters of an authorization response, each given exactly once."""
    pairs = parse_qs(urlsplit(callback).query, strict_parsing=True)
    assert all(len(values) == 1 for values in pairs.values())
    return {name: values[0] for name, values in pairs.items()}


def registration(key: RSAKey, **changes: Any) -> Client:
    """The test client's registration."""
    own: dict[str, Any] = {
        "jwks": [key.as_dict(private=False)],
        "redirect_uris": [REDIRECT_URI],
        "post_logout_redirect_uris": [AFTER_LOGOUT_URI],
    }
    return Client.register(CLIENT_ID, **(own | changes))
