"""The files of an export, piece by piece: a million events need no more memory than a thousand.

Each ends with a line that says how much there was. One that does not is torn.
"""

import csv
import io
import itertools
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Someone
from accounts.imports.report import safe
from accounts.log_export.names import names_in
from accounts.log_reading import details_for
from accounts.models import Organisation
from audit import export
from audit.events import Event
from audit.models import AuditEvent
from audit.verifier import time_text

FORMAT = "kobling-audit-list-1"
COLUMNS = (
    *("id", "time", "time_utc", "what", "event", "severity", "organisation", "employee"),
    *("employee_id", "by", "by_id", "reason", "reference", "network", "details"),
)
_AT_ONCE = 1_000

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The events of one organisation, or of the whole portal, from one day through another."""

    organisation: Organisation | None
    first_day: date
    last_day: date
    reader: Someone
    now: datetime


def as_csv(asked: Asked) -> Iterator[bytes]:
    """Give the events as CSV for a spreadsheet; the last line counts them in words."""
    # Now: what is streamed is written when the request, and its language, are over.
    return _as_csv(asked, _Words(), _("End of the export: %(count)d events"))


def _as_csv(asked: Asked, words: "_Words", ending: str) -> Iterator[bytes]:
    yield "\ufeff".encode() + _csv([COLUMNS])
    count = 0
    for rows in _rows(asked, words):
        count += len(rows)
        yield _csv(_cells(row) for row in rows)
    end = dict.fromkeys(COLUMNS, "") | {"what": ending % {"count": count}}
    yield _csv([end.values()])


def as_json_lines(asked: Asked) -> Iterator[bytes]:
    """Give a header, the events, and an end that counts them."""
    return _as_json_lines(asked, _Words())


def _as_json_lines(asked: Asked, words: "_Words") -> Iterator[bytes]:
    place = asked.organisation
    yield _json_line(
        {
            "type": "header",
            "format": FORMAT,
            "exported_at": time_text(asked.now),
            "organisation": place.slug if place else None,
            "first_day": asked.first_day.isoformat(),
            "last_day": asked.last_day.isoformat(),
        }
    )
    count = 0
    for rows in _rows(asked, words):
        count += len(rows)
        yield b"".join(_json_line({"type": "event"} | row) for row in rows)
    yield _json_line({"type": "end", "events": count})


def sealed(organisation: UUID | None, *, now: datetime) -> Iterator[bytes]:
    """Give what the verifier reads, gzip'ed: every detail, whoever takes it.

    The seals are over the details. A commitment in their place is what an erasure leaves, and the
    verifier asks for the erasure. So this is said before one takes it, and in its event.
    """
    packer = zlib.compressobj(wbits=31)
    lines = map(_json_line, export.lines(organisation=organisation, now=now))
    yield packer.compress(next(lines)) + packer.flush(zlib.Z_SYNC_FLUSH)
    for some in itertools.batched(lines, _AT_ONCE):
        yield packer.compress(b"".join(some))
    yield packer.flush()


class _Words:
    """The texts of the catalogue in the reader's language."""

    def __init__(self) -> None:
        self.what = {event.value: str(event.label) for event in Event}
        self.severity = {event.value: str(event.severity.label) for event in Event}


def _rows(asked: Asked, words: _Words) -> Iterator[list[Row]]:
    zone = timezone.get_current_timezone()
    first = datetime.combine(asked.first_day, time.min, tzinfo=zone)
    after = datetime.combine(asked.last_day + timedelta(days=1), time.min, tzinfo=zone)
    with export.one_moment():
        slugs = dict(Organisation.objects.order_by().values_list("pk", "slug"))
        events = AuditEvent.objects.filter(at__gte=first, at__lt=after).order_by("at", "id")
        if asked.organisation:
            events = events.filter(organisation_id=asked.organisation.pk)
        for some in itertools.batched(events.iterator(_AT_ONCE), _AT_ONCE):
            names = names_in(some, asked.reader)
            yield [
                _row(event, names, slugs, words, details_for(event, asked.reader)) for event in some
            ]


def _row(
    event: AuditEvent, names: Any, slugs: dict[UUID, str], words: _Words, details: Mapping[str, Any]
) -> Row:
    place = event.organisation_id
    return {
        "id": event.pk,
        "time": timezone.localtime(event.at).strftime("%Y-%m-%d %H:%M:%S"),
        "time_utc": time_text(event.at),
        "what": words.what.get(event.event, event.event),
        "event": event.event,
        "severity": words.severity.get(event.event, ""),
        "organisation": slugs.get(place, str(place)) if place else "",
        "employee": names.get(f"employee:{event.employee_id}", ""),
        "employee_id": str(event.employee_id or ""),
        "by": names.get(event.actor, ""),
        "by_id": event.actor,
        "reason": event.reason,
        "reference": event.reference,
        "network": event.network,
        "details": details,
    }


def _cells(row: Row) -> list[str]:
    return [safe(_cell(row[column])) for column in COLUMNS]


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    return str(value)


def _csv(lines: Iterable[Iterable[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=";").writerows(lines)
    return written.getvalue().encode()


def _json_line(line: Row) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"
