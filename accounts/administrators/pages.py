"""What the pages at the administration's door share."""

from typing import Any

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
    return target if local and target.startswith(reverse("admin:index")) else ""


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
