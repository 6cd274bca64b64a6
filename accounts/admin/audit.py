"""The audit log. Its page stands here and not in `audit`, which knows of no roles."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.access import ScopedAdmin
from audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ScopedAdmin[AuditEvent]):
    """The log, read-only. Events of no organisation are for roles on the whole portal."""

    organisation_path = "organisation_id"

    list_display = ("at", "event", "reason", "reference", "actor", "employee")
    list_filter = ("event",)
    search_fields = ("reference__exact", "employee_id__exact", "organisation_id__exact", "actor")
    search_help_text = "7F3K-2Q"
    date_hierarchy = None
    list_per_page = 50

    def get_list_display(self, request: HttpRequest) -> Any:
        """An auditor sees no people, only the key that they go by in the log."""
        if request.user.has_perm("linking.view_pendingcode"):
            return (*self.list_display, "story")
        if request.user.has_perm("accounts.view_employee"):
            return self.list_display
        return (*self.list_display[:-1], "employee_id")

    @admin.display(description=_("employee"))
    def employee(self, event: AuditEvent) -> str:
        """A link to the person: the log itself knows no names, and outlives them."""
        if event.employee_id is None:
            return "–"
        address = reverse("admin:accounts_employee_change", args=[event.employee_id])
        return format_html('<a href="{}">{}</a>', address, _("Show employee"))

    @admin.display(description=_("what happened"))
    def story(self, event: AuditEvent) -> str:
        """A link to support's page about the person."""
        if event.employee_id is None:
            return "–"
        address = reverse("support_person", args=[event.employee_id])
        return format_html('<a href="{}">{}</a>', address, _("What happened"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False
