"""The registry as administrators keep it: every save and deletion is one action, with its event."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db import models
from django.db.models import Q, QuerySet
from django.forms import DateInput, ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import actions
from accounts.administrators.admin import SecondFactorReset
from accounts.administrators.fresh import FreshSignInToChange, fresh_sign_in_for_method
from accounts.models import Employee, Organisation, User, UserSession

admin.site.site_header = admin.site.site_title = "Kobling"
admin.site.index_title = _("Administration")
admin.site.enable_nav_sidebar = False


def actor(request: HttpRequest) -> str:
    """Give the name under which the audit log knows whoever is signed in to the administration."""
    return request.user.actor if isinstance(request.user, User) else "unknown"


def end_sessions(
    page: admin.ModelAdmin[Any], request: HttpRequest, sessions: QuerySet[UserSession]
) -> None:
    """Sign people out wherever they are, and say how many sessions that ended."""
    ended = actions.end_sessions(
        sessions, by=actor(request), how="administrator", now=timezone.now()
    )
    if ended:
        text = ngettext("%(count)d session was ended.", "%(count)d sessions were ended.", ended)
        page.message_user(request, text % {"count": ended}, messages.SUCCESS)
    else:
        page.message_user(request, _("None of them is signed in."), messages.INFO)


@admin.register(Organisation)
class OrganisationAdmin(FreshSignInToChange[Organisation]):
    list_display = ("name", "host", "minimum_assurance", "unused_days", "active")
    list_filter = ("active", "minimum_assurance")
    search_fields = ("name", "slug", "host")
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "host", "default_language", "active")}),
        (_("Help for employees"), {"fields": ("support_email", "support_phone")}),
        (
            _("Rules"),
            {"fields": ("minimum_assurance", "unused_days", "name_mismatch", "approve_links")},
        ),
    )

    def save_model(
        self, request: HttpRequest, obj: Organisation, form: ModelForm[Organisation], change: bool
    ) -> None:
        now = timezone.now()
        if change:
            fields = form.changed_data
            actions.change_organisation(obj, fields=fields, by=actor(request), now=now)
        else:
            actions.create_organisation(obj, by=actor(request), now=now)

    def has_delete_permission(self, request: HttpRequest, obj: Organisation | None = None) -> bool:
        """Organisations are made inactive: their employees and links stay accounted for."""
        return False


class DepartmentFilter(admin.SimpleListFilter):
    """The largest departments; the others are found by the search field."""

    title = _("department")
    parameter_name = "department"
    shown = 30

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Employee]
    ) -> list[tuple[str, str]]:
        names = (
            Employee.objects.exclude(department="")
            .order_by("department")
            .values_list("department", flat=True)
            .distinct()
        )
        return [(name, name) for name in names[: self.shown]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Employee]) -> QuerySet[Employee]:
        return queryset.filter(department=self.value()) if self.value() else queryset


class EmployedFilter(admin.SimpleListFilter):
    """Who works here today: by the tick, and by the first and the last day."""

    title = _("employment")
    parameter_name = "employed"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Employee]
    ) -> list[tuple[str, Any]]:
        return [("now", _("Employed now")), ("not", _("Inactive, not begun or left"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Employee]) -> QuerySet[Employee]:
        employed = Employee.objects.employed(timezone.localdate())
        if self.value() == "now":
            return queryset.filter(pk__in=employed)
        return queryset.exclude(pk__in=employed) if self.value() == "not" else queryset


class EmployeeAdmin(admin.ModelAdmin[Employee]):
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
    show_full_result_count = False
    search_fields = ("first_name", "last_name", "email", "employee_number")
    search_help_text = _("Name, e-mail or employee number")
    actions = ("sign_out",)
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

    def delete_model(self, request: HttpRequest, obj: Employee) -> None:
        actions.delete_employee(obj, by=actor(request), now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Employee]) -> None:
        for employee in queryset:
            self.delete_model(request, employee)


@admin.register(User)
class UserAdmin(SecondFactorReset, FreshSignInToChange[User], DjangoUserAdmin[User]):
    """Local administrators. Employees' users come with their links, and are only shown."""

    add_form = AdminUserCreationForm
    list_display = ("__str__", "username", "email", "is_superuser", "is_active")
    list_filter = ("is_staff", "is_superuser", "is_active")
    search_fields = ("username", "email", "employee__first_name", "employee__last_name")
    ordering = ("username",)
    list_select_related = ("employee",)
    readonly_fields = ("employee", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "email", "employee")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "user_permissions")}),
        (None, {"fields": ("date_joined",)}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "email", "usable_password", "password1", "password2"),
            },
        ),
        (_("Rights"), {"fields": ("is_staff", "is_superuser")}),
    )
    filter_horizontal = ("user_permissions",)
    actions = ("sign_out", "reset_second_factor")

    @fresh_sign_in_for_method
    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().user_change_password(request, *args, **kwargs)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        end_sessions(self, request, UserSession.objects.filter(user__in=queryset))

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        fields = [field for field in form.changed_data if not field.startswith("password")]
        actions.change_administrator(obj, fields=fields, by=actor(request), now=timezone.now())

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.employee_id is not None:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Users are made inactive, so that what they did stays theirs."""
        return False

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Employees' users have no user name; whoever is made here signs in by one."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "username" and field is not None:
            field.required = True
            field.empty_value = ""  # type: ignore[attr-defined]  # Django asks for its length
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(Q(employee__isnull=False) | Q(username__gt=""))
