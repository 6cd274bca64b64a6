"""Django's administration, which nobody enters by a password alone."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.administrators import actions
from accounts.administrators.gate import may_administer
from accounts.administrators.pages import own_path, to_sign_in
from accounts.models import User


class AdministrationSite(admin.AdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return may_administer(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send to the portal's own door, whatever was posted: Django's takes a password for all."""
        return to_sign_in(own_path(request, request.GET.get(REDIRECT_FIELD_NAME, "")))

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        if request.method == "POST" and isinstance(request.user, User):
            actions.note_sign_out(request.user, now=timezone.now())
        return super().logout(request, extra_context)
