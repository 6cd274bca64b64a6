#!/usr/bin/env python3
"""Says whether an export of Kobling's audit log is whole, and where it is not.

    python verifier.py EXPORT.jsonl --public-key KEY.pem [--head HEADS.jsonl] [--json]

One file on purpose: it needs Python 3.10 or newer and `cryptography`, and nothing of Kobling, so
that whoever does not trust the portal can read it and run it elsewhere. `verify_audit_log` feeds
the rows of the database to the same `Verification`. What is promised, and what not: docs/audit.md.

Exit status: 0 the log is sound, 1 there are findings, 2 something could not be read.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import gzip
import hashlib
import hmac
import io
import json
import re
import struct
import sys
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

FORMAT = "kobling-audit-1"
PORTAL = "portal"
"""The name of the chain of what belongs to no organisation."""
NO_PREVIOUS = "0" * 64
RECORD_BYTES = 40
MONTHS_KEPT = {"security": 13, "decision": 60}
"""For how many months a portal keeps events of each class, where its settings say nothing else."""
MOST_RECORDS = 1_000_000
MOST_LINE_BYTES = 64 * 2**20
MOST_EVENT_BYTES = 2**20
"""Of a line with an event: the longest that a portal writes are some ten thousand."""
MOST_FINDINGS = 1000

_MOST_MINUTES = 10 * 366 * 24 * 60
_MOST_MONTHS = 1200
_SHOWN = 5
_COMPARED = 30


# How everything is computed. audit/sealing.py seals by these same functions.


class NotCanonical(ValueError):
    """The value has no canonical JSON: a float, a lone surrogate, or something that is not JSON."""


def canonical_json(value: object) -> bytes:
    """Give the one way in which a value is written where it is hashed.

    Raises:
        NotCanonical: it holds other than text, whole numbers, booleans, null, lists, objects.
    """
    try:
        _refuse_what_is_not_plain(value)
        return _ENCODER.encode(value).encode()
    except (ValueError, RecursionError) as problem:
        raise NotCanonical(_first_line(problem)) from None


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# Nearly every value is one of these, and needs no call.
_PLAIN = frozenset((str, int, bool, type(None)))


def _refuse_what_is_not_plain(value: object) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, dict):
        for name, each in value.items():
            if not isinstance(name, str):
                raise NotCanonical("the name of a field is not text")
            if type(each) not in _PLAIN:
                _refuse_what_is_not_plain(each)
    elif isinstance(value, list | tuple):
        for each in value:
            if type(each) not in _PLAIN:
                _refuse_what_is_not_plain(each)
    else:
        raise NotCanonical(f"a value of type {type(value).__name__} is not allowed")


def time_text(moment: datetime) -> str:
    """Write a moment, which must know its time zone, as the log does: in UTC, six decimals."""
    naive = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return naive.isoformat(timespec="microseconds") + "Z"  # strftime takes much longer


def opening_for(person_key: bytes, event_id: int) -> bytes:
    """Give what opens the commitment of one event, from the key of the person it is about."""
    return hmac.digest(person_key, b"kobling-audit-opening" + event_id.to_bytes(8, "big"), "sha256")


def commitment(opening: bytes, details: Mapping[str, Any], network: str) -> bytes:
    """Bind an event to its personal part, which can be erased later and the event still stand."""
    personal = canonical_json({"details": details, "network": network})
    return hmac.digest(opening, personal, "sha256")


def leaf(public: Mapping[str, Any]) -> bytes:
    """Hash what stays of an event for good: its public fields, with the commitment in hex."""
    return hashlib.sha256(b"kobling-audit-event-1\0" + canonical_json(public)).digest()


def record(event_id: int, hashed: bytes) -> bytes:
    """Give an event as it stands in its seal."""
    return event_id.to_bytes(8, "big") + hashed


def key_id(key: Ed25519PublicKey) -> str:
    """Name a public key."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def statement_hash(statement: str) -> str:
    """Give what the next seal of the chain, and the portal's seal, call a seal by."""
    return hashlib.sha256(statement.encode()).hexdigest()


def signed_bytes(statement: str) -> bytes:
    """Give what the signature of a seal is over."""
    return b"kobling-audit-seal-1\0" + statement.encode()


# What is found.


class Kind(str, Enum):
    """What is wrong."""

    UNREADABLE = "unreadable"
    HEADER = "header"
    CUT_TAIL = "cut-tail"
    KEY = "key"
    SIGNATURE = "signature"
    SEAL_EDITED = "seal-edited"
    SEAL_MISSING = "seal-missing"
    SEAL_TWICE = "seal-twice"
    SEAL_MISPLACED = "seal-misplaced"
    FORK = "fork"
    BACKDATED = "backdated"
    RECORDS = "records"
    EVENT_EDITED = "event-edited"
    EVENTS_SWAPPED = "events-swapped"
    EVENT_DELETED = "event-deleted"
    EVENT_INSERTED = "event-inserted"
    EVENT_TWICE = "event-twice"
    EVENT_MISPLACED = "event-misplaced"
    UNSEALED = "unsealed"
    ERASED = "erased-without-reason"
    GROUP_MISSING = "group-missing"
    NOT_DROPPED = "not-dropped"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where. The sentence tells all of it to a person."""

    kind: Kind
    sentence: str
    chain: str | None = None
    seal: int | None = None
    events: tuple[int, ...] = ()


class Head(NamedTuple):
    """The newest seal of a chain, as it was told to somebody outside."""

    chain: str
    number: int
    hash: str
    sealed_at: str


@dataclass(frozen=True)
class Tolerances:
    """How far times may lie apart before it is a finding."""

    stale: timedelta = timedelta(minutes=10)
    """From the portal's newest seal to the export: there is a seal each minute."""
    early: timedelta = timedelta(minutes=5)
    """By which an event may say that it happened after its seal, after the export, or after the
    erasure that blanked it: clocks of several machines."""
    late: timedelta = timedelta(hours=1)
    """By which an event may be older than the round before its own: a long transaction."""
    unsealed: timedelta = timedelta(minutes=10)
    """By which an unsealed event may be older than the newest seal."""


@dataclass
class Summary:
    """What was read."""

    organisation: str | None = None
    from_round: int | None = None
    exported_at: str | None = None
    seals: int = 0
    events: int = 0
    erased: int = 0
    dropped: int = 0
    months_dropped: list[tuple[str, str]] = field(default_factory=list)
    """Class and month, as sealed events tell."""
    unsealed: int = 0
    first_sealed_at: str | None = None
    last_sealed_at: str | None = None
    longest_pause: str | None = None
    """Between two rounds: the portal stood still, or somebody removed the seals between."""
    heads: list[Head] = field(default_factory=list)
    heads_checked: int = 0
    heads_not_checked: int = 0
    """Of chains, or from before the time, that the export does not hold."""


@dataclass(frozen=True)
class Report:
    """The outcome. `left_out` counts the findings beyond the first thousand."""

    findings: tuple[Finding, ...]
    left_out: int
    summary: Summary

    @property
    def sound(self) -> bool:
        return not self.findings


# Reading: every value is of the one type and in the one form that the format allows.


class Malformed(ValueError):
    """A line is not what the format allows. The text says what, and follows a name of the line."""


class Event(NamedTuple):
    id: int
    at: datetime
    name: str
    kept: str
    month: str
    chain: str
    subject: str | None
    erased: bool
    dropped: tuple[str, str] | None
    """Class and month of which it says that retention dropped them."""
    public: dict[str, Any]
    leaf: bytes


class Group(NamedTuple):
    kept: str
    month: str
    size: int
    digest: str


class Statement(NamedTuple):
    text: str
    hash: str
    chain: str
    number: int
    round: int
    previous: str
    sealed_at: datetime
    at: str
    key: str
    groups: tuple[Group, ...]
    links: tuple[tuple[str, int, str], ...] | None
    behind: bool


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_PUBLIC = ("id", "at", "event", "kept", "organisation", "employee", "actor", "reference", "reason")
_MOST_TEXT = 100
_TEXTS = ("event", "kept", "actor", "reference", "reason")
_OPEN = frozenset({"type", *_PUBLIC, "details", "network", "opening"})
_ERASED = frozenset({"type", *_PUBLIC, "commitment"})
_HEADER = frozenset({"type", "format", "exported_at", "organisation", "from"})
_SEAL = frozenset({"type", "statement", "records", "signature"})
_END = frozenset({"type", "seals", "events"})
_GROUP = frozenset({"kept", "month", "count", "digest"})
_STATEMENT = frozenset({"v", "chain", "number", "round", "previous", "sealed_at", "key", "groups"})


