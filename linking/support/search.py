"""Finds whom or what was typed, in the organisations that the user may see."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import Someone, organisations
from accounts.lists import FOUND
from accounts.log_reading import SEE_PEOPLE
from accounts.models import Employee
from accounts.search import people_found
from linking.models import LinkedIdentity
from linking.support.access import may_read_story
from linking.support.quoted import Quoted, quoted
from linking.support.typed import Kind, Typed

MOST = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; `more` where there are people that are not shown."""

    people: tuple[Employee, ...] = ()
    quoted: Quoted | None = None
    more: bool = False

    @property
    def hits(self) -> int:
        return len(self.people) + (self.quoted is not None)


@dataclass(frozen=True, slots=True)
class Row:
    """One of several, with what tells them apart. `linked` is None where it may not be read."""

    employee: Employee
    employed: bool
    linked: bool | None


def find(typed: Typed, user: Someone) -> Found:
    """Look for what was typed. Others' people and references are not there."""
    if typed.kind in (Kind.NOTHING, Kind.IDENTITY_NUMBER):
        return Found()
    reference = quoted(typed.references, user)
    people = list(_scoped(_exactly(typed), user)[: MOST + 1])
    if not people and typed.words:
        people = list(_named(typed, user)[: MOST + 1])
    return Found(tuple(people[:MOST]), reference, more=len(people) > MOST)


def _scoped(people: QuerySet[Employee], user: Someone) -> QuerySet[Employee]:
    mine = organisations(user, SEE_PEOPLE)
    return people.filter(organisation__in=mine).select_related("organisation")


def _exactly(typed: Typed) -> QuerySet[Employee]:
    """By what is unique in an organisation, and has its index."""
    found: QuerySet[Employee] = (
        Employee.objects.at_address(typed.text)
        if typed.kind == Kind.EMAIL
        else Employee.objects.filter(employee_number=typed.text)
    )
    return found


def _named(typed: Typed, user: Someone) -> QuerySet[Employee]:
    """Each word begins a word of the name, in any order; found first, and put in order then."""
    found = _scoped(Employee.objects.filter(people_found(" ".join(typed.words))), user)
    keys = found.order_by().values_list("pk", flat=True)[: FOUND + 1]
    return _scoped(Employee.objects.filter(pk__in=list(keys)), user)


def rows_of(keys: list[Any], user: Someone) -> list[Row]:
    """Give what was found before, as it is now and as far as the user may see it now."""
    people = (
        Employee.objects.filter(pk__in=keys, organisation__in=organisations(user, SEE_PEOPLE))
        .select_related("organisation")
        .order_by("last_name", "first_name", "organisation__name", "id")
    )
    now = timezone.now()
    linked: set[UUID] = set(
        LinkedIdentity.objects.in_force(now)
        .filter(employee__in=keys)
        .values_list("employee", flat=True)
    )
    return [
        Row(
            employee=person,
            employed=person.is_employed(timezone.localdate(now)),
            linked=person.pk in linked if may_read_story(user, person.organisation_id) else None,
        )
        for person in people
    ]
