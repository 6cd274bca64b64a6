"""What stands above the events: what was asked for, and what is to be done about a reference."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import Someone, organisations
from accounts.log_reading import SEE_PEOPLE
from linking.logbook.asking import SEE_LOG, SEVERITIES
from linking.logbook.groups import Group, event_named
from linking.logbook.lines import address_of
from linking.logbook.query import PORTAL, Query
from linking.logbook.words import Names
from linking.story import Told
from linking.support.quoted import Quoted, quoted, told_of

type Chip = tuple[str, str]


def asked_for(query: Query, names: Names, reader: Someone) -> list[Chip]:
    """Give what is asked for in words, each with the address of the search without it."""
    return [
        (text, address_of(query.but(**without))) for text, without in _asked(query, names, reader)
    ]


def _asked(query: Query, names: Names, reader: Someone) -> Iterator[tuple[str, dict[str, Any]]]:
    if query.person is not None:
        named = names.people.get(query.person) or str(query.person)
        yield _("Person: %(value)s") % {"value": named}, {"person": None}
    if query.reference:
        value = _(" or ").join(query.reference)
        yield _("Reference: %(value)s") % {"value": value}, {"reference": ()}
    if query.group:
        yield str(Group(query.group).label), {"group": ""}
    if (event := event_named(query.event)) is not None:
        yield str(event.label), {"event": ""}
    if query.severity:
        yield str(dict(SEVERITIES)[query.severity]), {"severity": ""}
    if query.network is not None:
        near = _("From the network of event %(value)s, or near it")
        text = _("From the network of event %(value)s") if query.bits is None else near
        yield text % {"value": query.network}, {"network": None, "bits": None}
    if query.actor:
        named = names.actor(query.actor, None)
        yield _("Done by: %(value)s") % {"value": named}, {"actor": ""}
    if query.organisation:
        yield _place(query.organisation, reader), {"organisation": ""}
    yield from _times(query)


def _place(organisation: str, reader: Someone) -> str:
    if organisation == PORTAL:
        return _("Events of no organisation")
    mine = organisations(reader, SEE_LOG).filter(pk=UUID(organisation))
    return mine.values_list("name", flat=True).first() or _("An organisation that is not yours")


def _times(query: Query) -> Iterator[tuple[str, dict[str, Any]]]:
    if query.days is not None:
        text = ngettext("Today", "The last %(count)d days", query.days) % {"count": query.days}
        yield text, {"days": None}
    for name, words in (("since", _("From %(value)s")), ("until", _("To %(value)s"))):
        moment = getattr(query, name)
        if moment is not None:
            local = timezone.localtime(moment)
            yield words % {"value": date_format(local, "SHORT_DATETIME_FORMAT")}, {name: None}


def told_about(query: Query, reader: Someone) -> Told | None:
    """Tell what a reference is about and what to do, to those who help people."""
    if not query.reference or not reader.has_perm(SEE_PEOPLE):  # type: ignore[union-attr]
        return None
    found: Quoted | None = quoted(query.reference, reader)
    return told_of(found, now=timezone.now()) if found is not None else None
