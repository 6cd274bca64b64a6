"""The way out: RP-initiated logout, with front-channel iframes and back-channel POSTs."""

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

import urllib3
from werkzeug.exceptions import NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from devtools.idporten.login import SESSION_COOKIE, refusal
from devtools.idporten.pages import language_of, page
from devtools.idporten.provider import Delivery, Provider, logger
from devtools.idporten.requests import LANGUAGES, RequestRefused, single_values
from devtools.idporten.sessions import SsoSession
from devtools.idporten.tokens import logout_token_claims, own_token_claims, sign

_BACKCHANNEL_SECONDS = 5.0
_HTTP = urllib3.PoolManager(retries=False, timeout=_BACKCHANNEL_SECONDS)


def end_session(provider: Provider, request: Request) -> Response:
    """The end session endpoint, GET or POST."""
    try:
        parameters = single_values(request.values)
        sid, client_id = _hinted(provider, parameters)
        target = _return_address(provider, parameters, client_id)
    except RequestRefused as refused:
        return refusal(provider, request, refused)
    if request.method == "GET":
        return _finish(provider, request, sid, target)
    # A POST from another site comes without our cookie (SameSite=Lax); the GET after it has it.
    reference = secrets.token_urlsafe(24)
    provider.logouts.put(reference, (sid, target))
    return redirect(f"/logout/{reference}", 303)


def continue_logout(provider: Provider, request: Request, reference: str) -> Response:
    """The second half of a logout that came by POST."""
    pending = provider.logouts.take(reference)
    if pending is None:
        raise NotFound
    return _finish(provider, request, *pending)


def logout_token(provider: Provider, *, client_id: str, sid: str, subject: str) -> str:
    """A signed logout token, with the faults that are set."""
    claims = logout_token_claims(
        issuer=provider.issuer, client_id=client_id, sid=sid, subject=subject, now=provider.now()
    )
    return sign(claims, provider.keys, provider.faults.logout_token, typ="logout+jwt")


def notify_clients(provider: Provider, session: SsoSession) -> None:
    """One POST to each back-channel address of the clients in `session`, never repeated."""
    for client_id, subject in session.subjects:
        client = provider.clients.get(client_id)
        for uri in client.backchannel_logout_uris if client else ():
            form = {
                "logout_token": logout_token(
                    provider, client_id=client_id, sid=session.sid, subject=subject
                )
            }
            provider.deliveries.append(Delivery(uri, _post(uri, form)))


def _hinted(provider: Provider, parameters: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The session and the client that the request names."""
    client_id = parameters.get("client_id")
    if client_id is not None and client_id not in provider.clients:
        raise RequestRefused("invalid_request", "client_id is not registered")
    if "id_token_hint" not in parameters:
        return None, client_id
    claims = own_token_claims(parameters["id_token_hint"], provider.keys)
    if claims is None:
        raise RequestRefused("invalid_request", "id_token_hint was not issued here")
    if client_id not in (None, claims["aud"]):
        raise RequestRefused("invalid_request", "id_token_hint belongs to another client")
    return str(claims["sid"]), str(claims["aud"])


def _return_address(
    provider: Provider, parameters: Mapping[str, str], client_id: str | None
) -> str | None:
    uri = parameters.get("post_logout_redirect_uri")
    if uri is None:
        return None
    client = provider.clients.get(client_id or "")
    if client is None or uri not in client.post_logout_redirect_uris:
        raise RequestRefused(
            "invalid_request", "post_logout_redirect_uri is not registered for this client"
        )
    if "state" not in parameters:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': parameters['state']})}"


def _finish(provider: Provider, request: Request, sid: str | None, target: str | None) -> Response:
    session = provider.sessions.end(cookie=request.cookies.get(SESSION_COOKIE), sid=sid)
    frames: list[str] = []
    if session:
        notify_clients(provider, session)
        frames = _frames(provider, session)
    if target and not frames:
        response = redirect(target, 303)
    else:
        asked = request.args.get("ui_locales", "")
        language = language_of(request, asked if asked in LANGUAGES else "")
        response = page(provider, "signed_out.html", language, frames=frames, target=target)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _frames(provider: Provider, session: SsoSession) -> list[str]:
    pairs = [("iss", provider.issuer), ("sid", session.sid)]
    query = urlencode(provider.faults.frontchannel_logout.apply(pairs))
    clients = (provider.clients.get(client_id) for client_id, _subject in session.subjects)
    return [
        f"{uri}{'&' if '?' in uri else '?'}{query}"
        for client in clients
        if client
        for uri in client.frontchannel_logout_uris
    ]


def _post(uri: str, form: dict[str, str]) -> int | None:
    address, headers = _without_resolver(uri)
    try:
        answer = _HTTP.request(
            "POST", address, fields=form, headers=headers, encode_multipart=False, redirect=False
        )
    except urllib3.exceptions.HTTPError as error:
        logger.warning("back-channel logout failed: %s", type(error).__name__)
        return None
    return answer.status


def _without_resolver(uri: str) -> tuple[str, dict[str, str]]:
    """Name loopback by number where the host is *.localhost (RFC 6761, section 6.3).

    Browsers do so too; many machines' resolvers do not know these names.
    """
    parts = urlsplit(uri)
    if not (parts.hostname or "").endswith(".localhost"):
        return uri, {}
    return urlunsplit(parts._replace(netloc=f"127.0.0.1:{parts.port or 80}")), {
        "Host": parts.netloc
    }
