"""Who is who in an export, as far as its reader may see them."""

from collections.abc import Iterable, Mapping

from accounts.access import Someone, covers
from accounts.actors import keys_of
from accounts.log_reading import SEE_PEOPLE, name_of
from accounts.models import Employee, User
from audit.models import AuditEvent


def names_in(events: Iterable[AuditEvent], reader: Someone) -> Mapping[str, str]:
    """Give names by what the log calls people, such as `employee:<id>`: two queries at most.

    Whoever is missing is not there any more, or is not for this reader: an auditor reads of
    employees by their keys, and of those who administrate by name, as on the log's page.
    """
    events = list(events)
    actors = {event.actor for event in events}
    people = {event.employee_id for event in events if event.employee_id}
    users, staff = keys_of(actors, "user"), keys_of(actors, "employee")
    names = {}
    for person in Employee.objects.filter(pk__in=people | staff).order_by():
        if covers(reader, SEE_PEOPLE, person.organisation_id):
            names[f"employee:{person.pk}"] = person.full_name
    for user in User.objects.filter(pk__in=users).select_related("employee").order_by():
        if (name := name_of(user, reader)) is not None:
            names[f"user:{user.pk}"] = name
    return names
