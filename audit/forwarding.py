"""Forwarding of the log to a receiver outside, such as a SIEM: nothing is lost, some comes twice.

Events are committed in another order than that of their ids, so whoever went by the highest id
would forget some. What is forwarded is what is sealed, in the order of the seals: rounds are made
one at a time, and no event turns up in an earlier one. The cursor moves, in the transaction that
held it, only after the receiver has acknowledged all of a batch. A crash in between sends the batch
again; `log.record.uid` tells the doubles.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import override

from audit.events import Event, Severity
from audit.log import record
from audit.models import AuditEvent, AuditForwarding, Seal
from audit.otlp import Entry, Failure, NotAcknowledged, request_body
from audit.receiver import Receiver, deliver
from audit.rounds import alone
from audit.verifier import RECORD_BYTES

type Slugs = Callable[[Collection[UUID]], Mapping[UUID, str]]

MOST = 1_000  # events in a request: about 1 MB before gzip; receivers take 20 MiB
_SEALS = 2_000  # a quiet night is passed in few steps
_CATALOGUE = {event.value: event for event in Event}
_TOLD_AFTER = 3  # tries in vain: a receiver that restarts is no event
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=5)


class Step(Enum):
    """What came of one batch."""

    MOVED = auto()
    NOTHING_LEFT = auto()
    NOT_NOW = auto()  # somebody else is at it, or the receiver is to be left in peace
    TOO_MUCH = auto()  # refused, perhaps for one of its events: try fewer
    FAILED = auto()


class _Marked(NamedTuple):
    id: int
    uid: str  # the leaf under the seal: it stands for this event and no other, in any portal


@dataclass
class _Batch:
    seal: int
    position: int
    marked: list[_Marked] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    months: set[str] = field(default_factory=set)


def forward(receiver: Receiver, *, slugs: Slugs, clock: Callable[[], datetime]) -> Iterator[Step]:
    """Forward batch after batch for as long as somebody asks for the next step.

    A receiver that fails gets one event at first, and so does one that refuses: the cursor comes up
    to what it does not take, and no further.
    """
    most = 1 if _is_failing() else MOST
    while True:
        step = forward_batch(receiver, most=most, slugs=slugs, now=clock())
        yield step
        if step not in (Step.MOVED, Step.TOO_MUCH):
            return
        most = max(1, most // 4) if step is Step.TOO_MUCH else min(most * 4, MOST)


def _is_failing() -> bool:
    return AuditForwarding.objects.filter(failing_since__isnull=False).exists()


@transaction.atomic
def forward_batch(receiver: Receiver, *, most: int, slugs: Slugs, now: datetime) -> Step:
    """Send the next events, at most `most`, and move the cursor behind them if they arrived."""
    cursor = _taken(receiver, now=now)
    if cursor is None or (cursor.not_before and now < cursor.not_before):
        return Step.NOT_NOW
    batch = _after(cursor, most)
    if (batch.seal, batch.position) == (cursor.seal, cursor.position):
        return Step.NOTHING_LEFT
    entries = _entries(batch, slugs)
    try:
        if entries:
            deliver(receiver, request_body(entries, now=now), now=now)
    except NotAcknowledged as answer:
        if answer.failure is Failure.REFUSED and most > 1 and len(batch.marked) > 1:
            return Step.TOO_MUCH
        _note_failure(cursor, answer, now=now)
        return Step.FAILED
    _move(cursor, batch, acknowledged=bool(entries), now=now)
    return Step.MOVED


def _taken(receiver: Receiver, *, now: datetime) -> AuditForwarding | None:
    """Give the cursor, held until the transaction ends, or None where another worker holds it."""
    AuditForwarding.objects.bulk_create([AuditForwarding(pk=1)], ignore_conflicts=True)
    cursor = AuditForwarding.objects.select_for_update(skip_locked=True).first()
    if cursor is not None and cursor.receiver != receiver.url:
        record(
            Event.FORWARDING_BEGUN,
            by="system",
            now=now,
            receiver=receiver.url,
            before=cursor.receiver or None,
        )
        cursor.receiver, cursor.not_before = receiver.url, None
        cursor.save(update_fields=["receiver", "not_before"])
    return cursor


def _after(cursor: AuditForwarding, most: int) -> _Batch:
    batch = _Batch(cursor.seal, cursor.position)
    seals = Seal.objects.filter(pk__gt=cursor.seal).order_by("pk")[:_SEALS]
    rows = seals.values_list("pk", "statement", "records").iterator(chunk_size=20)
    for key, statement, held in rows:
        records = bytes(held)
        first, last = batch.position, batch.position + most - len(batch.marked)
        here = list(_marked(records[first * RECORD_BYTES : last * RECORD_BYTES]))
        batch.marked += here
        for group in json.loads(statement)["groups"]:
            batch.kept.add(group["kept"])
            batch.months.add(group["month"])
        if (first + len(here)) * RECORD_BYTES < len(records):
            batch.position = first + len(here)
            break
        batch.seal, batch.position = key, 0
        if len(batch.marked) >= most:
            break
    return batch


def _marked(records: bytes) -> Iterator[_Marked]:
    for place in range(0, len(records), RECORD_BYTES):
        each = records[place : place + RECORD_BYTES]
        yield _Marked(int.from_bytes(each[:8]), each[8:].hex())


def _entries(batch: _Batch, slugs: Slugs) -> list[Entry]:
    """Give what the log still has of the batch, in the order of the seals.

    What retention or somebody else has taken away is passed over: that is the verifier's to tell.
    """
    if not batch.marked:
        return []
    first, after = _span(batch.months)
    # The classes and times say in which partitions to look.
    there = AuditEvent.objects.filter(
        pk__in=[each.id for each in batch.marked], kept__in=batch.kept, at__gte=first, at__lt=after
    ).order_by()
    events: dict[int, list[AuditEvent]] = defaultdict(list)
    for event in there:
        events[event.pk].append(event)
    places = {each[0].organisation_id for each in events.values() if each[0].organisation_id}
    names = slugs(places)
    with override("en"):
        return [
            _entry(event, each.uid, names) for each in batch.marked for event in events[each.id]
        ]


def _span(months: Iterable[str]) -> tuple[datetime, datetime]:
    first, last = min(months), max(months)
    year, month = divmod(int(last[:4]) * 12 + int(last[5:]), 12)
    return (
        datetime(int(first[:4]), int(first[5:]), 1, tzinfo=UTC),
        datetime(year, month + 1, 1, tzinfo=UTC),
    )


def _entry(event: AuditEvent, uid: str, slugs: Mapping[UUID, str]) -> Entry:
    known = _CATALOGUE.get(event.event)  # an event of an older version may not be there any more
    severity = known.severity if known else Severity.WARNING
    place = event.organisation_id
    return Entry(
        id=event.pk,
        uid=uid,
        at=event.at,
        event=event.event,
        text=str(known.label) if known else event.event,
        severity=severity,
        severity_text=severity.name,
        kept=event.kept,
        organisation=place,
        slug=slugs.get(place, "") if place else "",
        employee=event.employee_id,
        actor=event.actor,
        reason=event.reason,
        reference=event.reference,
        network=event.network,
    )


def _move(cursor: AuditForwarding, batch: _Batch, *, acknowledged: bool, now: datetime) -> None:
    cursor.seal, cursor.position = batch.seal, batch.position
    if acknowledged:
        if cursor.tries >= _TOLD_AFTER:
            since = cursor.failing_since.isoformat() if cursor.failing_since else ""
            record(Event.FORWARDING_RESUMED, by="system", now=now, since=since)
        cursor.acknowledged_at, cursor.failing_since, cursor.not_before = now, None, None
        cursor.failure, cursor.said, cursor.tries = "", "", 0
    cursor.save()


def _note_failure(cursor: AuditForwarding, answer: NotAcknowledged, *, now: datetime) -> None:
    """Keep how it stands. The log is told once, when it is no passing matter any more."""
    cursor.failing_since = cursor.failing_since or now
    cursor.failure, cursor.said = answer.failure, answer.said
    wait = min(_FIRST_WAIT * 2 ** min(cursor.tries, 10), _LONGEST_WAIT)
    cursor.not_before = now + (wait if answer.retry_after is None else answer.retry_after)
    cursor.tries += 1
    cursor.save()
    if cursor.tries == _TOLD_AFTER:
        since = cursor.failing_since.isoformat()
        record(Event.FORWARDING_FAILED, by="system", now=now, reason=cursor.failure, since=since)


# --- How it stands, and what a person may do


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits: events, and when the oldest of them was sealed."""

    cursor: AuditForwarding
    waiting: int
    oldest: datetime | None


