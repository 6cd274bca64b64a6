"""A browser at a running portal: keeps cookies, fills in forms, follows nothing by itself."""

from dataclasses import dataclass
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

import urllib3

_HTTP = urllib3.PoolManager(retries=False, timeout=30.0)


class Form(HTMLParser):
    """The fields of a page's forms as a browser would send them, and its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.links: list[str] = []
        self.actions: list[str] = []
        self._open = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        kind, name = given.get("type", "text"), given.get("name", "")
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self.actions.append(given.get("action", ""))
        elif tag == "input" and name and kind not in ("submit", "button", "file"):
            if kind not in ("checkbox", "radio") or "checked" in given:
                self.fields[name] = given.get("value", "on" if kind == "checkbox" else "")
        elif tag in ("select", "textarea") and name:
            self._open = name
            self.fields[name] = ""
        elif tag == "option" and "selected" in given:
            self.fields[self._open] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._open and self.lasttag == "textarea":
            self.fields[self._open] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self._open = ""


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    location: str
    html: str


class Surfer:
    """One browser at one host of the portal."""

    def __init__(self, port: int, host: str) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"Host": host, "Accept-Language": "en"}
        self.cookies: dict[str, str] = {}
        self.page = Page(0, "", "")

    def get(self, path: str) -> Page:
        return self._go("GET", path)

    def post(self, path: str, **fields: str) -> Page:
        """Send fields with the token of the page that is open."""
        token = Form(self.page.html).fields.get("csrfmiddlewaretoken", "")
        return self._go("POST", path, {"csrfmiddlewaretoken": token} | fields)

    def submit(self, path: str, **changes: str) -> Page:
        """Send the whole form at `path` with some of its fields changed."""
        return self.post(path, **(Form(self.get(path).html).fields | changes))

    def _go(self, method: str, path: str, fields: dict[str, str] | None = None) -> Page:
        parts = urlsplit(path)
        address = self._base + parts.path + (f"?{parts.query}" if parts.query else "")
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = self._headers | ({"Cookie": cookie} if cookie else {})
        body = urlencode(fields) if fields is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = _HTTP.request(method, address, body=body, headers=headers, redirect=False)
        for line in answer.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        location = answer.headers.get("Location", "")
        self.page = Page(answer.status, location, answer.data.decode("utf-8", "replace"))
        return self.page
