"""Self-service: what the registry says I am, and my link."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import PortalRequest
from accounts.models import Employee
from linking import actions
from linking.models import LinkedIdentity
from linking.views.choose import others_of
from linking.views.common import CHOOSES_KEY, employee_of, person_of, to_sign_in, user_of
from linking.views.sign_out import leave


def active_link(employee: Employee) -> LinkedIdentity | None:
    link: LinkedIdentity | None = LinkedIdentity.objects.active().filter(employee=employee).first()
    return link


@require_safe
def me(request: PortalRequest) -> HttpResponse:
    user = user_of(request)
    if user is None:
        if person_of(request):
            return render(request, "linking/not_linked.html", status=403)
        return to_sign_in(request)
    others = others_of(request)
    if request.session.pop(CHOOSES_KEY, False) and others:
        return redirect("choose")
    employee = employee_of(user)
    context = {"employee": employee, "link": active_link(employee), "others": others}
    return render(request, "linking/me.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def unlink(request: PortalRequest) -> HttpResponse:
    """Remove my own link: asks first, and signs out."""
    user = user_of(request)
    if user is None:
        return to_sign_in(request) if person_of(request) is None else redirect("me")
    employee = employee_of(user)
    link = active_link(employee)
    if link is None:  # revoked between two queries
        return to_sign_in(request)
    if request.method != "POST":
        return render(request, "linking/unlink.html", {"employee": employee, "link": link})
    actions.revoke_link(link, by=user.actor, reason=LinkedIdentity.REMOVED, now=timezone.now())
    return leave(request)
