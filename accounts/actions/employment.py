"""An employment that begins again, or goes on at another organisation of the portal."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts.actions.roles import NotEmployed
from accounts.models import Employee, Organisation
from audit.events import Event
from audit.log import new_reference, record


class HasNotLeft(Exception):
    """The employee is active and has no last day that is past: there is nothing to begin again."""


@transaction.atomic
def rehire_employee(employee: Employee, *, first_day: date, by: str, now: datetime) -> Employee:
    """Let the employment of somebody who has left begin again, on the same record.

    What they had before does not come back with it: `linking.actions.rehire` sees to that.

    Raises:
        HasNotLeft: nothing was changed.
    """
    employee = Employee.objects.select_for_update(of=("self",)).get(pk=employee.pk)
    if not employee.has_left(timezone.localdate(now)):
        raise HasNotLeft
    employee.active, employee.starts_on, employee.ends_on = True, first_day, None
    employee.save(update_fields=["active", "starts_on", "ends_on"])
    record(
        Event.EMPLOYEE_REHIRED,
        by=by,
        now=now,
        organisation=employee.organisation_id,
        employee=employee.pk,
        starts_on=str(first_day),
    )
    return employee


@transaction.atomic
def move_employee(
    employee: Employee,
    *,
    to: Organisation,
    employee_number: str,
    email: str,
    department: str,
    last_day: date,
    first_day: date,
    by: str,
    now: datetime,
) -> Employee:
    """End the employment here and register the same person at another organisation.

    Gives the new record, which is linked anew. Neither organisation's log names the other one: the
    two events have one reference (A-10).

    Raises:
        NotEmployed: the employee has left; nothing was changed.
        ValidationError: number or address is taken there, or the days are in the wrong order.
    """
    old = Employee.objects.select_for_update(of=("self",)).get(pk=employee.pk)
    if old.has_left(timezone.localdate(now)):
        raise NotEmployed
    new = Employee(
        organisation=to,
        employee_number=employee_number,
        first_name=old.first_name,
        last_name=old.last_name,
        email=email,
        birth_date=old.birth_date,
        national_id_fingerprint=old.national_id_fingerprint,
        national_id_key=old.national_id_key,
        department=department,
        language=old.language,
        starts_on=first_day,
    )
    new.full_clean()
    new.save(force_insert=True)
    old.ends_on = last_day
    old.full_clean()
    old.save(update_fields=["ends_on"])
    reference = new_reference()
    ends, begins = {"ends_on": str(last_day)}, {"starts_on": str(first_day)}
    _note(Event.EMPLOYEE_MOVED_AWAY, old, reference, ends, by=by, now=now)
    _note(Event.EMPLOYEE_MOVED_HERE, new, reference, begins, by=by, now=now)
    return new


def _note(
    event: Event,
    employee: Employee,
    reference: str,
    days: dict[str, str],
    *,
    by: str,
    now: datetime,
) -> None:
    record(
        event,
        by=by,
        now=now,
        organisation=employee.organisation_id,
        employee=employee.pk,
        reference=reference,
        **days,
    )
