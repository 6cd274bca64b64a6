"""Local administrators, and the users of employees."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.access import ScopedAdmin, has_more
from accounts.admin.common import LAST_ADMINISTRATOR, actor, end_sessions
from accounts.administrators.actions import note_password
from accounts.administrators.admin import SecondFactorReset
from accounts.administrators.fresh import FreshSignInToChange, fresh_sign_in_for_method
from accounts.models import Employee, User, UserSession
from accounts.search import people_found


@admin.register(User)
class UserAdmin(
    SecondFactorReset, FreshSignInToChange[User], ScopedAdmin[User], DjangoUserAdmin[User]
):
    """Local administrators. Employees' users come with their links, and are only shown.

    For roles on the whole portal. What a user may do stands in the list of roles, but for
    superusers, whom only superusers make and change.
    """

    organisation_path = "employee__organisation"
    about_people = True
    add_form = AdminUserCreationForm
    list_per_page = 50
    list_display = ("__str__", "username", "email", "is_superuser", "is_active")
    list_filter = ("is_superuser", "is_active")
    search_fields = ("username", "email", "employee__first_name", "employee__last_name")
    ordering = ("username", "id")
    list_select_related = ("employee",)
    readonly_fields = ("employee", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "email", "employee")}),
        (_("Rights"), {"fields": ("is_active", "is_superuser")}),
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
        (_("Rights"), {"fields": ("is_superuser",)}),
    )
    filter_horizontal = ()
    actions = ("sign_out", "reset_second_factor")

    @fresh_sign_in_for_method
    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            return super().user_change_password(request, *args, **kwargs)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        """Write another's new password, too: that page of Django's saves it without an action."""
        page = request.resolver_match
        if page is not None and page.url_name == "auth_user_password_change":
            note_password(obj, by=actor(request), now=timezone.now())
        return super().log_change(request, obj, message)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        end_sessions(self, request, UserSession.objects.filter(user__in=queryset))

    def searched(self, typed: str) -> list[Q]:
        """Local ones by user name and e-mail, which employees' users do not have; few."""
        local = Q(username__istartswith=typed) | Q(email__istartswith=typed)
        found = Employee.objects.filter(people_found(typed)).values("pk")
        return [Q(username__isnull=False) & local, Q(employee__in=found)]

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        fields = [field for field in form.changed_data if not field.startswith("password")]
        actions.change_administrator(obj, fields=fields, by=actor(request), now=timezone.now())

    def organisation_of(self, obj: User) -> UUID | None:
        return obj.employee.organisation_id if obj.employee is not None else None

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        ours = isinstance(request.user, User) and request.user.is_superuser
        return fields if ours and obj != request.user else (*fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        if obj is None:
            return allowed
        return allowed and obj.employee_id is None and not has_more(obj, request.user)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().change_view(request, object_id, form_url, extra_context)
        except actions.LastAdministrator:
            self.message_user(request, LAST_ADMINISTRATOR, messages.ERROR)
            return HttpResponseRedirect(request.path)

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