def parse_line(line: bytes) -> dict[str, Any]:
    """Read one line of an export.

    Raises:
        Malformed: it is not one JSON object of plain values with each name once.
    """
    try:
        value = _DECODER.decode(line.decode().strip(" \t\r\n"))
    except (ValueError, RecursionError) as problem:
        raise Malformed(f"is not readable as JSON: {_first_line(problem)}") from None
    if not isinstance(value, dict):
        raise Malformed("is not a JSON object")
    return value


def read_event(line: Mapping[str, Any]) -> Event:
    """Check the form of an event and compute its leaf.

    Raises:
        Malformed: it is not of the form.
    """
    erased = "commitment" in line
    _only(line, _ERASED if erased else _OPEN)
    at = _time(line, "at")
    subject = _uuid_or_none(line, "employee")
    organisation = _uuid_or_none(line, "organisation")
    if erased and subject is None:
        raise Malformed("has lost its details, and is about nobody who can be erased")
    for name in _TEXTS:
        if not isinstance(line[name], str):
            raise Malformed(f"has no text as {name}")
        if len(line[name]) > _MOST_TEXT:
            raise Malformed(f"has more than {_MOST_TEXT} characters as {name}")
    bound = _hash(line, "commitment") if erased else _bound(line, subject)
    number = _number(line, "id")
    public = {name: line[name] for name in _PUBLIC}
    public["commitment"] = bound
    try:
        hashed = leaf(public)
    except NotCanonical as problem:
        raise Malformed(f"holds what cannot be hashed: {problem}") from None
    return Event(
        id=number,
        at=at,
        name=line["event"],
        kept=line["kept"],
        month=line["at"][:7],
        chain=organisation or PORTAL,
        subject=subject,
        erased=erased,
        dropped=None if erased else _dropped(line["event"], line["details"]),
        public=public,
        leaf=hashed,
    )


def _dropped(name: str, details: Mapping[str, Any]) -> tuple[str, str] | None:
    kept, month = details.get("kept"), details.get("month")
    if name != "retention:dropped" or not isinstance(kept, str) or not isinstance(month, str):
        return None
    return (kept, month) if _MONTH.fullmatch(month) else None


def _bound(line: Mapping[str, Any], subject: str | None) -> str:
    opening, details, network = line["opening"], line["details"], line["network"]
    # HMAC fills a short key up with zeros: another length could open the same commitment.
    if not isinstance(opening, str) or not (_HASH.fullmatch(opening) if subject else not opening):
        raise Malformed(
            "has an opening that is not 64 hexadecimal digits, or none without a subject"
        )
    if not isinstance(details, dict) or not isinstance(network, str):
        raise Malformed("has details that are no object, or a network that is no text")
    try:
        return commitment(bytes.fromhex(opening), details, network).hex()
    except NotCanonical as problem:
        raise Malformed(f"holds what cannot be hashed: {problem}") from None


def read_statement(text: object) -> Statement:
    """Check the form of a seal's statement.

    Raises:
        Malformed: it is not of the form.
    """
    if not isinstance(text, str):
        raise Malformed("has a statement that is not text")
    try:
        said = parse_line(text.encode())
        if canonical_json(said) != text.encode():
            raise Malformed("has a statement that is not in canonical form")
    except (UnicodeEncodeError, NotCanonical):
        raise Malformed("has a statement that is not UTF-8, or nested too deeply") from None
    if said.get("v") != 1 or said["v"] is True:
        raise Malformed("has a statement of a version that this verifier does not know")
    portal = said.get("chain") == PORTAL
    behind = {"behind"} if portal and "behind" in said else set()
    _only(said, _STATEMENT | ({"links"} if portal else set()) | behind)
    if behind and said["behind"] is not True:
        raise Malformed("has a statement whose behind is not true")
    return Statement(
        text=text,
        hash=statement_hash(text),
        chain=PORTAL if portal else _uuid(said["chain"], "chain"),
        number=_number(said, "number"),
        round=_number(said, "round"),
        previous=_hash(said, "previous"),
        sealed_at=_time(said, "sealed_at"),
        at=said["sealed_at"],
        key=_text(said, "key"),
        groups=_groups(said["groups"]),
        links=_links(said["links"]) if portal else None,
        behind=bool(behind),
    )


def _groups(value: object) -> tuple[Group, ...]:
    found = []
    for each in _list(value, "groups"):
        if not isinstance(each, dict):
            raise Malformed("has a group that is not an object")
        _only(each, _GROUP)
        if not _MONTH.fullmatch(_text(each, "month")):
            raise Malformed("has a group with a month that is none")
        size, digest = _number(each, "count"), _hash(each, "digest")
        found.append(Group(_text(each, "kept"), each["month"], size, digest))
    names = [each[:2] for each in found]
    if names != sorted(set(names)):
        raise Malformed("has groups that are not in order")
    return tuple(found)


def _links(value: object) -> tuple[tuple[str, int, str], ...]:
    found = []
    for each in _list(value, "links"):
        if not isinstance(each, list) or len(each) != 3:
            raise Malformed("has a link that is not a chain, a number and a hash")
        named = {"number": each[1], "hash": each[2]}
        found.append((_uuid(each[0], "link"), _number(named, "number"), _hash(named, "hash")))
    if len({chain for chain, _number, _hash in found}) != len(found):
        raise Malformed("has two links to one chain")
    return tuple(found)


def _only(line: Mapping[str, Any], names: frozenset[str]) -> None:
    if line.keys() != names:
        lacking, extra = names - line.keys(), line.keys() - names
        what = f"has a field {_shown(min(map(str, extra)))} that it may not" if extra else ""
        raise Malformed(what or f"lacks the field {min(lacking)}")


def _text(line: Mapping[str, Any], name: str) -> str:
    value = line[name]
    if not isinstance(value, str):
        raise Malformed(f"has no text as {name}")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed(f"has no list as {name}")
    return value


def _number(line: Mapping[str, Any], name: str) -> int:
    value = line[name]
    if type(value) is not int or not 0 < value < 2**63:
        raise Malformed(f"has no positive whole number as {name}")
    return value


def _hash(line: Mapping[str, Any], name: str) -> str:
    value = line[name]
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise Malformed(f"has no 64 hexadecimal digits as {name}")
    return value


def _uuid(value: object, name: str) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise Malformed(f"has no UUID as {name}")
    return value


def _uuid_or_none(line: Mapping[str, Any], name: str) -> str | None:
    return None if line[name] is None else _uuid(line[name], name)


def _time(line: Mapping[str, Any], name: str) -> datetime:
    value = line[name]
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value[:-1])
        except ValueError:
            moment = None
        # The comparison refuses every other way of writing the same moment, but not an offset.
        if (
            moment
            and moment.tzinfo is None
            and moment.isoformat(timespec="microseconds") + "Z" == value
        ):
            return moment
    raise Malformed(f"has no time in UTC with six decimals as {name}")


def _base64(line: Mapping[str, Any], name: str) -> bytes:
    try:
        value = base64.b64decode(_text(line, name), validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"has no base64 as {name}") from None
    if base64.b64encode(value).decode() != line[name]:
        raise Malformed(f"has base64 with bits to spare as {name}")
    return value


def _each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a name stands twice in one object")
    return found


def _no_float(_text: str) -> float:
    raise Malformed("there is a number that is not whole")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_each_name_once, parse_float=_no_float, parse_constant=_no_float
)


# Words for people.


def _first_line(problem: BaseException) -> str:
    return _shown(str(problem).partition("\n")[0] or type(problem).__name__, 200)


def _shown(text: str, most: int = 60) -> str:
    """Make what a stranger wrote harmless for a terminal."""
    safe = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[:most]
    )
    return safe + ("…" if len(text) > most else "")


def _chain(name: str) -> str:
    return "the portal's chain" if name == PORTAL else f"organisation {name}"


def _seal(said: Statement) -> str:
    return f"{_chain(said.chain)}, seal {said.number} (sealed {said.at})"


def _event(event: Event) -> str:
    return f"event {event.id} ({_shown(event.name)}, {event.public['at']})"


def _ids(ids: Iterable[int], count: int) -> str:
    first = list(ids)[:_SHOWN]
    listed = ", ".join(map(str, first))
    if count > len(first):
        listed += f" and {count - len(first)} more"
    return f"{'event' if count == 1 else 'events'} {listed}"


