"""One whole run in real processes, and everything it leaves: for the canary's search (A-30, A-31).

gunicorn and a Celery worker run as they do in production; what passes between browser, portal and
ID-porten is kept, and so is a dump of the database at every step.
"""

import base64
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.urls import reverse

from accounts.models import User, UserSession
from devtools.demo.processes import Part, Processes, answers
from devtools.idporten.keys import KeyRing
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking.models import LinkedIdentity, OutgoingMail, PendingCode
from tests import environment
from tests.administrators import SECOND_FACTOR, SIGN_IN, code_of, enrol_app
from tests.attacks import sinks
from tests.attacks.sinks import Content
from tests.attacks.surfer import Form, Surfer
from tests.attacks.tap import Tap
from tests.conftest import register
from tests.factories import make_employee, make_organisation
from tests.journeys.visitor import INGRID

PASSWORD = "canary-in-the-mine"
WAIT_SECONDS = 40
TYPO = "ingird.bergtun@eksempel-kommune.example"
AUDIT = "audit_auditevent"


class Canary:
    """The run: each step is a method, and `left` holds what every sink held at every point."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.left: list[Content] = []
        self.messages: list[bytes] = []
        self.code = ""
        self.browser_tap, self.gateway_tap = Tap(), Tap()
        self.mailbox = Mailbox(folder=folder / "mail")
        port = _free_port()
        self.standin = StandIn(port=port, issuer=self.gateway_tap.url, keys=KeyRing.open())
        self.gateway_tap.upstream = port
        self.browser_tap.upstream = _free_port()
        self.host = f"eksempel-kommune.localhost:{self.browser_tap.port}"
        self.processes = Processes(logs=folder / "logs", environment=self._environment())
        self.database_log = len(_database_log())
        self.surfer = self._surfer()

    def _environment(self) -> dict[str, str]:
        server = os.environ["DATABASE_URL"].rpartition("/")[0]
        return os.environ | {
            "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mailbox.smtp_port}",
            "IDPORTEN_ISSUER": self.gateway_tap.url,
            "PYTHONUNBUFFERED": "1",
        }

    def __enter__(self) -> Self:
        for part in (self.browser_tap, self.gateway_tap, self.mailbox, self.standin):
            part.__enter__()
        self.organisation = make_organisation(
            slug="eksempel-kommune", name="Eksempel kommune", host=self.host
        )
        self.employee = make_employee(
            organisation=self.organisation,
            first_name=INGRID.given_name,
            last_name=INGRID.family_name,
            email=INGRID.email,
            birth_date=INGRID.birth_date,
        )
        self.app_secret = enrol_app(User.objects.create_superuser("admin", PASSWORD))
        register(self.standin, f"http://{self.host}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.processes.stop()
        for part in (self.standin, self.mailbox, self.gateway_tap, self.browser_tap):
            part.__exit__(kind, error, trace)

    def _surfer(self) -> Surfer:
        return Surfer(self.browser_tap.port, self.host)

    # --- The processes ---------------------------------------------------------------------------

    def start_web(self) -> None:
        """With gunicorn's own access log, queries and all: the most that anybody keeps."""
        port = self.browser_tap.upstream
        command = (
            *(sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"),
            *("--worker-class", "gthread", "--threads", "4", "--no-control-socket"),
            *("--access-logfile", "-", "--log-level", "debug", "--graceful-timeout", "3"),
        )
        self.processes.start(Part("web", command, answers(f"http://127.0.0.1:{port}/readyz")))
        self.processes.wait_until_ready()

    def start_worker(self) -> None:
        celery = (sys.executable, "-m", "celery", "-A", "portal", "worker", "--concurrency=1")
        part = Part("worker", (*celery, "--loglevel=DEBUG"), lambda _log: True)
        self.processes.start(part)

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text(errors="replace")

    # --- What a person does ----------------------------------------------------------------------

    def sign_in(self) -> str:
        """To ID-porten and back, in a new browser there; gives where the portal sends on."""
        return self.come_back(self.go_away())

    def go_away(self) -> str:
        return self.surfer.get("/oidc/authenticate/?next=/me/").location

    def come_back(self, away: str) -> str:
        page = self.surfer.get(self.standin.sign_in(away, INGRID))
        return page.location if page.status == 302 else str(page.status)

    def ask_for_code(self, address: str) -> str:
        self.surfer.get("/link/")
        return self.surfer.post("/link/", email=address).location

    def type_code(self, code: str) -> str:
        self.surfer.get("/link/code/")
        page = self.surfer.post("/link/code/", code=code)
        return page.location or str(page.status)

    def read_mail(self) -> None:
        mail = self.mailbox.wait_for(lambda mail: bool(mail.code), seconds=WAIT_SECONDS)
        self.code = mail.code

    def sign_out(self) -> str:
        self.surfer.get("/me/")
        page = self.surfer.post("/oidc/logout/")
        return next(action for action in Form(page.html).actions if "logout" in action)

    def gateway_signs_out(self) -> int:
        """By the back channel: the gateway's own token, posted as it posts it."""
        sid = UserSession.objects.exclude(oidc_sid="").latest("started_at").oidc_sid
        client_id = settings.IDPORTEN_CLIENT_ID
        token = self.standin.logout_token(client_id=client_id, sid=sid, subject="subject")
        outside = self._surfer()
        outside.get(f"/oidc/frontchannel-logout/?iss={self.standin.issuer}&sid=another")
        return outside.post("/oidc/backchannel-logout/", logout_token=token).status

    def administer(self) -> list[int]:
        """Look at every page of the administration there is, and change the person."""
        administrator = self._surfer()
        administrator.get(SIGN_IN)
        administrator.post(SIGN_IN, username="admin", password=PASSWORD)
        administrator.get(SECOND_FACTOR)
        signed_in = administrator.post(SECOND_FACTOR, code=code_of(self.app_secret))
        statuses = [signed_in.status, *self._purposes_told(administrator)]
        statuses += [administrator.get(path).status for path in admin_pages()]
        person = reverse("admin:accounts_employee_change", args=[self.employee.pk])
        statuses.append(administrator.submit(person, department="Kanari").status)
        link = LinkedIdentity.objects.get()
        revoke = reverse("admin:linking_linkedidentity_revoke", args=[link.pk])
        statuses.append(administrator.submit(revoke, reason="the end of the run").status)
        statuses += [administrator.get(path).status for path in admin_pages()]
        return statuses

    def _purposes_told(self, administrator: Surfer) -> list[int]:
        """Tell what for, after the number itself was typed as the reason."""
        purpose = reverse("purpose")
        typed = {"purpose-kind": "other", "purpose-text": f"Nr. {INGRID.national_id}"}
        refused = administrator.submit(purpose, **typed)
        return [refused.status, administrator.submit(purpose, **{"purpose-kind": "control"}).status]

    # --- What is kept ----------------------------------------------------------------------------

    def dump(self, point: str) -> None:
        """Keep the whole database, and what waits in the broker, as they are now."""
        self.left += [(f"database {point}: {place}", text) for place, text in sinks.database()]

    def take_messages(self) -> None:
        waiting = sinks.waiting_messages()
        self.messages += waiting
        self.left += [("a message in the broker", message) for message in waiting]

    def close(self) -> None:
        """End the processes, and keep their logs, the database's and all that passed by HTTP."""
        self.processes.stop()
        for path in sorted((self.folder / "logs").iterdir()):
            self.left.append((f"log: {path.name}", path.read_bytes()))
        self.left.append(("log: postgresql", _database_log()[self.database_log :]))
        for exchange in self.browser_tap.exchanges:
            self.left.append((f"browser to portal: {exchange}", exchange.request))
            self.left.append((f"portal to browser: {exchange}", exchange.answer))
        for exchange in self.gateway_tap.exchanges:
            self.left.append((f"to the gateway: {exchange}", exchange.request))
            self.left.append((f"from the gateway: {exchange}", exchange.answer))
        for name, _subject, whole in sinks.mails(self.folder / "mail"):
            self.left.append((f"mail: {name}", whole))

    @property
    def subjects(self) -> list[str]:
        return [subject for _name, subject, _whole in sinks.mails(self.folder / "mail")]


def run(folder: Path) -> Canary:
    """From the first page to the last log line, with an error forced at every step that has one."""
    with Canary(folder) as canary:
        canary.start_web()
        canary.surfer.get("/")
        away = canary.go_away()
        with broken(AUDIT):
            assert canary.come_back(away) == "500"
        assert canary.sign_in() == "/link/"
        canary.dump("before the link")
        assert canary.ask_for_code(TYPO) == "/link/code/"
        canary.take_messages()
        canary.dump("while a message waits")
        with broken(AUDIT):
            canary.start_worker()
            until(lambda: AUDIT in canary.log("worker"))
        canary.mailbox.answer_next("451 4.3.0 later")
        assert canary.ask_for_code(INGRID.email) == "/link/code/"
        until(lambda: OutgoingMail.objects.filter(attempts=1).exclude(answer="").exists())
        canary.dump("while a mail waits for another try")
        canary.read_mail()
        until(lambda: PendingCode.objects.filter(state="sent").exists())
        canary.dump("when the code was sent")
        assert canary.type_code(wrong(canary.code)) == "422"
        with broken(AUDIT):
            assert canary.type_code(f"{canary.code[:3]} {canary.code[3:]}") == "500"
        canary.dump("after a wrong code and an error")
        assert canary.type_code(canary.code) == "/link/done/"
        assert canary.surfer.get("/link/done/").status == 200
        assert canary.surfer.get("/me/").status == 200
        until(lambda: OutgoingMail.objects.filter(kind="linked", state="sent").exists())
        canary.dump("when the link was made")
        assert canary.sign_out().endswith("/logout")
        assert canary.sign_in() == "/me/"
        canary.dump("when recognised")
        assert canary.gateway_signs_out() == 200
        assert set(canary.administer()) <= {200, 302}
        canary.dump("at the end")
        canary.take_messages()
        canary.close()
        return canary


def admin_pages() -> Iterator[str]:
    """Every list with a search, every row with its page and its history."""
    yield reverse("admin:index")
    for model, page in admin.site._registry.items():
        names = f"{model._meta.app_label}_{model._meta.model_name}"
        changelist = reverse(f"admin:{names}_changelist")
        yield changelist
        if page.search_fields:
            yield f"{changelist}?q=Bergtun"
        for pk in model._default_manager.values_list("pk", flat=True):
            yield reverse(f"admin:{names}_change", args=[pk])
            yield reverse(f"admin:{names}_history", args=[pk])


@contextmanager
def broken(table: str) -> Iterator[None]:
    """Let whatever needs this table fail in the middle of its work."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def secrets_of_the_installation() -> list[tuple[str, bytes]]:
    """What lies outside the database, and must not be in it."""
    keys = [("fingerprint key", key) for key in settings.FINGERPRINT_KEYS.keys.values()]
    keys += [("fingerprint key, base64", base64.b64encode(key)) for _name, key in keys]
    return [*keys, ("SECRET_KEY", settings.SECRET_KEY.encode())]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _database_log() -> bytes:
    """What the embedded PostgreSQL wrote of our database; another server keeps its own."""
    path = os.environ.get(environment.DATABASE_LOG)
    if path is None:
        return b""
    name = re.escape(str(connection.settings_dict["NAME"]).encode())
    return b"".join(
        re.findall(rb"^%s .*\n(?:\t.*\n)*" % name, Path(path).read_bytes(), re.MULTILINE)
    )
