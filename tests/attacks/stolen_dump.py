"""What a thief would try with a dump: every value in it as a salt, a key or a digest (A-32)."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import re
from collections.abc import Iterable

_WORDS = re.compile(rb"[A-Za-z0-9+/=_-]{8,}")
_HASHES = ("md5", "sha1", "sha256", "sha512")
_LONGEST = 200  # bytes: no salt, key or digest is longer


def values_of(contents: Iterable[bytes]) -> set[bytes]:
    """Give each value and each word in one, also read as hexadecimal and as base64."""
    pieces = {piece for content in contents for piece in (content, *_WORDS.findall(content))}
    decoded = {value for piece in pieces for value in _decoded(piece)}
    return {value for value in pieces | decoded if 0 < len(value) <= _LONGEST}


def digests_of(number: str, *, secrets: Iterable[bytes]) -> set[bytes]:
    """Give every digest of the number: plain, salted before and after, keyed."""
    plain = number.encode()
    digests = {hashlib.new(name, plain).digest() for name in _HASHES}
    for secret in secrets:
        for name in _HASHES:
            digests.add(hmac.digest(secret, plain, name))
            digests.add(hashlib.new(name, secret + plain).digest())
            digests.add(hashlib.new(name, plain + secret).digest())
    return digests


def _decoded(piece: bytes) -> Iterable[bytes]:
    with contextlib.suppress(ValueError):
        yield bytes.fromhex(piece.removeprefix(b"\\x").decode())
    with contextlib.suppress(binascii.Error):
        yield base64.b64decode(piece.translate(bytes.maketrans(b"-_", b"+/")) + b"==")
