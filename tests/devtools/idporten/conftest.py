"""A stand-in on loopback with a clock of its own; no Django, no database."""

from collections.abc import Iterator
from datetime import date

import pytest
from joserfc.jwk import RSAKey

from devtools.idporten.keys import KeyRing
from devtools.idporten.people import Person
from devtools.idporten.server import StandIn
from tests.devtools.idporten.relying_party import Clock, RelyingParty, registration

KARI = Person(
    "21879498012", "Kari", "Eksempel", "eksempel-kommune", "kari@example.test", date(1994, 7, 21)
)
OLA = Person(
    "28876895937", "Ola", "Fjord", "fjordvik-kommune", "ola@example.test", date(1968, 7, 28)
)


@pytest.fixture
def kari() -> Person:
    return KARI


@pytest.fixture
def ola() -> Person:
    return OLA


@pytest.fixture(scope="session")
def client_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "client-1"})


@pytest.fixture(scope="session")
def standin_keys() -> KeyRing:
    """Made once: a key pair takes longer than a test."""
    return KeyRing.open()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def standin(clock: Clock, client_key: RSAKey, standin_keys: KeyRing) -> Iterator[StandIn]:
    keys = KeyRing(standin_keys.current, standin_keys.upcoming, standin_keys.subject_secret)
    running = StandIn([registration(client_key)], people=(KARI, OLA), keys=keys, now=clock)
    with running:
        yield running


@pytest.fixture
def rp(standin: StandIn, clock: Clock, client_key: RSAKey) -> RelyingParty:
    return RelyingParty(standin.issuer, clock, client_key)
