"""`python -m devtools.crashes.restart REQUESTS`: PostgreSQL goes away and comes back under load.

The portal runs on an embedded cluster of its own, with the queue in it. Answers in JSON.
"""

import json
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3

from devtools import postgres
from devtools.bench import children
from devtools.crashes.scenario import Stage, running_stage

if TYPE_CHECKING:
    from devtools.crashes.visitors import Visitor

THREADS = 4
PATIENCE_SECONDS = 60
LANGUAGES = ("nb", "nn", "en")


def main(requests: int) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = postgres.start(folder / "postgres", fast=True)
        stack.callback(lambda: cluster.stop())  # noqa: PLW0108  # the one that runs then
        os.environ["DATABASE_URL"] = cluster.ensure_database("kobling")
        os.environ["CELERY_BROKER_URL"] = "postgresql://"
        children.run("manage.py", "migrate", "--verbosity=0", settings=os.environ)
        stage = stack.enter_context(running_stage())
        visitors = [stage.visitor(f"restart.{number}") for number in range(requests)]
        statuses: Counter[int] = Counter()
        with ThreadPoolExecutor(THREADS) as pool:
            asking = [pool.submit(_ask, each, stage, statuses) for each in visitors]
            asking[0].result()
            cluster.stop()
            pages = {language: _page(stage, language) for language in LANGUAGES}
            cluster = postgres.start(folder / "postgres", fast=True, port=cluster.port)
            for each in asking:
                each.result()
        _forget_connection()
        stage.settle()
        tally = stage.count([visitor.email for visitor in visitors])
        return asdict(tally) | {"statuses": dict(statuses), "pages": pages}


def _ask(visitor: "Visitor", stage: Stage, statuses: Counter[int]) -> None:
    """Ask as a person would: again, until the page goes on."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        status = visitor.ask_for_code(stage.web)
        statuses[status] += 1
        if status == 302:
            return
        time.sleep(0.2)


def _page(stage: Stage, language: str) -> tuple[int, str, str]:
    """Give status, Retry-After and text of the sign-in page."""
    from devtools.crashes.visitors import HOST

    headers = {"Host": HOST, "Accept-Language": language}
    answer = urllib3.request("GET", f"{stage.web}/", headers=headers, retries=False, timeout=30)
    return answer.status, answer.headers.get("Retry-After", ""), answer.data.decode()


def _forget_connection() -> None:
    from django.db import connection

    connection.close()


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
