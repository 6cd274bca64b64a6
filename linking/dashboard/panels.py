"""Which panels somebody sees."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from linking.dashboard import imports, journey, log, people

type Facts = dict[str, Any]

# In the order of the page.
_PANELS: dict[str, Callable[[HttpRequest, datetime], Facts | None]] = {
    "people": people.facts,
    "imports": imports.facts,
    "cases": journey.cases,
    "codes": journey.codes,
    "mails": journey.mails,
    "log": log.facts,
}


@dataclass(frozen=True, slots=True)
class Panel:
    template: str
    facts: Facts


def panels(request: HttpRequest, *, now: datetime) -> list[Panel]:
    """Give what the signed-in user may see, of their organisations."""
    found = ((name, make(request, now)) for name, make in _PANELS.items())
    return [Panel(f"admin/dashboard/{name}.html", facts) for name, facts in found if facts]
