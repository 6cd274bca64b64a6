"""What the registry's pages share."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.models import User, UserSession

LAST_ADMINISTRATOR = _(
    "Nothing was changed: without this administrator, nobody could administer the whole portal."
)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=_("Kept, and shown to other administrators."),
    )


def actor(request: HttpRequest) -> str:
    """Give the name under which the audit log knows whoever is signed in to the administration."""
    return request.user.actor if isinstance(request.user, User) else "unknown"


def end_sessions(
    page: admin.ModelAdmin[Any], request: HttpRequest, sessions: QuerySet[UserSession]
) -> None:
    """Sign people out wherever they are, and say how many sessions that ended."""
    ended = actions.end_sessions(
        sessions, by=actor(request), how="administrator", now=timezone.now()
    )
    if ended:
        text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", ended)
        page.message_user(request, text % {"count": ended}, messages.SUCCESS)
    else:
        page.message_user(request, _("None of them is signed in."), messages.INFO)


def name_of(actor: str) -> str:
    """Give who did something, from the name under which the audit log knows them."""
    kind, _colon, key = actor.partition(":")
    user = User.objects.filter(pk=key).first() if kind == "user" else None
    return str(user) if user else actor or "–"
