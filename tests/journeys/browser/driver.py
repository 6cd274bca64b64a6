"""Somebody at a real browser: what they click, and what the browser complains of."""

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import urllib3
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

from devtools.demo.launch import ROOT
from devtools.demo.ports import Ports
from devtools.environment import BASE_DIR
from devtools.mailbox.authenticator import PERIOD, Authenticator
from devtools.people import SamplePerson

AXE = (BASE_DIR / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
MAIL_SECONDS = 20
# A page that answers 4xx on purpose makes Chromium write this; everything else is a complaint.
ON_PURPOSE = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the running demo answers, its administrator's password, and its surroundings."""

    ports: Ports
    password: str
    environment: dict[str, str]
    used_codes: list[str] = field(default_factory=list)

    def portal(self, slug: str = "eksempel-kommune") -> str:
        return f"http://{slug}.localhost:{self.ports.portal}"

    def app_code(self) -> str:
        """Give what the administrator's telephone shows."""
        url = f"http://127.0.0.1:{self.ports.inbox}/api/code"
        return str(json.loads(urllib3.request("GET", url).data)["code"])

    def unused_app_code(self) -> str:
        """Wait until the telephone shows another code than those that were typed."""
        deadline = time.monotonic() + 2 * PERIOD
        while (code := self.app_code()) in self.used_codes and time.monotonic() < deadline:
            time.sleep(0.2)
        self.used_codes.append(code)
        return code

    def new_administrator(self, username: str) -> str:
        """Make one who has no second factor yet, by the command; gives the password."""
        command = (sys.executable, "-m", "devtools.environment", sys.executable, "manage.py")
        done = subprocess.run(
            [*command, "create_administrator", username],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()[-1]

    def code_for(self, address: str) -> str:
        """Read the newest code mailed to an address, as «123 456»."""
        return self._mailed(address, r"\b\d{3} \d{3}\b")

    def address_for(self, address: str, path: str, *, seconds: float = MAIL_SECONDS) -> str:
        """Read the newest address below `path` that was mailed."""
        return self._mailed(address, rf"http://\S+{path}\S+", seconds)

    def _mailed(self, address: str, pattern: str, seconds: float = MAIL_SECONDS) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            url = f"http://127.0.0.1:{self.ports.inbox}/api/mails"
            for mail in json.loads(urllib3.request("GET", url).data):
                found = re.search(pattern, mail["text"])
                if address in mail["to"] and found:
                    return found[0]
            time.sleep(0.1)
        raise TimeoutError(f"No such mail came to {address} in {seconds} s.")


class Driver:
    """One browser context with one page."""

    def __init__(
        self,
        demo: Demo,
        chromium: Browser,
        *,
        slug: str = "eksempel-kommune",
        width: int = 1280,
        axe: bool = False,
        **options: Any,
    ) -> None:
        self.demo, self.slug = demo, slug
        self.complaints: list[str] = []
        options.setdefault("locale", "nb-NO")
        self.context = chromium.new_context(
            viewport={"width": width, "height": 900},
            bypass_csp=axe,  # to let axe in; the other tests run under the policy
            **options,
        )
        self.context.on("console", self._on_console)
        self.context.on("request", self._on_request)
        self.page: Page = self.context.new_page()

    def close(self) -> None:
        self.context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not ON_PURPOSE.match(message.text):
            self.complaints.append(message.text)

    def _on_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        here = url.scheme in ("data", "blob") or url.port in (
            self.demo.ports.portal,
            self.demo.ports.idporten,
        )
        if not here:
            self.complaints.append(f"request to {url.netloc}")

    def open(self, path: str) -> None:
        self.page.goto(self.demo.portal(self.slug) + path)

    def submit(self) -> None:
        """Press the page's first button inside a form of its main part."""
        with self.page.expect_navigation():
            self.page.locator("main form button[type=submit]").first.click()

    def to_idporten(self) -> None:
        self.open("/")
        self.page.locator("main a[href*='/oidc/authenticate/']").first.click()
        self.page.wait_for_url(re.compile(rf":{self.demo.ports.idporten}/"))

    def sign_in(self, person: SamplePerson) -> None:
        """Sign in at the stand-in with BankID; ends back at the portal."""
        self.to_idporten()
        self.choose_eid(person)

    def choose_eid(self, person: SamplePerson) -> None:
        """At the stand-in: BankID, and who it is."""
        self.page.get_by_role("link", name=re.compile("^BankID(?! på| on)")).click()
        with self.page.expect_navigation(url=re.compile(rf":{self.demo.ports.portal}/")):
            self.page.get_by_role(
                "button", name=f"{person.given_name} {person.family_name}"
            ).click()

    def type_number(self, number: str) -> None:
        """At the stand-in: MinID, which tells no name, and a number typed there."""
        self.page.get_by_role("link", name=re.compile("^MinID(?! på| on)")).first.click()
        self.page.locator("#number").fill(number)
        with self.page.expect_navigation(url=re.compile(rf":{self.demo.ports.portal}/")):
            self.page.locator("form:has(#number) button").click()

    def ask_for_code(self, person: SamplePerson) -> str:
        """Give the registered address, and fetch the code that comes."""
        return self.ask_for_code_to(person.email)

    def ask_for_code_to(self, address: str) -> str:
        self.page.locator("#id_email").fill(address)
        self.submit()
        return self.demo.code_for(address)

    def link(self, person: SamplePerson) -> None:
        """The whole first visit, up to the page that says so."""
        self.sign_in(person)
        self.page.locator("#id_code").fill(self.ask_for_code(person))
        self.submit()

    def sign_out(self) -> None:
        self.page.locator("form[action='/oidc/logout/'] button").first.click()
        self.page.wait_for_url(f"{self.demo.portal(self.slug)}/?state=*")

    def type_password(self, username: str, password: str) -> None:
        """Come to the administration, and give the first half."""
        self.open("/admin/")
        self.page.locator("#id_username").fill(username)
        self.page.locator("#id_password").fill(password)
        self.press()

    def type_code(self, code: str) -> None:
        self.page.locator("#id_code").fill(code)
        self.press()

    def press(self) -> None:
        """Press the last button of a page at the administration's door."""
        with self.page.expect_navigation():
            self.page.locator("main input[type=submit]").last.click()

    def tell_purpose(self, kind: str, *, of_everybody: bool = False) -> None:
        """On the page that asks what somebody is looked at for: choose, and go on."""
        self.page.locator(f"[name=purpose-kind][value={kind}]").check()
        if of_everybody:
            self.page.locator("[name=purpose-everybody]").check()
        with self.page.expect_navigation():
            self.page.locator(".purpose-page input[type=submit]").click()

    def open_in_the_administration(self, path: str) -> None:
        """Open a page as the demo's administrator, and confirm it where that is asked."""
        self.open(path)
        self.confirm()
        assert self.path() == urlsplit(path).path

    def follow(self, way: Locator) -> None:
        """Click what leads to another page, and confirm it where that is asked.

        A test in which five minutes have passed since the sign-in is asked, a quick one is not.
        """
        with self.page.expect_navigation():
            way.click()
        self.confirm()

    def confirm(self) -> None:
        """Show the second factor anew, where what was opened asks for it."""
        if self.path() == "/admin/sign-in/second-factor/":
            self.type_code(self.demo.unused_app_code())

    def enrol_app(self, username: str) -> str:
        """Come in as an administrator without a second factor, and add an app; gives its secret."""
        self.type_password(username, self.demo.new_administrator(username))
        self.page.get_by_role("link").filter(has_text=re.compile("app", re.IGNORECASE)).click()
        secret = self.page.locator("code.secret").inner_text().replace(" ", "")
        self.type_code(Authenticator(secret).code())
        return secret

    def fits(self) -> tuple[list[str], bool]:
        """Look at the page with axe, and whether it is too wide for the smallest telephone."""
        violations = self.violations()
        self.page.set_viewport_size({"width": 320, "height": 700})
        too_wide = self.is_too_wide()
        self.page.set_viewport_size({"width": 1280, "height": 900})
        return violations, too_wide

    def focused(self, attribute: str) -> str | None:
        """Give an attribute of what has the focus."""
        value: str | None = self.page.evaluate(
            "name => document.activeElement.getAttribute(name)", attribute
        )
        return value

    def has_visible_focus(self) -> bool:
        """Whether what has the focus is drawn with a ring."""
        ring: bool = self.page.evaluate(
            "(({outlineStyle, boxShadow}) => outlineStyle !== 'none' || boxShadow !== 'none')"
            "(getComputedStyle(document.activeElement))"
        )
        return ring

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def violations(self) -> list[str]:
        """Let axe look at the page (WCAG 2.1 A and AA)."""
        self.page.evaluate(AXE)
        found = self.page.evaluate(
            "tags => axe.run({runOnly: tags}).then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))",
            RULES,
        )
        return [f"{self.page.url}: {violation}" for violation in found]

    def is_too_wide(self) -> bool:
        """Whether one must scroll sideways."""
        wide: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide
