"""What the endpoints share: configuration, keys, what is under way, and records for tests."""

import logging
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from werkzeug.wrappers import Request

from devtools.idporten.clients import Client
from devtools.idporten.faults import Faults
from devtools.idporten.keys import KeyRing
from devtools.idporten.people import Person
from devtools.idporten.requests import AuthorizationRequest
from devtools.idporten.sessions import SsoSessions
from devtools.idporten.stores import Clock, ExpiringStore
from devtools.idporten.tokens import TOKEN_SECONDS, Grant

logger = logging.getLogger("devtools.idporten")

_JTI_MEMORY_SECONDS = 300  # longer than the oldest assertion that is still accepted
_INTERACTION_SECONDS = 30 * 60
_REMEMBERED = 500


@dataclass(frozen=True)
class Received:
    """One request as the records keep it: names of parameters, never their values, nor a body."""

    endpoint: str
    method: str
    parameters: frozenset[str]


class RequestLog:
    """What arrived, counted for good and remembered for a while."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._latest: deque[Received] = deque(maxlen=_REMEMBERED)

    def note(self, endpoint: str, request: Request) -> None:
        with self._lock:
            self._counts[endpoint] += 1
            self._latest.append(
                Received(endpoint, request.method, frozenset([*request.args, *request.form]))
            )

    def count(self, endpoint: str) -> int:
        """How many requests came to `endpoint` (`par`, `authorize`, `token`, `jwks` …) so far."""
        with self._lock:
            return self._counts[endpoint]

    def of(self, endpoint: str) -> list[Received]:
        """The remembered requests to `endpoint`, oldest first."""
        with self._lock:
            return [each for each in self._latest if each.endpoint == endpoint]

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()
            self._latest.clear()


@dataclass(frozen=True)
class Delivery:
    """One back-channel logout that was sent; `status` is None when nobody answered in time."""

    uri: str
    status: int | None


@dataclass(frozen=True)
class Interaction:
    """A person is choosing an eID for this request."""

    request: AuthorizationRequest
    language: str


@dataclass
class Provider:
    """The stand-in without its server."""

    issuer: str
    now: Clock
    people: Sequence[Person]
    keys: KeyRing
    faults: Faults = field(default_factory=Faults)
    clients: dict[str, Client] = field(default_factory=dict)
    requests: RequestLog = field(default_factory=RequestLog)
    authorizations: deque[AuthorizationRequest] = field(
        default_factory=lambda: deque(maxlen=_REMEMBERED)
    )
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def __post_init__(self) -> None:
        self.sessions = SsoSessions(self.now)
        self.pushed = ExpiringStore[AuthorizationRequest](self.now, lifetime=TOKEN_SECONDS)
        self.interactions = ExpiringStore[Interaction](self.now, lifetime=_INTERACTION_SECONDS)
        self.codes = ExpiringStore[Grant](self.now, lifetime=TOKEN_SECONDS)
        self.access_tokens = ExpiringStore[Grant](self.now, lifetime=TOKEN_SECONDS)
        self.logouts = ExpiringStore[tuple[str | None, str | None]](
            self.now, lifetime=TOKEN_SECONDS
        )
        self.assertion_ids = ExpiringStore[None](
            self.now, lifetime=_JTI_MEMORY_SECONDS, capacity=100_000
        )

    def subject(self, client_id: str, person: Person) -> str:
        """The pairwise subject by which `client_id` knows `person`."""
        return self.keys.subject(client_id, person.key)
