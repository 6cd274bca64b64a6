"""A browser in a few lines, for tests that need no real one: it walks the stand-in's pages."""

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import (
    HTTPCookieProcessor,
    HTTPRedirectHandler,
    ProxyHandler,
    Request,
    build_opener,
)

from devtools.idporten.levels import find_eid
from devtools.idporten.people import Person
from devtools.people import SamplePerson

type Who = SamplePerson | Person | str | None
_TIMEOUT_SECONDS = 10


class SignInStopped(Exception):
    """The stand-in answered with a page that does not lead on; `status` and `html` are its."""

    def __init__(self, status: int, html: str) -> None:
        super().__init__(f"the sign-in stopped at a page with status {status}")
        self.status = status
        self.html = html


class _Stay(HTTPRedirectHandler):
    """Redirects are followed by hand, and only within the stand-in."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class Page(HTMLParser):
    """The links and form addresses of a page."""

    def __init__(self, url: str, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[str] = []
        self._url = url
        self.html = html
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a":
            self.links.append(urljoin(self._url, values.get("href") or ""))
        elif tag == "form":
            self.forms.append(urljoin(self._url, values.get("action") or ""))


class Browser:
    """One browser with its cookies, at the stand-in only."""

    def __init__(self, issuer: str, people: Sequence[Person] = ()) -> None:
        self._issuer = issuer
        self._people = people
        self.cookies = CookieJar()
        # No proxy, whatever the environment says: this is loopback.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.cookies), _Stay())

    def sign_in(self, authorize_url: str, person: Who, eid: str, *, cancel: bool = False) -> str:
        """The callback address at the end of the walk; see `StandIn.sign_in`."""
        page = self.open(authorize_url)
        if isinstance(page, str):  # single sign-on, or an error
            return page
        if cancel:
            return self._leave(_ending(page.forms, r"/cancel/[^/]+"), {})
        slug = re.escape(find_eid(eid).slug)
        page = self.open(_ending(page.links, rf"/login/[^/]+/{slug}"))
        if isinstance(page, str):
            return page
        return self._leave(_ending(page.forms, rf"/login/[^/]+/{slug}"), self._choice(person))

    def open(self, url: str, form: Mapping[str, str] | None = None) -> Page | str:
        """The page at `url` after redirects; or the first address outside the stand-in."""
        while True:
            body = urlencode(form).encode() if form is not None else None
            request = Request(url, data=body)  # noqa: S310  only addresses of the stand-in
            try:
                with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as answer:
                    return Page(url, _text(answer))
            except HTTPError as error:
                with error:
                    if error.code not in (301, 302, 303):
                        raise SignInStopped(error.code, _text(error)) from None
                    url, form = urljoin(url, error.headers["Location"]), None
            if not url.startswith(f"{self._issuer}/"):
                return url

    def _leave(self, url: str, form: Mapping[str, str]) -> str:
        result = self.open(url, form)
        if isinstance(result, Page):
            raise SignInStopped(200, result.html)
        return result

    def _choice(self, who: Who) -> dict[str, str]:
        if who is None:
            return {"without_number": "1"}
        number = who if isinstance(who, str) else number_of(who)
        known = [index for index, each in enumerate(self._people) if each.pid == number]
        if known and not isinstance(who, str):
            return {"person": str(known[0])}
        return {"number": number or ""}


def number_of(who: SamplePerson | Person) -> str | None:
    """The identity number of somebody fictional."""
    return who.pid if isinstance(who, Person) else who.national_id


def _ending(addresses: list[str], pattern: str) -> str:
    for address in addresses:
        if re.search(pattern + "$", address):
            return address
    raise SignInStopped(200, f"no such way on this page: {pattern}")


def _text(answer: Any) -> str:
    return str(answer.read().decode("utf-8", "replace"))
