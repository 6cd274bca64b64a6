"""Who is linked and who is not yet: by organisation or department, and over time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.access import covers, everywhere, organisations
from accounts.admin.employees import WITHOUT_DEPARTMENT
from accounts.models import Organisation
from linking.dashboard.figures import Figure, list_address
from linking.dashboard.plot import Plot
from linking.models import DailyFigures, DepartmentFigures

PERMISSION = "accounts.view_employee"
SHOWN = 10  # rows, until all are asked for
LATE = timedelta(minutes=10)
PLOTTED = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a place, and its people."""

    name: Any
    employed: Figure
    linked: Figure
    invited: Figure
    missing: Figure

    @property
    def percent(self) -> int:
        """Rounded down: a hundred is everybody."""
        return self.linked.number * 100 // self.employed.number if self.employed.number else 0


@dataclass(frozen=True, slots=True)
class _Part:
    """What a line may be made of; of three hundred, ten are shown."""

    name: Any
    employed: int
    linked: int
    invited: int
    where: dict[str, Any]

    @property
    def share(self) -> float:
        return self.linked / self.employed if self.employed else 1


def row(name: Any, employed: int, linked: int, invited: int, **where: Any) -> Row:
    """Make a line; each of its figures has the list that it is the length of."""

    def figure(number: int, **more: str) -> Figure:
        return Figure(number, list_address("accounts_employee", employed="now", **more, **where))

    return Row(
        name,
        figure(employed),
        figure(linked, linked="yes"),
        figure(invited, linked="invited"),
        figure(employed - linked, linked="no"),
    )


def facts(request: HttpRequest, now: datetime) -> dict[str, Any] | None:
    """Give the figures of the viewer's organisations; None: they see no people."""
    if not request.user.has_perm(PERMISSION):
        return None
    places = {place.pk: place for place in organisations(request.user, PERMISSION)}
    days = DailyFigures.objects.all()
    if not everywhere(request.user, PERMISSION):
        days = days.filter(organisation__in=list(places))
    last = days.order_by("-day").values_list("day", flat=True).first()
    if last is None:
        return {"counted_at": None}
    today = list(days.filter(day=last))
    counted_at = max(each.counted_at for each in today)
    employed, linked = sum(each.employed for each in today), sum(each.linked for each in today)
    invited = sum(each.invited for each in today)
    only = today[0].organisation_id if len(places) == 1 else None
    return {
        "counted_at": counted_at,
        "is_late": now - counted_at > LATE,
        "total": row(None, employed, linked, invited),
        "stale_soon": _stale_soon(request, today),
        "plot": _plot(days, last),
        "of_departments": only is not None,
        **_table(request, only, today, places),
    }


def _stale_soon(request: HttpRequest, today: Iterable[DailyFigures]) -> Figure | None:
    """For those who may see links, and of the organisations where they may."""
    permission = "linking.view_linkedidentity"
    if not request.user.has_perm(permission):
        return None
    seen = [day for day in today if covers(request.user, permission, day.organisation_id)]
    number = sum(day.stale_soon for day in seen)
    return Figure(number, list_address("linking_linkedidentity", expiring="soon"))


def _plot(days: QuerySet[DailyFigures], last: Any) -> Plot | None:
    sums = (
        days.filter(day__gte=last - PLOTTED)
        .order_by("day")
        .values_list("day")
        .annotate(Sum("employed"), Sum("linked"))
    )
    return Plot.of(list(sums))


def _table(
    request: HttpRequest,
    only: UUID | None,
    today: Sequence[DailyFigures],
    places: dict[UUID, Organisation],
) -> dict[str, Any]:
    """Give the lines that are asked for: by `all`, or by the part of a name."""
    parts = _departments(only) if only is not None else _organisations(today, places)
    typed = request.GET.get("place", "").strip()
    found = [part for part in parts if typed.casefold() in str(part.name).casefold()]
    found.sort(key=lambda part: (part.share, part.linked - part.employed, str(part.name)))
    shown = found if "all" in request.GET or typed else found[:SHOWN]
    return {
        "rows": [
            row(part.name, part.employed, part.linked, part.invited, **part.where) for part in shown
        ],
        "typed": typed,
        "left_out": len(found) - len(shown),
        "searchable": len(parts) > SHOWN,
    }


def _organisations(today: Iterable[DailyFigures], places: dict[UUID, Organisation]) -> list[_Part]:
    return [
        _Part(
            places[each.organisation_id].name,
            each.employed,
            each.linked,
            each.invited,
            {"organisation__id__exact": each.organisation_id},
        )
        for each in today
    ]


def _departments(organisation: UUID) -> list[_Part]:
    return [
        _Part(
            each.department or _("Without a department"),
            each.employed,
            each.linked,
            each.invited,
            {"department": each.department or WITHOUT_DEPARTMENT},
        )
        for each in DepartmentFigures.objects.filter(organisation=organisation)
    ]
