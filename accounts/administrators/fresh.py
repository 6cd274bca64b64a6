"""A fresh sign-in before what is sensitive: whoever sits there shows that they are who is in."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.administrators.gate import FRESH, is_fresh, may_administer
from accounts.http import opens_form
from accounts.models import User

# A form that was opened in time may take its time to be filled in.
FRESH_ENOUGH_TO_SEND = timedelta(minutes=15)


def needs_fresh_sign_in(request: HttpRequest) -> HttpResponse | None:
    """Give the way to a fresh sign-in and back, or None where there has been one.

    Of whoever is not in nothing is asked: they are not let further anyway.
    """
    opens = opens_form(request)
    if not may_administer(request) or is_fresh(
        request, within=FRESH if opens else FRESH_ENOUGH_TO_SEND
    ):
        return None
    if request.method == "POST":
        messages.warning(request, _("Nothing has been changed yet. Please do it once more."))
    return redirect(_confirming(request))


def _confirming(request: HttpRequest) -> str:
    """Give the address where they confirm it: at ID-porten, or here by the second factor."""
    query = {"next": request.get_full_path()}
    if isinstance(request.user, User) and request.user.employee_id is not None:
        query |= {"level": "high", "fresh": "1"}
        return f"{reverse('oidc_authentication_init')}?{urlencode(query)}"
    return f"{reverse('administrator_second_factor')}?{urlencode(query)}"


def fresh_sign_in[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let a view answer only after a fresh sign-in. On methods: `fresh_sign_in_for_method`."""

    @wraps(view)
    def asking(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return needs_fresh_sign_in(request) or view(request, *args, **kwargs)

    return asking


# Its own type is wider than that of any view.
fresh_sign_in_for_method = method_decorator(fresh_sign_in)  # type: ignore[arg-type]


class FreshSignInToChange[Row: Model](admin.ModelAdmin[Row]):
    """Rows whose pages open after a fresh sign-in, for those who may save them."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        may_save = self.has_change_permission(request) or self.has_add_permission(request)
        ask = needs_fresh_sign_in(request) if may_save else None
        return ask or super().changeform_view(request, *args, **kwargs)
