"""Employers, and their rules."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.access import ScopedAdmin, everywhere
from accounts.admin.common import actor
from accounts.administrators.fresh import FreshSignInToChange
from accounts.models import Organisation


@admin.register(Organisation)
class OrganisationAdmin(FreshSignInToChange[Organisation], ScopedAdmin[Organisation]):
    list_display = ("name", "host", "minimum_assurance", "unused_days", "active")
    list_filter = ("active", "minimum_assurance")
    search_fields = ("name", "slug", "host")
    organisation_path = "pk"
    # Where employees find the portal: the proxy and ID-porten must know it too.
    of_the_portal = ("slug", "host", "active")
    fieldsets = (
        (None, {"fields": ("name", "slug", "host", "default_language", "active")}),
        (_("Help for employees"), {"fields": ("support_email", "support_phone")}),
        (
            _("Rules"),
            {"fields": ("minimum_assurance", "unused_days", "name_mismatch", "approve_links")},
        ),
    )

    def organisation_of(self, obj: Organisation) -> UUID | None:
        return obj.pk

    def get_readonly_fields(self, request: HttpRequest, obj: Organisation | None = None) -> Any:
        return () if everywhere(request.user, self.permission("change")) else self.of_the_portal

    def get_prepopulated_fields(self, request: HttpRequest, obj: Organisation | None = None) -> Any:
        return {"slug": ("name",)} if obj is None else {}

    def save_model(
        self, request: HttpRequest, obj: Organisation, form: ModelForm[Organisation], change: bool
    ) -> None:
        now = timezone.now()
        if change:
            fields = form.changed_data
            actions.change_organisation(obj, fields=fields, by=actor(request), now=now)
        else:
            actions.create_organisation(obj, by=actor(request), now=now)

    def has_delete_permission(self, request: HttpRequest, obj: Organisation | None = None) -> bool:
        """Organisations are made inactive: their employees and links stay accounted for."""
        return False
