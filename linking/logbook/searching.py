"""Finds a page of events: by indexes, never counting, and stopping honestly where it takes long.

The newest come first, by time and then by id: each index of the log ends with both, and a month's
partition that is out of the time asked for is not opened.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.actors import key_of
from accounts.models import User
from accounts.networks import neighbours
from audit.models import AuditEvent
from linking.logbook.query import PORTAL, Position, Query

SIZE: Final = 50
# Back in time by windows, where several things are asked that are common alone and rare together:
# what is found is shown as soon as there is enough. The first are always looked through.
WINDOWS: Final = (1, 7, 30, 90, 210, 450, 930)
ALWAYS: Final = 3
SECONDS: Final = 0.04
_OVERHEAD: Final = 0.004  # of one statement, however little it looks through
_LONGER: Final = 2.6  # than a window the next one is, at most


@dataclass(frozen=True, slots=True)
class Found:
    events: list[AuditEvent]
    older: Position | None = None
    newer: Position | None = None
    reached: datetime | None = None
    """How far was looked, where that was not to the end."""


class NetworkUnknown(Exception):
    """The event that names the network is not there, or its network is not kept any more."""


def find(
    rows: QuerySet[AuditEvent], query: Query, start: Position | None, *, now: datetime
) -> Found:
    """Give the page that begins at `start`, of `rows` that the reader may see.

    Raises:
        NetworkUnknown.
    """
    asked = _conditions(rows, query)
    # One of these has little in any month. Of all else PostgreSQL must be told where to begin: it
    # looks through whole months of one class for an event that only the other has.
    few = query.person is not None or bool(query.reference)
    at_once = few or not (asked or rows.query.where)
    how: dict[str, Any] = {"at_once": at_once, "alike": _alike(query)}
    for condition in asked:
        rows = rows.filter(condition)
    begins = query.begins(now)
    if begins is not None:
        rows = rows.filter(at__gte=begins)
    if query.until is not None:
        rows = rows.filter(at__lte=query.until)
    if query.events == []:
        return Found([])
    if start is not None and start.newer:
        return _newer(rows, query, start, now=now, **how)
    top = min(query.until or now, now)
    found, reached = _walk(rows, start, top=top, end=begins, **how)
    return _page(found[:SIZE], more=len(found) > SIZE, start=start, reached=reached)


def _page(
    events: list[AuditEvent], *, more: bool, start: Position | None, reached: datetime | None
) -> Found:
    """The way on is behind the last event, or where the looking stopped."""
    older = Position(events[-1].at, events[-1].pk) if more else None
    if reached is not None:
        older = Position(reached, 0)  # what is as old, but for itself, is still to be looked at
    newer = None
    if start is not None:
        first = (events[0].at, events[0].pk) if events else (start.at, max(start.id - 1, 0))
        newer = Position(*first, newer=True)
    return Found(events, older, newer, reached)


def _newer(
    rows: QuerySet[AuditEvent], query: Query, start: Position, *, now: datetime, **how: Any
) -> Found:
    """The page before; where it would not be full, the newest page."""
    found, reached = _walk(rows, start, top=now, end=None, **how)
    if len(found) < SIZE and reached is None:
        top = min(query.until or now, now)
        again, reached = _walk(rows, None, top=top, end=query.begins(now), **how)
        return _page(again[:SIZE], more=len(again) > SIZE, start=None, reached=reached)
    events = found[:SIZE][::-1]
    oldest = Position(events[-1].at, events[-1].pk) if events else Position(start.at, start.id + 1)
    newest = Position(events[0].at, events[0].pk, newer=True) if events else start
    if reached is not None:
        newest = Position(reached, 0, newer=True)
    return Found(events, oldest, newest, None)


def _conditions(rows: QuerySet[AuditEvent], query: Query) -> list[Q]:
    """Give what is asked but for the time, each a condition that has an index."""
    asked = []
    if query.person is not None:
        asked.append(Q(employee_id=query.person))
    if query.reference:
        asked.append(Q(reference__in=query.reference))
    if query.events is not None:
        asked.append(Q(event__in=[each.value for each in query.events]))
    if query.network is not None:
        # Of a long list PostgreSQL does not see that the index without empty ones has all.
        near = _networks(rows, query.network, query.bits)
        asked.append(Q(network__in=near) & ~Q(network=""))
    if query.actor:
        asked.append(Q(actor__in=_names(query.actor)))
    if query.organisation == PORTAL:
        asked.append(Q(organisation_id__isnull=True))
    elif query.organisation:
        asked.append(Q(organisation_id=UUID(query.organisation)))
    return asked


def _alike(query: Query) -> tuple[str, ...]:
    """Of «is null» PostgreSQL does not know that it leaves the index's order to the next column."""
    return ("organisation_id",) if query.organisation == PORTAL else ()


