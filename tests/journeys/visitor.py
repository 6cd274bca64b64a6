"""Somebody at a browser, over HTTP: goes to ID-porten, reads mail, types codes."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.test import Client

from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from devtools.people import SAMPLE_PEOPLE, SamplePerson
from linking import tasks
from linking.models import OutgoingMail, PendingCode
from tests.second_provider.gateway import SecondProvider

NOT_ANSWERING = (
    *("provider-unavailable", "provider-misconfigured", "client-not-recognised"),
    "fingerprint-keys-unfit",
)

type IDPorten = StandIn | SecondProvider
type Response = Any  # the test client's own class: an HttpResponse with more on it

INGRID, SOLVEIG = SAMPLE_PEOPLE[0], SAMPLE_PEOPLE[1]


class Visitor:
    """One browser at one organisation's address."""

    def __init__(self, idporten: IDPorten, *, host: str = "eksempel-kommune.localhost") -> None:
        self.idporten = idporten
        self.client = Client(headers={"host": host, "accept-language": "en"})
        self.eid_browser = idporten.browser()

    def get(self, path: str, **data: Any) -> Response:
        return self.client.get(path, data)

    def post(self, path: str, **data: Any) -> Response:
        return self.client.post(path, data)

    def to_idporten(self, *, next_url: str = "") -> str:
        """Press «Sign in with ID-porten»; gives the address at the gateway."""
        return str(self.get("/oidc/authenticate/", next=next_url).headers["Location"])

    def come_back(self, callback_url: str) -> Response:
        """Follow the gateway's redirect into the portal."""
        parts = urlsplit(callback_url)
        return self.client.get(f"{parts.path}?{parts.query}")

    def sign_in(
        self,
        who: SamplePerson | str | None = INGRID,
        *,
        eid: str = "BankID",
        next_url: str = "",
        cancel: bool = False,
    ) -> Response:
        """Sign in at ID-porten, and give the portal's answer to the callback."""
        callback = self.idporten.sign_in(
            self.to_idporten(next_url=next_url), who, eid, cancel=cancel, browser=self.eid_browser
        )
        return self.come_back(callback)

    def ask_for_code(self, email: str) -> Response:
        """Type an address; the worker does its part at once."""
        response = self.post("/link/", email=email)
        run_worker()
        return response

    def link(self, mailbox: Mailbox, who: SamplePerson = INGRID, **how: Any) -> Response:
        """The whole first visit."""
        self.sign_in(who, **how)
        self.ask_for_code(who.email)
        return self.post("/link/code/", code=newest_code(mailbox))


def run_worker() -> None:
    """Do what a worker does on its wake-ups."""
    for pk in PendingCode.objects.filter(decided_at__isnull=True).values_list("pk", flat=True):
        tasks.send_code(str(pk))
    for pk in OutgoingMail.objects.filter(state="queued").values_list("pk", flat=True):
        tasks.deliver_mail(str(pk))


def newest_code(mailbox: Mailbox) -> str:
    """Read the code from the newest mail that has one, as a person would."""
    for mail in mailbox.mails:
        found = re.search(r"\b(\d{3}) (\d{3})\b", mail.text)
        if found:
            return found[1] + found[2]
    raise LookupError("There is no code in the mailbox.")


def text(response: Response) -> str:
    """The page that a response brings."""
    return str(response.content.decode())


def assert_refused(response: Response, reason: str) -> None:
    """A clear page with support's address, and a reference that finds the event."""
    assert response.status_code == (503 if reason in NOT_ANSWERING else 403)
    event = AuditEvent.objects.filter(event="sign-in:refused").latest("id")
    assert event.reason == reason
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{2}", event.reference)
    assert event.reference in text(response)
    assert "hjelp@" in text(response)
