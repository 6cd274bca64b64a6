"""From an employee's page: an employment that begins again, or goes on at another organisation."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import actions as registry
from accounts.access import has_more, organisations
from accounts.admin import EmployeeAdmin
from accounts.admin.common import actor
from accounts.admin.employees import is_own
from accounts.models import Employee, Organisation
from linking import actions

CHANGE = "accounts.change_employee"
ADD = "accounts.add_employee"


def wide(widget: type[forms.Widget]) -> forms.Widget:
    """Give a field as wide as Django's own in the administration."""
    return widget(attrs={"class": "vTextField"})


class DayField(forms.DateField):
    """A day, in the browser's own calendar."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class RehireForm(forms.Form):
    first_day = DayField(label=_("First day"))


class MoveForm(forms.Form):
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("New organisation"),
        empty_label=_("Choose an organisation"),
    )
    last_day = DayField(label=_("Last day here"))
    first_day = DayField(label=_("First day there"))
    employee_number = forms.CharField(
        label=_("Employee number there"), max_length=50, widget=wide(forms.TextInput)
    )
    email = forms.EmailField(
        label=_("E-mail there"),
        help_text=_("The security code is sent there when they link at the new organisation."),
        widget=wide(forms.EmailInput),
    )
    department = forms.CharField(
        label=_("Department there"), max_length=200, required=False, widget=wide(forms.TextInput)
    )

    def __init__(self, places: QuerySet[Organisation], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = places  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        last_day, first_day = cleaned.get("last_day"), cleaned.get("first_day")
        if last_day and first_day and first_day < last_day:
            self.add_error("first_day", _("The first day there is before the last day here."))
        return cleaned


class EmploymentPages(EmployeeAdmin):
    """Asks, on a page of its own, and makes one call."""

    def get_urls(self) -> list[URLPattern]:
        def own(name: str, view: Callable[..., HttpResponse]) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            return path(f"<path:object_id>/{name}/", wrapped, name=f"accounts_employee_{name}")

        return [own("rehire", self.rehire), own("move", self.move), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        employee = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if employee is not None and self._may_act_on(request, employee):
            has_left = employee.has_left(timezone.localdate())
            may_move = not has_left and self._places(request, employee).exists()
            context = {"may_rehire": has_left, "may_move": may_move}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def rehire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the first day, and let the employment begin again."""
        employee = self._asked_about(request, object_id)
        back = _page_of(employee)
        if not employee.has_left(timezone.localdate()):
            self.message_user(request, _HAS_NOT_LEFT, messages.ERROR)
            return back
        posted = request.POST if request.method == "POST" else None
        form = RehireForm(posted, initial={"first_day": timezone.localdate()})
        if not form.is_valid():
            texts = (
                _("The record is used again, and becomes active."),
                _(
                    "Link, roles and sessions do not come back: the employee signs in and links "
                    "anew, with a code to the address that is registered now. Look at it first."
                ),
            )
            return self._ask(request, employee, form, _("Employ again"), texts)
        try:
            first_day = form.cleaned_data["first_day"]
            actions.rehire(employee, first_day=first_day, by=actor(request), now=timezone.now())
        except registry.HasNotLeft:
            self.message_user(request, _HAS_NOT_LEFT, messages.ERROR)
        else:
            text = _("%(who)s is active again, and links anew at %(where)s.")
            facts = {"who": employee, "where": employee.organisation.base_url}
            self.message_user(request, text % facts, messages.SUCCESS)
        return back

    def move(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask where to and when, end the employment here and register it there."""
        employee = self._asked_about(request, object_id)
        places = self._places(request, employee)
        if not places.exists():
            raise PermissionDenied
        initial = {
            "last_day": timezone.localdate(),
            "employee_number": employee.employee_number,
            "email": employee.email,
        }
        posted = request.POST if request.method == "POST" else None
        form = MoveForm(places, posted, initial=initial)
        new = self._move(request, employee, form) if form.is_valid() else None
        if new is None:
            texts = (
                _(
                    "The record here ends, and a new one is made at the other organisation, with "
                    "name, birth date and identity number as they are registered here."
                ),
                _(
                    "The link stays here until the last day is over. At the new organisation the "
                    "employee links anew, for links are each organisation's own. Roles do not "
                    "follow."
                ),
            )
            return self._ask(request, employee, form, _("Move to another organisation"), texts)
        text = _("%(who)s is registered at %(where)s, and links there from the first day.")
        self.message_user(request, text % {"who": new, "where": new.organisation}, messages.SUCCESS)
        return _page_of(new)

    def _move(self, request: HttpRequest, employee: Employee, form: MoveForm) -> Employee | None:
        answer = dict(form.cleaned_data)
        to = answer.pop("organisation")
        try:
            return registry.move_employee(
                employee, to=to, **answer, by=actor(request), now=timezone.now()
            )
        except registry.NotEmployed:
            form.add_error(None, _("The employee has left. Register the person there instead."))
        except ValidationError as refused:
            form.add_error(None, ValidationError(refused.messages))
        return None

    def _asked_about(self, request: HttpRequest, object_id: str) -> Employee:
        """Give the employee, to whom the user may do such things.

        Raises:
            PermissionDenied, Http404
        """
        employee = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, employee):
            raise PermissionDenied
        if employee is None:
            raise Http404
        if not self._may_act_on(request, employee):
            raise PermissionDenied
        return employee

    def _may_act_on(self, request: HttpRequest, employee: Employee) -> bool:
        """Not one's own record, nor that of somebody whose roles give more (A-27)."""
        user = getattr(employee, "user", None)
        more = user is not None and has_more(user, request.user)
        return (
            self.has_change_permission(request, employee)
            and not is_own(employee, request)
            and not more
        )

    def _places(self, request: HttpRequest, employee: Employee) -> QuerySet[Organisation]:
        """Where else the user may register people: never an organisation that is not theirs."""
        change = organisations(request.user, CHANGE)
        both = organisations(request.user, ADD).filter(pk__in=change.values("pk"), active=True)
        return both.exclude(pk=employee.organisation_id)

    def _ask(
        self, request: HttpRequest, employee: Employee, form: forms.Form, title: Any, texts: Any
    ) -> HttpResponse:
        self.note_look(request, [employee])
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "employee": employee,
            "texts": texts,
            "form": form,
        }
        return TemplateResponse(request, "admin/accounts/employee/ask.html", context)


_HAS_NOT_LEFT = _("This employee has not left.")


def _page_of(employee: Employee) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:accounts_employee_change", args=[employee.pk]))
