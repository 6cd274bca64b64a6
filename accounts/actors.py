"""Who did something, as others may be told: in which role and for which employer, and by name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from accounts.grants import RoleGrant
from accounts.models import User
from accounts.roles import Role


class Kind(StrEnum):
    """What sort of actor the log names."""

    PERSON = "person"
    """A user: somebody employed here, or a local administrator."""
    GONE = "gone"
    """A user who is not here any more."""
    EID = "eid"
    """Somebody signed in with an eID and not linked."""
    PORTAL = "portal"
    IDPORTEN = "id-porten"
    OPERATOR = "operator"
    """A command, run by those who keep the portal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One actor, seen from one organisation: `roles` are those that reach it today."""

    kind: Kind
    employee: UUID | None = None
    roles: tuple[str, ...] = ()
    organisation: UUID | None = None
    employer: str = ""
    name: str = ""


_KINDS = {"system": Kind.PORTAL, "eid": Kind.EID, "id-porten": Kind.IDPORTEN}


def actors_of(actors: Iterable[str], *, seen_from: UUID | None) -> Mapping[str, Actor]:
    """Give who these are, in two queries; `seen_from` is the organisation whose roles count.

    None: those on the whole portal alone.
    """
    named = set(actors)
    people = _people(named, seen_from)
    return {actor: people.get(actor) or _without_a_user(actor) for actor in named}


def key_of(actor: str, kind: str) -> UUID | None:
    """Read the key out of `user:<id>` or `employee:<id>`; None where it is none."""
    before, _colon, key = actor.partition(":")
    try:
        return UUID(key) if before == kind else None
    except ValueError:
        return None


def keys_of(actors: Iterable[str], kind: str) -> set[UUID]:
    return {key for actor in actors if (key := key_of(actor, kind)) is not None}


def roles_of(actor: str, organisation: UUID | None) -> list[str]:
    """Give the roles by which a user may look at somebody of `organisation` now, in one query."""
    key = key_of(actor, "user")
    if key is None:
        return []
    found = set[str]()
    rows = User.objects.filter(pk=key).values_list(
        "is_superuser", "grants__role", "grants__organisation"
    )
    for is_superuser, role, place in rows:
        found |= {Role.ADMINISTRATOR.value} if is_superuser else set()
        found |= {role} if role and place in (None, organisation) else set()
    return sorted(found)


def _people(named: set[str], seen_from: UUID | None) -> dict[str, Actor]:
    keys = keys_of(named, "user")
    roles = defaultdict[UUID, set[str]](set)
    reaching = Q(organisation__isnull=True) | Q(organisation=seen_from)
    for user, role in (
        RoleGrant.objects.filter(reaching, user__in=keys).order_by().values_list("user", "role")
    ):
        roles[user].add(role)
    found = User.objects.filter(pk__in=keys).select_related("employee__organisation").order_by()
    return {user.actor: _person(user, roles[user.pk]) for user in found}


def _person(user: User, roles: set[str]) -> Actor:
    employee = user.employee
    held = roles | ({Role.ADMINISTRATOR.value} if user.is_superuser else set())
    return Actor(
        kind=Kind.PERSON,
        employee=employee.pk if employee else None,
        roles=tuple(sorted(held)),
        organisation=employee.organisation_id if employee else None,
        employer=employee.organisation.name if employee else "",
        name=str(user),
    )


def _without_a_user(actor: str) -> Actor:
    if actor.startswith("command:"):
        return Actor(kind=Kind.OPERATOR)
    if (employee := key_of(actor, "employee")) is not None:
        return Actor(kind=Kind.PERSON, employee=employee)
    return Actor(kind=_KINDS.get(actor, Kind.GONE))
