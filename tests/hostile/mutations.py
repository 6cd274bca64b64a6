"""Single mutations of a good answer, drawn by Hypothesis: one thing changed, anywhere."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

type Json = dict[str, Any]

TEXT = st.text(max_size=20)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.booleans() | st.none()
VALUES = st.recursive(
    NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
# Values that mean something somewhere, so that they meet the checks' edges.
TELLING: st.SearchStrategy[Any] = st.sampled_from(
    [
        *("", "JWT", "jwt", "logout+jwt", "none", "HS256", "PS256", "RS256", "client", "x"),
        *("idporten-loa-low", "idporten-loa-substantial", "idporten-loa-high", "eidas-loa-high"),
        *(
            "21879498012",
            "47906701517",
            "2187949801",
            "２１８７９４９８０１２",
            "Bearer",
            "bearer",
            "MAC",
        ),
        *(["client"], ["client", "x"], [], {}, 0, 1, -1, None, True, "s" * 255, "s" * 256),
    ]
)
HEADER_NAMES = ("alg", "kid", "typ", "crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c", "new")
CLAIM_NAMES = (
    *("iss", "aud", "azp", "sub", "sid", "exp", "iat", "nbf", "auth_time", "nonce", "acr", "amr"),
    *("pid", "at_hash", "given_name", "family_name", "jti", "locale", "new"),
)
BODY_NAMES = ("access_token", "id_token", "token_type", "expires_in", "scope", "new")
PARAMETER_NAMES = ("state", "iss", "code", "error", "error_description", "new")
TIMES = ("exp", "iat", "nbf", "auth_time")


@st.composite
def member_changes(draw: st.DrawFn, names: tuple[str, ...]) -> Callable[[Json], Json]:
    """One member of an object set, taken out, moved in time, or changed in its type or text."""
    name = draw(st.sampled_from(names))
    kinds = ["set", "drop", "wrap", "cut", "case", "more"]
    kind = draw(st.sampled_from([*kinds, "shift"] if name in TIMES else kinds))
    value = draw(TELLING | VALUES)
    seconds = draw(st.integers(-400, 400))

    def change(good: Json) -> Json:
        old = good.get(name)
        if kind == "drop":
            return {key: each for key, each in good.items() if key != name}
        return good | {name: _altered(old, kind, value, seconds)}

    return change


def _altered(old: Any, kind: str, value: Any, seconds: int) -> Any:
    if kind == "wrap":
        return [old]
    if kind == "shift" and type(old) is int:
        return old + seconds
    if isinstance(old, str) and kind in ("cut", "case", "more"):
        return {"cut": old[:-1], "case": old.swapcase(), "more": old + "x"}[kind]
    return value


@st.composite
def byte_changes(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """One bit flipped, one byte put in or taken out, or something around the whole."""
    kind = draw(st.sampled_from(["flip", "insert", "remove", "prefix", "suffix", "double"]))
    place = draw(st.floats(0, 1, exclude_max=True))
    bit = draw(st.integers(0, 7))
    extra = draw(st.sampled_from([b" ", b"\xef\xbb\xbf", b"\x00", b"x", b"{}", b"\n", b".", b"="]))

    def change(good: bytes) -> bytes:
        at = int(place * len(good))
        before, here, after = good[:at], good[at : at + 1], good[at + 1 :]
        return {
            "flip": before + bytes([here[0] ^ (1 << bit)]) + after if here else extra,
            "insert": before + extra + here + after,
            "remove": before + after,
            "prefix": extra + good,
            "suffix": good + extra,
            "double": good + good,
        }[kind]

    return change


@st.composite
def doubled_members(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A member of a JSON object written twice, the second time with another value or the same."""
    first = draw(st.booleans())
    which = draw(st.integers(0, 20))
    value = draw(TELLING)

    def change(good: bytes) -> bytes:
        members = json.loads(good)
        name = list(members)[which % len(members)]
        again = json.dumps({name: value}).encode()[1:-1]
        inner = good.strip()[1:-1]
        return b"{" + (again + b", " + inner if first else inner + b", " + again) + b"}"

    return change


@st.composite
def parameter_changes(
    draw: st.DrawFn,
) -> Callable[[list[tuple[str, str]]], list[tuple[str, str]]]:
    """One parameter of the redirect back changed, taken out, put in or doubled."""
    name = draw(st.sampled_from(PARAMETER_NAMES))
    kind = draw(st.sampled_from(["set", "drop", "double", "add", "cut", "more"]))
    # What a browser cannot carry in an address never comes back from one.
    value = draw(st.text(st.characters(codec="utf-8"), max_size=20))

    def change(good: list[tuple[str, str]]) -> list[tuple[str, str]]:
        old = dict(good).get(name, "")
        kept = [pair for pair in good if pair[0] != name]
        here = [pair for pair in good if pair[0] == name]
        return {
            "drop": kept,
            "double": [*kept, *here, *here],
            "add": [*good, (name, value)],
            "set": [*kept, (name, value)],
            "cut": [*kept, (name, old[:-1])],
            "more": [*kept, (name, old + "x")],
        }[kind]

    return change
