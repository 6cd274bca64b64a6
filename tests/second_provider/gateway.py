"""The second provider as the portal and the tests see it: an issuer with fault switches.

What the certified provider answers passes unchanged, byte for byte, unless a switch is thrown.
"""

import re
import secrets
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jwt
import urllib3
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from devtools.idporten.browser import Browser, Page, Who, number_of
from devtools.idporten.clients import SIGNATURE_ONLY, Client
from devtools.idporten.faults import Answer, Faults, Hooks
from devtools.idporten.keys import KeyRing, SigningKey
from devtools.idporten.levels import find_eid
from devtools.idporten.people import sample_people
from devtools.idporten.provider import RequestLog
from devtools.idporten.server import QuietHandler
from devtools.idporten.tokens import logout_token_claims, sign
from tests.second_provider.node import Program

ENDPOINTS = {
    "/.well-known/openid-configuration": "discovery",
    "/jwks.json": "jwks",
    "/par": "par",
    "/token": "token",
    "/userinfo": "userinfo",
    "/authorize": "authorize",
    "/logout": "logout",
}
# Where the provider sends its own logout tokens: kept, for a test to bring to the portal.
CAPTURED = "/captured-logout"
_HTTP = urllib3.PoolManager(retries=False, timeout=10.0)


@dataclass(frozen=True)
class Asked:
    """A pushed request, as a test looks at it."""

    acr_values: str
    prompt: str


