"""What the pages at the administration's door share."""

import posixpath
import re
from typing import Any
from urllib.parse import unquote

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from accounts.administrators.gate import may_administer
from accounts.models import User


def page(
    request: HttpRequest, template: str, *, title: Any, status: int = 200, **context: Any
) -> HttpResponse:
    """Show a page in the administration's look."""
    everywhere = admin.site.each_context(request)
    return TemplateResponse(
        request,
        f"admin/sign_in/{template}.html",
        {**everywhere, "title": title, **context},
        status=status,
    )


def own_path(request: HttpRequest, target: str) -> str:
    """Give `target` if it is a path of the administration, else nothing (A-16)."""
    local = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # Browsers go up where a path says so, whichever slash it has and however it is quoted.
    path = posixpath.normpath(unquote(path_of(target)).replace("\\", "/"))
    home = reverse("admin:index")
    inside = target.startswith(home) and f"{path}/".startswith(home)
    return target if local and inside else ""


def path_of(target: str) -> str:
    """Give what stands before the query of an address that begins with a path."""
    return re.split(r"[?#]", target, maxsplit=1)[0]


def onwards(target: str) -> HttpResponse:
    return redirect(target or "admin:index")


def to_sign_in(next_url: str = "") -> HttpResponse:
    query = f"?{urlencode({'next': next_url})}" if next_url else ""
    return redirect(reverse("administrator_sign_in") + query)


def local_administrator(request: HttpRequest) -> User | None:
    """Give the local administrator who is in. Employees have their factor at ID-porten."""
    user = request.user
    local = isinstance(user, User) and user.employee_id is None and may_administer(request)
    return user if isinstance(user, User) and local else None
