"""The log as the verifier reads it: seals with their events, streamed (docs/audit.md)."""

import base64
import itertools
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from audit.models import COLUMNS, AuditEvent, Seal
from audit.subjects import KEY_BYTES, known_keys_of
from audit.verifier import FORMAT, RECORD_BYTES, Ids, opening_for, time_text

type Line = dict[str, Any]

_SEALS_AT_ONCE = 500
_EVENTS_AT_ONCE = 10_000
# Ids that lie close together are read as a range, which costs least.
_SPARSE = 4
_FARTHEST = 1_000


class _Row(NamedTuple):
    id: int
    at: datetime
    event: str
    kept: str
    organisation: UUID | None
    employee: UUID | None
    actor: str
    reference: str
    reason: str
    network: str
    details: dict[str, Any]
    commitment: bytes | None


def lines(*, organisation: UUID | None, now: datetime) -> Iterator[Line]:
    """Give the log of one organisation, or of the whole portal, line by line, as of one moment.

    Everything that stands in the log is told, under its seal or, at the end, without one: also what
    somebody put there past the portal.
    """
    counted = {"seal": 0, "event": 0}
    told = Ids()
    with one_moment():
        yield {
            "type": "header",
            "format": FORMAT,
            "exported_at": time_text(now),
            "organisation": str(organisation) if organisation else None,
            "from": None,
        }
        for line in itertools.chain(_sealed(organisation, told), _others(organisation, told)):
            counted[line["type"]] += 1
            yield line
    yield {"type": "end", "seals": counted["seal"], "events": counted["event"]}


@contextmanager
def one_moment() -> Iterator[None]:
    """See the log as it stands now, however long the reading takes."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:  # PostgreSQL lets nobody ask for it later
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _sealed(organisation: UUID | None, told: Ids) -> Iterator[Line]:
    seals = Seal.objects.order_by("id")
    if organisation:
        seals = seals.filter(Q(organisation_id=organisation) | Q(organisation_id=None))
    for some in itertools.batched(seals.iterator(_SEALS_AT_ONCE), _SEALS_AT_ONCE):
        for few in _by_size(some, organisation):
            yield from _with_events(few, organisation, told)


def _by_size(seals: Sequence[Seal], organisation: UUID | None) -> Iterator[list[Seal]]:
    """Part seals so that the events of each part can be held at once."""
    held, part = 0, list[Seal]()
    for seal in seals:
        size = 0 if _is_witness(seal, organisation) else len(seal.records) // RECORD_BYTES
        if part and held + size > _EVENTS_AT_ONCE:
            yield part
            held, part = 0, []
        held, part = held + size, [*part, seal]
    yield part


def _is_witness(seal: Seal, organisation: UUID | None) -> bool:
    """Whether only its statement belongs in this export: it vouches for what is not told here."""
    return organisation is not None and seal.organisation_id is None


def _with_events(seals: Sequence[Seal], organisation: UUID | None, told: Ids) -> Iterator[Line]:
    under = {
        seal.pk: [] if _is_witness(seal, organisation) else _ids(bytes(seal.records))
        for seal in seals
    }
    events = _found(sorted(itertools.chain.from_iterable(under.values())))
    for seal in seals:
        yield {
            "type": "seal",
            "statement": seal.statement,
            "records": None if _is_witness(seal, organisation) else _base64(seal.records),
            "signature": _base64(seal.signature),
        }
        for number in under[seal.pk]:
            told.add(number)
            yield from events[number]


def _ids(records: bytes) -> list[int]:
    places = range(0, len(records), RECORD_BYTES)
    return [int.from_bytes(records[place : place + 8]) for place in places]


def _base64(value: bytes | memoryview) -> str:
    return base64.b64encode(value).decode()


def _found(ids: list[int]) -> dict[int, list[Line]]:
    """Give what the log has under these ids: nothing where it is gone, and two where two are."""
    found: dict[int, list[Line]] = defaultdict(list)
    if ids:
        where = Q()
        for run in _runs(ids):
            close = run[-1] - run[0] < _SPARSE * len(run)
            where |= Q(pk__range=(run[0], run[-1])) if close else Q(pk__in=run)
        wanted = set(ids)
        rows = map(_Row._make, AuditEvent.objects.filter(where).order_by().values_list(*COLUMNS))
        for line in _as_lines(row for row in rows if row.id in wanted):
            found[line["id"]].append(line)
    return found


def _runs(ids: list[int]) -> Iterator[list[int]]:
    """Part sorted ids where there is a wide gap."""
    begun = 0
    for place, (one, next_one) in enumerate(itertools.pairwise(ids), 1):
        if next_one - one > _FARTHEST:
            yield ids[begun:place]
            begun = place
    yield ids[begun:]


def _others(organisation: UUID | None, told: Ids) -> Iterator[Line]:
    """Give what no seal covers. The queue would tell of it, but may not be believed."""
    everything = AuditEvent.objects.order_by("id")
    if organisation:
        everything = everything.filter(organisation_id=organisation)
    every_id = everything.values_list("id", flat=True).iterator(_EVENTS_AT_ONCE)
    untold = (number for number in every_id if number not in told)
    for some in itertools.batched(untold, _EVENTS_AT_ONCE):
        events = _found(sorted(set(some)))
        for number in some:
            yield from events.pop(number, ())


def _as_lines(rows: Iterable[_Row]) -> Iterator[Line]:
    held = list(rows)
    keys = known_keys_of({row.employee for row in held if row.employee})
    for row in held:
        yield _line(row, keys)


def _line(row: _Row, keys: dict[UUID, bytes]) -> Line:
    public = {
        "type": "event",
        "id": row.id,
        "at": time_text(row.at),
        "event": row.event,
        "kept": row.kept,
        "organisation": str(row.organisation) if row.organisation else None,
        "employee": str(row.employee) if row.employee else None,
        "actor": row.actor,
        "reference": row.reference,
        "reason": row.reason,
    }
    if row.commitment is not None:
        return public | {"commitment": bytes(row.commitment).hex()}
    opening = ""
    if row.employee:
        # A subject whose key nobody has made yet has nothing sealed: whatever opens it will do.
        key = keys.get(row.employee) or secrets.token_bytes(KEY_BYTES)
        opening = opening_for(key, row.id).hex()
    return public | {"details": row.details, "network": row.network, "opening": opening}
