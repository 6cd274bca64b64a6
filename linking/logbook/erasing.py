"""The page that erases a person from the log: who, what goes, what stays, why, and no way back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.access import Someone, covers, scope
from accounts.actions import StillEmployed
from accounts.administrators.fresh import needs_fresh_sign_in
from accounts.log_reading import SEE_PEOPLE
from accounts.models import Employee, User
from accounts.watched import note_people
from audit.erasure import Ground, Left, NotGranted, OutOfReach, left
from audit.events import Event
from audit.models import AuditEvent
from audit.waits import LogIsBusy
from linking import actions
from linking.actions.erasing import ERASE
from linking.logbook.lines import address_of
from linking.logbook.query import Query

_WHY_NOT: dict[type[Exception], Any] = {
    actions.OwnTrail: gettext_lazy(
        "It is about you, so somebody else must do it: nobody erases what the log tells of "
        "themselves."
    ),
    StillEmployed: gettext_lazy(
        "This person works here now, and what happens to somebody who works here has to be in the "
        "log. It can be erased when the employment has ended, or the record has been deleted."
    ),
    OutOfReach: gettext_lazy(
        "The log tells of this person in more than what you administer. Ask an administrator of "
        "the whole portal."
    ),
    NotGranted: gettext_lazy(
        "The portal has no right to erase in its database yet. Tell those who run it: the manual "
        "says what to grant, under “A database role that can only add”."
    ),
}
_BUSY = gettext_lazy(
    "Something else is at work on the log or on this person. Nothing was erased: try again in a "
    "minute."
)


class EraseForm(forms.Form):
    reason = forms.ChoiceField(label=gettext_lazy("Why"), choices=Ground, widget=forms.RadioSelect)
    understood = forms.BooleanField(label=gettext_lazy("I understand that it cannot be undone"))


@dataclass(frozen=True, slots=True)
class Whom:
    """The person as far as the reader may know them; `name` is empty where they may not."""

    key: UUID
    name: str
    employee: Employee | None
    left: Left

    @property
    def log(self) -> str:
        return address_of(Query(person=self.key))


def address(query: Query, reader: Someone) -> str:
    """Give the page's address for a search of one person, to those who may erase."""
    if query.person is None or not reader.has_perm(ERASE):  # type: ignore[union-attr]
        return ""
    return reverse("admin:audit_auditevent_erase", args=[query.person])


def page(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    """Say what would be erased, ask why, and erase.

    Raises:
        PermissionDenied: the reader may look at the log at most.
    """
    user = request.user
    if not isinstance(user, User) or not user.has_perm(ERASE):
        raise PermissionDenied
    if ask := needs_fresh_sign_in(request):
        return ask
    employee = Employee.objects.filter(pk=employee_id).select_related("organisation").first()
    if not _is_known(employee_id, employee, user):
        messages.warning(request, _("There is nothing in the log on this person for you to erase."))
        return redirect("admin:audit_auditevent_changelist")
    if request.method == "POST":
        return _take(request, user, employee_id, employee)
    return _show(request, user, employee_id, employee, EraseForm())


def _is_known(key: UUID, employee: Employee | None, user: User) -> bool:
    """Whether there is anything on the person where the user may erase: else they are nobody."""
    if employee is not None and covers(user, ERASE, employee.organisation_id):
        return True
    events = AuditEvent.objects.filter(employee_id=key)
    return scope(events, user, ERASE, path="organisation_id").exists()


def _look_at(request: HttpRequest, user: User, key: UUID, employee: Employee | None) -> Whom:
    """Read what is to be erased; of whoever the reader may know, this is a look."""
    may = employee is not None and covers(user, SEE_PEOPLE, employee.organisation_id)
    known = employee if may else None
    if known is not None:
        note_people(request, [known], page="audit_auditevent")
    return Whom(key, known.full_name if known else "", known, left(key))


def _take(request: HttpRequest, user: User, key: UUID, employee: Employee | None) -> HttpResponse:
    form = EraseForm(request.POST)
    if not form.is_valid():
        return _show(request, user, key, employee, form)
    ground, now = Ground(form.cleaned_data["reason"]), timezone.now()
    try:
        erased = actions.erase_from_log(key, ground=ground, by=user, now=now)
    except LogIsBusy:
        form.add_error(None, _BUSY)
        return _show(request, user, key, employee, form, status=503)
    except tuple(_WHY_NOT) as refused:
        actions.note_refused_erasure(key, refused, by=user, now=now)
        return _show(request, user, key, employee, form, refused=refused, status=409)
    if erased:
        text = ngettext(
            "The details of %(count)d event were erased.",
            "The details of %(count)d events were erased.",
            erased,
        )
        messages.success(request, text % {"count": erased})
    else:
        messages.info(request, _("Nothing was left to erase."))
    return redirect(address_of(Query(person=key)))


def _show(
    request: HttpRequest,
    user: User,
    key: UUID,
    employee: Employee | None,
    form: EraseForm,
    *,
    refused: Exception | None = None,
    status: int = 200,
) -> HttpResponse:
    whom = _look_at(request, user, key, employee)
    why_not = refused or _hindrance(whom, user)
    context = {
        **admin.site.each_context(request),
        "title": _("Erase a person from the log"),
        "opts": AuditEvent._meta,
        "whom": whom,
        "why_not": _WHY_NOT[type(why_not)] if why_not else "",
        "still_employed": isinstance(why_not, StillEmployed),
        "was_sent": refused is not None,
        "only_looks": whom.left.events == {Event.EMPLOYEE_ERASED, Event.PERSON_VIEWED},
        "form": form,
        "submit": _("Erase for good"),
        "back": whom.log,
    }
    return TemplateResponse(request, "admin/logbook/erase.html", context, status=status)


def _hindrance(whom: Whom, user: User) -> Exception | None:
    try:
        actions.ask_erasable(whom.key, whom.left, by=user, now=timezone.now())
    except tuple(_WHY_NOT) as refused:
        return refused
    return None
