"""Roles in the administration: who has which, given and taken away."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts import actions
from accounts.access import ScopedAdmin, everywhere, organisations
from accounts.admin.act import act_page
from accounts.admin.common import LAST_ADMINISTRATOR, name_of
from accounts.administrators.fresh import fresh_sign_in_for_method
from accounts.models import Employee, Organisation, RoleGrant, User
from accounts.roles import Role, in_words
from accounts.search import people_found
from accounts.watched import note_people

GIVE = "accounts.add_rolegrant"
_WHY_NOT: dict[type[Exception], Any] = {
    actions.OwnRoles: _("Nobody changes their own roles. Ask another administrator."),
    actions.RoleNotYours: _("You can only give a role that you have yourself, and only there."),
    actions.NotEmployed: _("This employee is inactive or has left."),
    actions.AlreadyGranted: _("This person has the role already."),
}


class GrantForm(forms.Form):
    """Asks who by what people go by: no list of names, which may be a hundred thousand."""

    who = forms.CharField(
        label=_("Who"), max_length=254, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    role = forms.ChoiceField(
        label=_("Role"),
        choices=lambda: [
            (role, format_html("<strong>{}</strong> · {}", role.label, in_words(role)))
            for role in Role
        ],
        widget=forms.RadioSelect,
    )
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label=_("Organisation"))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.whole_portal = everywhere(user, GIVE)
        self.places = list(organisations(user, GIVE))
        field = self.fields["organisation"]
        field.queryset = organisations(user, GIVE)  # type: ignore[attr-defined]  # a ModelChoiceField
        field.required = not self.whole_portal
        if self.whole_portal:
            field.empty_label = _("The whole portal")  # type: ignore[attr-defined]
        elif len(self.places) == 1:
            field.empty_label = None  # type: ignore[attr-defined]
        self.fields["who"].help_text = (
            _("The work e-mail of an employee, or the user name of a local administrator.")
            if self.whole_portal
            else _("The work e-mail of an employee.")
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            cleaned["whom"] = self._whom(cleaned["who"], cleaned["organisation"])
        return cleaned

    def _whom(self, typed: str, organisation: Organisation | None) -> User | Employee:
        """Find the one who is meant; where several have the address, the role's organisation's.

        Raises:
            ValidationError: nobody, or several, among those whom the user may give roles to.
        """
        found = list(Employee.objects.at_address(typed).filter(organisation__in=self.places)[:10])
        found = [each for each in found if each.organisation_id == _key(organisation)] or found
        if len(found) == 1:
            return found[0]
        local = User.objects.filter(username=typed).first() if self.whole_portal else None
        if local is not None and not found:
            return local
        several = _("Several organisations have an employee with this address. Choose which.")
        nobody = _("There is nobody with this e-mail or user name.")
        raise ValidationError({"who": several if found else nobody})


def _key(organisation: Organisation | None) -> Any:
    return organisation.pk if organisation else None


@admin.register(RoleGrant)
class RoleGrantAdmin(ScopedAdmin[RoleGrant]):
    list_display = ("who", "role", "place", "granted_at", "giver")
    list_display_links = ("who",)
    list_filter = ("role", "organisation")
    list_select_related = ("user__employee", "organisation")
    list_per_page = 50
    search_fields = ("user__username",)
    search_help_text = _("Name, e-mail or user name")
    actions = None
    fields = ("who", "role", "place", ("granted_at", "giver"))
    readonly_fields = ("who", "place", "giver")

    def searched(self, typed: str) -> list[Q]:
        found = Employee.objects.filter(people_found(typed)).values("pk")
        return [Q(user__username__istartswith=typed), Q(user__employee__in=found)]

    about_people = True

    def people_of(self, row: RoleGrant) -> list[Employee | None]:
        return [row.user.employee]

    @admin.display(description=_("who"))
    def who(self, grant: RoleGrant) -> str:
        return str(grant.user)

    @admin.display(description=_("organisation"), ordering="organisation__name")
    def place(self, grant: RoleGrant) -> str:
        return grant.place

    @admin.display(description=_("given by"))
    def giver(self, grant: RoleGrant) -> str:
        return name_of(grant.granted_by)

    def has_change_permission(self, request: HttpRequest, obj: RoleGrant | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RoleGrant | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        if obj is None or not allowed:
            return allowed
        return obj.user != request.user and actions.may_grant(
            _signed_in(request), Role(obj.role), obj.organisation_id
        )

    @fresh_sign_in_for_method
    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask who, which role and where, and give it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = request.POST if request.method == "POST" else None
        form = GrantForm(_signed_in(request), posted, initial=self._initial(request))
        if form.is_valid() and self._give(request, form):
            return HttpResponseRedirect(reverse("admin:accounts_rolegrant_changelist"))
        return act_page(
            self,
            request,
            "accounts/rolegrant/give",
            title=_("Give a role"),
            submit=_("Give the role"),
            form=form,
        )

    def _initial(self, request: HttpRequest) -> dict[str, Any]:
        """Name the employee from whose page somebody comes; by key, for addresses are logged."""
        try:
            key = forms.UUIDField().clean(request.GET.get("employee", ""))
        except ValidationError:
            return {}
        mine = organisations(request.user, GIVE)
        employee = Employee.objects.filter(pk=key, organisation__in=mine).first()
        if employee is None:
            return {}
        note_people(request, [employee], page=self.page_name)
        return {"who": employee.email, "organisation": employee.organisation_id}

    def _give(self, request: HttpRequest, form: GrantForm) -> bool:
        answer = form.cleaned_data
        try:
            grant = actions.grant_role(
                answer["whom"],
                Role(answer["role"]),
                organisation=answer["organisation"],
                by=form.user,
                now=timezone.now(),
            )
        except tuple(_WHY_NOT) as refused:
            form.add_error(None, _WHY_NOT[type(refused)])
            return False
        text = _("The role is given: %(who)s · %(role)s · %(place)s")
        facts = {"who": grant.user, "role": grant.get_role_display(), "place": grant.place}
        self.message_user(request, text % facts, messages.SUCCESS)
        return True

    @fresh_sign_in_for_method
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except actions.LastAdministrator:
            self.message_user(request, LAST_ADMINISTRATOR, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:accounts_rolegrant_changelist"))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """Back to the list: Django goes there only where rows may be changed."""
        super().response_delete(request, obj_display, obj_id)
        return HttpResponseRedirect(reverse("admin:accounts_rolegrant_changelist"))

    def delete_model(self, request: HttpRequest, obj: RoleGrant) -> None:
        actions.revoke_role(obj, by=_signed_in(request), now=timezone.now())


def _signed_in(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
