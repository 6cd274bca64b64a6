from django.contrib import admin
from django.http import HttpRequest

from audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin[AuditEvent]):
    """The log, read-only."""

    list_display = ("at", "event", "reason", "reference", "actor", "employee_id")
    list_filter = ("event",)
    search_fields = ("reference__exact", "employee_id__exact", "organisation_id__exact", "actor")
    search_help_text = "7F3K-2Q"
    date_hierarchy = None
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        return False
