"""What an auditor's first page shows: what happened last."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts.access import scope
from audit.models import AuditEvent
from linking.dashboard.figures import list_address

NEWEST = 10
PERMISSION = "audit.view_auditevent"


def facts(request: HttpRequest, _now: datetime) -> dict[str, Any] | None:
    """Give the newest events to those who see the log and no people."""
    user = request.user
    if not user.has_perm(PERMISSION) or user.has_perm("accounts.view_employee"):
        return None
    events = scope(AuditEvent.objects.all(), user, PERMISSION, path="organisation_id")
    return {
        "events": events.order_by("-at", "-id")[:NEWEST],
        "address": list_address("audit_auditevent"),
    }
