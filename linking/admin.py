"""Links, codes and mails as administrators see them: nothing secret, little to change."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

import linking.key_admin  # noqa: F401  # the keys' page
from accounts.admin import EmployeeAdmin, actor
from accounts.models import Employee
from linking import actions
from linking.models import LinkedIdentity, OutgoingMail, PendingCode


class ReadOnlyAdmin[Row: Model](admin.ModelAdmin[Row]):
    """Rows that only the journey itself writes."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=_("Kept with the link and shown to other administrators."),
    )


@admin.register(LinkedIdentity)
class LinkedIdentityAdmin(ReadOnlyAdmin[LinkedIdentity]):
    list_display = ("employee", "organisation", "shown_eid", "level", "state", "linked_at", "used")
    list_filter = ("state", "level", "organisation", "linked_at")
    list_select_related = ("employee", "organisation")
    search_fields = (
        "employee__first_name",
        "employee__last_name",
        "employee__email",
        "employee__employee_number",
    )
    search_help_text = _("Name, e-mail or employee number")
    actions = ("revoke",)
    fields = (
        "employee_link",
        "organisation",
        "shown_eid",
        "level",
        "state",
        ("linked_at", "last_used_at", "expires_at"),
        ("ended_at", "ended_by", "end_reason"),
    )
    readonly_fields = ("employee_link", "shown_eid")
    change_form_template = "admin/linking/linkedidentity/change_form.html"

    @admin.display(description=_("eID"), ordering="eid")
    def shown_eid(self, link: LinkedIdentity) -> str:
        return link.eid_name

    @admin.display(description=_("last used"), ordering="last_used_at")
    def used(self, link: LinkedIdentity) -> Any:
        return link.last_used_at

    @admin.display(description=_("employee"))
    def employee_link(self, link: LinkedIdentity) -> str:
        return link_to(link.employee)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("linking.change_linkedidentity")

    def get_urls(self) -> list[URLPattern]:
        revoke = self.admin_site.admin_view(self.revoke_one)
        own = path("<path:object_id>/revoke/", revoke, name="linking_linkedidentity_revoke")
        return [own, *super().get_urls()]

    @admin.action(description=_("Revoke selected links"), permissions=["revoke"])
    def revoke(
        self, request: HttpRequest, queryset: QuerySet[LinkedIdentity]
    ) -> HttpResponse | None:
        """Ask for a reason, then end the links and their employees' sessions."""
        posted = request.POST if "reason" in request.POST else None
        return self._revoke_page(request, list(queryset.select_related("employee")), posted)

    def revoke_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The same for one link, from its own page."""
        if not self.has_revoke_permission(request):
            raise PermissionDenied
        link = self.get_object(request, unquote(object_id))
        if link is None:
            raise Http404
        posted = request.POST if request.method == "POST" else None
        done = self._revoke_page(request, [link], posted)
        return done or HttpResponseRedirect(
            reverse("admin:linking_linkedidentity_change", args=[link.pk])
        )

    def _revoke_page(
        self, request: HttpRequest, links: list[LinkedIdentity], posted: Any
    ) -> HttpResponse | None:
        form = RevokeForm(posted)
        if form.is_valid():
            self._revoke(request, links, form.cleaned_data["reason"])
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke links"),
            "opts": self.model._meta,
            "links": links,
            "form": form,
            "action": "revoke" if "action" in request.POST else "",
        }
        return TemplateResponse(request, "admin/linking/linkedidentity/revoke.html", context)

    def _revoke(self, request: HttpRequest, links: list[LinkedIdentity], reason: str) -> None:
        now = timezone.now()
        revoked = sum(
            actions.revoke_link(link, by=actor(request), reason=reason, now=now) for link in links
        )
        if revoked:
            text = ngettext("%(count)d link was revoked.", "%(count)d links were revoked.", revoked)
            self.message_user(request, text % {"count": revoked}, messages.SUCCESS)
        if ended := len(links) - revoked:
            text = ngettext(
                "%(count)d link had ended already.", "%(count)d links had ended already.", ended
            )
            self.message_user(request, text % {"count": ended}, messages.WARNING)


@admin.register(PendingCode)
class PendingCodeAdmin(ReadOnlyAdmin[PendingCode]):
    list_display = (
        "reference",
        "requested_at",
        "organisation",
        "email",
        "employee",
        "state",
        "refusal",
        "tries",
        "mail_state",
    )
    list_filter = ("state", "refusal", "organisation", "requested_at")
    list_select_related = ("organisation", "employee", "mail")
    search_fields = (
        "reference__exact",
        "email",
        "employee__first_name",
        "employee__last_name",
        "employee__email",
    )
    search_help_text = _("Reference, e-mail or name")
    fields = (
        "reference",
        "organisation",
        "email",
        "employee_link",
        "shown_eid",
        "state",
        "refusal",
        "tries",
        ("requested_at", "expires_at", "ended_at"),
        "mail_state",
        "mail_answer",
    )
    readonly_fields = ("employee_link", "shown_eid", "mail_state", "mail_answer")

    @admin.display(description=_("eID"))
    def shown_eid(self, request: PendingCode) -> str:
        return request.eid

    @admin.display(description=_("employee"))
    def employee_link(self, request: PendingCode) -> str:
        return link_to(request.employee)

    @admin.display(description=_("mail"))
    def mail_state(self, request: PendingCode) -> str:
        mail = getattr(request, "mail", None)
        return mail.get_state_display() if mail else "–"

    @admin.display(description=_("what the mail server answered"))
    def mail_answer(self, request: PendingCode) -> str:
        mail = getattr(request, "mail", None)
        return mail.answer if mail else "–"


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin[OutgoingMail]):
    list_display = ("kind", "recipient", "employee", "state", "attempts", "answer", "created_at")
    list_filter = ("state", "kind", "created_at")
    list_select_related = ("employee",)
    search_fields = ("recipient", "employee__first_name", "employee__last_name")
    search_help_text = _("E-mail or name")
    fields = (
        "kind",
        "employee_link",
        "recipient",
        "state",
        "attempts",
        "answer",
        ("created_at", "next_attempt_at", "sent_at", "give_up_at"),
    )
    readonly_fields = ("employee_link",)

    @admin.display(description=_("employee"))
    def employee_link(self, mail: OutgoingMail) -> str:
        return link_to(mail.employee)


def link_to(employee: Employee | None) -> str:
    """Give a link to an employee's page."""
    if employee is None:
        return "–"
    address = reverse("admin:accounts_employee_change", args=[employee.pk])
    return format_html('<a href="{}">{}</a>', address, employee)


