"""The stand-in as a running server: `StandIn`, for the demo's own process and for tests."""

import logging
import socket
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Self
from urllib.parse import urlsplit

from werkzeug.serving import WSGIRequestHandler, make_server

from devtools.idporten.app import Application
from devtools.idporten.browser import Browser, Who
from devtools.idporten.clients import Client
from devtools.idporten.faults import Faults
from devtools.idporten.keys import KeyRing
from devtools.idporten.logout import logout_token
from devtools.idporten.people import Person, sample_people
from devtools.idporten.provider import Provider, logger
from devtools.idporten.stores import Clock

_HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Logs method, path and status: a query may hold an ID token, a body a number."""

    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        logger.info("%s %s %s", self.command, urlsplit(self.path).path, int(code))

    def log(self, kind: str, message: str, *_arguments: object) -> None:
        # What http.server complains of quotes the request line; the exception itself does not.
        logger.log(logging.ERROR if kind == "error" else logging.INFO, "a request was not readable")


class StandIn:
    """An ID-porten on loopback.

    The port is taken at once (an ephemeral one by default; OSError if it is busy), so that `issuer`
    is known before `start()`. A context manager: started inside, stopped after.
    """

    def __init__(
        self,
        clients: Iterable[Client] = (),
        *,
        port: int = 0,
        issuer: str = "",
        people: Sequence[Person] | None = None,
        keys: KeyRing | None = None,
        state_dir: Path | None = None,
        now: Clock = time.time,
    ) -> None:
        self._socket = socket.create_server((_HOST, port))
        self.issuer = issuer or f"http://{_HOST}:{self._socket.getsockname()[1]}"
        self.provider = Provider(
            issuer=self.issuer,
            now=now,
            people=sample_people() if people is None else people,
            keys=keys or KeyRing.open(state_dir),
        )
        for client in clients:
            self.register(client)
        self.requests = self.provider.requests
        self.authorizations = self.provider.authorizations
        self.deliveries = self.provider.deliveries
        self.stopping = Event()
        """Set by `stop()`: answers that hang should wait for it, not for the clock."""

    @property
    def faults(self) -> Faults:
        """The switches that make it misbehave."""
        return self.provider.faults

    def register(self, client: Client) -> None:
        """Add a client, or replace the one of the same id."""
        self.provider.clients[client.client_id] = client

    def start(self) -> None:
        """Answer in the background from now on."""
        port = self._socket.getsockname()[1]
        application = Application(self.provider)
        self._server = make_server(
            _HOST,
            port,
            application,
            threaded=True,
            request_handler=QuietHandler,
            fd=self._socket.fileno(),
        )
        self._socket.close()  # the server has its own duplicate
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back."""
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self) -> None:
        """Until somebody calls `stop()`."""
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def rotate_keys(self, *, announced: bool = True) -> None:
        """Sign with the other published key; or, not announced, with one never seen before."""
        self.provider.keys.rotate(announced=announced)

    def logout_token(self, *, client_id: str, sid: str, subject: str) -> str:
        """A logout token as the back channel would bring it, with the faults that are set."""
        return logout_token(self.provider, client_id=client_id, sid=sid, subject=subject)

    def browser(self) -> Browser:
        """A browser without pages: keeps cookies, so a second sign-in meets single sign-on."""
        return Browser(self.issuer, self.provider.people)

    def sign_in(
        self,
        authorize_url: str,
        person: Who,
        eid: str = "BankID",
        *,
        cancel: bool = False,
        browser: Browser | None = None,
    ) -> str:
        """Walk the pages as a person would; the callback address it ends at, not yet opened.

        `person` is a sample person, a synthetic number, or None for somebody without a number.
        A fresh browser each time unless one is given. SignInStopped where a page refuses.
        """
        return (browser or self.browser()).sign_in(authorize_url, person, eid, cancel=cancel)
