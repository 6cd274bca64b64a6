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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import django
import urllib3

from devtools.crashes import points, services
from devtools.crashes.points import Kill, Point
from devtools.mailbox import Mailbox
from devtools.queues import delete_queue

if TYPE_CHECKING:
    from devtools.crashes.visitors import Visitor

CRASH_SECONDS = 60
SETTLE_SECONDS = 120
WHOLE_EACH = 3
AT_ONCE = 3


class NotAsPlanned(RuntimeError):
    """A run could not be made; the message has the tails of the logs."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of all runs at one point."""

    runs: int
    whole_services: int
    """In how many runs not only the process at work died, but all of its service."""
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
    with running_stage() as stage:
        return {point.text: asdict(stage.crash_at(point, runs)) for point in Point}


@contextmanager
def running_stage() -> Iterator["Stage"]:
    """Run the portal on the database and broker of the settings; Django is set up here."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mailbox = stack.enter_context(Mailbox())
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{mailbox.smtp_port}"
        os.environ[points.FOLDER_SETTING] = str(folder)
        os.environ[services.PORT_SETTING] = str(_free_port())
        os.environ["CELERY_QUEUE"] = f"crashes-{secrets.token_hex(4)}"
        django.setup()
        stack.callback(delete_queue)  # after the services, which would make it again
        stack.enter_context(_services())
        yield Stage(folder, mailbox, f"http://127.0.0.1:{os.environ[services.PORT_SETTING]}")


class Stage:
    """The running portal, and everything a run needs."""

    def __init__(self, folder: Path, mailbox: Mailbox, web: str) -> None:
        from devtools.crashes.visitors import make_organisation

        self._folder, self._mailbox, self.web = folder, mailbox, web
        self._organisation = make_organisation()
        self._orders: list[Path] = []

    def visitor(self, name: str) -> "Visitor":
        """Give an employee who has come from ID-porten."""
        from devtools.crashes.visitors import Visitor

        self._wait_until(self._web_answers, CRASH_SECONDS, "the web to answer")
        return Visitor.arrive(self._organisation, name)

    def crash_at(self, point: Point, runs: int) -> Tally:
        """Crash each run's process there, each third time with its whole service; then count."""
        self._mailbox.clear()
        kills = [Kill.PROCESS if number % WHOLE_EACH else Kill.SERVICE for number in range(runs)]
        emails = []
        for number, kill in enumerate(kills):
            emails.append(self._run(point, f"{point.name.lower()}.{number}", kill))
            self._wait_for_crashes(self._at_once(point))
        self._wait_for_crashes(0)
        self.settle()
        return self.count(emails, allowed_copies=point.copies, kills=kills)

    def settle(self) -> None:
        """Wait until nothing is to be sent any more, and nothing could be."""
        self._wait_until(lambda: not _unsettled(), SETTLE_SECONDS, "the mails to settle")
        # Whatever could still send would do so now: each lease is over, and the sweep has been.
        time.sleep(max(services.LEASE_SECONDS, services.QUEUE_LEASE_SECONDS) + 1)

    def _run(self, point: Point, name: str, kill: Kill) -> str:
        visitor = self.visitor(name)
        orders = self._orders
        if point.loses_wake_up:
            orders.append(points.arm(self._folder, Point.COMMITTED, visitor.email, Kill.PROCESS))
            if point is Point.SWEPT:
                orders.append(points.arm(self._folder, point, visitor.email, kill))
        else:
            orders.append(points.arm(self._folder, point, visitor.email, kill))
        visitor.ask_for_code(self.web)
        if point in (Point.BEFORE_TICK, Point.AFTER_TICK):
            orders.append(points.arm(self._folder, point, points.ANYBODY, kill))
        return visitor.email

    def _at_once(self, point: Point) -> int:
        """How many may be on their way to a crash. A worker has one mail in hand at a time."""
        return AT_ONCE if point.text.startswith("worker") else 0

    def _wait_for_crashes(self, left: int) -> None:
        def few() -> bool:
            self._orders[:] = [order for order in self._orders if order.exists()]
            return len(self._orders) <= left

        self._wait_until(few, CRASH_SECONDS, f"crashes: {[each.name for each in self._orders]}")

    def count(
        self, emails: list[str], *, allowed_copies: int = 1, kills: Sequence[Kill] = ()
    ) -> Tally:
        """Count what came to these addresses since the mailbox was cleared."""
        from linking.models import PendingCode

        rows = PendingCode.objects.filter(email__in=emails)
        committed = set(rows.values_list("email", flat=True))
        promised = set(emails) if allowed_copies else committed
        came: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for mail in self._mailbox.mails:
            came[mail.to].append((mail.code, mail.headers["Message-ID"]))
        copies = {email: len(came[email]) for email in emails}
        return Tally(
            runs=len(emails),
            whole_services=list(kills).count(Kill.SERVICE),
            lost=sum(not copies[email] for email in promised),
            sent_for_rolled_back=sum(copies[email] > 0 for email in set(emails) - committed),
            duplicates=sum(number > 1 for number in copies.values()),
            most_copies=max(copies.values()),
            allowed_copies=allowed_copies,
            same_code=all(
                len(set(found)) <= 1 and ("", "") not in found for found in came.values()
            ),
        )

    def _web_answers(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.web}/healthz", retries=False).status == 200
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


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
