"""What is searched for: by name, with the address; people and events are those of the viewer."""

from collections.abc import Iterator
from dataclasses import dataclass

from devtools.bench.administration.pages import EVERYWHERE, ONE_SMALL, SUPPORT, Page

VIEWERS = (EVERYWHERE, SUPPORT, ONE_SMALL)
LOG = "/admin/audit/auditevent/"


@dataclass(frozen=True, slots=True)
class Known:
    """Keys of the rows that are searched for."""

    person: str
    busy: str
    """Whoever has most events."""
    actor: str
    reference: str
    network: int
    common_network: int
    organisation: str
    event: int
    older: str
    """A place in the log, a year ago."""
    hour: str
    """From and to, a year ago."""


def searches(known: Known) -> Iterator[Page]:
    """Give what is usual, and then what is common alone and rare together."""
    for name, query in {
        "the newest": "",
        "a year ago": known.older,
        "a person": f"person={known.person}",
        "a person of many events": f"person={known.busy}",
        "a reference": f"reference={known.reference}",
        "a reference that is not there": "reference=ZZZZ-ZZ",
        "a common event": "event=sign-in:done",
        "refused sign-ins": "event=sign-in:refused",
        "a rare event": "event=link:disowned",
        "an event that never was": "event=organisation:created",
        "a group": "group=link",
        "a rare group": "group=roles",
        "alerts": "severity=alert",
        "warnings and worse": "severity=warning",
        "an administrator": f"actor=user:{known.actor}",
        "the portal itself": "actor=system",
        "a network": f"network={known.network}",
        "a common network": f"network={known.common_network}",
        "the networks around": f"network={known.network}&bits=24",
        "today": "days=1",
        "the last 30 days": "days=30",
        "an hour a year ago": known.hour,
        "an organisation": f"organisation={known.organisation}",
        "no organisation's": "organisation=portal",
        "a person, refused": f"person={known.person}&event=sign-in:refused",
        "refused today": "event=sign-in:refused&days=1",
        "an organisation, refused": f"organisation={known.organisation}&event=sign-in:refused",
        "an administrator's changes": f"actor=user:{known.actor}&group=registry",
        "rare: an organisation, mails failed": (
            f"organisation={known.organisation}&event=mail:failed"
        ),
        "rare: a network, links made": f"network={known.common_network}&event=link:made",
        "rare: the portal, sign-ins": "actor=system&event=sign-in:done",
        "rare: an administrator and a network": (
            f"actor=user:{known.actor}&network={known.common_network}"
        ),
    }.items():
        yield Page(name, f"{LOG}?{query}" if query else LOG)
    yield Page("one event", f"{LOG}{known.event}/change/")
