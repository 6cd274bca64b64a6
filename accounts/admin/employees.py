"""Employees in the registry."""

from contextlib import suppress
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet, prefetch_related_objects
from django.forms import DateInput, ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.access import covers, everywhere, has_more, organisations
from accounts.admin.common import actor, end_sessions
from accounts.admin.deletion import DeletesEmployees
from accounts.departments import departments
from accounts.models import Employee, EmployeeQuerySet, RoleGrant, User, UserSession
from accounts.search import people_found

# No department's name: an import and a form leave no space around one.
WITHOUT_DEPARTMENT = " "


class DepartmentFilter(admin.SimpleListFilter):
    """The first departments by the alphabet, and the one that is chosen."""

    title = _("department")
    parameter_name = "department"
    shown = 30

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Employee]
    ) -> list[tuple[str, Any]]:
        names = departments(places_of(request), limit=self.shown)
        chosen = self.value()
        more = [chosen] if chosen and chosen not in (*names, WITHOUT_DEPARTMENT) else []
        named = [(name, name) for name in (*names, *more)]
        return [*named, (WITHOUT_DEPARTMENT, _("Without a department"))] if named else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Employee]) -> QuerySet[Employee]:
        if not self.value():
            return queryset
        return queryset.filter(
            department="" if self.value() == WITHOUT_DEPARTMENT else self.value()
        )


def places_of(request: HttpRequest) -> list[UUID] | None:
    """Give the organisations whose people a list has; None: all."""
    permission = "accounts.view_employee"
    seen = organisations(request.user, permission)
    if chosen := request.GET.getlist("organisation__id__exact"):
        with suppress(ValidationError):
            return list(seen.filter(pk__in=chosen).values_list("pk", flat=True))
    if everywhere(request.user, permission):
        return None
    return list(seen.values_list("pk", flat=True))


class EmployedFilter(admin.SimpleListFilter):
    """Who works here today: by the tick, and by the first and the last day."""

    title = _("employment")
    parameter_name = "employed"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Employee]
    ) -> list[tuple[str, Any]]:
        return [("now", _("Employed now")), ("not", _("Inactive, not begun or left"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Employee]) -> QuerySet[Employee]:
        today, everybody = timezone.localdate(), cast(EmployeeQuerySet, queryset)
        if self.value() == "now":
            return everybody.employed(today)
        return everybody.not_employed(today) if self.value() == "not" else queryset


class EmployeeAdmin(DeletesEmployees):
    """Registered in `linking/admin/employees.py`, which adds links, codes and mails."""

    # The browser's own calendar: Django's has no Norwegian labels for a screen reader.
    formfield_overrides = {
        models.DateField: {"widget": DateInput(format="%Y-%m-%d", attrs={"type": "date"})}
    }

    list_display = (
        "full_name",
        "email",
        "employee_number",
        "department",
        "organisation",
        "active",
    )
    list_filter = ("organisation", EmployedFilter, DepartmentFilter)
    list_select_related = ("organisation",)
    list_per_page = 50
    search_fields = ("first_name", "last_name", "email", "employee_number")
    search_help_text = _("The beginning of names, e-mail or employee number")
    actions: tuple[str, ...] = ("sign_out", "delete_for_good")
    fieldsets = (
        (
            None,
            {"fields": ("organisation", "employee_number", ("first_name", "last_name"), "email")},
        ),
        (_("Employment"), {"fields": ("department", ("starts_on", "ends_on"), "active")}),
        (
            _("Identity"),
            {
                "fields": ("birth_date", "language"),
                "description": _(
                    "A registered birth date must match the electronic ID before a code is sent."
                ),
            },
        ),
    )

    change_form_template = "admin/accounts/employee/change_form.html"
    readonly_fields = ("roles",)
    # Whoever changes these can make another's record their own, before it is linked.
    identifying = (
        "organisation",
        "employee_number",
        "first_name",
        "last_name",
        "email",
        "birth_date",
    )
    employment = ("department", "starts_on", "ends_on", "active")

    about_people = True

    def people_of(self, row: Employee) -> list[Employee]:
        return [row]

    def searched(self, typed: str) -> list[Q]:
        return [people_found(typed)]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Employee | None:
        employee = super().get_object(request, object_id, from_field)
        if employee is not None:
            prefetch_related_objects([employee], "user__grants__organisation")
        return employee

    def get_readonly_fields(self, request: HttpRequest, obj: Employee | None = None) -> Any:
        """Whoever is HR here may end an administrator's employment, and no more of theirs."""
        if is_own(obj, request):  # one's own last day is for somebody else
            return (*self.readonly_fields, *self.identifying, *self.employment)
        kept = (*self.identifying, "language") if _has_more(obj, request) else ()
        return (*self.readonly_fields, *kept)

    def has_delete_permission(self, request: HttpRequest, obj: Employee | None = None) -> bool:
        theirs = not is_own(obj, request) and not _has_more(obj, request)
        return super().has_delete_permission(request, obj) and theirs

    def get_fieldsets(self, request: HttpRequest, obj: Employee | None = None) -> Any:
        """The roles are for those who may see them, in this organisation."""
        fieldsets = super().get_fieldsets(request, obj)
        place = obj.organisation_id if obj else None
        if obj is None or not covers(request.user, "accounts.view_rolegrant", place):
            return fieldsets
        return (*fieldsets, (_("Roles"), {"fields": ("roles",)}))

    @admin.display(description=_("roles in this organisation"))
    def roles(self, employee: Employee) -> str:
        """Not those elsewhere: they are another organisation's, or the whole portal's."""
        here = [
            str(grant.get_role_display())
            for grant in grants_of(employee)
            if grant.organisation_id == employee.organisation_id
        ]
        return ", ".join(sorted(here)) or "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        employee = self.get_object(request, unquote(object_id))
        place = employee.organisation_id if employee else None
        may = employee is not None and covers(request.user, "accounts.add_rolegrant", place)
        context = {"may_give_role": may} | (extra_context or {})
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description=_("name"), ordering=("last_name"))
    def full_name(self, employee: Employee) -> str:
        return employee.full_name

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        """End these employees' sessions; their links stay, so they may sign in again."""
        end_sessions(self, request, UserSession.objects.filter(user__employee__in=queryset))

    def save_model(
        self, request: HttpRequest, obj: Employee, form: ModelForm[Employee], change: bool
    ) -> None:
        now = timezone.now()
        if change:
            actions.change_employee(obj, fields=form.changed_data, by=actor(request), now=now)
        else:
            actions.register_employee(obj, by=actor(request), now=now)


def grants_of(employee: Employee) -> list[RoleGrant]:
    """Give the employee's roles, all of them; most have no user, and so none."""
    user = getattr(employee, "user", None)
    return list(user.grants.all()) if user is not None else []


def is_own(employee: Employee | None, request: HttpRequest) -> bool:
    """Whether the record is of whoever is signed in: of it they change the language alone."""
    own = request.user.employee_id if isinstance(request.user, User) else None
    return employee is not None and employee.pk == own


def _has_more(employee: Employee | None, request: HttpRequest) -> bool:
    """Whether the person's roles give more than the user's own."""
    user = getattr(employee, "user", None)
    return user is not None and has_more(user, request.user)
