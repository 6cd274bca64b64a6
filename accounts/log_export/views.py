"""The page where the log is taken out as a file: by POST, after a fresh sign-in, and told of."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import everywhere
from accounts.admin.common import actor
from accounts.administrators.fresh import needs_fresh_sign_in
from accounts.log_export.files import Asked, as_csv, as_json_lines, sealed
from accounts.log_export.forms import EXPORT, ExportForm, Kind
from audit import forwarding
from audit.events import Event
from audit.log import record
from audit.models import AuditEvent
from audit.otlp import Failure

_TYPES = {
    Kind.CSV: ("csv", "text/csv; charset=utf-8"),
    Kind.JSON_LINES: ("jsonl", "application/x-ndjson"),
    Kind.SEALED: ("jsonl.gz", "application/gzip"),
}
_FAILURES = {
    Failure.UNREACHABLE: _("It does not answer."),
    Failure.THROTTLED: _("It asks to be left in peace for a while."),
    Failure.NOT_ALLOWED: _("It does not let the portal in. Look at AUDIT_FORWARD_HEADERS."),
    Failure.STATUS: _("It answers, but takes nothing. Look at AUDIT_FORWARD_TO."),
    Failure.UNCLEAR: _("It answers, but not as OpenTelemetry does. Look at AUDIT_FORWARD_TO."),
    Failure.REFUSED: _("It refuses the next event."),
}


def page(request: HttpRequest) -> HttpResponseBase:
    """Ask what is to be exported, and stream it.

    Raises:
        PermissionDenied: the reader may look at the log at most.
    """
    if not request.user.has_perm(EXPORT):
        raise PermissionDenied
    if ask := needs_fresh_sign_in(request):
        return ask
    now = timezone.now()
    sent = request.POST if request.method == "POST" else None
    form = ExportForm(request.user, sent, today=timezone.localdate(now))
    if form.is_valid():
        return _file(request, form.cleaned_data, now=now)
    return _show(request, form)


def _show(request: HttpRequest, form: ExportForm) -> HttpResponse:
    found = forwarding.standing() if everywhere(request.user, EXPORT) else None
    context = {
        **admin.site.each_context(request),
        "title": _("Export the audit log"),
        "opts": AuditEvent._meta,
        "form": form,
        "forwarding": found,
        "failure": _FAILURES.get(found.cursor.failure) if found else None,  # type: ignore[call-overload]
    }
    return TemplateResponse(request, "admin/log_export/page.html", context)


def _file(request: HttpRequest, asked: dict[str, Any], *, now: datetime) -> StreamingHttpResponse:
    """Write down what is taken, by itself and before its first byte; then stream it."""
    place, kind = asked["organisation"], Kind(asked["kind"])
    days = {name: asked[name].isoformat() for name in ("first_day", "last_day") if asked[name]}
    with transaction.atomic():
        record(
            Event.AUDIT_EXPORTED,
            by=actor(request),
            now=now,
            organisation=place.pk if place else None,
            form=kind.value,
            **days,
        )
    ending, content_type = _TYPES[kind]
    name = f"audit-log-{place.slug if place else 'portal'}-{timezone.localdate(now)}.{ending}"
    return StreamingHttpResponse(
        _pieces(request, kind, asked, now=now),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pieces(
    request: HttpRequest, kind: Kind, asked: dict[str, Any], *, now: datetime
) -> Iterator[bytes]:
    place = asked["organisation"]
    if kind is Kind.SEALED:
        return sealed(place.pk if place else None, now=now)
    write = as_csv if kind is Kind.CSV else as_json_lines
    return write(Asked(place, asked["first_day"], asked["last_day"], request.user, now))