# The parts of a verification, each with its own state.


class _Findings:
    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.left_out = 0

    def add(self, kind: Kind, sentence: str, said: Statement | None = None, *events: int) -> None:
        if len(self.kept) >= MOST_FINDINGS:
            self.left_out += 1
            return
        sentence = sentence[0].upper() + sentence[1:]
        chain, number = (said.chain, said.number) if said else (None, None)
        self.kept.append(Finding(kind, sentence, chain, number, events[:MOST_FINDINGS]))


class Ids:
    """Which ids have been met: a bit for each, in pages of 65 536."""

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, number: int) -> bool:
        """Give whether it is new."""
        page = self._pages.get(number >> 16)
        if page is None:
            page = self._pages[number >> 16] = bytearray(8192)
        place, bit = number >> 3 & 8191, 1 << (number & 7)
        new = not page[place] & bit
        page[place] |= bit
        return new

    def __contains__(self, number: int) -> bool:
        page = self._pages.get(number >> 16)
        return page is not None and bool(page[number >> 3 & 8191] & 1 << (number & 7))


class _Several:
    """Events of which the same is to be said; so many are kept as a finding can name."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.count = 0

    def add(self, event: Event) -> None:
        self.count += 1
        if len(self.events) < MOST_FINDINGS:
            self.events.append(event)


class _Hand:
    """The seal in hand: which of its events have come, and which came that are not its own."""

    def __init__(self, said: Statement | None, records: bytes, *, trusted: bool) -> None:
        self.said = said
        self.trusted = trusted
        self.records = records
        self.ids = [number for (number,) in struct.iter_unpack(">Q32x", records)]
        self.met = bytearray(len(self.ids))
        self.next = 0
        self.lost = False
        """A line could not be read: what follows may belong to what it said."""
        self.edited: list[tuple[int, Event]] = []
        self.edited_count = 0
        self.strangers: list[Event] = []
        self.stranger_count = 0
        self.loose: set[int] = set()
        self.odd: dict[tuple[Kind, str], _Several] = {}
        self.odd_if_last: dict[tuple[Kind, str], _Several] = {}
        self.erasures_if_last: dict[tuple[str, str | None], Event] = {}
        """What tells of an erasure and may be waiting for its seal."""
        self.doubtful: dict[tuple[str, str], Any] = {}
        """Groups whose records do not fit their digest: the hash of the events that came."""
        self._places: dict[int, int] | None = None
        self.starts = [0]
        for group in said.groups if said else ():
            self.starts.append(self.starts[-1] + group.size)

    def place(self, number: int) -> int | None:
        if self.next < len(self.ids) and self.ids[self.next] == number:
            return self.next
        if self._places is None:
            self._places = {each: place for place, each in enumerate(self.ids)}
        return self._places.get(number)

    def leaf(self, place: int) -> bytes:
        return self.records[place * RECORD_BYTES + 8 : (place + 1) * RECORD_BYTES]

    def group(self, place: int) -> Group | None:
        number = bisect_right(self.starts, place) - 1
        groups = self.said.groups if self.said else ()
        return groups[number] if number < len(groups) else None

    def take(self, place: int, event: Event) -> bool:
        """Tick an event off; give whether it is the first time."""
        if self.met[place] == _MET:
            self.note(Kind.EVENT_TWICE, "stands twice", event)
            return False
        if place < self.next and not self.met[place]:
            self.note(Kind.EVENT_MISPLACED, "is not in its place", event)
        self.met[place] = _MET
        self.next = place + 1
        return True

    def spoil(self, number: object) -> None:
        """An event of this seal could not be read: it is not missing, and has a finding already."""
        place = self.place(number) if type(number) is int else None
        if place is None and self.next < len(self.ids):
            place = self.next
        if place is None:
            self.lost = True
        elif not self.met[place]:
            self.met[place] = _SPOILT
            self.next = place + 1

    def note(self, kind: Kind, what: str, event: Event) -> None:
        self.odd.setdefault((kind, what), _Several()).add(event)

    def note_if_last(self, kind: Kind, what: str, event: Event) -> None:
        self.odd_if_last.setdefault((kind, what), _Several()).add(event)

    def healed(self) -> set[tuple[str, str]]:
        """Give the groups whose events are as sealed, though their records are not."""
        groups = self.said.groups if self.said else ()
        return {
            each[:2]
            for each in groups
            if each[:2] in self.doubtful and self.doubtful[each[:2]].hexdigest() == each.digest
        }


_MET, _SPOILT = 1, 2


class _Link:
    """One chain: the hash of each seal, 32 bytes each, and what comes next."""

    def __init__(self) -> None:
        self.number = 0
        self.said: Statement | None = None
        self.doubted: set[int] = set()
        self._runs: list[tuple[int, bytearray]] = []

    @property
    def first(self) -> int:
        return self._runs[0][0] if self._runs else 0

    def hash(self, number: int) -> str | None:
        for first, hashes in reversed(self._runs):
            if first <= number < first + len(hashes) // 32:
                start = (number - first) * 32
                return hashes[start : start + 32].hex()
        return None

    def has(self, hashed: str, *, but: str) -> bool:
        wanted = bytes.fromhex(hashed)
        return hashed != but and any(
            wanted in (bytes(run[i : i + 32]) for i in range(0, len(run), 32))
            for _first, run in self._runs
        )

    def append(self, said: Statement) -> None:
        if not self._runs or said.number != self.number + 1:
            self._runs.append((said.number, bytearray()))
        self._runs[-1][1].extend(bytes.fromhex(said.hash))
        self.number, self.said = said.number, said

    def doubt(self, said: Statement) -> None:
        """Leave a place for a seal that cannot be trusted, not even in its number."""
        number = self.number + 1 if self._runs else said.number
        self.append(said._replace(number=number, hash=NO_PREVIOUS))
        self.doubted.add(number)

    def replace(self, said: Statement) -> None:
        for first, hashes in reversed(self._runs):
            if first <= said.number < first + len(hashes) // 32:
                start = (said.number - first) * 32
                hashes[start : start + 32] = bytes.fromhex(said.hash)
                break
        self.doubted.discard(said.number)
        if said.number == self.number:
            self.said = said


class _Wanted(NamedTuple):
    """Seals that the portal's seals name and that have not come."""

    first: int
    last: int
    by: Statement


