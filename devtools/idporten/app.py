"""The WSGI application: which address is answered by what."""

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from devtools.idporten import login, logout, machine, pages
from devtools.idporten.provider import Provider
from devtools.idporten.requests import RequestRefused

_MAX_BODY_BYTES = 64 * 1024

type Endpoint = Callable[..., Response]


def _start(_provider: Provider, _request: Request) -> Response:
    return redirect("/about/help", 303)


_ENDPOINTS: dict[str, tuple[str, tuple[str, ...], Endpoint]] = {
    "discovery": ("/.well-known/openid-configuration", ("GET",), machine.discovery),
    "jwks": ("/jwks.json", ("GET",), machine.jwks),
    "par": ("/par", ("POST",), machine.par),
    "token": ("/token", ("POST",), machine.token),
    "userinfo": ("/userinfo", ("GET", "POST"), machine.userinfo),
    "authorize": ("/authorize", ("GET",), login.authorize),
    "choose_eid": ("/login/<flow>", ("GET",), login.choose_eid),
    "choose_person": ("/login/<flow>/<eid>", ("GET", "POST"), login.choose_person),
    "cancel": ("/cancel/<flow>", ("POST",), login.cancel),
    "logout": ("/logout", ("GET", "POST"), logout.end_session),
    "continue_logout": ("/logout/<reference>", ("GET",), logout.continue_logout),
    "about": ("/about/<name>", ("GET",), login.about),
    "asset": ("/assets/<name>", ("GET",), pages.asset),
    "start": ("/", ("GET",), _start),
}
_ROUTES = Map(
    [Rule(path, methods=methods, endpoint=name) for name, (path, methods, _) in _ENDPOINTS.items()],
    strict_slashes=False,
)


class Application:
    """WSGI over one provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        request.max_content_length = _MAX_BODY_BYTES
        response = self._answer(request)
        _protect(response)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            name, arguments = _ROUTES.bind_to_environ(request.environ).match()
            self._provider.requests.note(name, request)
            return _ENDPOINTS[name][2](self._provider, request, **arguments)
        except NotFound:
            refused = RequestRefused("not_found", "no such page, or the sign-in is over")
            return login.refusal(self._provider, request, refused, 404)
        except HTTPException as error:
            return Response(f"{error.code} {error.name}\n", error.code, error.get_headers())


def _protect(response: Response) -> None:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
