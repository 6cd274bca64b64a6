"""What one member of staff looked up on a day, and whether somebody should look into it. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Final
from uuid import UUID

# So many people in a day are looked into, whatever is usual.
MANY: Final = 50
# So many times what is usual are looked into, if they are more than a handful.
TIMES_USUAL: Final = 3
HANDFUL: Final = 10
# What is usual is the median of the last four weeks' staff-days, where there are so many.
ENOUGH: Final = 10
USUAL_OF_DAYS: Final = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One look-up in the log: at somebody, or a search where there is no `employee`."""

    actor: str
    employee: UUID | None
    oneself: bool = False
    purpose: bool = False
    kind: str = ""
    """Which purpose of the list it was, if one of those."""
    reference: bool = False
    export: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One member of staff on one day."""

    actor: str
    people: int = 0
    """Different ones, however often each."""
    searches: int = 0
    exports: int = 0
    own: int = 0
    """Looks at one's own record. What follows is of the looks at others."""
    with_purpose: int = 0
    purposes: Mapping[str, int] = field(default_factory=dict)
    """How many of those had which purpose of the list."""
    quoted: int = 0
    """Without a purpose, but somebody had quoted a reference."""
    unexplained: int = 0
    bulk: bool = False

    @property
    def flagged(self) -> bool:
        """Whether somebody should ask why."""
        return self.bulk or self.own > 0


def lines_of(looked: Iterable[Looked], *, usual: int | None) -> list[Line]:
    """Give a line for each who looked, whoever looked at most people first."""
    by_actor = defaultdict[str, list[Looked]](list)
    for each in looked:
        by_actor[each.actor].append(each)
    lines = [_line(actor, theirs, usual) for actor, theirs in by_actor.items()]
    return sorted(lines, key=lambda line: (-line.people, -line.searches, line.actor))


def usual_of(people: Iterable[int]) -> int | None:
    """Give what is usual, from how many people each looked at on earlier days; None: too few."""
    days = [number for number in people if number]
    return round(median(days)) if len(days) >= ENOUGH else None


def is_bulk(people: int, *, usual: int | None) -> bool:
    unusual = usual is not None and people > max(HANDFUL, TIMES_USUAL * usual)
    return unusual or people >= MANY


def _line(actor: str, looked: list[Looked], usual: int | None) -> Line:
    views = [each for each in looked if each.employee is not None and not each.oneself]
    people = len({each.employee for each in views})
    return Line(
        actor=actor,
        people=people,
        searches=sum(each.employee is None and not each.export for each in looked),
        exports=sum(each.export for each in looked),
        own=sum(each.oneself for each in looked),
        with_purpose=sum(each.purpose for each in views),
        purposes=dict(Counter(each.kind for each in views if each.kind)),
        quoted=sum(each.reference and not each.purpose for each in views),
        unexplained=sum(not each.reference and not each.purpose for each in views),
        bulk=is_bulk(people, usual=usual),
    )
