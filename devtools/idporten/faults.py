"""Switches that make the stand-in misbehave, for tests of what a relying party must refuse.

Each `Hooks` stands at one place that a value passes on its way out. A hook gets the value and
returns what is to go out in its place::

    standin.faults.id_token.claims.once(lambda claims: claims | {"iss": "https://evil.example"})
    standin.faults.id_token.header.once(lambda header: header | {"alg": "none"})
    standin.faults.id_token.signer.always(lambda signer: unsigned)
    standin.faults.token.once(lambda answer: Answer(307, {"Location": "https://evil.example"}))
    standin.faults.authorization_response.once(lambda pairs: pairs + [("code", "another")])
    standin.faults.clear()
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from threading import Event, Lock
from typing import Any

from werkzeug.wrappers import Response

from devtools.idporten.jws import Signer

type Hook[T] = Callable[[T], T]
type Json = dict[str, Any]
type Pairs = list[tuple[str, str]]


class Hooks[T]:
    """The hooks at one place; without any, values pass unchanged."""

    def __init__(self) -> None:
        self._always: list[Hook[T]] = []
        self._once: deque[Hook[T]] = deque()
        self._lock = Lock()

    def once(self, hook: Hook[T]) -> None:
        """For the next value only. Several wait in line, one for each value."""
        with self._lock:
            self._once.append(hook)

    def always(self, hook: Hook[T]) -> None:
        """For every value until `clear`, in the order given and before one of `once`."""
        with self._lock:
            self._always.append(hook)

    def clear(self) -> None:
        with self._lock:
            self._always.clear()
            self._once.clear()

    @property
    def armed(self) -> bool:
        """Whether the next value meets a hook."""
        with self._lock:
            return bool(self._always or self._once)

    def apply(self, value: T) -> T:
        with self._lock:
            hooks = [*self._always, *([self._once.popleft()] if self._once else [])]
        for hook in hooks:
            value = hook(value)
        return value


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer of a machine endpoint. A `body` in pieces is sent piece by piece."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Iterable[bytes] = b""

    @classmethod
    def json(cls, value: object, status: int = 200, **headers: str) -> "Answer":
        """A JSON answer that nobody may keep; `WWW_Authenticate` becomes `WWW-Authenticate`."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        common = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return cls(status, common | named, json.dumps(value).encode())

    def parsed(self) -> Any:
        """The JSON value of a body in one piece."""
        if not isinstance(self.body, bytes):
            raise TypeError("the body is sent in pieces")
        return json.loads(self.body)

    def changed(self, **members: object) -> "Answer":
        """The same answer with these members of its JSON object set, or dropped where None."""
        value = {k: v for k, v in (self.parsed() | members).items() if v is not None}
        return Answer(self.status, self.headers, json.dumps(value).encode())

    def response(self) -> Response:
        return Response(self.body, self.status, list(self.headers.items()))


@dataclass
class TokenHooks:
    """A signed token in the making, in this order: claims, header, payload, signer, compact."""

    claims: Hooks[Json] = field(default_factory=Hooks)
    header: Hooks[Json] = field(default_factory=Hooks)
    payload: Hooks[bytes] = field(default_factory=Hooks)
    """The claims as the bytes that are signed: for duplicate members, NaN, a BOM."""
    signer: Hooks[Signer] = field(default_factory=Hooks)
    compact: Hooks[str] = field(default_factory=Hooks)
    """The finished token."""

    @property
    def armed(self) -> bool:
        """Whether the next token meets a hook anywhere."""
        return any(getattr(self, each.name).armed for each in fields(self))

    def clear(self) -> None:
        _clear_all(self)


@dataclass
class Faults:
    """Every place where the stand-in can be made to misbehave."""

    id_token: TokenHooks = field(default_factory=TokenHooks)
    logout_token: TokenHooks = field(default_factory=TokenHooks)
    discovery: Hooks[Answer] = field(default_factory=Hooks)
    jwks: Hooks[Answer] = field(default_factory=Hooks)
    par: Hooks[Answer] = field(default_factory=Hooks)
    token: Hooks[Answer] = field(default_factory=Hooks)
    userinfo: Hooks[Answer] = field(default_factory=Hooks)
    authorization_response: Hooks[Pairs] = field(default_factory=Hooks)
    """The query of the redirect back, `code` or `error` with `state` and `iss`."""
    frontchannel_logout: Hooks[Pairs] = field(default_factory=Hooks)
    """The query of the front-channel logout iframes: `iss` and `sid`."""

    def clear(self) -> None:
        """Behave again."""
        _clear_all(self)


def _clear_all(holder: Any) -> None:
    for each in fields(holder):
        getattr(holder, each.name).clear()


def slowly(body: bytes, *, seconds: float, until: Event | None = None) -> Iterator[bytes]:
    """`body` a byte at a time with a pause before each; an empty body hangs for one pause.

    Stops early when `until` is set (`StandIn.stopping` is meant for it), so that no test waits.
    """
    released = until or Event()
    for piece in [body[i : i + 1] for i in range(len(body))] or [b""]:
        if released.wait(seconds):
            return
        yield piece


def delayed(answer: Answer, *, seconds: float, until: Event | None = None) -> Answer:
    """The same answer, its first byte held back."""

    def pieces() -> Iterator[bytes]:
        (until or Event()).wait(seconds)
        yield from [answer.body] if isinstance(answer.body, bytes) else answer.body

    return Answer(answer.status, answer.headers, pieces())
