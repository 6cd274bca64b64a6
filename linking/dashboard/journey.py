"""What stops people today: cases that wait, codes that were not sent, mails that lie."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import scope
from linking.dashboard.figures import Figure, counted, list_address
from linking.models import Case, OutgoingMail, PendingCode
from linking.policy import Refusal

OLDEST = 5  # cases
WAITS_TOO_LONG = timedelta(minutes=5)
DAY = timedelta(days=1)
# By key, so that a value of another version stands there itself, and the page stands.
_KINDS, _REFUSALS = dict(Case.Kind.choices), dict(Refusal.choices)


def _seen[Row: Model](
    rows: QuerySet[Row], request: HttpRequest, permission: str
) -> QuerySet[Row] | None:
    """Give those rows that the viewer's own list has; None: they have no such list."""
    if not request.user.has_perm(permission):
        return None
    return scope(rows, request.user, permission)


def cases(request: HttpRequest, now: datetime) -> dict[str, Any] | None:
    """Give the open cases: how many of each kind, and the oldest."""
    rows = _seen(Case.objects.filter(decided_at__isnull=True), request, "linking.view_case")
    if rows is None:
        return None
    kinds = rows.order_by("kind").values_list("kind").annotate(Count("pk"))
    return {
        "kinds": [
            (_KINDS.get(kind, kind), Figure(number, list_address("linking_case", kind__exact=kind)))
            for kind, number in kinds
        ],
        "total": counted(rows, list_address("linking_case")),
        "oldest": rows.select_related("employee").order_by("opened_at")[:OLDEST],
        "now": now,
    }


def codes(request: HttpRequest, now: datetime) -> dict[str, Any] | None:
    """Give the codes asked for since midnight that nobody got, and why."""
    rows = _seen(PendingCode.objects.all(), request, "linking.view_pendingcode")
    if rows is None:
        return None
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    today = rows.filter(requested_at__gte=midnight)
    counts = today.aggregate(
        asked=Count("pk"),
        failed=Count("pk", filter=Q(state=PendingCode.State.FAILED)),
    )
    refused = today.exclude(refusal="").order_by().values_list("refusal").annotate(Count("pk"))

    def figure(number: int, **why: str) -> Figure:
        address = list_address("linking_pendingcode", requested_at__gte=midnight, **why)
        return Figure(number, address)

    reasons = [
        (_REFUSALS.get(refusal, refusal), figure(number, refusal__exact=refusal))
        for refusal, number in sorted(refused, key=lambda each: -each[1])
    ]
    if counts["failed"]:
        failed = figure(counts["failed"], state__exact=PendingCode.State.FAILED.value)
        reasons.insert(0, (_("The mail could not be delivered"), failed))
    return {"asked": figure(counts["asked"]), "reasons": reasons}


def mails(request: HttpRequest, now: datetime) -> dict[str, Any] | None:
    """Give whether mail gets out: what waits too long, and what was given up since yesterday."""
    rows = _seen(OutgoingMail.objects.all(), request, "linking.view_outgoingmail")
    if rows is None:
        return None
    too_old, yesterday = now - WAITS_TOO_LONG, now - DAY
    queued = rows.filter(state=OutgoingMail.State.QUEUED, created_at__lt=too_old)
    failed = rows.filter(state=OutgoingMail.State.FAILED, created_at__gte=yesterday)
    address = "linking_outgoingmail"
    return {
        "waiting": counted(
            queued, list_address(address, state__exact="queued", created_at__lt=too_old)
        ),
        "oldest": queued.order_by("created_at").first(),
        "failed": counted(
            failed, list_address(address, state__exact="failed", created_at__gte=yesterday)
        ),
        "now": now,
    }
