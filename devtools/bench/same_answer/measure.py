"""One round through every kind of address, measured from within: the child that `compare` asks.

The portal's WSGI application is called in this process: no socket, no other process and no thread
between the clock and the answer, and all of the portal's own code, its database and its queue.
"""

import gc
import io
import json
import random
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from portal.wsgi import application  # isort: skip  # sets Django up

from django.conf import settings
from django.core.signals import request_started
from django.db import connection
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import Employee
from accounts.sessions import SessionStore
from devtools.bench.same_answer.kinds import LOOKED_UP, UNKNOWN, Registry, some_person
from linking import actions, codes
from linking.models import PendingCode
from linking.persons import SESSION_KEY, EidPerson

SEED = 20260101
# Sessions and audit events are only added to, and found by key: they grow alike for all.
_FORGET = "; ".join(
    f"DELETE FROM {table}"  # noqa: S608  our own names
    for table in (
        "portal_queue_message",
        "linking_codetry",
        "linking_outgoingmail",
        "linking_case",
        "linking_block",
        "linking_pendingcode",
    )
)


class Processor:
    """How long this process and its database's have computed, whatever else the machine does.

    The database's part is known on Linux, and where it runs on this machine.
    """

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
            processes = [Path(f"/proc/{pid}") for (pid,) in cursor.fetchall()]
        self._files = [each / "schedstat" for each in processes if _is_postgres(each)]

    def ns(self) -> int:
        return time.process_time_ns() + sum(_on_processor_ns(each) for each in self._files)


def _is_postgres(process: Path) -> bool:
    command = process / "cmdline"
    return command.exists() and command.read_bytes().startswith(b"postgres")


def _on_processor_ns(schedstat: Path) -> int:
    try:
        return int(schedstat.read_text().split()[0])
    except FileNotFoundError:  # a connection that has closed
        return 0


class Browser:
    """Somebody signed in with an eID and not linked, at one organisation's address."""

    def __init__(self, person: EidPerson, host: str, processor: Processor) -> None:
        session = SessionStore()
        session[SESSION_KEY] = person.to_session()
        session.create()
        self._host = host
        self._processor = processor
        self._csrf = get_random_string(32)
        cookies = {settings.SESSION_COOKIE_NAME: session.session_key}
        cookies[settings.CSRF_COOKIE_NAME] = self._csrf
        self._cookies = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def post(self, path: str, expected: HTTPStatus, **form: str) -> tuple[int, int]:
        """Send a form; gives nanoseconds until the whole answer was there, and of processors."""
        environ = self._environ(path, urlencode(form | {"csrfmiddlewaretoken": self._csrf}))
        statuses: list[str] = []
        computed, start = self._processor.ns(), time.perf_counter_ns()
        answer: Any = application(environ, lambda status, _headers: statuses.append(status))
        b"".join(answer)
        taken = time.perf_counter_ns() - start
        computed = self._processor.ns() - computed
        answer.close()
        if not statuses[0].startswith(str(expected.value)):
            raise RuntimeError(f"{path} answered {statuses[0]}")
        return taken, computed

    def _environ(self, path: str, form: str) -> dict[str, Any]:
        body = form.encode()
        return {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": self._host,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": self._host,
            "HTTP_COOKIE": self._cookies,
            "HTTP_ACCEPT_LANGUAGE": "nb",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


class Rounds:
    """Every kind once in each round, in an order by chance."""

    def __init__(self) -> None:
        self._registry = Registry()
        self._chance = random.Random(SEED)  # noqa: S311  an order, no secret

    def one(self) -> dict[str, list[int]]:
        """Give by kind how long both answers took: to the address, and to a wrong code."""
        kinds = self._registry.kinds
        self._chance.shuffle(kinds)
        gc.collect()
        gc.freeze()
        gc.disable()
        processor = Processor()
        measured = {kind: self._measure(kind, processor) for kind in kinds}
        gc.enable()
        with connection.cursor() as cursor:
            cursor.execute(_FORGET)
        return measured

    def _measure(self, kind: str, processor: Processor) -> list[int]:
        person, address = some_person(), self._registry.addresses[kind]
        self._registry.prepare(kind, person)
        browser = Browser(person, self._registry.host_of(kind), processor)
        if kind == LOOKED_UP:
            request_started.connect(self._look_up)
        try:
            asked = browser.post("/link/", HTTPStatus.FOUND, email=address)
            wrong = _decide(person)
            typed = browser.post("/link/code/", HTTPStatus.UNPROCESSABLE_ENTITY, code=wrong)
        finally:
            request_started.disconnect(self._look_up)
        return [asked[0], typed[0], asked[1], typed[1]]

    def _look_up(self, **_signal: object) -> None:
        """What A-02 forbids, to see that it would be found: one statement more in the request."""
        Employee.objects.with_email(self._registry.open, UNKNOWN).first()


def _decide(person: EidPerson) -> str:
    """Do the worker's part; gives a code that is wrong."""
    request = PendingCode.objects.get(fingerprint=person.current.digest)
    actions.decide_request(request.pk, now=timezone.now())
    right = codes.make_code(request.pk, key=actions.code_key())
    return f"{(int(right) + 1) % 10**codes.DIGITS:0{codes.DIGITS}}"


def main() -> None:
    rounds = Rounds()
    for _question in sys.stdin:
        print(json.dumps(rounds.one()), flush=True)


if __name__ == "__main__":
    main()
