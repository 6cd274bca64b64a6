"""What an employee sees of themselves: what happened, who looked, and all that is held."""

from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.http import PortalRequest
from accounts.models import Employee, User
from linking import actions
from linking.own.about import about
from linking.own.download import as_json
from linking.own.everything import sections
from linking.own.history import happenings, looks
from linking.views.common import employee_of, person_of, to_sign_in, user_of

# On the page to read and print. The file has all.
ON_THE_PAGE = 1_000

type View = Callable[[PortalRequest, User, Employee], HttpResponse]


def for_the_employee(view: View) -> Callable[[PortalRequest], HttpResponse]:
    """Let a page answer to who is linked; to others as «My account» does.

    Somebody with an eID and no link gets nothing here. What the portal has of them is what they
    typed and when; whether that address is anybody's, and so the whole rest of their requests, must
    not be learned from a page (A-02). «Not linked» says what is kept, and whom to ask.
    """

    @wraps(view)
    def asked(request: PortalRequest) -> HttpResponse:
        user = user_of(request)
        if user is None and person_of(request):
            return redirect("me")
        if user is None:  # whoever signs in again comes back by GET
            return to_sign_in(request) if request.method != "POST" else redirect("me_data")
        return view(request, user, employee_of(user))

    return asked


@require_safe
@for_the_employee
def history(request: PortalRequest, _user: User, employee: Employee) -> HttpResponse:
    page = happenings(employee, before=request.GET.get("before", ""))
    return render(request, "linking/own/history.html", {"page": page})


@require_safe
@for_the_employee
def who_looked(request: PortalRequest, _user: User, employee: Employee) -> HttpResponse:
    page = looks(employee, before=request.GET.get("before", ""))
    return render(request, "linking/own/looks.html", {"page": page})


@require_safe
@for_the_employee
def data(request: PortalRequest, _user: User, employee: Employee) -> HttpResponse:
    """Tell what is held and why, and offer it."""
    return render(request, "linking/own/data.html", {"about": about(employee.organisation)})


# By POST: a link that is followed takes nothing, and no address leads back to what was shown.
@require_POST
@for_the_employee
def data_file(request: PortalRequest, user: User, employee: Employee) -> HttpResponse:
    now = timezone.now()
    try:
        actions.note_download(employee, kind="file", by=user.actor, now=now)
    except actions.TooManyDownloads:
        return _too_many(request, employee)
    name = f"kobling-{employee.organisation.slug}-{timezone.localdate(now)}.json"
    # Not streamed: it is as long as one person's log, and half a file would look like a whole one.
    return HttpResponse(
        as_json(employee, now=now),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
@for_the_employee
def data_page(request: PortalRequest, user: User, employee: Employee) -> HttpResponse:
    now = timezone.now()
    try:
        actions.note_download(employee, kind="page", by=user.actor, now=now)
    except actions.TooManyDownloads:
        return _too_many(request, employee)
    shown = [
        (each.title, rows[:ON_THE_PAGE], len(rows) > ON_THE_PAGE)
        for each in sections(employee)
        if (rows := list(islice(each.rows, ON_THE_PAGE + 1)))
    ]
    context = {"sections": shown, "about": about(employee.organisation), "made_at": now}
    return render(request, "linking/own/data_page.html", context | {"employee": employee})


def _too_many(request: PortalRequest, employee: Employee) -> HttpResponse:
    context: dict[str, Any] = {"about": about(employee.organisation), "too_many": True}
    return render(request, "linking/own/data.html", context, status=429)
