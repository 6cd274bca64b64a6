"""The link journey: address, code, done."""

from dataclasses import dataclass
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
from linking import actions, authorization, codes
from linking.eids import eid_name
from linking.employers import other_employers
from linking.forms import CodeForm, EmailForm
from linking.pages import LINK_REFUSED, page_of
from linking.persons import EidPerson
from linking.refusals import SessionEnded
from linking.views.common import (
    NEXT_KEY,
    REQUEST_KEY,
    employee_of,
    invitation_of,
    organisation_of,
    person_of,
    refusal_page,
    to_sign_in,
    user_of,
)
from linking.views.me import active_link
from linking.views.sign_in import let_in


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
    organisation = organisation_of(request)
    if actions.waiting_link(person, organisation=organisation, now=timezone.now()):
        return render(request, "linking/waiting.html")
    if request.method != "POST" and invitation_of(request):
        return redirect("link_invitation")
    form = EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        ask_for_code(request, person, form.cleaned_data["email"])
        return redirect("link_code")
    context = {
        "form": form,
        "given_name": person.given_name,
        "eid_name": eid_name(person.eid),
        "others": other_employers(person.all_fingerprints, here=organisation, now=timezone.now()),
    }
    status = 422 if form.is_bound else 200
    return render(request, "linking/email.html", context, status=status)


def ask_for_code(
    request: PortalRequest, person: EidPerson, address: str, *, invited: bool = False
) -> None:
    """Ask for a code for an address; `invited`: by a link that alone was not enough."""
    organisation = organisation_of(request)
    earlier = request.session.get(REQUEST_KEY, {})
    binding = earlier.get("binding") or authorization.new_secret()
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
        "on_its_way": earlier.get("id") == str(asked.pk),
        "invited": invited,
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
    typist = actions.Typist(person, binding=asked["binding"])
    form = CodeForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _code_page(request, form, problem=_standing_problem(asked, typist), status=200)
    if not form.is_valid():
        return _code_page(request, form)
    return _confirm(request, asked, typist, form.cleaned_data["code"])


def _confirm(
    request: PortalRequest, asked: dict[str, Any], typist: actions.Typist, typed: str
) -> HttpResponse:
    try:
        linked = actions.confirm_code(UUID(asked["id"]), typist, typed=typed, now=timezone.now())
    except actions.WrongCode as wrong:
        problem = _wrong_code(wrong)
    except (actions.NoTriesLeft, actions.CodeExpired) as reason:
        problem = _in_the_way(reason)
    except actions.LinkRefused as refused:
        return refusal_page(request, LINK_REFUSED, reference=refused.reference)
    except actions.LinkWaits:
        del request.session[REQUEST_KEY]
        return redirect("link_email")
    else:
        sid = request.session.get(OIDC_SID, "")
        let_in(request, linked.user, typist.person, sid=sid)
        return redirect("link_done")
    return _code_page(request, CodeForm(), problem=problem)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the code was not taken, and whether another may be typed, or a new one asked for."""

    text: str
    can_try: bool = False
    can_ask: bool = True


def _standing_problem(asked: dict[str, Any], typist: actions.Typist) -> Problem | None:
    """Give what is in the way before anything is typed: the page was reloaded, or left open."""
    try:
        actions.check_open(UUID(asked["id"]), typist, now=timezone.now())
    except (actions.NoTriesLeft, actions.CodeExpired) as reason:
        return _in_the_way(reason)
    return None


def _wrong_code(wrong: actions.WrongCode) -> Problem:
    if wrong.tries_left == 0:
        return _in_the_way(actions.NoTriesLeft(person_blocked=wrong.person_blocked))
    text = ngettext(
        "Wrong security code. You have %(count)d try left.",
        "Wrong security code. You have %(count)d tries left.",
        wrong.tries_left,
    )
    return Problem(text % {"count": wrong.tries_left}, can_try=True)


def _in_the_way(reason: actions.NoTriesLeft | actions.CodeExpired) -> Problem:
    if isinstance(reason, actions.CodeExpired):
        return Problem(_("The security code is no longer valid. Ask for a new one."))
    if reason.person_blocked:
        text = _(
            "You have typed too many wrong codes, and no tries are left today. Try again tomorrow. "
            "If it does not work then either, contact support."
        )
        return Problem(text, can_ask=False)
    return Problem(_("Wrong security code, and no tries are left. Ask for a new code."))


def _code_page(
    request: PortalRequest,
    form: CodeForm,
    *,
    problem: Problem | None = None,
    status: int = 422,
) -> HttpResponse:
    asked = request.session[REQUEST_KEY]
    context: dict[str, Any] = {
        "form": form,
        "email": asked["email"],
        "valid_minutes": codes.VALID_MINUTES,
        "problem": problem.text if problem else None,
        "can_try": problem is None or problem.can_try,
        "can_ask": problem is None or problem.can_ask,
        "sent_again": asked["again"] and status == 200,
        "on_its_way": asked["on_its_way"] and status == 200,
        "invited": asked.get("invited") and status == 200,
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