_WAITING = """SELECT coalesce(sum(length(records)), 0) / %s - %s,
        min(sealed_at) FILTER (WHERE length(records) > 0)
    FROM audit_seal WHERE id > %s
"""


def standing() -> Standing | None:
    """Give how the forwarding stands, or None where there never was any."""
    cursor = AuditForwarding.objects.first()
    if cursor is None:
        return None
    with connection.cursor() as database:
        database.execute(_WAITING, [RECORD_BYTES, cursor.position, cursor.seal])
        waiting, oldest = database.fetchone()
    return Standing(cursor, int(waiting), oldest)


@transaction.atomic
def pass_over(*, everything: bool, by: str, now: datetime) -> int:
    """Leave out the next event, which the receiver does not take, or all that is sealed and waits.

    Gives how many that were. The log tells of it, and with it the receiver is told.
    """
    alone(wait=True)  # what is sealed meanwhile would be left out without having been counted
    cursor = AuditForwarding.objects.select_for_update().first()
    found = standing()
    if cursor is None or found is None or not found.waiting:
        return 0
    if everything:
        last = Seal.objects.order_by("-pk").values_list("pk", flat=True).first()
        batch, count, one = _Batch(last or cursor.seal, 0), found.waiting, None
    else:
        batch = _after(cursor, 1)
        if not batch.marked:
            return 0
        count, one = 1, batch.marked[0].id
    record(Event.FORWARDING_PASSED_OVER, by=by, now=now, count=count, event_id=one)
    cursor.seal, cursor.position, cursor.not_before = batch.seal, batch.position, None
    cursor.save()
    return count
