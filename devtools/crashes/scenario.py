"""`python -m devtools.crashes.scenario RUNS`: every kill point on one broker; answers in JSON.

The settings say which broker and which database. Both are left as they were found.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import django
import urllib3

from devtools.crashes import points, services
from devtools.crashes.points import Kill, Point
from devtools.mailbox import Mailbox

CRASH_SECONDS = 60
SETTLE_SECONDS = 120


class NotAsPlanned(RuntimeError):
    """A run could not be made; the message has the tails of the logs."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of all runs at one point."""

    runs: int
    crashes: int
    lost: int
    """Committed requests without a mail."""
    sent_for_rolled_back: int
    duplicates: int
    """Mails that came more than once."""
    most_copies: int
    allowed_copies: int
    same_code: bool
    """Whether all copies of each mail had one code and one Message-ID."""


def main(runs: int) -> dict[str, dict[str, object]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mailbox = stack.enter_context(Mailbox())
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{mailbox.smtp_port}"
        os.environ[points.FOLDER_SETTING] = str(folder)
        os.environ[services.PORT_SETTING] = str(_free_port())
        os.environ[services.QUEUE_SETTING] = f"crashes-{secrets.token_hex(4)}"
        django.setup()
        stack.enter_context(_services())
        stack.callback(_leave_no_queue)
        stage = Stage(folder, mailbox, f"http://127.0.0.1:{os.environ[services.PORT_SETTING]}")
        return {point.text: asdict(stage.crash_at(point, runs)) for point in Point}


class Stage:
    """The running portal, and everything a run needs."""

    def __init__(self, folder: Path, mailbox: Mailbox, web: str) -> None:
        from devtools.crashes.visitors import make_organisation

        self._folder, self._mailbox, self._web = folder, mailbox, web
        self._organisation = make_organisation()

    def crash_at(self, point: Point, runs: int) -> Tally:
        """Crash each run's process there, each second time with its whole service; then count."""
        self._mailbox.clear()
        kills = [Kill.PROCESS if number % 2 else Kill.SERVICE for number in range(runs)]
        emails = [self._run(point, f"{point.name.lower()}.{n}", k) for n, k in enumerate(kills)]
        self._wait_until(lambda: not _unsettled(), SETTLE_SECONDS, f"{point.name} to settle")
        # Whatever could still send would do so now: each lease is over, and the sweep has been.
        time.sleep(max(services.LEASE_SECONDS, services.QUEUE_LEASE_SECONDS) + 1)
        return self._count(point, emails)

    def _run(self, point: Point, name: str, kill: Kill) -> str:
        from devtools.crashes.visitors import Visitor

        visitor = Visitor.arrive(self._organisation, name)
        self._wait_until(self._web_answers, CRASH_SECONDS, "the web to answer")
        orders = []
        if point.loses_wake_up:
            orders.append(points.arm(self._folder, Point.COMMITTED, visitor.email, Kill.PROCESS))
            if point is Point.SWEPT:
                orders.append(points.arm(self._folder, point, visitor.email, kill))
        else:
            orders.append(points.arm(self._folder, point, visitor.email, kill))
        visitor.ask_for_code(self._web)
        if point in (Point.BEFORE_TICK, Point.AFTER_TICK):
            orders.append(points.arm(self._folder, point, points.ANYBODY, kill))
        for order in orders:
            self._wait_until(lambda: not order.exists(), CRASH_SECONDS, f"the crash {order.name}")
        return visitor.email

    def _count(self, point: Point, emails: list[str]) -> Tally:
        from linking.models import PendingCode

        rows = PendingCode.objects.filter(email__in=emails)
        committed = set(rows.values_list("email", flat=True))
        promised = set(emails) if point.copies else committed
        came: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for mail in self._mailbox.mails:
            came[mail.to].append((mail.code, mail.headers["Message-ID"]))
        copies = {email: len(came[email]) for email in emails}
        return Tally(
            runs=len(emails),
            crashes=len(emails) * (2 if point.loses_wake_up else 1),
            lost=sum(not copies[email] for email in promised),
            sent_for_rolled_back=sum(copies[email] > 0 for email in set(emails) - committed),
            duplicates=sum(number > 1 for number in copies.values()),
            most_copies=max(copies.values()),
            allowed_copies=point.copies,
            same_code=all(
                len(set(found)) <= 1 and ("", "") not in found for found in came.values()
            ),
        )

    def _web_answers(self) -> bool:
        try:
            return urllib3.request("GET", f"{self._web}/healthz", retries=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def _wait_until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise NotAsPlanned(f"Waited {seconds} s for {what}.\n{self._tails()}")
            time.sleep(0.01)

    def _tails(self) -> str:
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(f"{log.name}:\n{log.read_text(errors='replace')[-1500:]}" for log in logs)


def _unsettled() -> bool:
    from linking.models import OutgoingMail, PendingCode

    undecided = PendingCode.objects.filter(decided_at__isnull=True, ended_at__isnull=True)
    queued = OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED)
    return undecided.exists() or queued.exists()


@contextmanager
def _services() -> Iterator[None]:
    command = [sys.executable, "-m", "devtools.crashes.services"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr)
    try:
        yield
    finally:
        process.communicate()  # its standard input is over, and so it ends


def _leave_no_queue() -> None:
    """Delete the queue where there is a server of queues; the database goes as a whole."""
    from portal.celery import app

    if app.conf.broker_url.startswith("postgresql"):
        return
    with app.connection_for_write() as connection, connection.channel() as channel:
        name = os.environ[services.QUEUE_SETTING]
        channel.queue_delete(name)
        channel.exchange_delete(name)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
