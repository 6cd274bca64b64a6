"""Organisations, employees, their sessions and local administrators."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.actions.changes import changes_since, values_before
from accounts.actions.roles import end_roles, keeping_an_administrator, staff
from accounts.models import Employee, Organisation, RoleGrant, User, UserSession
from audit.events import Event
from audit.log import record, record_each

# Of an employee and of an administrator, what names nobody.
EMPLOYMENT = ("department", "starts_on", "ends_on", "active", "language")
RIGHTS = ("is_active", "is_superuser")


class StillEmployed(Exception):
    """The employee is active, and has begun and not left."""


@transaction.atomic
def create_organisation(organisation: Organisation, *, by: str, now: datetime) -> Organisation:
    """Add an employer.

    Raises:
        ValidationError: a field is senseless, or the short name or sign-in address is taken.
    """
    organisation.full_clean()
    organisation.save(force_insert=True)
    record(
        Event.ORGANISATION_CREATED,
        by=by,
        now=now,
        organisation=organisation.pk,
        slug=organisation.slug,
        host=organisation.host,
    )
    return organisation


@transaction.atomic
def change_organisation(
    organisation: Organisation, *, fields: list[str], by: str, now: datetime
) -> None:
    """Save an employer of whom `fields` have been edited; the event tells from what to what."""
    before = values_before(organisation, fields)
    organisation.save()
    record(
        Event.ORGANISATION_CHANGED,
        by=by,
        now=now,
        organisation=organisation.pk,
        fields=fields,
        changes=changes_since(before, organisation),
    )


@transaction.atomic
def register_employee(employee: Employee, *, by: str, now: datetime) -> Employee:
    """Add a person to the registry.

    Raises:
        ValidationError: a field is senseless, or the e-mail or number belongs to somebody else.
    """
    employee.full_clean()
    employee.save(force_insert=True)
    record(
        Event.EMPLOYEE_CREATED,
        by=by,
        now=now,
        organisation=employee.organisation_id,
        employee=employee.pk,
    )
    return employee


@transaction.atomic
def change_employee(employee: Employee, *, fields: list[str], by: str, now: datetime) -> None:
    """Save a person of whom `fields` have been edited; the event tells from what to what.

    But of names, addresses, numbers and birth dates, of which it tells only that they changed: the
    log outlives the person's record.
    """
    before = values_before(employee, [field for field in fields if field in EMPLOYMENT])
    employee.save()
    record(
        Event.EMPLOYEE_CHANGED,
        by=by,
        now=now,
        organisation=employee.organisation_id,
        employee=employee.pk,
        fields=fields,
        changes=changes_since(before, employee),
    )


@transaction.atomic
def delete_employee(employee: Employee, *, by: str, reason: str, now: datetime) -> None:
    """Take a person out of the registry for good, with link, codes, mails, cases and sessions.

    Only whoever is not employed: an employment ends by its last day, which leaves its history.

    Raises:
        StillEmployed: nothing was changed.
    """
    employee = Employee.objects.select_for_update().get(pk=employee.pk)
    if employee.is_employed(timezone.localdate(now)):
        raise StillEmployed
    end_roles(RoleGrant.objects.filter(user__employee=employee), by=by, now=now)
    sessions = UserSession.objects.filter(user__employee=employee)
    end_sessions(sessions, by=by, how="employee deleted", now=now)
    record(
        Event.EMPLOYEE_DELETED,
        by=by,
        now=now,
        organisation=employee.organisation_id,
        employee=employee.pk,
        why=reason[:500],
    )
    employee.delete()


@transaction.atomic
def end_sessions(sessions: QuerySet[UserSession], *, by: str, how: str, now: datetime) -> int:
    """End these sessions wherever they are open, with an event for each; gives how many."""
    ended = list(sessions.select_related("user__employee").select_for_update(of=("self",)))
    whose = [session.user.employee if session.user else None for session in ended]
    employees = [(each.organisation_id, each.pk) for each in whose if each is not None]
    if employees:
        record_each(Event.SESSION_ENDED, employees, by=by, now=now, how=how)
    for session, employee in zip(ended, whose, strict=True):
        if employee is None:
            local: dict[str, Any] = {"user": str(session.user_id)} if session.user_id else {}
            record(Event.SESSION_ENDED, by=by, now=now, how=how, **local)
    return UserSession.objects.filter(pk__in=[session.pk for session in ended]).delete()[0]


@transaction.atomic
def create_administrator(username: str, *, password: str, by: str, now: datetime) -> User:
    """Make a local administrator of everything; an existing one only gets the password."""
    user, created = User.objects.get_or_create(
        username=username, defaults={"is_staff": True, "is_superuser": True}
    )
    user.set_password(password)
    user.save()
    event = Event.ADMINISTRATOR_CREATED if created else Event.ADMINISTRATOR_CHANGED
    record(event, by=by, now=now, user=str(user.pk), fields=["password"])
    return user


@transaction.atomic
def change_administrator(user: User, *, fields: list[str], by: str, now: datetime) -> None:
    """Save a local administrator of whom `fields` have been edited, or who is new.

    Raises:
        LastAdministrator: nobody could administer the whole portal any more.
    """
    created = user._state.adding
    told = [] if created else [field for field in fields if field in RIGHTS]
    before = values_before(user, told)
    user.is_staff = staff(user)
    with keeping_an_administrator(now=now):
        user.save()
    record(
        Event.ADMINISTRATOR_CREATED if created else Event.ADMINISTRATOR_CHANGED,
        by=by,
        now=now,
        user=str(user.pk),
        fields=fields,
        changes=changes_since(before, user),
    )
