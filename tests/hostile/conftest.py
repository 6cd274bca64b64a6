"""The door that hostile providers knock at: a good answer would let a linked employee in."""

import base64
import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.models import Employee, Organisation, UserSession
from audit.models import AuditEvent
from linking.models import LinkedIdentity, PendingCode
from tests.conftest import take_for_idporten
from tests.factories import fingerprint_of, make_employee, make_link
from tests.journeys.visitor import (
    INGRID,
    SOLVEIG,
    IDPorten,
    Response,
    Visitor,
    assert_refused,
    text,
)

NUMBERS = (INGRID.national_id, SOLVEIG.national_id)


@pytest.fixture(params=["standin", "second_provider"])
def idporten(request: pytest.FixtureRequest, settings: Any) -> IDPorten:
    """Each of the two providers, as the portal's ID-porten.

    What they say by themselves is made by different code; what a fault alters, by the stand-in's.
    """
    provider: IDPorten = request.getfixturevalue(request.param)
    take_for_idporten(provider, settings)
    return provider


class EveryLine(logging.Handler):
    """Whatever any logger says, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[str]]:
    """What was logged, at the end without a number in it."""
    handler, root = EveryLine(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)
    assert not any(holds_a_number(line) for line in handler.lines), "a number was logged"


def holds_a_number(text: str) -> bool:
    """Whether a number stands here, plain or in the base64url of a token."""
    return any(spelling in text for number in NUMBERS for spelling in spellings(number))


def spellings(number: str) -> Iterator[str]:
    """As it is, and as base64url writes it wherever it begins within three bytes."""
    yield number
    for before in range(3):
        encoded = base64.urlsafe_b64encode(b"\0" * before + number.encode()).decode()
        yield encoded[(before * 8 + 5) // 6 : (before + len(number)) * 8 // 6]


def rows() -> Iterator[str]:
    """What the portal keeps about sign-ins."""
    for model in (AuditEvent, PendingCode, LinkedIdentity):
        yield from map(str, model.objects.values())
    yield from (str(session.get_decoded()) for session in UserSession.objects.all())


@pytest.fixture
def ingrid(organisation: Organisation) -> Employee:
    employee = make_employee(organisation=organisation, email=INGRID.email)
    make_link(employee=employee, whose=fingerprint_of(INGRID.national_id))
    return employee


@dataclass(frozen=True, slots=True)
class Door:
    """A browser at the organisation's address, and the provider it is sent to."""

    visitor: Visitor
    provider: IDPorten

    def knock(self) -> Response:
        """Sign in as the linked employee, with whatever the provider makes of it."""
        return self.visitor.sign_in(INGRID)

    def opens(self, response: Response, *, to: str = "/me/") -> None:
        assert response.status_code == 302
        assert response.headers["Location"] == to
        assert not any(holds_a_number(row) for row in rows())
        assert self.visitor.get("/me/").status_code == 200
        assert not AuditEvent.objects.filter(event="sign-in:refused").exists()

    def stays_shut(self, response: Response, reason: str) -> None:
        """A page, an event with the reason, and nobody signed in."""
        assert_refused(response, reason)
        assert not any(number in text(response) for number in NUMBERS)
        assert not any(holds_a_number(row) for row in rows())
        assert self.visitor.get("/me/").status_code == 302
        assert not UserSession.objects.exclude(user=None).exists()

    def outcome(self, response: Response, reason: str | None) -> None:
        if reason is None:
            self.opens(response)
        else:
            self.stays_shut(response, reason)


@pytest.fixture
def door(idporten: IDPorten, ingrid: Employee) -> Door:
    return Door(Visitor(idporten), idporten)


@pytest.fixture
def other_browser(idporten: IDPorten, ingrid: Employee) -> Door:
    return Door(Visitor(idporten), idporten)


@pytest.fixture
def outside(organisation: Organisation) -> Client:
    """A caller without cookies: ID-porten's iframe, or its server."""
    return Client(headers={"host": organisation.host})


@dataclass(frozen=True, slots=True)
class Trap:
    """An address that nobody should ever call."""

    url: str
    listening: socket.socket

    @property
    def sprung(self) -> bool:
        try:
            self.listening.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def trap() -> Iterator[Trap]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield Trap(f"http://127.0.0.1:{listening.getsockname()[1]}/", listening)
