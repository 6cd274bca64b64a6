import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """Give a UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits.

    The 12 bits behind the version are the fraction of the millisecond (6.2, method 3), as in
    PostgreSQL's own: what one process makes after another row sorts behind it.

    Python has its own from 3.14 on, PostgreSQL from 18 on; neither can be counted on yet.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | fraction << 64
    return UUID(int=value | 0x2 << 62 | secrets.randbits(62))
