"""What a row of the table is: a deed and its events, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isgeneratorfunction

from audit.events import Event as E  # noqa: N817  # a table
from tests.audit.scene import Scene


@dataclass(frozen=True)
class Deed:
    """Something that is done, and all the events that come of it.

    Where `do` yields, what comes before is only got ready.
    """

    events: frozenset[E]
    do: Callable[[Scene], object]

    def ready(self, scene: Scene) -> Callable[[], object]:
        """Get everything ready; gives what does it."""
        if not isgeneratorfunction(self.do):
            return lambda: self.do(scene)
        steps = self.do(scene)
        next(steps)
        return lambda: next(steps, None)


@dataclass(frozen=True)
class Nothing:
    """No event comes of it, and why not."""

    why: str


type Row = Deed | Nothing


def deed(do: Callable[[Scene], object], *events: E) -> Deed:
    return Deed(frozenset(events), do)


def form(rule: str, *events: E) -> dict[str, Row]:
    """A page of the administration whose form the roles' matrix knows."""
    return {rule: deed(lambda scene: scene.post_page(rule), *events)}


SHOWS = Nothing("only shows: what it takes by POST it shows again, or refuses")
ACTIONS_ONLY = Nothing("a list: its actions are rows of their own")
NOBODY_MAY = Nothing("nobody may: there is no such button, and a POST is refused")


def shown(model: str, *changing: str) -> dict[str, Row]:
    """The pages that Django makes for a model, without those on which something is done."""
    pages: dict[str, Row] = {
        "changelist": ACTIONS_ONLY,
        "history": SHOWS,
        "add": NOBODY_MAY,
        "change": NOBODY_MAY,
        "delete": NOBODY_MAY,
    }
    return {f"admin:{model}_{page}": row for page, row in pages.items() if page not in changing}


def what(name: str) -> str:
    """Give what a row is about: one thing may have several ends, as `link_code (wrong)`."""
    return name.partition(" (")[0]
