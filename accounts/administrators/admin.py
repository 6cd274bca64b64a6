"""What one administrator does about another's second factor."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.administrators import actions
from accounts.administrators.fresh import fresh_sign_in_for_method
from accounts.models import User


class SecondFactorReset(admin.ModelAdmin[User]):
    """Adds the way back for whoever has lost telephone and recovery codes."""

    @fresh_sign_in_for_method
    @admin.action(description=_("Reset the second factor"), permissions=["change"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> Any:
        """Take their second factors away and sign them out; they enrol anew after the password."""
        now, by = timezone.now(), request.user
        if not isinstance(by, User):
            return
        # Not of whoever may do more than oneself: a reset and a password would be their account.
        others = [
            user
            for user in queryset.filter(username__isnull=False)
            if user != by and self.has_change_permission(request, user)
        ]
        for user in others:
            actions.reset_second_factor(user, by=by.actor, now=now)
        if others:
            text = ngettext(
                "%(count)d second factor was reset.",
                "%(count)d second factors were reset.",
                len(others),
            )
            self.message_user(request, text % {"count": len(others)}, messages.SUCCESS)
        else:
            self.message_user(
                request,
                _("Nobody was chosen who has a second factor here, other than yourself."),
                messages.WARNING,
            )
