"""Which purposes hold in a session: for some people, or for everybody, for an hour.

A session holds ids of employees, codes and the short text, and no name.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from accounts.purposes.choices import Why

HOLDS: Final = timedelta(hours=1)
# People, in all. A row of the session table does not grow without end; whoever is forgotten is
# asked about again.
MOST: Final = 1000
_KEY: Final = "purposes"


@dataclass(frozen=True, slots=True)
class Standing:
    """One purpose in force. `people` are those it holds for; None: everybody."""

    why: Why
    until: datetime
    people: frozenset[UUID] | None

    def covers(self, employee: UUID) -> bool:
        return self.people is None or employee in self.people


def standing(session: SessionBase, *, now: datetime) -> list[Standing]:
    """Give what holds now, the newest first."""
    every = [
        Standing(
            Why(kept["purpose"], kept["text"]),
            datetime.fromtimestamp(kept["until"], UTC),
            None if kept["people"] is None else frozenset(map(UUID, kept["people"])),
        )
        for kept in session.get(_KEY, ())
    ]
    return [each for each in every if each.until > now]


def covering(every: Iterable[Standing], people: Collection[UUID]) -> Standing | None:
    """Give the newest that holds for all of these."""
    return next((each for each in every if all(map(each.covers, people))), None)


def hold(session: SessionBase, why: Why, people: Iterable[UUID] | None, *, now: datetime) -> None:
    """Let a purpose hold for these people, or for everybody in place of all that held before."""
    whom = None if people is None else frozenset(people)
    older = [] if whom is None else _without(whom, standing(session, now=now))
    session[_KEY] = [
        {
            "purpose": each.why.purpose,
            "text": each.why.text,
            "until": each.until.timestamp(),
            "people": None if each.people is None else sorted(map(str, each.people)),
        }
        for each in _bounded([Standing(why, now + HOLDS, whom), *older])
    ]


def end(session: SessionBase) -> None:
    """Let none hold any more."""
    session.pop(_KEY, None)


def _bounded(every: Iterable[Standing]) -> Iterator[Standing]:
    people = 0
    for each in every:
        people += len(each.people or ())
        if people > MOST:
            return
        yield each


def _without(people: frozenset[UUID], every: Iterable[Standing]) -> list[Standing]:
    left = [
        each if each.people is None else Standing(each.why, each.until, each.people - people)
        for each in every
    ]
    return [each for each in left if each.people is None or each.people]