def _networks(rows: QuerySet[AuditEvent], event: int, bits: int | None) -> list[str]:
    network = rows.filter(pk=event).values_list("network", flat=True).first()
    try:
        return neighbours(network or "", bits)
    except ValueError:
        raise NetworkUnknown from None


def _names(actor: str) -> list[str]:
    """Give the names that one person goes by: an employee signs in as a user."""
    if (key := key_of(actor, "user")) is not None:
        employee = User.objects.filter(pk=key).values_list("employee", flat=True).first()
        return [actor, f"employee:{employee}"] if employee else [actor]
    if (key := key_of(actor, "employee")) is not None:
        user = User.objects.filter(employee=key).values_list("pk", flat=True).first()
        return [actor, f"user:{user}"] if user else [actor]
    return [actor]


def _walk(
    rows: QuerySet[AuditEvent],
    start: Position | None,
    *,
    top: datetime,
    end: datetime | None,
    at_once: bool,
    alike: tuple[str, ...],
) -> tuple[list[AuditEvent], datetime | None]:
    """Give a page and one event more, and how far was looked, where that was not to the end.

    `alike`: columns that are the same in all of `rows`, and are named for the index's sake.
    """
    forward = start is not None and start.newer
    if start is not None:
        rows = rows.filter(_beyond(start))
    rows = rows.order_by(*(name if forward else f"-{name}" for name in (*alike, "at", "id")))
    if at_once:
        return list(rows[: SIZE + 1]), None
    began, found = time.monotonic(), list[AuditEvent]()
    before: datetime | None = None
    bounds = _bounds(start.at if start else top, end, forward=forward)
    for number, bound in enumerate(bounds, start=1):
        window = rows
        if before is not None:
            window = window.filter(Q(at__gte=before) if forward else Q(at__lt=before))
        if bound is not None:
            window = window.filter(Q(at__lt=bound) if forward else Q(at__gte=bound))
        asked = time.monotonic()
        found += window[: SIZE + 1 - len(found)]
        took = time.monotonic() - asked
        if len(found) > SIZE or bound is None:
            break
        foreseen = time.monotonic() - began + max(0.0, took - _OVERHEAD) * _LONGER
        if number >= ALWAYS and foreseen > SECONDS:
            return found, bound
        before = bound
    return found, None


def _beyond(start: Position) -> Q:
    """Written so that an index is entered at the position, and months beyond it are left out."""
    if start.newer:
        return Q(at__gte=start.at) & (Q(at__gt=start.at) | Q(id__gt=start.id))
    return Q(at__lte=start.at) & (Q(at__lt=start.at) | Q(id__lt=start.id))


def _bounds(top: datetime, end: datetime | None, *, forward: bool) -> Iterator[datetime | None]:
    """Give where each window ends; the last one ends nowhere."""
    for days in WINDOWS:
        bound = top + timedelta(days=days) if forward else top - timedelta(days=days)
        if end is not None and bound <= end:
            break
        yield bound
    yield None
