"""What is asked of the log, as it stands in an address: ids, names of events and times (A-26).

Nothing in it tells who somebody is, so that it can be sent to a colleague, who sees what their own
role allows. A network is named by an event that came from it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone

from audit.events import Event, Severity
from audit.log import REFERENCE_ALPHABET
from linking.logbook.groups import Group, events_of

PORTAL: Final = "portal"
"""In place of an organisation: events of none."""
DAYS: Final = (1, 7, 30)
YEARS: Final = range(2000, 2100)
_REFERENCE = re.compile(f"[{REFERENCE_ALPHABET}]{{4}}-[{REFERENCE_ALPHABET}]{{2}}")
_MOST_REFERENCES = 16
_SOMETHING = re.compile(r"[a-z-]{1,20}(:[a-z_-]{1,60})?")
_LARGEST_ID = 2**63 - 1


def _one_of(*values: str) -> Callable[[str], str]:
    def parsed(text: str) -> str:
        if text not in values:
            raise ValueError("none of these")
        return text

    return parsed


def _references(text: str) -> tuple[str, ...]:
    spelled = tuple(text.split(","))
    if len(spelled) > _MOST_REFERENCES or not all(map(_REFERENCE.fullmatch, spelled)):
        raise ValueError("no reference")
    return spelled


def _actor(text: str) -> str:
    kind, _colon, key = text.partition(":")
    if kind in ("user", "employee"):
        return f"{kind}:{UUID(key)}"
    if not _SOMETHING.fullmatch(text):
        raise ValueError("no actor")
    return text


def _place(text: str) -> str:
    return PORTAL if text == PORTAL else str(UUID(text))


def _moment(text: str) -> datetime:
    """Read a local time, as a browser's field writes it."""
    moment = datetime.fromisoformat(text)
    # ISO 8601 has zones that PostgreSQL does not know.
    local = timezone.make_aware(moment) if moment.tzinfo is None else timezone.localtime(moment)
    if local.year not in YEARS:
        raise ValueError("no such time")
    return local


def _number(text: str, most: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or int(text) > most:
        raise ValueError("no such number")
    return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for; what is empty asks nothing."""

    person: UUID | None = None
    reference: tuple[str, ...] = ()
    event: str = ""
    group: str = ""
    severity: str = ""
    days: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    network: int | None = None
    """The id of an event: what came from the same network."""
    bits: int | None = None
    """And its neighbours, which have so many bits of the address in common."""
    actor: str = ""
    organisation: str = ""

    @property
    def events(self) -> list[Event] | None:
        """Those that event, group and severity leave; None: all."""
        if not (self.event or self.group or self.severity):
            return None
        kept = events_of(self.group) if self.group else list(Event)
        worst = Severity[self.severity.upper()] if self.severity else max(Severity)
        return [
            each
            for each in kept
            if each.severity <= worst and (not self.event or each.value == self.event)
        ]

    def begins(self, now: datetime) -> datetime | None:
        """When the time that is asked for begins; of days, with the local day."""
        if self.days is None:
            return self.since
        today = timezone.localdate(now) - timedelta(days=self.days - 1)
        return timezone.make_aware(datetime.combine(today, datetime.min.time()))

    @property
    def asked(self) -> list[str]:
        """By what is searched: names of fields, and nothing of what was typed."""
        return [each.name for each in fields(self) if getattr(self, each.name) and each.name in _IN]

    def but(self, **other: Any) -> Self:
        """Give the same with something else asked."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return type(self)(**given | other)

    def text(self) -> str:
        """Give it as it stands behind the `?` of an address."""
        found = {
            name: write(value)
            for name, (_read, write) in _IN.items()
            if (value := getattr(self, name))
        }
        return urlencode(found, safe=":,")


def _local(moment: datetime) -> str:
    return timezone.localtime(moment).replace(tzinfo=None).isoformat()


type _Way = tuple[Callable[[str], Any], Callable[[Any], str]]
_IN: Final[Mapping[str, _Way]] = {
    "person": (UUID, str),
    "reference": (_references, ",".join),
    "event": (_one_of(*Event.values), str),
    "group": (_one_of(*Group.values), str),
    "severity": (_one_of("alert", "warning", "notice"), str),
    "days": (lambda text: int(_one_of(*map(str, DAYS))(text)), str),
    "since": (_moment, _local),
    "until": (_moment, _local),
    "network": (lambda text: _number(text, _LARGEST_ID), str),
    "bits": (lambda text: _number(text, 64), str),
    "actor": (_actor, str),
    "organisation": (_place, str),
}


def parsed(given: Mapping[str, str]) -> tuple[Query, list[str]]:
    """Read an address's query; gives also the names of what cannot be, and is left out."""
    found, wrong = {}, []
    for name, (read, _write) in _IN.items():
        text = given.get(name, "")
        if not text:
            continue
        try:
            found[name] = read(text)
        except (ValueError, OverflowError):
            wrong.append(name)
    return Query(**found), wrong


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the log, between two events: after this one, to the older or the newer."""

    at: datetime
    id: int
    newer: bool = False

    @property
    def text(self) -> str:
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return f"{'newer' if self.newer else 'older'}={micros}-{self.id}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def position(given: Mapping[str, str]) -> Position | None:
    """Read where in the log a page begins; None: with the newest."""
    for name in ("older", "newer"):
        micros, dash, number = given.get(name, "").partition("-")
        try:
            at = _EPOCH + timedelta(microseconds=_number(micros, 10**17))
            if dash:
                return Position(at, _number(number, _LARGEST_ID), newer=name == "newer")
        except (ValueError, OverflowError):
            continue
    return None
