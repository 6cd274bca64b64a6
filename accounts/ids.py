import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """Give a UUID version 7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, then random bits.

    Python has its own from 3.14 on, PostgreSQL from 18 on; neither can be counted on yet.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
