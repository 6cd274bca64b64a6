"""Roles given and taken away: never one's own, never more than one has, never the last one."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.access import held_now
from accounts.grants import RoleGrantQuerySet
from accounts.models import Employee, Organisation, RoleGrant, User
from accounts.roles import Role, permissions_of
from audit.events import Event
from audit.log import record


class RoleNotYours(Exception):
    """Whoever gives or takes a role must have all that it permits, there, and the right to."""


class OwnRoles(Exception):
    """Nobody changes their own roles."""


class AlreadyGranted(Exception):
    """The user has this role there already."""


class NotEmployed(Exception):
    """The employee has left: a role would give nothing."""


class LastAdministrator(Exception):
    """Without this one, nobody could administer the whole portal any more."""


def may_grant(by: User, role: Role, organisation: UUID | None) -> bool:
    """Whether `by` may give and take this role; None: on the whole portal."""
    if by.is_superuser:
        return by.is_active
    held = held_now(by)
    mine = held.get(None, frozenset()) | held.get(organisation, frozenset())
    needed = permissions_of([role], whole_portal=organisation is None)
    return "accounts.add_rolegrant" in mine and needed <= mine


@transaction.atomic
def grant_role(
    whom: User | Employee, role: Role, *, organisation: Organisation | None, by: User, now: datetime
) -> RoleGrant:
    """Give a role for one organisation, or on the whole portal; an employee needs no link yet.

    Raises:
        OwnRoles, RoleNotYours, NotEmployed, AlreadyGranted: nothing was changed.
    """
    user = _locked(_user_of(whom))
    place = organisation.pk if organisation else None
    _may_change(user, role, place, by=by)
    employee = user.employee
    if employee is not None and employee.has_left(timezone.localdate(now)):
        raise NotEmployed
    before = _roles_at(user, place)
    if role in before:
        raise AlreadyGranted
    grant = RoleGrant.objects.create(
        user=user, role=role, organisation=organisation, granted_at=now, granted_by=by.actor
    )
    _note(Event.ROLE_GRANTED, grant, before, by=by.actor, now=now)
    return grant


@transaction.atomic
def revoke_role(grant: RoleGrant, *, by: User, now: datetime) -> None:
    """Take a role away; one that is gone already stays so.

    Raises:
        OwnRoles, RoleNotYours, LastAdministrator: nothing was changed.
    """
    _may_change(grant.user, Role(grant.role), grant.organisation_id, by=by)
    with keeping_an_administrator(now=now):
        _end(grant, by=by.actor, now=now)


@transaction.atomic
def end_roles(grants: Iterable[RoleGrant], *, by: str, now: datetime) -> int:
    """End the roles of those whose employment has ended, whoever they are; gives how many."""
    return sum(_end(grant, by=by, now=now) for grant in grants)


@contextmanager
def keeping_an_administrator(*, now: datetime) -> Iterator[None]:
    """Let a change of the transaction through only if it leaves somebody for the whole portal.

    Raises:
        LastAdministrator: it does not; the caller's transaction is rolled back.
    """
    # One after the other: two who take each other's role away at once must not both succeed.
    list(User.objects.filter(is_superuser=True).order_by("pk").select_for_update())
    list(_portal_wide().order_by("pk").select_for_update(of=("self",)))
    before = _somebody_administers(now)
    yield
    if before and not _somebody_administers(now):
        raise LastAdministrator


def _somebody_administers(now: datetime) -> bool:
    superusers = User.objects.filter(is_superuser=True, is_active=True)
    return superusers.exists() or _portal_wide().in_force(timezone.localdate(now)).exists()


def _portal_wide() -> RoleGrantQuerySet:
    return RoleGrant.objects.filter(role=Role.ADMINISTRATOR, organisation=None)


def staff(user: User) -> bool:
    """Whether the user may open the administration: superusers, and whoever has a role."""
    return user.is_superuser or RoleGrant.objects.filter(user=user.pk).exists()


def _may_change(user: User, role: Role, organisation: UUID | None, *, by: User) -> None:
    if user == by or (by.employee_id is not None and user.employee_id == by.employee_id):
        raise OwnRoles
    if not may_grant(by, role, organisation):
        raise RoleNotYours


def _user_of(whom: User | Employee) -> User:
    if isinstance(whom, User):
        return whom
    user, _made = User.objects.get_or_create(
        employee=whom, defaults={"password": make_password(None)}
    )
    return user


def _locked(user: User) -> User:
    """Take the user's row, so that `is_staff` follows the roles whoever else changes them."""
    return User.objects.select_related("employee").select_for_update(of=("self",)).get(pk=user.pk)


def _roles_at(user: User, organisation: UUID | None) -> list[str]:
    grants = RoleGrant.objects.filter(user=user, organisation=organisation)
    return list(grants.order_by("role").values_list("role", flat=True))


def _end(grant: RoleGrant, *, by: str, now: datetime) -> bool:
    user = _locked(grant.user)
    before = _roles_at(user, grant.organisation_id)
    ended, _models = RoleGrant.objects.filter(pk=grant.pk).delete()
    if ended:
        _note(Event.ROLE_REVOKED, grant, before, by=by, now=now)
    return bool(ended)


def _note(event: Event, grant: RoleGrant, before: list[str], *, by: str, now: datetime) -> None:
    """Let `is_staff` follow the roles; the event tells of this place alone, as its readers do."""
    user = grant.user
    User.objects.filter(pk=user.pk).update(is_staff=staff(user))
    record(
        event,
        by=by,
        now=now,
        organisation=grant.organisation_id,
        employee=user.employee_id,
        user=str(user.pk),
        **{"from": before, "to": _roles_at(user, grant.organisation_id)},  # type: ignore[arg-type]  # `from` is no name in Python
    )