class _Chains:
    """Numbers, hashes, times and witnesses of the seals."""

    def __init__(self, findings: _Findings) -> None:
        self.findings = findings
        self.chains: dict[str, _Link] = {}
        self.round: dict[tuple[str, int], tuple[Statement, bool]] = {}
        """The organisations' seals since the portal's last, and whether they can be trusted."""
        self.wanted: dict[str, _Wanted] = {}
        self.gaps: list[tuple[str, int, int]] = []
        """Missing seals that have been told of: chain, first, last."""
        self.doubts = 0
        self.since: datetime | None = None
        """An event of this round happened after this, or its transaction was long."""
        self.newest: Statement | None = None
        self.pause = timedelta(0)
        self.pause_text: str | None = None

    def take(self, said: Statement, summary: Summary, *, trusted: bool) -> None:
        chain = self.chains.setdefault(said.chain, _Link())
        gap = False
        before = chain.said
        if not trusted:
            chain.doubt(said)
            self.doubts += 1
        else:
            gap = self._numbered(chain, said, summary)
        if said.chain == PORTAL:
            self._portal(said, before, summary, trusted=trusted, gap=gap)
        elif summary.organisation in (None, said.chain) and not self._late(said):
            self.round[said.chain, said.number] = said, trusted

    def _numbered(self, chain: _Link, said: Statement, summary: Summary) -> bool:
        """Put a seal where it belongs in its chain; give whether some are missing before it."""
        if chain.number and said.number <= chain.number:
            self._again(chain, said)
            return False
        started = chain.number == 0
        if started and summary.from_round is not None:
            self._starts_late(said, summary.from_round)
            chain.append(said)
            return False
        gap = said.number > chain.number + 1
        if gap:
            self._missing(chain, said)
        if said.number - 1 not in chain.doubted:
            self._follows(chain, said)
        chain.append(said)
        return gap

    def _again(self, chain: _Link, said: Statement) -> None:
        known = chain.hash(said.number)
        if said.number in chain.doubted:
            chain.replace(said)  # the doubtful one was put in, and this is the true one
        elif known is None:
            sentence = f"{_seal(said)}: it stands after a later seal of its chain."
            self.findings.add(Kind.SEAL_MISPLACED, sentence, said)
            chain.append(said)
        else:
            sentence = (
                f"{_seal(said)}: the log forks. Another seal with this number is signed as well, "
                f"{known}; this one is {said.hash}."
            )
            self.findings.add(Kind.FORK, sentence, said)

    def _starts_late(self, said: Statement, first: int) -> None:
        if said.round < first or (said.chain == PORTAL and said.round != first):
            sentence = (
                f"{_seal(said)}: it is of round {said.round}, and the export says that it begins "
                f"with round {first}."
            )
            self.findings.add(Kind.HEADER, sentence, said)

    def _late(self, said: Statement) -> bool:
        """Give whether the portal's seal that names it stood before it."""
        wanted = self.wanted.get(said.chain)
        if wanted is None or not wanted.first <= said.number <= wanted.last:
            return False
        sentence = f"{_seal(said)}: it stands after the portal's seal that names it."
        self.findings.add(Kind.SEAL_MISPLACED, sentence, said)
        self._forget(said.chain, said.number)
        return True

    def _forget(self, chain: str, number: int) -> None:
        wanted = self.wanted.get(chain)
        if wanted and number >= wanted.last:
            del self.wanted[chain]
        elif wanted and number >= wanted.first:
            self.wanted[chain] = wanted._replace(first=number + 1)

    def _missing(self, chain: _Link, said: Statement) -> None:
        first, last = chain.number + 1, said.number - 1
        while first <= last and chain.hash(first):
            first += 1  # it has come, though not in its place
        if first > last:
            return
        which = f"seal {first} is" if first == last else f"seals {first} to {last} are"
        after = f" after the one sealed {chain.said.at}" if chain.said else ""
        sentence = (
            f"{_chain(said.chain)}: {which} missing{after}, before {said.number} of {said.at}."
        )
        self.findings.add(Kind.SEAL_MISSING, sentence, said._replace(number=first))
        self.gaps.append((said.chain, first, last))
        self._forget(said.chain, last)

    def cut(self) -> None:
        """Tell of the seals that are named and did not come to the end."""
        for chain, (first, last, by) in self.wanted.items():
            which = f"seal {first} is" if first == last else f"seals {first} to {last} are"
            sentence = (
                f"{_chain(chain)}: {which} missing. The portal's seal {by.number} of {by.at} names "
                f"{last}: the chain was cut."
            )
            named = by._replace(chain=chain, number=first)
            self.findings.add(Kind.CUT_TAIL, sentence, named)
            self.gaps.append((chain, first, last))

    def is_gap(self, chain: str, number: int) -> bool:
        return any(name == chain and first <= number <= last for name, first, last in self.gaps)

    def _follows(self, chain: _Link, said: Statement) -> None:
        expected = chain.hash(said.number - 1) or (NO_PREVIOUS if said.number == 1 else None)
        if expected is None:
            return
        if said.previous == NO_PREVIOUS != expected or chain.has(said.previous, but=expected):
            sentence = f"{_seal(said)}: the log forks. It continues an earlier seal than the last."
            self.findings.add(Kind.FORK, sentence, said)
        elif said.previous != expected:
            sentence = (
                f"{_seal(said)}: the log forks. It continues a seal {said.number - 1} that is not "
                f"the one here: {said.previous}, here {expected}."
            )
            self.findings.add(Kind.FORK, sentence, said)
        before = chain.said
        if before is None or before.number != said.number - 1:
            return
        if said.sealed_at <= before.sealed_at or said.round <= before.round:
            sentence = (
                f"{_seal(said)}: backdated. The seal before it in its chain is of {before.at}, "
                f"round {before.round}; this one says round {said.round}."
            )
            self.findings.add(Kind.BACKDATED, sentence, said)

    def _portal(
        self,
        said: Statement,
        before: Statement | None,
        summary: Summary,
        *,
        trusted: bool,
        gap: bool,
    ) -> None:
        if trusted:
            self._witness(said, summary, gap=gap)
            if self.newest is None or said.sealed_at > self.newest.sealed_at:
                self.newest = said
            if not said.behind:
                self.since = said.sealed_at
        if before and said.sealed_at - before.sealed_at > self.pause:
            self.pause = said.sealed_at - before.sealed_at
            self.pause_text = f"{self.pause} (from {before.at} to {said.at})"
        self.round = {}
        self.doubts = 0

    def _witness(self, said: Statement, summary: Summary, *, gap: bool) -> None:
        headed = summary.exported_at is not None
        for chain, number, hashed in said.links or ():
            if summary.organisation in (None, chain) and (headed or chain in self.chains):
                self._linked(said, chain, number, hashed)
        if gap:  # the seals of the missing rounds have no witness, and that has been said
            return
        for own, trusted in self.round.values():
            if trusted:
                sentence = (
                    f"{_seal(own)}: the portal's seal {said.number} of {said.at} should name it, "
                    f"and does not: it is of round {own.round}, the portal's of {said.round}."
                )
                self.findings.add(Kind.SEAL_MISPLACED, sentence, own)

    def _linked(self, said: Statement, chain: str, number: int, hashed: str) -> None:
        own, trusted = self.round.pop((chain, number), (None, False))
        if own is None:
            if not self.doubts:
                wanted = self.wanted.get(chain, _Wanted(number, number, said))
                self.wanted[chain] = _Wanted(min(wanted.first, number), number, said)
        elif trusted and own.hash != hashed:
            sentence = (
                f"{_seal(own)}: the log forks. The portal's seal {said.number} names another seal "
                f"with this number, {hashed}; this one is {own.hash}."
            )
            self.findings.add(Kind.FORK, sentence, own)
        elif trusted and (own.sealed_at > said.sealed_at or own.round != said.round):
            sentence = f"{_seal(own)}: it is later than the portal's seal of its round, {said.at}."
            self.findings.add(Kind.BACKDATED, sentence, own)
        elif trusted and self.newest and own.sealed_at <= self.newest.sealed_at:
            sentence = f"{_seal(own)}: backdated. The round before it was sealed {self.newest.at}."
            self.findings.add(Kind.BACKDATED, sentence, own)


class _Absent(NamedTuple):
    said: Statement
    seals: int
    events: int
    ids: tuple[int, ...]


class _Gone:
    """What is not there any more, and what makes it right: retention and erasure."""

    def __init__(self) -> None:
        self.dropped: dict[tuple[str, str], dict[str, str]] = {}
        self.absent: dict[tuple[str, str, str], _Absent] = {}
        self.present: dict[tuple[str, str, str], Statement] = {}
        self.erased_at: dict[tuple[str, str], datetime] = {}
        self.erased: dict[tuple[str, str], tuple[Event, int]] = {}

    def missing(self, said: Statement, group: Group, ids: list[int]) -> None:
        name = said.chain, group.kept, group.month
        old = self.absent.get(name, _Absent(said, 0, 0, ()))
        first = (*old.ids, *ids[: _SHOWN - len(old.ids)]) if len(old.ids) < _SHOWN else old.ids
        self.absent[name] = _Absent(old.said, old.seals + 1, old.events + len(ids), first)

    def is_dropped(self, chain: str, kept: str, month: str) -> bool:
        named = self.named(chain, kept)
        if month in named:
            return True
        # What told of it may be dropped itself by now. The oldest month goes first, so a later one
        # that was dropped says the same, if nothing of this one is left.
        return any(each > month for each in named) and (chain, kept, month) not in self.present

    def named(self, chain: str, kept: str) -> dict[str, str]:
        return {**self.dropped.get((chain, kept), {}), **self.dropped.get((PORTAL, kept), {})}

    def tell(self, event: Event, *, sealed: bool) -> None:
        if event.erased and event.subject:
            name = event.chain, event.subject
            latest, count = self.erased.get(name, (event, 0))
            self.erased[name] = (event if event.at > latest.at else latest, count + 1)
        if event.name == "employee:erased" and sealed:
            self.tell_erased(event)
        if event.dropped and sealed:
            kept, month = event.dropped
            months = self.dropped.setdefault((event.chain, kept), {})
            at = event.public["at"]
            months[month] = min(months.get(month, at), at)

    def tell_erased(self, event: Event) -> None:
        if event.subject:
            name = event.chain, event.subject
            self.erased_at[name] = max(self.erased_at.get(name, event.at), event.at)


