"""The fingerprint keys as administrators see them: how far a change has come. No key is shown."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.access import ScopedAdmin
from linking.key_progress import key_progress
from linking.models import FingerprintKey


@admin.register(FingerprintKey)
class FingerprintKeyAdmin(ScopedAdmin[FingerprintKey]):
    """The whole portal's, and no organisation's."""

    organisation_path = None
    fields = ("key_id", "first_used_at", "given_up_at")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show all keys, also those that are needed and that nobody has noted."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "keys": key_progress(now=timezone.now()),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/linking/fingerprintkey/progress.html", context)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> FingerprintKey | None:
        """Find by a key that is text: by a NUL, PostgreSQL does not even look."""
        return super().get_object(request, object_id.replace("\0", ""), from_field)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: FingerprintKey | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: FingerprintKey | None = None
    ) -> bool:
        return False
