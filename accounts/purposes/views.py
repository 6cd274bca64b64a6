"""The page «What do you need this for?». It tells nothing about whom it is asked for."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.administrators.pages import own_path, path_of
from accounts.national_id import may_hold_number
from accounts.purposes.choices import Purpose
from accounts.purposes.forms import PREFIX, PurposeForm, people_in
from accounts.purposes.standing import covering, end, hold, standing


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Let what one looks at people for be told, changed and ended; nothing but the session knows.

    It is in the log with each look.
    """
    if request.method != "POST":
        came_from = _came_from(request)
        people = people_in(request.GET.get("people", ""))
        return _show(request, _offered(request, people, onwards=came_from, back=came_from))
    if f"{PREFIX}-end" in request.POST:
        end(request.session)
        messages.success(request, _("The purpose has ended. You are asked again next time."))
        return redirect("admin:index")
    form = PurposeForm(request.POST)
    if not form.is_valid():
        form.forget_number()
        return _show(request, form)
    hold(request.session, form.why, form.whom, now=timezone.now())
    # What was posted to the page that was asked for goes on to it, by the browser's next request.
    if onwards := _inside(request, form.cleaned_data["next"] or ""):
        return redirect(onwards, preserve_request=form.cleaned_data["sent"])
    return redirect("admin:index")


def ask(request: HttpRequest, people: Iterable[UUID]) -> HttpResponse:
    """Ask in the place of a page about these people; what was posted to it goes along."""
    here, sent = request.get_full_path(), request.method == "POST"
    # What was posted came from a page that is there by GET.
    back = here if sent else _came_from(request)
    if not sent and back == here:
        back = ""
    return _show(request, _offered(request, people, onwards=here, back=back, sent=sent))


def _offered(
    request: HttpRequest, people: Iterable[UUID], *, onwards: str, back: str, sent: bool = False
) -> PurposeForm:
    whom = frozenset(people)
    held = covering(standing(request.session, now=timezone.now()), whom)
    before: dict[str, object] = {}
    if held is not None:
        why = held.why
        before = {"kind": why.purpose, "text": why.text, "everybody": held.people is None}
    keys = " ".join(sorted(map(str, whom)))
    hidden = {"people": keys, "next": onwards, "back": back, "sent": sent or None}
    return PurposeForm(initial=before | hidden)


def _show(request: HttpRequest, form: PurposeForm) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("What do you need this for?"),
        "form": form,
        "radios": [(each, each.data["value"] == Purpose.OTHER) for each in form["kind"]],
        "of_somebody": bool(form["people"].value()),
        "carried": _carried(request) if form["sent"].value() else [],
        "back": _inside(request, form["back"].value() or "") or reverse("admin:index"),
        "standing": standing(request.session, now=timezone.now()),
        "asks_purpose": True,
    }
    return TemplateResponse(request, "admin/purposes/page.html", context)


def _carried(request: HttpRequest) -> list[tuple[str, str]]:
    """Give what was posted to the page that was asked for; an identity number is typed anew."""
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken"
        and not name.startswith(f"{PREFIX}-")
        and not _is_number(str(value))
    ]


def _is_number(value: str) -> bool:
    """Whether it may be an identity number; a key of a row is none, whatever its digits."""
    try:
        UUID(value)
    except ValueError:
        return may_hold_number(value)
    return False


def _came_from(request: HttpRequest) -> str:
    """Give the page of the administration whose link led here; an address would be kept."""
    return _inside(request, request.headers.get("Referer", "").removeprefix(_root(request)))


def _inside(request: HttpRequest, target: str) -> str:
    """Give `target` if it is another page of the administration, else nothing (A-16)."""
    return "" if path_of(target) == reverse("purpose") else own_path(request, target)


def _root(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