class Verification:
    """Reads a log line by line and gathers what is wrong with it.

    Feed it the lines of an export in order (`feed`, and `unreadable` for a line that could not be
    parsed), or the same from the database (`header`, `seal`, `event`, `end`); then `finish`.
    Memory: 32 bytes for each seal, a bit for each event, the records of one seal at a time.
    """

    def __init__(
        self,
        keys: Iterable[Ed25519PublicKey],
        *,
        heads: Iterable[Head] = (),
        tolerances: Tolerances | None = None,
        months_kept: Mapping[str, int] | None = None,
    ) -> None:
        """Take what to compare with. `months_kept` are the months before which no month of a class
        of retention may be dropped; without them, a month must be over.
        """
        self._keys = {key_id(key): key for key in keys}
        self._heads = list(heads)
        self._allowed = tolerances or Tolerances()
        self._months_kept = months_kept or {}
        self._findings = _Findings()
        self._chains = _Chains(self._findings)
        self._gone = _Gone()
        self._sealed = Ids()
        self._unknown_keys: dict[str, tuple[Statement, int]] = {}
        self._hand = _Hand(None, b"", trusted=False)
        self._since: datetime | None = None
        self._edited: list[_Edited] = []
        self._exported_at: datetime | None = None
        self._begun = self._ended = False
        self._headed = False
        self._promised: tuple[int, int] | None = None
        self._told: set[str] = set()
        self._lines = {"seal": 0, "event": 0}
        self.summary = Summary()

    def feed(self, line: Mapping[str, Any], where: str = "a line") -> None:
        """Take one parsed line of an export. `where` names it, such as `line 7`."""
        kind = line.get("type")
        if self._ended and "end" not in self._told:
            self._told.add("end")
            self._findings.add(Kind.HEADER, f"{where} stands after the end of the export.")
        elif not self._begun and kind != "header":
            self._begun = True
            self._findings.add(Kind.HEADER, f"the export does not begin with a header: {where}.")
        if kind == "event":
            self.event(line, where)
        elif kind == "seal":
            self._seal_line(line, where)
        elif kind == "header":
            self._header_line(line, where)
        elif kind == "end":
            self._end_line(line, where)
        else:
            self.unreadable("is of no type that this verifier knows", where)

    def unreadable(self, problem: str, where: str) -> None:
        """Take note of a line that could not be parsed; `problem` follows its name."""
        self._begun = True
        near = f" After {_seal(self._hand.said)}." if self._hand.said else ""
        self._findings.add(Kind.UNREADABLE, f"{where} {problem}.{near}", self._hand.said)
        self._hand.spoil(None)

    def header(
        self, *, exported_at: datetime, organisation: str | None, from_round: int | None
    ) -> None:
        """Say what the log is of. `exported_at` is in UTC, without a time zone or with it."""
        if exported_at.tzinfo is not None:
            exported_at = exported_at.astimezone(timezone.utc).replace(tzinfo=None)
        self._begun = self._headed = True
        self._exported_at = exported_at
        self.summary.exported_at = exported_at.isoformat(timespec="microseconds") + "Z"
        self.summary.organisation = organisation
        self.summary.from_round = from_round

    def seal(
        self, statement: object, records: bytes | None, signature: bytes, where: str = "a seal"
    ) -> None:
        """Take a seal; its events follow. `records` is None where the portal's is but a witness."""
        self._lines["seal"] += 1
        try:
            said = read_statement(statement)
        except Malformed as problem:
            self._spoilt_seal(None, f"{where}, a seal, {problem}")
            return
        if self._hand.said is not None and said.hash == self._hand.said.hash:
            self._twice(said, where)
            return
        if self._repeated(said):
            self._twice(said, where)
            return
        self._close(last=False)
        trusted = self._signed(said, signature)
        since = self._chains.since
        self._chains.take(said, self.summary, trusted=trusted)
        self._since = since
        self._open(said, records, trusted=trusted)
        self._count(said, trusted=trusted)

    def event(self, line: Mapping[str, Any], where: str = "an event") -> None:
        """Take an event, with the fields that it has in an export."""
        self._lines["event"] += 1
        try:
            event = read_event(line)
        except Malformed as problem:
            self._spoilt_event(line, where, problem)
            return
        self.summary.events += 1
        self.summary.erased += event.erased
        hand = self._hand
        if hand.doubtful:
            doubtful = hand.doubtful.get((event.kept, event.month))
            if doubtful is not None:
                doubtful.update(record(event.id, event.leaf))
        place = hand.place(event.id)
        if place is None:
            self._stranger(event)
        elif hand.take(place, event):
            self._own(event, place)

    def end(self, seals: int, events: int) -> None:
        """Say how many seals and events there were to be."""
        self._ended = True
        self._promised = seals, events
        self._close(last=True)

    def finish(self) -> Report:
        """Check what only shows at the end, and give everything that was found."""
        if not self._ended:
            self._close(last=True)
            sentence = "the export is cut: its last line, with the numbers, is missing."
            self._findings.add(Kind.CUT_TAIL, sentence)
        self._check_keys()
        self._check_tail()
        for head in sorted(self._heads, key=lambda head: head.number, reverse=True):
            self._check_head(head)
        self._check_dropped()
        self._check_erased()
        self._check_counts()
        self.summary.longest_pause = self._chains.pause_text
        self.summary.heads = [
            Head(name, chain.number, chain.hash(chain.number) or "", chain.said.at)
            for name, chain in sorted(self._chains.chains.items())
            if chain.said
        ]
        findings = _tidied(self._findings.kept, self._edited)
        return Report(tuple(findings), self._findings.left_out, self.summary)

    # Lines.

    def _header_line(self, line: Mapping[str, Any], where: str) -> None:
        try:
            if self._begun:
                raise Malformed("is a second header")
            self._begun = True
            if line.get("format") != FORMAT:
                raise Malformed(f"is not the header of the format {FORMAT}")
            _only(line, _HEADER)
            self.header(
                exported_at=_time(line, "exported_at"),
                organisation=_uuid_or_none(line, "organisation"),
                from_round=None if line["from"] is None else _number(line, "from"),
            )
        except Malformed as problem:
            self._findings.add(Kind.HEADER, f"{where} {problem}.")

    def _seal_line(self, line: Mapping[str, Any], where: str) -> None:
        try:
            _only(line, _SEAL)
            records = None if line["records"] is None else _base64(line, "records")
            signature = _base64(line, "signature")
        except Malformed as problem:
            self._lines["seal"] += 1
            self._spoilt_seal(line.get("statement"), f"{where} {problem}")
            return
        self.seal(line["statement"], records, signature, where)

    def _end_line(self, line: Mapping[str, Any], where: str) -> None:
        try:
            _only(line, _END)
            if not all(type(line[name]) is int for name in ("seals", "events")):
                raise Malformed("has numbers that are none")
        except Malformed as problem:
            self._ended = True
            self._close(last=True)
            self._findings.add(Kind.HEADER, f"{where}, the end, {problem}.")
            return
        self.end(line["seals"], line["events"])

    def _spoilt_seal(self, statement: object, problem: str) -> None:
        try:
            said: Statement | None = read_statement(statement)
        except Malformed:
            said = None
        self._close(last=False)
        self._hand.lost = True
        name = f": {_seal(said)}" if said else ""
        self._findings.add(Kind.SEAL_EDITED, f"{problem}{name}.", said)
        if said:
            self._chains.take(said, self.summary, trusted=False)
        else:
            self._chains.doubts += 1

    def _spoilt_event(self, line: Mapping[str, Any], where: str, problem: Malformed) -> None:
        number, said = line.get("id"), self._hand.said
        ids = (number,) if type(number) is int else ()
        name = f"event {ids[0]}" if ids else "an event"
        near = f"{_seal(said)}: " if said else ""
        self._findings.add(Kind.EVENT_EDITED, f"{near}{name}, {where}, {problem}.", said, *ids)
        self._hand.spoil(number)

    # Seals.

    def _repeated(self, said: Statement) -> bool:
        chain = self._chains.chains.get(said.chain)
        return chain is not None and chain.hash(said.number) == said.hash

    def _twice(self, said: Statement, where: str) -> None:
        self._findings.add(Kind.SEAL_TWICE, f"{_seal(said)}: it stands twice, {where}.", said)

    def _signed(self, said: Statement, signature: bytes) -> bool:
        key = self._keys.get(said.key)
        if key is None:
            first, count = self._unknown_keys.get(said.key, (said, 0))
            self._unknown_keys[said.key] = first, count + 1
            return False
        try:
            key.verify(signature, signed_bytes(said.text))
        except InvalidSignature:
            sentence = (
                f"{_seal(said)}: its signature does not fit what it says. The seal was edited, or "
                "the portal never made it."
            )
            self._findings.add(Kind.SIGNATURE, sentence, said)
            return False
        return True

    def _open(self, said: Statement, records: bytes | None, *, trusted: bool) -> None:
        organisation = self.summary.organisation
        witness = said.chain == PORTAL and organisation is not None
        if organisation is not None and said.chain not in (organisation, PORTAL):
            self._once(said, f"the export is of organisation {organisation} alone.")
        elif self._headed and (records is None) != witness:
            what = (
                "it lacks its records." if records is None else "it is a witness, and has records."
            )
            self._once(said, what)
        whole = sum(group.size for group in said.groups) * RECORD_BYTES
        present = b"" if records is None else records[: _whole(len(records))]
        if trusted:
            present = present[:whole]
        self._hand = _Hand(said, present, trusted=trusted)
        self._hand.lost = records is None and not (witness or not self._headed)
        if trusted and records is not None:
            self._fit(said, records, whole)

    def _once(self, said: Statement, what: str) -> None:
        """Say of the first seal what may hold for all: the header does not fit the rest."""
        if what not in self._told:
            self._told.add(what)
            self._findings.add(Kind.RECORDS, f"{_seal(said)}: {what}", said)

    def _fit(self, said: Statement, records: bytes, whole: int) -> None:
        bad = []
        for number, group in enumerate(said.groups):
            start, end = self._hand.starts[number : number + 2]
            part = records[start * RECORD_BYTES : end * RECORD_BYTES]
            if hashlib.sha256(part).hexdigest() != group.digest:
                bad.append(group)
                self._hand.doubtful[group[:2]] = hashlib.sha256()
            else:
                self._sealed_once(said, self._hand.ids[start:end])
        if len(records) > whole and not bad:
            sentence = f"{_seal(said)}: it has more records than it speaks of."
            self._findings.add(Kind.RECORDS, sentence, said)

    def _sealed_once(self, said: Statement, ids: list[int]) -> None:
        again = [number for number in ids if not self._sealed.add(number)]
        if again:
            sentence = f"{_seal(said)}: {_ids(again, len(again))} had been sealed before."
            self._findings.add(Kind.EVENT_TWICE, sentence, said, *again)
        if any(later <= earlier for earlier, later in pairwise(ids)):
            sentence = f"{_seal(said)}: its records are not in the order of their ids."
            self._findings.add(Kind.RECORDS, sentence, said)

    def _count(self, said: Statement, *, trusted: bool) -> None:
        self.summary.seals += 1
        if trusted:
            summary = self.summary
            summary.first_sealed_at = min(summary.first_sealed_at or said.at, said.at)
            summary.last_sealed_at = max(summary.last_sealed_at or said.at, said.at)

    # Events.

    def _own(self, event: Event, place: int) -> None:
        hand = self._hand
        if hand.leaf(place) != event.leaf:
            hand.edited_count += 1
            if len(hand.edited) < MOST_FINDINGS:
                hand.edited.append((place, event))
            return
        said, group = hand.said, hand.group(place)
        if said and hand.trusted:
            if event.chain != said.chain:
                hand.note(Kind.EVENT_MISPLACED, f"belongs to {_chain(event.chain)}", event)
            if group is None or (event.kept, event.month) != group[:2]:
                hand.note(Kind.EVENT_MISPLACED, "stands in a group that is not its own", event)
            if event.at - said.sealed_at > self._allowed.early:
                hand.note(Kind.BACKDATED, "says that it happened after it was sealed", event)
            if self._since and self._since - event.at > self._allowed.late:
                what = (
                    f"says that it happened long before it came: the round before was {self._since}"
                )
                hand.note(Kind.BACKDATED, what, event)
        self._gone.tell(event, sealed=True)

    def _stranger(self, event: Event) -> None:
        hand = self._hand
        hand.stranger_count += 1
        if len(hand.strangers) < MOST_FINDINGS:
            hand.strangers.append(event)
        again = event.id in hand.loose or event.id in self._sealed
        if again:
            hand.note_if_last(Kind.EVENT_TWICE, "stands twice", event)
        hand.loose.add(event.id)
        wrong = self._wrong_unsealed(event)
        if wrong and event.id not in self._sealed:
            hand.note_if_last(Kind.UNSEALED, wrong, event)
        elif event.name == "employee:erased" and not again:
            hand.erasures_if_last[event.chain, event.subject] = event
        if self.summary.organisation not in (None, event.chain):
            hand.note_if_last(Kind.EVENT_MISPLACED, f"belongs to {_chain(event.chain)}", event)
        self._gone.tell(event, sealed=False)

    def _wrong_unsealed(self, event: Event) -> str:
        """Say why an event of this time cannot be waiting for its seal."""
        newest, exported = self._chains.newest, self._exported_at
        if newest and newest.sealed_at - event.at > self._allowed.unsealed:
            return f"is not sealed, though seals were made until {newest.at}: put in"
        until = exported or (newest.sealed_at if newest else event.at)
        if event.at - until > self._allowed.early:
            return f"is not sealed, and says that it happened after {until}, when it was read"
        return ""

    def _close(self, *, last: bool) -> None:
        """Say what is wrong with the events of the seal in hand."""
        hand = self._hand
        healed = hand.healed()
        self._say_doubtful(hand, healed)
        strangers = [each for each in hand.strangers if (each.kept, each.month) not in healed]
        left_out = hand.stranger_count - len(hand.strangers)
        strangers = self._renumbered(hand, strangers)
        self._say_missing(hand, healed)
        self._say_edited(hand, healed)
        odd = {**hand.odd, **hand.odd_if_last} if last and not hand.lost else hand.odd
        for (kind, what), several in odd.items():
            self._say(kind, hand.said, several.events, several.count, what)
        if last:
            self.summary.unsealed = len(strangers) + left_out
            for event in hand.erasures_if_last.values():
                self._gone.tell_erased(event)
        elif strangers and not hand.lost:
            self._say_inserted(hand, strangers, left_out)
        self._hand = _Hand(None, b"", trusted=False)

    def _say(
        self, kind: Kind, said: Statement | None, events: list[Event], count: int, what: str
    ) -> None:
        name = _event(events[0]) if count == 1 else _ids((each.id for each in events), count)
        place = f"{_seal(said)}: " if said else ""
        ids = tuple(each.id for each in events)
        self._findings.add(kind, f"{place}{name} {what}.", said, *ids)

    def _say_doubtful(self, hand: _Hand, healed: set[tuple[str, str]]) -> None:
        said = hand.said
        for number, group in enumerate(said.groups if said else ()):
            if not said or group[:2] not in hand.doubtful:
                continue
            ids = hand.ids[slice(*hand.starts[number : number + 2])]
            name = f"{_seal(said)}, group {_shown(group.kept)} {group.month}"
            if group[:2] in healed:
                sentence = f"{name}: the records were edited. The events are as they were sealed."
                self._findings.add(Kind.RECORDS, sentence, said)
                continue
            sentence = (
                f"{name}: its {group.size} records are not those that were signed, so one or more "
                f"of its events were edited, deleted or put in, and its records with them: "
                f"{_ids(ids, len(ids))}."
            )
            self._findings.add(Kind.RECORDS, sentence, said, *ids)

    def _renumbered(self, hand: _Hand, strangers: list[Event]) -> list[Event]:
        """Take out those that are an event of this seal with another id."""
        if not strangers or 0 not in hand.met or not hand.said:
            return strangers
        missing = [place for place, met in enumerate(hand.met) if not met][:_COMPARED]
        left = []
        for number, event in enumerate(strangers):
            place = None
            if number < _COMPARED:
                place = next((each for each in missing if _fits(event, hand, each)), None)
            if place is None:
                left.append(event)
                continue
            missing.remove(place)
            hand.met[place] = _SPOILT
            was = hand.ids[place]
            sentence = f"{_seal(hand.said)}: event {was} was edited. Its id is {event.id} now."
            self._findings.add(Kind.EVENT_EDITED, sentence, hand.said, was)
        return left

    def _say_missing(self, hand: _Hand, healed: set[tuple[str, str]]) -> None:
        said = hand.said
        for number, group in enumerate(said.groups if said else ()):
            if not said or group[:2] in healed:
                continue
            start, end = hand.starts[number : number + 2]
            end = min(end, len(hand.met))
            name = said.chain, group.kept, group.month
            ids = [hand.ids[place] for place in range(start, end) if not hand.met[place]]
            if len(ids) < end - start:
                self._gone.present.setdefault(name, said)
            if ids and len(ids) == end - start:
                self._gone.missing(said, group, ids)
            elif ids:
                be = "is" if len(ids) == 1 else "are"
                sentence = f"{_seal(said)}: {_ids(ids, len(ids))} {be} missing: deleted."
                self._findings.add(Kind.EVENT_DELETED, sentence, said, *ids)

    def _say_edited(self, hand: _Hand, healed: set[tuple[str, str]]) -> None:
        edited = []
        for place, event in hand.edited:
            group = hand.group(place)
            if group is None or group[:2] not in healed:
                edited.append((place, event))
        for place, event in edited[:_COMPARED]:
            self._say(Kind.EVENT_EDITED, hand.said, [event], 1, "was edited since it was sealed")
            if len(self._edited) < _COMPARED and not self._findings.left_out:
                finding = self._findings.kept[-1]
                where = _seal(hand.said) if hand.said else ""
                self._edited.append(_Edited(where, event, hand.leaf(place), finding))
        more = [event for _place, event in edited[_COMPARED:]]
        if more:
            count = len(more) + hand.edited_count - len(hand.edited)
            what = "were edited since they were sealed" if count > 1 else "was edited"
            self._say(Kind.EVENT_EDITED, hand.said, more, count, what)

    def _say_inserted(self, hand: _Hand, strangers: list[Event], left_out: int) -> None:
        known = [each for each in strangers if each.id in self._sealed]
        new = [each for each in strangers if each.id not in self._sealed]
        if known:
            what = (
                "of another seal, stands here" if len(known) == 1 else "of other seals, stand here"
            )
            self._say(Kind.EVENT_TWICE, hand.said, known, len(known), what)
        if new:
            what = (
                "was put in: no seal holds it"
                if len(new) == 1
                else "were put in: no seal holds them"
            )
            self._say(Kind.EVENT_INSERTED, hand.said, new, len(new) + left_out, what)

    # What only shows at the end.

    def _check_keys(self) -> None:
        given = ", ".join(self._keys) or "none"
        for key, (said, count) in self._unknown_keys.items():
            more = f", as are {count - 1} more seals" if count > 1 else ""
            sentence = (
                f"{_seal(said)}: it is signed with a key that was not given, {_shown(key)}{more}. "
                f"Given: {given}."
            )
            self._findings.add(Kind.KEY, sentence, said)

    def _check_tail(self) -> None:
        self._chains.cut()
        newest, exported = self._chains.newest, self._exported_at
        if newest is None:
            if not self._findings.kept:
                self._findings.add(Kind.CUT_TAIL, "no seal of the portal is there.")
            return
        for own, trusted in self._chains.round.values():
            if trusted:
                sentence = (
                    f"{_seal(own)}: the portal's seal of its round, {own.round}, is missing. The "
                    f"newest that is there is {newest.number} of {newest.at}."
                )
                self._findings.add(Kind.CUT_TAIL, sentence, own)
        if exported and newest.sealed_at - exported > self._allowed.early:
            sentence = f"the export is of {self.summary.exported_at}, before {_seal(newest)}."
            self._findings.add(Kind.HEADER, sentence, newest)
        elif exported and exported - newest.sealed_at > self._allowed.stale:
            sentence = (
                f"the portal's newest seal, {newest.number} of {newest.at}, is "
                f"{exported - newest.sealed_at} older than the export. There is one each minute: "
                "later ones were removed, or nothing is sealed any more."
            )
            self._findings.add(Kind.CUT_TAIL, sentence, newest)

    def _check_head(self, head: Head) -> None:
        chain = self._chains.chains.get(head.chain)
        summary = self.summary
        partly = summary.from_round is not None or summary.organisation is not None
        if partly and (chain is None or head.number < chain.first):
            summary.heads_not_checked += 1
            return
        summary.heads_checked += 1
        known = chain.hash(head.number) if chain else None
        if self._chains.is_gap(head.chain, head.number) or head.chain in self._told:
            return  # that this seal is missing has been said
        if chain is None or head.number > chain.number:
            self._told.add(head.chain)
            last = f" after {chain.number} of {chain.said.at}" if chain and chain.said else ""
            self._head_finding(Kind.CUT_TAIL, head, f"is not there: the chain was cut{last}")
        elif known is None:
            self._head_finding(Kind.SEAL_MISSING, head, "is not there")
        elif known != head.hash and head.number not in chain.doubted:
            self._head_finding(Kind.FORK, head, f"is another one here, {known}: the log forks")

    def _head_finding(self, kind: Kind, head: Head, what: str) -> None:
        name = f"{_chain(head.chain)}, seal {head.number} (sealed {head.sealed_at})"
        sentence = f"{name}, which was told outside as {head.hash}, {what}."
        self._findings.add(kind, sentence)

    def _check_dropped(self) -> None:
        gone = self._gone
        for (chain, kept, month), absent in gone.absent.items():
            if gone.is_dropped(chain, kept, month):
                self.summary.dropped += absent.events
                continue
            more = f" and {absent.seals - 1} more of its seals" if absent.seals > 1 else ""
            sentence = (
                f"{_seal(absent.said)}{more}: all events of the group {_shown(kept)} {month} are "
                f"missing, {_ids(absent.ids, absent.events)}, and no sealed retention:dropped "
                "says why."
            )
            self._findings.add(Kind.GROUP_MISSING, sentence, absent.said, *absent.ids)
        for (chain, kept, month), said in gone.present.items():
            if month in gone.named(chain, kept):
                sentence = (
                    f"{_seal(said)}: events of the group {_shown(kept)} {month} are there, and "
                    f"retention:dropped of {gone.named(chain, kept)[month]} says that they are not."
                )
                self._findings.add(Kind.NOT_DROPPED, sentence, said)
        for (chain, kept), months in gone.dropped.items():
            for month, at in months.items():
                self._check_age(f"{_chain(chain)}: {_shown(kept)} {month}", kept, month, at)
        all_months = {(kept, each) for (_, kept), months in gone.dropped.items() for each in months}
        self.summary.months_dropped = sorted(all_months)

    def _check_age(self, name: str, kept: str, month: str, at: str) -> None:
        least, age = self._months_kept.get(kept, 0), _month_number(at) - _month_number(month)
        if age <= least:
            what = f"had been kept for {least} months" if age > 0 else "was over"
            self._findings.add(Kind.NOT_DROPPED, f"{name} was dropped {at}, before it {what}.")

    def _check_counts(self) -> None:
        found = self._lines["seal"], self._lines["event"]
        # Where something is missing or too much, that has been said, and where.
        if self._promised is not None and self._promised != found and not self._findings.kept:
            sentence = (
                f"the export's last line speaks of {self._promised[0]} seals and "
                f"{self._promised[1]} events; there are {found[0]} and {found[1]}."
            )
            self._findings.add(Kind.HEADER, sentence)

    def _check_erased(self) -> None:
        for (chain, subject), (event, count) in self._gone.erased.items():
            erased_at = self._gone.erased_at.get((chain, subject))
            if erased_at is not None and event.at - erased_at <= self._allowed.early:
                continue
            others = f" and {count - 1} more" if count > 1 and erased_at is None else ""
            why = "nothing under a seal of this chain says that this person was erased"
            if erased_at is not None:
                why = f"this person was erased before it, {erased_at}"
            sentence = (
                f"{_chain(chain)}: the details of {_event(event)}{others} about employee "
                f"{subject} were taken out, and {why}."
            )
            self._findings.add(Kind.ERASED, sentence, None, event.id)


