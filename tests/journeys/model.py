"""Who and what the oracle of the state machine remembers: plain Python, nothing of the portal's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
VALID = 10 * MINUTE
APPROVAL = 30 * DAY
NEVER = datetime.max.replace(tzinfo=UTC)
OSLO = ZoneInfo("Europe/Oslo")

GRANTED, REFUSED, CONFLICT = "granted", "refused", "conflict"
# What the page of the code may answer; besides `left(n)`.
GONE, BLOCKED, USED_UP = "no longer valid", "no tries today", "no tries for this code"
LINKED, WAITS, LINK_REFUSED = "linked", "waits for approval", "link refused"


def left(tries: int) -> str:
    return f"{tries} left"


@dataclass(eq=False)
class Place:
    """An organisation."""

    key: Any
    unused: timedelta
    approves: bool = False


@dataclass(eq=False)
class Person:
    """Somebody with an eID."""

    born: date


@dataclass(eq=False)
class Employee:
    key: Any
    place: Place
    email: str
    born: date | None = None
    active: bool = True
    last_day: date | None = None

    def is_employed(self, now: datetime) -> bool:
        today = now.astimezone(OSLO).date()
        return self.active and (self.last_day is None or today <= self.last_day)


@dataclass(eq=False)
class Link:
    person: Person
    employee: Employee
    until: datetime
    state: str = "active"
    key: Any = None

    @property
    def place(self) -> Place:
        return self.employee.place

    def stands(self, now: datetime) -> bool:
        """Whether it holds the employee's and the person's one place."""
        return self.state in ("active", "pending") and now < self.until

    def lets_in(self, now: datetime) -> bool:
        return self.state == "active" and self.stands(now) and self.employee.is_employed(now)


@dataclass(eq=False)
class Ask:
    """One request for a code, and what came of it."""

    person: Person
    place: Place
    session: object
    address: str
    at: datetime
    key: Any = None
    employee: Employee | None = None
    outcome: str = ""
    decided_at: datetime = NEVER
    granted: bool = False
    tries: int = 0
    ended: bool = False
    disowned: bool = False
    mailed_to: str = ""

    def is_open(self, now: datetime) -> bool:
        return not self.ended and now < self.at + VALID


@dataclass(eq=False)
class Guess:
    """One code that was typed; `employee` where it was compared with that employee's code."""

    at: datetime
    person: Person | None
    place: Place
    employee: Employee | None
    forgiven: bool = False


@dataclass(eq=False)
class Block:
    budget: str
    subject: object
    at: datetime
    until: datetime
    lifted_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.lifted_at is None and now < self.until


@dataclass(eq=False)
class Mail:
    at: datetime
    employee: Employee
