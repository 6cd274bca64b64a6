"""Every way in which a secret of digits might lie about: what the canary run searches for."""

import base64
import hashlib
import re
from collections.abc import Iterator

DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b")
_SEPARATORS = (" ", "-", "\u00a0", "–", "%20", "+", "%2D", "&nbsp;", "_")
# A microsecond that happens to be the code is no leak: nothing of ours writes a code as a fraction.
_FRACTION = re.compile(rb"(?<=\d)[.,]\d{1,9}(?!\d)")


def spellings(secret: str, *, groups: tuple[int, ...]) -> Iterator[tuple[str, bytes]]:
    """Give each spelling with its name; `groups` are the lengths that people divide it into."""
    plain = secret.encode()
    yield "plain", plain
    yield "reversed", plain[::-1]
    yield "UTF-16", secret.encode("utf-16-le")
    for separator in _SEPARATORS:
        yield f"divided by {separator!r}", separator.join(_divided(secret, groups)).encode()
    yield "hexadecimal", plain.hex().encode()
    yield "percent", "".join(f"%{byte:02x}" for byte in plain).encode()
    for before in range(3):
        yield f"base64 after {before}", _inside_base64(plain, before)
    for name in DIGESTS:
        digest = hashlib.new(name, plain).digest()
        yield f"{name}, bytes", digest
        yield f"{name}, hexadecimal", digest.hex().encode()
        yield f"{name}, base64", base64.b64encode(digest).rstrip(b"=")


def number_spellings(number: str) -> list[tuple[str, bytes]]:
    """A national identity number: written in one piece or as 6 + 5, and as 2 + 2 + 2 + 5."""
    more = (
        (f"{name}, birth date apart", form)
        for name, form in spellings(number, groups=(2, 2, 2, 5))
        if "divided" in name
    )
    return [*spellings(number, groups=(6, 5)), *more]


def code_spellings(code: str) -> list[tuple[str, bytes]]:
    return list(spellings(code, groups=(3, 3)))


def found_in(content: bytes, forms: list[tuple[str, bytes]]) -> list[str]:
    """Give the names of the spellings that stand in `content`: base64url and any case too."""
    texts = (content, _FRACTION.sub(b"", content))
    searched = b"\0".join([texts[1], texts[1].translate(_FROM_URL_SAFE)])
    lowered = searched.lower()
    return [
        name
        for name, form in forms
        if (form.lower() in lowered if _has_no_case(name) else form in searched)
        or ("bytes" in name and form in content)
    ]


_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")


def _has_no_case(name: str) -> bool:
    return "hexadecimal" in name or "percent" in name or "divided" in name


def _divided(secret: str, groups: tuple[int, ...]) -> Iterator[str]:
    start = 0
    for length in groups:
        yield secret[start : start + length]
        start += length


def _inside_base64(plain: bytes, before: int) -> bytes:
    """What of it is the same whatever stands around, with `before` bytes ahead in its triple."""
    encoded = base64.b64encode(b"\0" * before + plain)
    return encoded[(before * 8 + 5) // 6 : (before + len(plain)) * 8 // 6]
