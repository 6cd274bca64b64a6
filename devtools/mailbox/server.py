"""The mailbox as a running pair of servers: `Mailbox`, for the demo's own process and for tests."""

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Self

from aiosmtpd.controller import Controller
from werkzeug.serving import WSGIRequestHandler, make_server

from devtools.mailbox.authenticator import Authenticator
from devtools.mailbox.mails import Mail, Mails
from devtools.mailbox.pages import Pages
from devtools.mailbox.smtp import Fault, Handler

_HOST = "127.0.0.1"
# It tells every line of the dialogue, codes and all.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # werkzeug's name
        """Say nothing: the page reloads itself all day."""


class Mailbox:
    """SMTP and inbox page on loopback; ports of 0 are chosen. A context manager.

    Raises:
        OSError: a port is busy.
    """

    def __init__(
        self,
        *,
        smtp_port: int = 0,
        http_port: int = 0,
        folder: Path | None = None,
        authenticator: Authenticator | None = None,
    ) -> None:
        self._content = Mails(folder)
        self._handler = Handler(self._content)
        # Bound here, as werkzeug would write about a busy port and exit.
        with socket.create_server((_HOST, http_port)) as bound:
            self.http_port = int(bound.getsockname()[1])
            self._http = make_server(
                _HOST,
                self.http_port,
                Pages(self._content, self._handler, authenticator),
                threaded=True,
                request_handler=_Quiet,
                fd=bound.fileno(),
            )
        self.smtp_port = smtp_port or _free_port()
        self._smtp = Controller(self._handler, hostname=_HOST, port=self.smtp_port)
        self._running = False

    def start(self) -> None:
        """Answer in the background from now on."""
        try:
            self._smtp.start()
        except OSError:
            self._http.server_close()
            raise
        Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        self._running = True

    def stop(self) -> None:
        """Stop answering and give the ports back; a second time does nothing."""
        if not self._running:
            return
        self._running = False
        self._smtp.stop()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def mails(self) -> list[Mail]:
        """What has come, newest first."""
        return self._content.newest_first()

    def wait_for(self, wanted: Callable[[Mail], bool], *, seconds: float = 10) -> Mail:
        """Give the newest mail that is wanted, as soon as there is one.

        Raises:
            TimeoutError: none came.
        """
        return self._content.wait_for(wanted, seconds)

    def answer_next(self, answer: str, *, count: int = 1, stage: str = "data") -> None:
        """Give the next deliveries this SMTP answer instead, at `data` or at `rcpt`."""
        self._handler.faults.extend([Fault(answer, stage)] * count)

    def clear(self) -> None:
        self._content.clear()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