class LinkedFilter(admin.SimpleListFilter):
    title = _("link")
    parameter_name = "linked"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Employee]
    ) -> list[tuple[str, Any]]:
        return [("yes", _("Linked")), ("no", _("Not linked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Employee]) -> QuerySet[Employee]:
        linked = LinkedIdentity.objects.in_force(timezone.now()).values("employee")
        if self.value() == "yes":
            return queryset.filter(pk__in=linked)
        return queryset.exclude(pk__in=linked) if self.value() == "no" else queryset


class History[Row: Model](admin.TabularInline[Row, Employee]):
    """The newest of an employee's rows, to read."""

    extra = 0
    can_delete = False
    show_change_link = True
    newest = 10

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        employee = (
            request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        )
        rows = super().get_queryset(request)
        newest = rows.filter(employee=unquote(employee or "")).order_by("-pk")[: self.newest]
        return rows.filter(pk__in=[row.pk for row in newest]).order_by("-pk")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LinkHistory(History[LinkedIdentity]):
    model = LinkedIdentity
    fields = ("state", "eid", "level", "linked_at", "last_used_at", "expires_at", "end_reason")


class CodeHistory(History[PendingCode]):
    model = PendingCode
    fields = ("reference", "requested_at", "state", "refusal", "tries")


class MailHistory(History[OutgoingMail]):
    model = OutgoingMail
    fields = ("kind", "created_at", "state", "attempts", "answer")


@admin.register(Employee)
class LinkedEmployeeAdmin(EmployeeAdmin):
    """The registry's page of an employee, and how they are linked."""

    inlines = (LinkHistory, CodeHistory, MailHistory)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Employee]:
        links = LinkedIdentity.objects.active()
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("links", queryset=links, to_attr="active_links"))
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        return (*self.list_display[:-1], "link_state", "active")

    def get_list_filter(self, request: HttpRequest) -> Any:
        return (LinkedFilter, *self.list_filter)

    def get_inlines(self, request: HttpRequest, obj: Employee | None) -> Any:
        return self.inlines if obj is not None else ()

    @admin.display(description=_("link"))
    def link_state(self, employee: Employee) -> Any:
        links: list[LinkedIdentity] = getattr(employee, "active_links", [])
        in_force = any(link.expires_at > timezone.now() for link in links)
        return _("Linked") if in_force else _("Not linked")
