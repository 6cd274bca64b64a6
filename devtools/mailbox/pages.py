"""The inbox page: a list, a mail, and a JSON door for tests. WSGI over werkzeug and jinja2."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from devtools.mailbox.authenticator import Authenticator
from devtools.mailbox.mails import Mail, Mails
from devtools.mailbox.smtp import Fault, Handler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_HERE = Path(__file__).parent
_CSP = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; "
    "form-action 'self'"
)
# A mail's HTML has its styles inline, as mails must; it runs nothing and loads nothing. Its links
# open beside the inbox.
_MAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; "  # a mail, not a page of ours
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)

_ROUTES = Map(
    [
        Rule("/", endpoint="inbox", methods=["GET"]),
        Rule("/mails/<identifier>", endpoint="mail", methods=["GET"]),
        Rule("/mails/<identifier>/html", endpoint="html", methods=["GET"]),
        Rule("/authenticator", endpoint="authenticator_page", methods=["GET"]),
        Rule("/style.css", endpoint="style", methods=["GET"]),
        Rule("/api/mails", endpoint="api_mails", methods=["GET", "DELETE"]),
        Rule("/api/code", endpoint="api_code", methods=["GET"]),
        Rule("/api/fault", endpoint="api_fault", methods=["POST"]),
    ]
)


class Pages:
    """The WSGI application."""

    def __init__(
        self, mails: Mails, handler: Handler, authenticator: Authenticator | None = None
    ) -> None:
        self._mails = mails
        self._handler = handler
        self._authenticator = authenticator
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape()
        )

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        request = Request(environ)
        try:
            endpoint, values = _ROUTES.bind_to_environ(environ).match()
            answer: Callable[..., Response] = getattr(self, f"_{endpoint}")
            response = answer(request, **values)
        except HTTPException as error:
            response = Response(f"{error.code} {error.name}", status=error.code)
        response.headers.setdefault("Content-Security-Policy", _CSP)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-store"
        return response(environ, start_response)

    def _page(self, template: str, **context: Any) -> Response:
        context["has_authenticator"] = self._authenticator is not None
        html = self._templates.get_template(template).render(**context)
        return Response(html, mimetype="text/html")

    def _inbox(self, _request: Request) -> Response:
        return self._page("inbox.html", mails=self._mails.newest_first())

    def _mail(self, _request: Request, identifier: str) -> Response:
        return self._page("mail.html", mail=self._found(identifier))

    def _html(self, _request: Request, identifier: str) -> Response:
        html = '<base target="_blank">' + self._found(identifier).html
        response = Response(html, mimetype="text/html")
        response.headers["Content-Security-Policy"] = _MAIL_CSP
        return response

    def _style(self, _request: Request) -> Response:
        return Response((_HERE / "assets" / "style.css").read_bytes(), mimetype="text/css")

    def _api_mails(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._mails.clear()
        mails = [mail.as_json() for mail in self._mails.newest_first()]
        return Response(json.dumps(mails), mimetype="application/json")

    def _authenticator_page(self, _request: Request) -> Response:
        app = self._app()
        return self._page("authenticator.html", code=app.code(), seconds_left=app.seconds_left())

    def _api_code(self, _request: Request) -> Response:
        return Response(json.dumps({"code": self._app().code()}), mimetype="application/json")

    def _app(self) -> Authenticator:
        if self._authenticator is None:
            raise NotFound
        return self._authenticator

    def _api_fault(self, request: Request) -> Response:
        try:
            asked = json.loads(request.get_data(as_text=True))
            fault = Fault(str(asked.get("answer", "")), str(asked.get("stage", "data")))
            count = int(asked["count"])
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BadRequest from None
        self._handler.faults.clear()
        self._handler.faults.extend([fault] * count)
        return Response(status=204)

    def _found(self, identifier: str) -> Mail:
        mail = self._mails.find(identifier)
        if mail is None:
            raise NotFound
        return mail