class _Edited(NamedTuple):
    place: str
    event: Event
    sealed: bytes
    finding: Finding


def _fits(event: Event, hand: _Hand, place: int) -> bool:
    return leaf({**event.public, "id": hand.ids[place]}) == hand.leaf(place)


def _month_number(moment: str) -> int:
    return int(moment[:4]) * 12 + int(moment[5:7])


def _whole(length: int) -> int:
    return length - length % RECORD_BYTES


def _tidied(findings: list[Finding], edited: list[_Edited]) -> list[Finding]:
    """Say once what was found from two sides: events swapped, an event moved."""
    replaced: dict[int, Finding | None] = {}
    for number, one in enumerate(edited):
        for other in edited[number + 1 :]:
            if id(other.finding) not in replaced and _swapped(one, other):
                sentence = (
                    f"{one.place}: the contents of events {one.event.id} and {other.event.id} "
                    f"were swapped. The other one is of {other.place}."
                )
                ids = one.event.id, other.event.id
                swap = Finding(
                    Kind.EVENTS_SWAPPED, sentence, one.finding.chain, one.finding.seal, ids
                )
                replaced[id(one.finding)], replaced[id(other.finding)] = swap, None
                break
    missing = {
        each.events: each
        for each in findings
        if each.kind in (Kind.EVENT_DELETED, Kind.GROUP_MISSING) and each.events
    }
    for each in findings:
        if each.kind in (Kind.EVENT_INSERTED, Kind.EVENT_TWICE) and each.events in missing:
            home = missing[each.events]
            sentence = (
                f"{each.sentence} It belongs to seal {home.seal} and is missing there: moved."
            )
            moved = Finding(Kind.EVENT_MISPLACED, sentence, each.chain, each.seal, each.events)
            replaced[id(each)], replaced[id(home)] = moved, None
    told = (replaced.get(id(each), each) for each in findings)
    return [each for each in told if each is not None]


