"""Events as a page shows them: in words, and with the ways on from each."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.access import Someone, covers
from audit.events import Severity
from audit.models import AuditEvent
from linking.logbook.groups import event_named
from linking.logbook.query import Query
from linking.logbook.words import Names, Said, said
from linking.support.access import SEE_PEOPLE, may_read_story

type Way = tuple[Any, str]
# Not by colour alone: read aloud is the word.
_MARKS = {Severity.ALERT: "‼", Severity.WARNING: "!", Severity.NOTICE: "•", Severity.INFO: "·"}


@dataclass(frozen=True, slots=True)
class Line:
    """One event; `person` is empty where it is about nobody, `place` where it is the portal's."""

    pk: int
    at: datetime
    severity: Severity
    said: Said
    person_key: str
    place: str
    reference: str
    network: str
    ways: tuple[Way, ...]
    raw: str

    @property
    def mark(self) -> str:
        return _MARKS[self.severity]

    @property
    def level(self) -> str:
        return f"is-{self.severity.name.lower()}"


def lines_of(events: Iterable[AuditEvent], names: Names, reader: Someone) -> list[Line]:
    return [line_of(event, names, reader) for event in events]


def line_of(event: AuditEvent, names: Names, reader: Someone) -> Line:
    known = event_named(event.event)
    # The details of an event about somebody may say what they are called.
    values = event.employee_id is None or covers(reader, SEE_PEOPLE, event.organisation_id)
    return Line(
        pk=event.pk,
        at=event.at,
        severity=known.severity if known is not None else Severity.NOTICE,
        said=said(event, names, values=values),
        person_key=str(event.employee_id or ""),
        place=names.places.get(event.organisation_id, "") if event.organisation_id else "",
        reference=event.reference,
        network=event.network,
        ways=tuple(_ways(event, names, reader)),
        raw=_raw(event, details=values),
    )


def _raw(event: AuditEvent, *, details: bool) -> str:
    """Give the event as it is kept."""
    kept = {
        name: str(getattr(event, name))
        for name in ("id", "at", "event", "kept", "actor", "reason", "reference", "network")
    }
    told = {"details": event.details} if details else {}
    return json.dumps({**kept, **told}, ensure_ascii=False, indent=2)


def _ways(event: AuditEvent, names: Names, reader: Someone) -> Iterable[Way]:
    person = event.employee_id
    if person is not None:
        if names.people.get(person) and may_read_story(reader, event.organisation_id):
            yield _("The whole journey of this person"), reverse("support_person", args=[person])
        yield _("Everything about this person"), address_of(Query(person=person))
    if event.reference:
        query = Query(reference=(event.reference,))
        yield _("Everything with this reference"), address_of(query)
    yield _("Everything by whoever did this"), address_of(Query(actor=event.actor))
    if event.network:
        yield _("Everything from this network"), address_of(Query(network=event.pk))


def address_of(query: Query) -> str:
    """Give the address of a search."""
    text = query.text()
    return reverse("admin:audit_auditevent_changelist") + (f"?{text}" if text else "")
