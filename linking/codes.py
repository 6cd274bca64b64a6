"""The 6-digit security code: made, kept as a keyed hash, and compared. Plain Python.

The code is never stored. It is a pseudo-random function of its row's id under a key from outside
the database, so that a mail which must be sent again after a crash carries the same code (A-35),
and whoever has the database alone has no code (A-32).
"""

import hashlib
import hmac
import unicodedata
from uuid import UUID

DIGITS = 6
VALID_MINUTES = 10
MAX_TRIES = 5


def make_code(request_id: UUID, *, key: bytes) -> str:
    """Give the code of one request to link: six digits, each of the million as likely."""
    digest = hmac.digest(key, b"code:" + request_id.bytes, hashlib.sha256)
    return f"{int.from_bytes(digest) % 10**DIGITS:0{DIGITS}d}"


def hash_code(code: str, request_id: UUID, *, key: bytes) -> bytes:
    """Give the keyed hash that is stored for a code, good for this request only."""
    return hmac.digest(key, b"hash:" + request_id.bytes + code.encode(), hashlib.sha256)


def is_right(code: str, request_id: UUID, *, stored: bytes | None, key: bytes) -> bool:
    """Whether a typed code is the request's; in the same time whether there is one or not."""
    typed = hash_code(code, request_id, key=key)
    return hmac.compare_digest(typed, stored or bytes(len(typed))) and stored is not None


def normalise(typed: str) -> str:
    """Take out the spaces and dashes people type or paste: «123 456», «123–456» (A-43)."""
    return "".join(
        character
        for character in typed
        if unicodedata.category(character) not in ("Zs", "Pd", "Cc")
    )


def is_code_shaped(code: str) -> bool:
    """Whether this is six ASCII digits."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()
