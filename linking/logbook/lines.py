"""Events as a page shows them: in words, and with the ways on from each."""

import json
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.access import Someone
from accounts.log_reading import details_for, may_read_of_people
from audit.events import Severity
from audit.models import AuditEvent
from linking.logbook.groups import event_named
from linking.logbook.query import Query
from linking.logbook.words import Names, Said, said
from linking.support.access import may_read_story

type Way = tuple[Any, str]
# Not by colour alone: read aloud is the word.
_MARKS = {Severity.ALERT: "‼", Severity.WARNING: "!", Severity.NOTICE: "•", Severity.INFO: "·"}


@dataclass(frozen=True, slots=True)
class Line:
    """One event; `person` is empty where it is about nobody, `place` where it is the portal's."""

    pk: int
    at: datetime
    when: str
    severity: Severity
    said: Said
    person_key: str
    place: str
    reference: str
    network: str
    ways: tuple[Way, ...]

    @property
    def mark(self) -> str:
        return _MARKS[self.severity]

    @property
    def level(self) -> str:
        return f"is-{self.severity.name.lower()}"


def lines_of(
    events: Sequence[AuditEvent], names: Names, reader: Someone, *, looked_at: Set[UUID]
) -> list[Line]:
    """Give them in words; what was changed from what to what only of those who are `looked_at`.

    A list is what one looks for somebody in: nobody has told what they look at each in it for.
    """
    places = {event.organisation_id for event in events}
    # Asked once for each place, not for each event: it takes a page of permissions.
    stories = {place for place in places if may_read_story(reader, place)}
    return [_line_of(event, names, reader, stories, looked_at) for event in events]


def line_of(event: AuditEvent, names: Names, reader: Someone, *, looked_at: Set[UUID]) -> Line:
    [line] = lines_of([event], names, reader, looked_at=looked_at)
    return line


def _line_of(
    event: AuditEvent,
    names: Names,
    reader: Someone,
    stories: Set[UUID | None],
    looked_at: Set[UUID],
) -> Line:
    known = event_named(event.event)
    may = may_read_of_people(event, reader)
    values = event.employee_id is None or (may and event.employee_id in looked_at)
    return Line(
        pk=event.pk,
        at=event.at,
        when=_when(event.at),
        severity=known.severity if known is not None else Severity.NOTICE,
        said=said(event, names, values=values, free_text=may),
        person_key=str(event.employee_id or ""),
        place=names.places.get(event.organisation_id, "") if event.organisation_id else "",
        reference=event.reference,
        network=event.network,
        ways=tuple(_ways(event, names, stories)),
    )


def _when(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M:%S}"


def raw(event: AuditEvent, reader: Someone) -> str:
    """Give the event as it is kept, as far as the reader may see it."""
    kept = {
        name: str(getattr(event, name))
        for name in ("id", "at", "event", "kept", "actor", "reason", "reference", "network")
    }
    told = details_for(event, reader)
    return json.dumps(kept | ({"details": told} if told else {}), ensure_ascii=False, indent=2)


def _ways(event: AuditEvent, names: Names, stories: Set[UUID | None]) -> Iterable[Way]:
    person = event.employee_id
    if person is not None:
        if names.people.get(person) and event.organisation_id in stories:
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
