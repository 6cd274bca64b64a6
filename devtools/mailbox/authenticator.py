"""Plays the telephone of the demo's administrator: time-based one-time passwords (RFC 6238)."""

import base64
import hmac
import time
from dataclasses import dataclass

PERIOD = 30  # seconds


@dataclass(frozen=True, slots=True)
class Authenticator:
    """An authenticator app with one account in it."""

    secret: str

    def code(self) -> str:
        """Give the six digits of now."""
        key = base64.b32decode(self.secret)
        digest = hmac.digest(key, (int(time.time()) // PERIOD).to_bytes(8), "sha1")
        start = digest[-1] & 15
        number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
        return f"{number % 1_000_000:06}"

    def seconds_left(self) -> int:
        return PERIOD - int(time.time()) % PERIOD
