"""The link journey: address, code, done."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import PortalRequest
from accounts.sessions import OIDC_SID
from linking import actions, codes, oidc
from linking.forms import CodeForm, EmailForm
from linking.pages import LINK_REFUSED, page_of
from linking.persons import EidPerson
from linking.refusals import SessionEnded
from linking.views.common import (
    NEXT_KEY,
    employee_of,
    organisation_of,
    person_of,
    refusal_page,
    to_sign_in,
    user_of,
)
from linking.views.me import active_link
from linking.views.sign_in import let_in

REQUEST_KEY = "link_request"


def nobody_there(request: PortalRequest) -> HttpResponse:
    """Answer a step of the journey that came without an eID: linked already, or away too long."""
    if user_of(request):
        return redirect("me")
    if request.method == "POST":
        return refusal_page(request, page_of(SessionEnded()))
    return to_sign_in(request)


@require_http_methods(["GET", "HEAD", "POST"])
def email(request: PortalRequest) -> HttpResponse:
    """Ask for the registered address; the answer is the same page whatever it is (A-02)."""
    person = person_of(request)
    if person is None:
        return nobody_there(request)
    form = EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        _ask_for_code(request, person, form.cleaned_data["email"])
        return redirect("link_code")
    context = {"form": form, "given_name": person.given_name, "eid_name": person.eid}
    status = 422 if form.is_bound else 200
    return render(request, "linking/email.html", context, status=status)


def _ask_for_code(request: PortalRequest, person: EidPerson, address: str) -> None:
    organisation = organisation_of(request)
    earlier = request.session.get(REQUEST_KEY, {})
    binding = oidc.new_secret()
    asked = actions.request_code(
        person,
        organisation=organisation,
        email=address,
        binding=binding,
        language=get_language() or organisation.default_language,
        now=timezone.now(),
    )
    request.session[REQUEST_KEY] = {
        "id": str(asked.pk),
        "binding": binding,
        "email": address,
        "again": earlier.get("email") == address,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: PortalRequest) -> HttpResponse:
    """Take the code; a wrong one is answered alike for every kind of address."""
    person = person_of(request)
    if person is None:
        return nobody_there(request)
    asked = request.session.get(REQUEST_KEY)
    if asked is None:
        return redirect("link_email")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _code_page(request, form, status=422 if form.is_bound else 200)
    try:
        linked = actions.confirm_code(
            UUID(asked["id"]),
            typed=form.cleaned_data["code"],
            binding=asked["binding"],
            person=person,
            now=timezone.now(),
        )
    except actions.WrongCode as wrong:
        problem, can_try = _wrong_code(wrong.tries_left), wrong.tries_left > 0
    except actions.NoTriesLeft:
        problem, can_try = _wrong_code(0), False
    except actions.CodeExpired:
        problem, can_try = _("The security code is no longer valid. Ask for a new one."), False
    except actions.LinkRefused as refused:
        return refusal_page(request, LINK_REFUSED, reference=refused.reference)
    else:
        let_in(request, linked.user, sid=request.session.get(OIDC_SID, ""))
        return redirect("link_done")
    return _code_page(request, CodeForm(), problem=problem, can_try=can_try, status=422)


def _wrong_code(tries_left: int) -> str:
    if tries_left == 0:
        return _("Wrong security code, and no tries are left. Ask for a new code.")
    return ngettext(
        "Wrong security code. You have %(count)d try left.",
        "Wrong security code. You have %(count)d tries left.",
        tries_left,
    ) % {"count": tries_left}


def _code_page(
    request: PortalRequest,
    form: CodeForm,
    *,
    problem: str | None = None,
    can_try: bool = True,
    status: int = 200,
) -> HttpResponse:
    asked = request.session[REQUEST_KEY]
    context: dict[str, Any] = {
        "form": form,
        "email": asked["email"],
        "valid_minutes": codes.VALID_MINUTES,
        "problem": problem,
        "can_try": can_try,
        "sent_again": asked["again"] and not form.is_bound and problem is None,
    }
    return render(request, "linking/code.html", context, status=status)


@require_safe
def done(request: PortalRequest) -> HttpResponse:
    """Say that the link is made, and point on to where the person was going."""
    user = user_of(request)
    if user is None:
        return nobody_there(request)
    employee = employee_of(user)
    context = {
        "employee": employee,
        "link": active_link(employee),
        "next": request.session.get(NEXT_KEY, ""),
    }
    return render(request, "linking/done.html", context)
