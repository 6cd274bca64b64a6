"""One event in plain words: values in, sentences out. No key of the log's own is ever shown."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from audit.models import AuditEvent
from linking.logbook.groups import event_named
from linking.logbook.words.details import details_in_words
from linking.logbook.words.names import Names
from linking.logbook.words.reasons import reason_in_words

__all__ = ("Names", "Said", "said")


@dataclass(frozen=True, slots=True)
class Said:
    """What happened, whom it is about, who did it, and whatever else there is to say."""

    title: str
    person: str
    by: str
    more: tuple[str, ...]


def said(event: AuditEvent, names: Names, *, values: bool = True, free_text: bool = True) -> Said:
    """Tell of an event as far as the reader may know the people in it.

    `values`: whether to tell what stood in the columns that were changed, or their names alone;
    `free_text`: whether to tell what somebody wrote.
    """
    known = event_named(event.event)
    why = reason_in_words(event.event, event.reason) if event.reason else ""
    details = event.details if isinstance(event.details, dict) else {}
    return Said(
        title=str(known.label) if known is not None else _unknown_event(),
        person=names.person(event.employee_id) if event.employee_id is not None else "",
        by=names.actor(event.actor, event.employee_id),
        more=(
            *([why] if why else []),
            *details_in_words(event.event, details, names, values=values, free_text=free_text),
        ),
    )


def _unknown_event() -> str:
    return _("An event that this version of the portal does not know")
