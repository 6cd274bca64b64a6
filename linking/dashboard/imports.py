"""How old what HR sent last is: of each organisation, the oldest first."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q
from django.http import HttpRequest

from accounts.access import organisations
from accounts.models import Import

PERMISSION = "accounts.view_import"
SHOWN = 5
OLD = timedelta(days=30)
_APPLIED = Q(state=Import.State.APPLIED)


def facts(request: HttpRequest, now: datetime) -> dict[str, Any] | None:
    """Give what waits for somebody to look at it, and who imported longest ago."""
    if not request.user.has_perm(PERMISSION):
        return None
    places = organisations(request.user, PERMISSION).values("pk")
    seen = Import.objects.filter(organisation__in=places)
    last = (
        seen.filter(_APPLIED)
        .order_by()
        .values_list("organisation__name", "organisation")
        .annotate(applied_at=Max("applied_at"))
        .order_by("applied_at", "organisation__name")
    )
    return {
        "waiting": list(
            seen.filter(state__in=Import.WAITING).select_related("organisation")[:SHOWN]
        ),
        "last": [
            (name, place, applied_at, now - applied_at > OLD)
            for name, place, applied_at in last[:SHOWN]
        ],
        "may_import": request.user.has_perm("accounts.add_import"),
        "now": now,
    }