def _swapped(one: _Edited, other: _Edited) -> bool:
    there = leaf({**one.event.public, "id": other.event.id}) == other.sealed
    return there and leaf({**other.event.public, "id": one.event.id}) == one.sealed


# The program.


class Unreadable(Exception):
    """A file could not be read, and why."""


def read_lines(source: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Give the lines that are not blank, with their numbers from 1; None is one that is too long.

    Raises:
        Unreadable: the file ends or breaks in the middle.
    """
    number = 0
    try:
        while line := source.readline(MOST_LINE_BYTES + 1):
            number += 1
            if len(line) > MOST_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = source.readline(MOST_LINE_BYTES)
                yield number, None
            elif not line.isspace():
                yield number, line
    except (OSError, EOFError, zlib.error) as problem:
        raise Unreadable(f"Line {number + 1} could not be read: {_first_line(problem)}.") from None


def verify_lines(verification: Verification, source: BinaryIO) -> Report:
    """Verify an export, line by line.

    Raises:
        Unreadable: the file ends or breaks in the middle.
    """
    for number, line in read_lines(source):
        where = f"line {number}"
        if line is None:
            verification.unreadable(f"is longer than {MOST_LINE_BYTES} bytes", where)
            continue
        try:
            parsed = parse_line(line)
        except Malformed as problem:
            verification.unreadable(str(problem), where)
            continue
        if parsed.get("type") == "event" and len(line) > MOST_EVENT_BYTES:
            verification.unreadable(f"is an event of more than {MOST_EVENT_BYTES} bytes", where)
        else:
            verification.feed(parsed, where)
    return verification.finish()


def read_key(pem: bytes) -> Ed25519PublicKey:
    """Read a public key.

    Raises:
        Unreadable: it is none.
    """
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise Unreadable("This is not a public key in PEM.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise Unreadable("This is not an Ed25519 key.")
    return key


def read_heads(lines: Iterable[bytes]) -> Iterator[Head]:
    """Read heads that were kept outside, one JSON object a line.

    Raises:
        Unreadable: a line is none.
    """
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = parse_line(line)
            _only(found, frozenset(Head._fields))
            if found["chain"] != PORTAL:
                _uuid(found["chain"], "chain")
            _time(found, "sealed_at")
            yield Head(
                chain=found["chain"],
                number=_number(found, "number"),
                hash=_hash(found, "hash"),
                sealed_at=found["sealed_at"],
            )
        except Malformed as problem:
            raise Unreadable(f"Line {number} of the heads {problem}.") from None


def as_text(report: Report) -> str:
    """Write a report for a person."""
    summary = report.summary
    of = f"organisation {summary.organisation}" if summary.organisation else "the whole portal"
    lines = [each.sentence for each in report.findings]
    if report.left_out:
        lines.append(f"And {report.left_out} more findings.")
    lines += [
        "",
        f"The log of {of}, exported {summary.exported_at or 'nobody knows when'}.",
        f"Seals: {summary.seals}, from {summary.first_sealed_at} to {summary.last_sealed_at}.",
        f"Events: {summary.events}; of these {summary.unsealed} not yet sealed.",
        f"Erased: {summary.erased}. Dropped by retention: {summary.dropped}.",
    ]
    if summary.months_dropped:
        months = ", ".join(f"{_shown(kept)} {month}" for kept, month in summary.months_dropped)
        lines.append(f"Months dropped by retention: {months}.")
    if summary.from_round is not None:
        lines.append(f"It begins with round {summary.from_round}; what was before is not in it.")
    if summary.longest_pause:
        lines.append(f"Longest pause between two rounds: {summary.longest_pause}.")
    if summary.heads_checked or summary.heads_not_checked:
        lines.append(
            f"Heads kept outside: {summary.heads_checked} compared; {summary.heads_not_checked} "
            "are not of what this export covers."
        )
    lines += [
        f"Head of {_chain(h.chain)}: {h.number} {h.hash} {h.sealed_at}" for h in summary.heads
    ]
    count = len(report.findings) + report.left_out
    lines.append("The log is sound." if report.sound else f"NOT SOUND: {count} findings.")
    return "\n".join(lines).lstrip("\n")


def as_json(report: Report) -> str:
    """Write a report for a program."""
    summary = asdict(report.summary)
    summary["heads"] = [head._asdict() for head in report.summary.heads]
    document = {
        "sound": report.sound,
        "findings": [asdict(each) for each in report.findings],
        "left_out": report.left_out,
        "summary": summary,
    }
    return json.dumps(document, indent=2, ensure_ascii=True, default=str)


def main(arguments: list[str] | None = None) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A narrow terminal shows a strange letter by its number.
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _options(arguments)
    try:
        keys = [read_key(_bytes_of(path)) for path in options.public_key]
        heads = [head for path in options.head for head in read_heads(_bytes_of(path).splitlines())]
        verification = Verification(
            keys,
            heads=heads,
            tolerances=_tolerances(options),
            months_kept={kept: getattr(options, f"{kept}_months") for kept in MONTHS_KEPT},
        )
        report = _verify_file(verification, options.export)
    except (Unreadable, OSError) as problem:
        print(_first_line(problem), file=sys.stderr)
        return 2
    print(as_json(report) if options.json else as_text(report))
    return 0 if report.sound else 1


def _verify_file(verification: Verification, name: str) -> Report:
    if name == "-":
        return verify_lines(verification, _unpacked(sys.stdin.buffer))
    with Path(name).open("rb") as source:
        return verify_lines(verification, _unpacked(source))


def _unpacked(source: Any) -> Any:
    packed = source.peek(2)[:2] == b"\x1f\x8b"
    return gzip.GzipFile(fileobj=source) if packed else source


def _bytes_of(name: str) -> bytes:
    return Path(name).read_bytes()


def _tolerances(options: argparse.Namespace) -> Tolerances:
    return Tolerances(
        stale=options.stale_minutes,
        early=options.early_minutes,
        late=options.late_minutes,
        unsealed=options.unsealed_minutes,
    )


def _minutes(text: str) -> timedelta:
    minutes = float(text)
    if not 0 <= minutes <= _MOST_MINUTES:  # nan is not, either
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 to {_MOST_MINUTES}")
    return timedelta(minutes=minutes)


def _months(text: str) -> int:
    months = int(text)
    if not 0 <= months <= _MOST_MONTHS:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 to {_MOST_MONTHS}")
    return months


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify an export of Kobling's audit log.")
    parser.add_argument("export", help="JSON Lines, plain or gzip; - is standard input")
    parser.add_argument("--public-key", action="append", required=True, help="PEM; may be repeated")
    parser.add_argument(
        "--head", action="append", default=[], help="heads kept outside, JSON Lines"
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    minutes = {
        "stale": (10, "the newest seal may be older than the export"),
        "early": (5, "an event may be later than its seal, its erasure or the export"),
        "late": (60, "an event may be older than the round before its own"),
        "unsealed": (10, "an unsealed event may be older than the newest seal"),
    }
    for name, (usual, what) in minutes.items():
        parser.add_argument(
            f"--{name}-minutes",
            type=_minutes,
            default=str(usual),
            help=f"by which {what} ({usual})",
        )
    for kept, usual in MONTHS_KEPT.items():
        parser.add_argument(
            f"--{kept}-months",
            type=_months,
            default=usual,
            help=f"the smallest AUDIT_{kept.upper()}_MONTHS that the portal ever had: a month that "
            f"was dropped sooner is a finding; with 0 it need but be over ({usual})",
        )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
