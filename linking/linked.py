"""Who is linked, asked of a list that may be as long as the registry (ADR 0016)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, Func, OuterRef, Q, QuerySet

from accounts.lists import is_more_than
from accounts.models import Employee
from linking.models import Invitation, LinkedIdentity, Unlinked

# So many are read in less time than it takes to meet fifty of them among a million.
FEW: Final = 30_000
_LATE: Final = 1_000


class _IsOneOf(Func):
    """Whether a key is one of an array's, each looked up in the index of keys.

    As `IN (SELECT …)` PostgreSQL may walk the sorted table instead, past everybody who is linked.
    """

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def linked(people: QuerySet[Employee], now: datetime) -> QuerySet[Employee]:
    """Give those with a link in force."""
    return people.filter(_has_link(now, "pk"))


def invited_not_linked(
    people: QuerySet[Employee], now: datetime, *, places: Collection[UUID] | None
) -> QuerySet[Employee]:
    """Give those without a link who have an invitation that can be used."""
    invited = Invitation.objects.open(now)
    others = not_linked(people, now, places=places, invited=invited)
    return others.filter(Exists(invited.filter(employee=OuterRef("pk"))))


def not_linked(
    people: QuerySet[Employee],
    now: datetime,
    *,
    places: Collection[UUID] | None,
    invited: QuerySet[Invitation] | None = None,
) -> QuerySet[Employee]:
    """Give the others. `places` are the organisations that `people` are of; None: of any.

    `invited` are the invitations that the caller asks for besides. Where people are few they are
    looked up; of many the first of a list are soon met.
    """
    noted = Unlinked.objects.all()
    if places is not None:
        noted = noted.filter(organisation__in=places)
    late = _past_their_time(people, now, "pk")
    if is_more_than(noted, FEW) and not late:
        here = Unlinked.objects.filter(
            employee=OuterRef("pk"), organisation=OuterRef("organisation")
        )
        return people.filter(Exists(here))
    if is_more_than(noted, FEW) or len(late) > _LATE:
        return people.filter(~_has_link(now, "pk"))
    if invited is not None:
        # Before anybody is looked up: the rows here are narrow, and the most are not invited.
        noted = noted.filter(Exists(invited.filter(employee=OuterRef("employee"))))
    found = _IsOneOf("pk", ArraySubquery(noted.values("employee")))
    return people.filter(Q(found) | Q(pk__in=late) if late else Q(found))


def not_linked_of(invitations: QuerySet[Invitation], now: datetime) -> QuerySet[Invitation]:
    """Give the invitations of those who are not linked now."""
    noted = Exists(Unlinked.objects.filter(employee=OuterRef("employee")))
    late = _past_their_time(invitations, now, "employee")
    if len(late) > _LATE:
        return invitations.filter(~_has_link(now, "employee"))
    return invitations.filter(Q(noted) | Q(employee__in=late) if late else noted)


def _has_link(now: datetime, whose: str) -> Exists:
    return Exists(LinkedIdentity.objects.in_force(now).filter(employee=OuterRef(whose)))


def _past_their_time(rows: QuerySet[Any], now: datetime, whose: str) -> list[UUID]:
    """Give whose link is over and not ended yet: beat comes each hour."""
    over = LinkedIdentity.objects.active().filter(expires_at__lte=now).values("employee")
    late = rows.filter(**{f"{whose}__in": over}).order_by()
    return list(late.values_list(whose, flat=True)[: _LATE + 1])
