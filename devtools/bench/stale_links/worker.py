"""Does what the task `expire_stale_links` does, turn by turn to the end, and tells how it went."""

import json
import sys
import time
from datetime import datetime
from functools import partial
from typing import Any

import django
from django.db import connection

AUDIT_TABLE = 'INSERT INTO "audit_auditevent"'


class Batches:
    """Counts those statements that each batch has one of, and times what lies between."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.number = 0
        self._began = time.perf_counter()

    def __call__(self, execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith(AUDIT_TABLE):
            now = time.perf_counter()
            self.number += 1
            self.longest = max(self.longest, now - self._began)
            self._began = now
        return answer


def tend(now: datetime) -> dict[str, Any]:
    """Tend the links as at `now`, in turns as long as the task's."""
    # Django's models can be imported only when it has been set up.
    from linking import actions  # noqa: PLC0415
    from linking.tasks import TURN_SECONDS  # noqa: PLC0415

    turns, began, done = 0, time.perf_counter(), False
    batches = Batches()
    with connection.execute_wrapper(batches):
        while not done:
            turns += 1
            stop = time.perf_counter() + TURN_SECONDS
            done = actions.tend_links(now=now, is_time_up=partial(_is_past, stop))
    return {
        "seconds": time.perf_counter() - began,
        "turns": turns,
        "batches": batches.number,
        "longest_batch_ms": batches.longest * 1000,
    }


def _is_past(stop: float) -> bool:
    return time.perf_counter() >= stop


def main() -> None:
    django.setup()
    for line in sys.stdin:
        answer = tend(datetime.fromisoformat(json.loads(line)["now"]))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
