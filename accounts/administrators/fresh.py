"""A fresh sign-in before what is sensitive: whoever sits there shows that they are who is in."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.administrators.gate import FRESH, is_fresh, may_administer

# A form that was opened in time may take its time to be filled in.
FRESH_ENOUGH_TO_SEND = timedelta(minutes=15)


def needs_fresh_sign_in(request: HttpRequest) -> HttpResponse | None:
    """Give the way to a fresh sign-in and back, or None where there has been one.

    Of whoever is not in nothing is asked: they are not let further anyway.
    """
    within = FRESH if request.method in ("GET", "HEAD") else FRESH_ENOUGH_TO_SEND
    if not may_administer(request) or is_fresh(request, within=within):
        return None
    query = urlencode({"next": request.get_full_path()})
    return redirect(f"{reverse('administrator_second_factor')}?{query}")


def fresh_sign_in[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let a view answer only after a fresh sign-in."""

    @wraps(view)
    def asking(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        return needs_fresh_sign_in(request) or view(request, *args, **kwargs)

    return asking
