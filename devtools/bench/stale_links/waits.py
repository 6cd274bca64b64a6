"""Looks, all the while, for how long anybody waits for a lock in one database."""

import threading
from types import TracebackType
from typing import Self

import psycopg

PAUSE_SECONDS = 0.005
_LONGEST_NOW = """
    SELECT max(extract(epoch FROM clock_timestamp() - waitstart) * 1000)
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database()
"""


class LockWaits:
    """A thread that asks PostgreSQL many times a second; a context manager.

    What it sees is at most a pause shorter than the wait was.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.longest_ms = 0.0
        self.looks = 0
        self.seen = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._over.wait(PAUSE_SECONDS):
                row = connection.execute(_LONGEST_NOW).fetchone()
                self.looks += 1
                if row is not None and row[0] is not None:
                    self.seen += 1
                    self.longest_ms = max(self.longest_ms, float(row[0]))
