"""Real threads that start together."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connection

FIT_IN_THE_POOL = 8  # connections


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Run the calls in threads that start together; gives results and exceptions."""
    barrier = Barrier(len(calls), timeout=30)
    outcomes: list[Any] = [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        if len(calls) <= FIT_IN_THE_POOL:
            connection.ensure_connection()  # connecting takes longer than what is raced
        barrier.wait()
        try:
            outcomes[index] = call()
        except Exception as error:  # noqa: BLE001  # the outcome is what the test looks at
            outcomes[index] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
