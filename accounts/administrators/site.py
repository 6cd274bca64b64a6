"""Django's administration, which nobody enters by a password alone."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.administrators import actions
from accounts.administrators.fresh import needs_fresh_sign_in
from accounts.administrators.gate import may_administer
from accounts.administrators.pages import own_path, to_sign_in
from accounts.models import User


class OwnPasswordForm(AdminPasswordChangeForm):
    """Changes one's own password, with its event."""

    @transaction.atomic
    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002  # Django's
        user: User = super().save(commit)
        actions.note_password(user, by=user.actor, now=timezone.now())
        return user


class AdministrationSite(admin.AdminSite):
    password_change_form = OwnPasswordForm

    def password_change(  # type: ignore[override]  # it may send on, too
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for a fresh sign-in: nobody guesses the old password at a desk that was left open."""
        return needs_fresh_sign_in(request) or super().password_change(request, extra_context)

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
