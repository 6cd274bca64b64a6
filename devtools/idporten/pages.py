"""Pages in nb, nn and en, under a strict Content-Security-Policy."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from devtools.idporten.provider import Provider
from devtools.idporten.requests import LANGUAGES

HERE = Path(__file__).parent
TEXTS: dict[str, dict[str, str]] = {
    language: tomllib.loads((HERE / "texts" / f"{language}.toml").read_text("utf-8"))
    for language in LANGUAGES
}
_ASSETS = {
    "standin.css": "text/css",
    "signed-out.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
)
_ENVIRONMENT.filters["organisation_name"] = lambda slug: slug.replace("-", " ").capitalize()
_ENVIRONMENT.filters["day"] = lambda value: f"{value:%d.%m.%Y}"


def language_of(request: Request, asked: str = "") -> str:
    """The page's switch, else what the relying party asked for, else the browser's, else nb."""
    chosen = request.args.get("lang", "")
    if chosen in LANGUAGES:
        return chosen
    return asked or request.accept_languages.best_match(LANGUAGES, default="nb")


def page(
    provider: Provider,
    template: str,
    language: str,
    *,
    status: int = 200,
    frames: Iterable[str] = (),
    **context: Any,
) -> Response:
    """A rendered page; `frames` are the addresses that it may load in iframes."""
    common = {
        "text": TEXTS[language],
        "language": language,
        "languages": LANGUAGES,
        "language_names": {each: TEXTS[each]["language_name"] for each in LANGUAGES},
        "frames": frames,
        "flow": "",
    }
    html = _ENVIRONMENT.get_template(template).render(common | context)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    # A form's answer redirects to the relying party, which form-action covers as well.
    returns = {uri for client in provider.clients.values() for uri in client.redirect_uris}
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        f"form-action 'self' {_origins(returns)}; frame-src {_origins(frames) or "'none'"}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def asset(_provider: Provider, _request: Request, name: str) -> Response:
    """One of our few static files."""
    if name not in _ASSETS:
        raise NotFound
    return Response((HERE / "assets" / name).read_bytes(), content_type=_ASSETS[name])


def _origins(uris: Iterable[str]) -> str:
    parts = (urlsplit(uri) for uri in uris)
    return " ".join(sorted({f"{part.scheme}://{part.netloc}" for part in parts}))
