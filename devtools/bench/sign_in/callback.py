"""A sign-in in one Django configuration, measured from within: the child that `compare` asks.

`python -m devtools.bench.sign_in.callback MAKE_USER HOST`, with the settings to measure in
DJANGO_SETTINGS_MODULE. MAKE_USER is the function that makes the only user there is.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import django
from django.contrib import auth
from django.db import connections
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

TRANSACTION_CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


class Statements:
    """Counts what goes to the database by its first word, transaction control left out."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: Any, context: Any
    ) -> Any:
        verb = str(sql).split(maxsplit=1)[0].upper()
        if verb not in TRANSACTION_CONTROL:
            self.counts[verb] += 1
        return execute(sql, params, many, context)


class Visitor:
    """One browser at a time; each sign-in that begins gets a new one."""

    def __init__(self, host: str) -> None:
        self._host = host

    def begin(self) -> dict[str, Any]:
        """Give where a fresh browser is sent to sign in."""
        self._client = Client(headers={"host": self._host})
        response = self._client.get(reverse("oidc_authentication_init"))
        return {"location": response.headers.get("Location", "")}

    def callback(self, url: str) -> dict[str, Any]:
        """Come back with the provider's answer; the clocks run for this one request."""
        parts = urlsplit(url)
        statements = Statements()
        with ExitStack() as counted:
            for connection in connections.all():
                counted.enter_context(connection.execute_wrapper(statements))
            cpu, wall = time.process_time_ns(), time.perf_counter_ns()
            response = self._client.get(f"{parts.path}?{parts.query}")
            wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
        return {
            "wall_ns": wall,
            "cpu_ns": cpu,
            "statements": statements.counts,
            "status": response.status_code,
            "signed_in": self._is_signed_in(),
        }

    def _is_signed_in(self) -> bool:
        """Ask as the next request would. `get` also refuses a second user, made on the way."""
        request = HttpRequest()
        request.session = self._client.session
        return auth.get_user(request) == auth.get_user_model().objects.get()


def main(make_user: str, host: str) -> None:
    django.setup()
    import_string(make_user)()
    visitor = Visitor(host)
    for line in sys.stdin:
        question = json.loads(line)
        answer = visitor.callback(question["url"]) if "url" in question else visitor.begin()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
