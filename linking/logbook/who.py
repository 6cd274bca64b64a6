"""Finds the names of a page's people, as far as the reader may see them: four queries at most."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.access import Someone, covers
from accounts.actors import keys_of
from accounts.log_reading import SEE_PEOPLE, name_of
from accounts.models import Employee, Organisation, User
from audit.models import AuditEvent
from linking.logbook.words.names import Names, as_key


def names_for(
    events: Iterable[AuditEvent],
    reader: Someone,
    *,
    rows: QuerySet[AuditEvent],
    people: Iterable[UUID] = (),
    actor: str = "",
) -> Names:
    """Give who is who in the events, and in what was asked for.

    `rows` are those that the reader may see: whoever did nothing in them is no administrator of
    theirs, to be known by name.
    """
    events = list(events)
    named = [*(each.actor for each in events), actor]
    stranger = actor if _did_nothing(actor, events, rows) else ""
    users = keys_of(named, "user") | _keys(_details(events, "user"))
    found = {
        user.pk: user
        for user in User.objects.filter(pk__in=users).select_related("employee").order_by()
    }
    about = [each.employee_id for each in events if each.employee_id is not None]
    keys = {*about, *people} | keys_of(named, "employee") | _keys(_details(events, "other"))
    return Names(
        people=_people(keys, reader),
        users={
            key: name_of(user, reader, did_something=f"user:{key}" != stranger)
            for key, user in found.items()
        },
        employees={key: user.employee_id for key, user in found.items() if user.employee_id},
        places=_places(events),
    )


def _did_nothing(actor: str, events: list[AuditEvent], rows: QuerySet[AuditEvent]) -> bool:
    """Tell of a user; asks the log only where the page has nothing that they did."""
    if not actor.startswith("user:") or any(each.actor == actor for each in events):
        return False
    return not rows.filter(actor=actor).exists()


def _people(keys: set[UUID], reader: Someone) -> dict[UUID, str | None]:
    if not keys:
        return {}
    return {
        person.pk: person.full_name if covers(reader, SEE_PEOPLE, person.organisation_id) else None
        for person in Employee.objects.filter(pk__in=keys).order_by()
    }


def _places(events: list[AuditEvent]) -> dict[UUID, str]:
    keys = {each.organisation_id for each in events if each.organisation_id is not None}
    return dict(Organisation.objects.filter(pk__in=keys).order_by().values_list("pk", "name"))


def _details(events: Iterable[AuditEvent], name: str) -> Iterator[Any]:
    return (each.details[name] for each in events if name in (each.details or {}))


def _keys(texts: Iterable[Any]) -> set[UUID]:
    return {key for text in texts if (key := as_key(text)) is not None}