class SecondProvider:
    """An ID-porten on loopback that shares no code with the stand-in's protocol.

    One process serves many tests: `reset()` makes it new. A context manager.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._given_keys = keys
        self._program = Program()
        self.faults = Faults()
        self.requests = RequestLog()
        self.authorizations: deque[Asked] = deque(maxlen=500)
        self.logout_tokens: deque[str] = deque(maxlen=500)
        self.stopping = Event()
        self._clients: dict[str, Client] = {}
        self._server = make_server(
            "127.0.0.1", 0, self._application, threaded=True, request_handler=QuietHandler
        )
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self.reset()
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._program.stop()

    def reset(self) -> None:
        """Forget clients, sessions, faults and records; sign with the first keys again."""
        self.stopping.set()  # lets go of what hangs
        self.stopping = Event()
        self.faults.clear()
        self.requests.clear()
        self.authorizations.clear()
        self.logout_tokens.clear()
        self._clients.clear()
        self._keys = _copy(self._given_keys)
        self._rotated = False
        self._cookie_key = secrets.token_urlsafe(32)
        self._configure(fresh=True)

    def register(self, client: Client) -> None:
        self._clients[client.client_id] = client
        self._configure()

    def _configure(self, *, fresh: bool = False) -> None:
        keys = (self._given_keys.current, self._given_keys.upcoming)
        self._program.configure(
            {
                "issuer": self.issuer,
                "jwks": {"keys": [_signing_jwk(key) for key in keys]},
                "cookieKey": self._cookie_key,
                "clients": [self._metadata(client) for client in self._clients.values()],
                "fresh": fresh,
            }
        )

    def _metadata(self, client: Client) -> dict[str, Any]:
        return {
            "client_id": client.client_id,
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "RS256",
            "jwks": {"keys": [_public_jwk(kid, key) for kid, key in client.keys.items()]},
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "redirect_uris": client.redirect_uris,
            "post_logout_redirect_uris": client.post_logout_redirect_uris,
            "backchannel_logout_uri": self.issuer + CAPTURED,
            "backchannel_logout_session_required": True,
        }

    # --- What tests do -------------------------------------------------------------------------

    def rotate_keys(self, *, announced: bool = True) -> None:
        """Sign with the other published key; or, not announced, with one never seen before."""
        self._keys.rotate(announced=announced)
        self._rotated = True

    def logout_token(self, *, client_id: str, sid: str, subject: str) -> str:
        """A logout token by the current key, with the faults that are set."""
        claims = logout_token_claims(
            issuer=self.issuer, client_id=client_id, sid=sid, subject=subject, now=time.time()
        )
        return sign(claims, self._keys, self.faults.logout_token, typ="logout+jwt")

    def browser(self) -> "FormBrowser":
        return FormBrowser(self.issuer)

    def sign_in(
        self,
        authorize_url: str,
        person: Who,
        eid: str = "BankID",
        *,
        cancel: bool = False,
        browser: Browser | None = None,
    ) -> str:
        """Walk the pages as a person would; the callback address it ends at, not yet opened."""
        return (browser or self.browser()).sign_in(authorize_url, person, eid, cancel=cancel)

    # --- What passes ---------------------------------------------------------------------------

    def _application(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        endpoint = ENDPOINTS.get(request.path, "")
        if request.path == CAPTURED:
            self.logout_tokens.append(request.form["logout_token"])
            return Response(b"")(environ, start_response)
        body = request.get_data(parse_form_data=False)
        if endpoint:
            self.requests.note(endpoint, Request(environ | {"wsgi.input": BytesIO(body)}))
        answer = self._forward(request, body)
        if endpoint == "par" and answer.status_code == 201:
            self._note_authorization(body)
        return self._altered(endpoint, answer)(environ, start_response)

    def _forward(self, request: Request, body: bytes) -> Response:
        """Ask the provider, which takes our address for its own."""
        passed = ("Cookie", "Content-Type", "Authorization", "Host", "Accept")
        answer = _HTTP.request(
            request.method,
            f"http://127.0.0.1:{self._program.port}{request.full_path.removesuffix('?')}",
            body=body or None,
            headers={name: request.headers[name] for name in passed if name in request.headers},
            redirect=False,
        )
        dropped = ("connection", "keep-alive", "transfer-encoding", "date", "content-length")
        headers = [pair for pair in answer.headers.items() if pair[0].lower() not in dropped]
        return Response(answer.data, answer.status, headers)

    def _note_authorization(self, body: bytes) -> None:
        form = dict(parse_qsl(body.decode()))
        self.authorizations.append(Asked(form.get("acr_values", ""), form.get("prompt", "")))

    def _altered(self, endpoint: str, response: Response) -> Response:
        hooks: Hooks[Answer] | None = getattr(self.faults, endpoint, None)
        if hooks is None:
            return self._redirected(response)
        answer = Answer(response.status_code, dict(response.headers), response.get_data())
        if endpoint == "jwks" and self._rotated:
            answer = Answer.json(self._keys.jwks())
        if endpoint == "token" and response.status_code == 200:
            answer = self._resigned(answer)
        altered = hooks.apply(answer)
        if altered is not answer:
            altered = Answer(altered.status, _without_length(altered.headers), altered.body)
        return altered.response()

    def _resigned(self, answer: Answer) -> Answer:
        """The ID token with the faults that are set, or by the key that has been rotated in."""
        if not (self._rotated or self.faults.id_token.armed):
            return answer
        token = answer.parsed()["id_token"]
        claims = jwt.decode(token, options=SIGNATURE_ONLY | {"verify_signature": False})
        return answer.changed(id_token=sign(claims, self._keys, self.faults.id_token))

    def _redirected(self, response: Response) -> Response:
        """The redirect back to a client, with the faults that are set."""
        parts = urlsplit(response.headers.get("Location", ""))
        back = urlunsplit(parts._replace(query=""))
        if any(back in client.redirect_uris for client in self._clients.values()):
            pairs = self.faults.authorization_response.apply(parse_qsl(parts.query))
            response.headers["Location"] = f"{back}?{urlencode(pairs)}"
        return response


class FormBrowser(Browser):
    """A browser for a provider whose only page is a form that says who signs in."""

    def sign_in(self, authorize_url: str, person: Who, eid: str, *, cancel: bool = False) -> str:
        page = self.open(authorize_url)
        if isinstance(page, str):  # single sign-on, or an error
            return page
        return self._leave(page.forms[0], {} if cancel else _signing_in(person, eid))

    def open(self, url: str, form: Mapping[str, str] | None = None) -> Page | str:
        """As the other's, and past the page whose script ends somebody else's session at once."""
        page = super().open(url, form)
        if isinstance(page, Page) and "document.forms[0].submit()" in page.html:
            hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([\w-]+)"', page.html))
            return self.open(page.forms[0], hidden)
        return page


def _signing_in(who: Who, eid_name: str) -> Mapping[str, str]:
    eid = find_eid(eid_name)
    number = who if isinstance(who, str) or who is None else number_of(who)
    known = next((each for each in sample_people() if number and each.pid == number), None)
    form = {"acr": eid.acr, "amr": eid.amr}
    if number:
        form["pid"] = number
    if known and eid.tells_names:
        form |= {"given_name": known.given_name, "family_name": known.family_name}
    return form


def _copy(keys: KeyRing) -> KeyRing:
    return KeyRing(keys.current, keys.upcoming, keys.subject_secret)


def _signing_jwk(key: SigningKey) -> dict[str, Any]:
    private = {name: value for name, value in key.private_jwk().items() if name != "key_ops"}
    return private | {"use": "sig", "alg": "RS256"}


def _public_jwk(kid: str, key: Any) -> dict[str, Any]:
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True)
    return {name: jwk[name] for name in ("kty", "n", "e")} | {"kid": kid, "alg": "RS256"}


def _without_length(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "content-length"}
