"""What happened to an employee, and who looked at them: the log, a page at a time."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any, Final

from django.db.models import Q, QuerySet

from accounts.actors import Actor, Kind, actors_of
from accounts.models import Employee
from accounts.purposes.choices import NOT_TOLD, Why
from audit.events import Event
from audit.models import AuditEvent
from linking.own.words import LOOKED, details_in_words, event_in_words, who_in_words

PAGE = 25
_AT_ONCE = 500
# «You signed in» says by whom.
_SAY_WHO: Final = (Event.SIGN_IN_DONE,)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Where a page begins: microseconds of our time, and an id.
_PLACE = re.compile(r"([0-9]{1,17})-([0-9]{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event about the employee. `by` is who did it, in role terms."""

    pk: int
    at: datetime
    event: str
    said: str
    more: str = ""
    by: str = ""
    network: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at the employee. `who` is in role terms, or the name by the employer's policy."""

    pk: int
    at: datetime
    event: str
    said: str
    who: str
    oneself: bool
    why: Why = NOT_TOLD
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that the employee did, as staff."""

    at: datetime
    event: str
    said: str


@dataclass(frozen=True, slots=True)
class Page[Row]:
    """Some rows, newest first; `older` is what the next page begins before, or empty."""

    rows: list[Row]
    older: str


def happenings(employee: Employee, *, before: str = "") -> Page[Happening]:
    """Give a page of what happened, in three queries."""
    rows, older = _page(_happenings(employee), before)
    return Page(_as_happenings(employee, rows), older)


def looks(employee: Employee, *, before: str = "") -> Page[Look]:
    """Give a page of who looked; the employee has its organisation at hand. Three queries."""
    rows, older = _page(_looks(employee), before)
    return Page(_as_looks(employee, rows), older)


def all_happenings(employee: Employee) -> Iterable[Happening]:
    """Give all of it, newest first, some hundred at a time."""
    return _all(_happenings(employee), employee, _as_happenings)


def all_looks(employee: Employee) -> Iterable[Look]:
    """The same of the looks."""
    return _all(_looks(employee), employee, _as_looks)


def all_deeds(employee: Employee) -> Iterable[Deed]:
    """Give all that the employee did to others or to the portal; not whom it was about."""
    mine = AuditEvent.objects.filter(actor=employee.user.actor)
    others = mine.exclude(employee_id=employee.pk).order_by("-at", "-id")
    return (
        Deed(event.at, event.event, str(event.get_event_display()))
        for event in others.iterator(_AT_ONCE)
    )


def _happenings(employee: Employee) -> QuerySet[AuditEvent]:
    """Looks are told apart: they change nothing, and what is asked about them is who and why."""
    return _about(employee).exclude(event=Event.PERSON_VIEWED)


def _looks(employee: Employee) -> QuerySet[AuditEvent]:
    return _about(employee).filter(event=Event.PERSON_VIEWED)


def _about(employee: Employee) -> QuerySet[AuditEvent]:
    """Of whatever organisation: a role that was given elsewhere is the employee's too."""
    return AuditEvent.objects.filter(employee_id=employee.pk).order_by("-at", "-id")


def _page(events: QuerySet[AuditEvent], before: str) -> tuple[list[AuditEvent], str]:
    if (place := _PLACE.fullmatch(before)) is not None:
        at = _EPOCH + timedelta(microseconds=int(place[1]))
        # The first condition is the index's; the second tells events of one moment apart.
        events = events.filter(Q(at__lte=at) & (Q(at__lt=at) | Q(id__lt=int(place[2]))))
    found = list(events[: PAGE + 1])
    rows = found[:PAGE]
    return rows, _place(rows[-1]) if len(found) > PAGE else ""


def _place(event: AuditEvent) -> str:
    return f"{(event.at - _EPOCH) // timedelta(microseconds=1)}-{event.pk}"


def _all[Row](
    events: QuerySet[AuditEvent],
    employee: Employee,
    shown: Callable[[Employee, list[AuditEvent]], list[Row]],
) -> Iterable[Row]:
    for some in batched(events.iterator(chunk_size=_AT_ONCE), _AT_ONCE):
        yield from shown(employee, list(some))


def _as_happenings(employee: Employee, events: list[AuditEvent]) -> list[Happening]:
    actors = _actors(employee, events)
    return [_happening(event, actors[event.actor], employee) for event in events]


def _as_looks(employee: Employee, events: list[AuditEvent]) -> list[Look]:
    actors = _actors(employee, events)
    return [_look(event, actors[event.actor], employee) for event in events]


def _actors(employee: Employee, events: list[AuditEvent]) -> Any:
    return actors_of((event.actor for event in events), seen_from=employee.organisation_id)


def _happening(event: AuditEvent, actor: Actor, employee: Employee) -> Happening:
    own = actor.kind == Kind.PERSON and actor.employee == employee.pk
    by = who_in_words(actor, me=employee.pk, here=employee.organisation_id)
    return Happening(
        pk=event.pk,
        at=event.at,
        event=event.event,
        said=event_in_words(event),
        more=details_in_words(event.details),
        by="" if event.event in _SAY_WHO else by,
        # Where somebody else sat is theirs.
        network=event.network if own else "",
        reference=event.reference,
    )


def _look(event: AuditEvent, actor: Actor, employee: Employee) -> Look:
    then = event.details.get("roles")
    roles = tuple(then) if isinstance(then, list) and then else actor.roles
    return Look(
        pk=event.pk,
        at=event.at,
        event=event.event,
        said=str(LOOKED),
        who=who_in_words(
            replace(actor, roles=roles),
            me=employee.pk,
            here=employee.organisation_id,
            with_name=employee.organisation.shows_who_looked,
        ),
        oneself=actor.kind == Kind.PERSON and actor.employee == employee.pk,
        why=Why.of(event.details),
        reference=event.reference,
    )
