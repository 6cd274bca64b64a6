"""Small thread-safe stores in memory, where everything expires and nothing grows without end."""

from collections.abc import Callable
from threading import Lock

Clock = Callable[[], float]
"""Seconds since the epoch."""


class ExpiringStore[T]:
    """Values by key, each for a number of seconds; the oldest goes when it is full."""

    def __init__(self, now: Clock, *, lifetime: float, capacity: int = 10_000) -> None:
        self._now = now
        self.lifetime = lifetime
        self._capacity = capacity
        self._entries: dict[str, tuple[float, T]] = {}
        self._lock = Lock()

    def put(self, key: str, value: T) -> None:
        """Keep `value` for a whole lifetime from now, in place of what stood there."""
        with self._lock:
            self._drop_expired()
            self._entries.pop(key, None)
            self._entries[key] = (self._now() + self.lifetime, value)

    def add(self, key: str, value: T) -> bool:
        """Keep `value` unless a live entry has the key already; whether it was kept."""
        with self._lock:
            self._drop_expired()
            if key in self._entries:
                return False
            self._entries[key] = (self._now() + self.lifetime, value)
            return True

    def get(self, key: str) -> T | None:
        """The live value, which stays."""
        with self._lock:
            expires, value = self._entries.get(key, (0.0, None))
            return value if expires > self._now() else None

    def take(self, key: str) -> T | None:
        """The live value, which is gone afterwards: of two takers at once, one gets it."""
        with self._lock:
            expires, value = self._entries.pop(key, (0.0, None))
            return value if expires > self._now() else None

    def replace(self, key: str, value: T) -> None:
        """Another value under a key that is there; its expiry stays."""
        with self._lock:
            if key in self._entries:
                self._entries[key] = (self._entries[key][0], value)

    def values(self) -> list[T]:
        """Every live value."""
        with self._lock:
            return [value for expires, value in self._entries.values() if expires > self._now()]

    def __len__(self) -> int:
        return len(self._entries)

    def _drop_expired(self) -> None:
        # Every entry lives equally long, so the dictionary is in order of expiry.
        now = self._now()
        while self._entries:
            oldest = next(iter(self._entries))
            if self._entries[oldest][0] > now and len(self._entries) < self._capacity:
                return
            del self._entries[oldest]
