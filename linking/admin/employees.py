"""The registry's page of an employee, with what is known about links and codes."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import covers
from accounts.admin.employees import places_of
from accounts.models import Employee
from linking.admin.campaigns import INVITE, invite_chosen
from linking.admin.common import registered_number
from linking.admin.merging import MergePages
from linking.linked import invited_not_linked, linked, not_linked
from linking.models import Block, Case, LinkedIdentity, OutgoingMail, PendingCode
from linking.support.access import may_read_story


class LinkedFilter(admin.SimpleListFilter):
    title = _("link")
    parameter_name = "linked"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Employee]
    ) -> list[tuple[str, Any]]:
        return [
            ("yes", _("Linked")),
            ("no", _("Not linked")),
            ("invited", _("Not linked, but invited")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Employee]) -> QuerySet[Employee]:
        now = timezone.now()
        if self.value() == "yes":
            return linked(queryset, now)
        if self.value() == "invited":
            return invited_not_linked(queryset, now, places=places_of(request))
        if self.value() == "no":
            return not_linked(queryset, now, places=places_of(request))
        return queryset


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

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Somebody may read the links of one organisation, and only the people of another."""
        place = obj.organisation_id if obj is not None else None
        permission = f"{self.opts.app_label}.view_{self.opts.model_name}"
        return covers(request.user, permission, place)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LinkHistory(History[LinkedIdentity]):
    model = LinkedIdentity
    fields = ("state", "eid", "level", "linked_at", "last_used_at", "expires_at", "why_it_ended")
    readonly_fields = ("why_it_ended",)

    @admin.display(description=_("why it ended"))
    def why_it_ended(self, link: LinkedIdentity) -> str:
        return link.why_it_ended or "–"


class CodeHistory(History[PendingCode]):
    model = PendingCode
    fields = ("reference", "requested_at", "state", "refusal", "tries")


class MailHistory(History[OutgoingMail]):
    model = OutgoingMail
    fields = ("kind", "created_at", "state", "attempts", "answer")


class CaseHistory(History[Case]):
    model = Case
    fk_name = "employee"
    fields = ("reference", "kind", "opened_at", "decision", "reason")


class BlockHistory(History[Block]):
    model = Block
    fields = ("budget", "blocked_at", "ends_at", "lifted_at", "lift_reason")


@admin.register(Employee)
class LinkedEmployeeAdmin(MergePages):
    """The registry's page of an employee, and how they are linked."""

    actions = (*MergePages.actions, "invite")
    inlines = (LinkHistory, CaseHistory, BlockHistory, CodeHistory, MailHistory)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Employee]:
        links = LinkedIdentity.objects.standing()
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("links", queryset=links, to_attr="standing_links"))
        )

    def get_list_display(self, request: HttpRequest) -> Any:
        return (*self.list_display[:-1], "link_state", "active")

    def get_list_filter(self, request: HttpRequest) -> Any:
        return (LinkedFilter, *super().get_list_filter(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        employee = self.get_object(request, unquote(object_id))
        place = employee.organisation_id if employee is not None else None
        context = {"may_read_story": may_read_story(request.user, place)} | (extra_context or {})
        return super().change_view(request, object_id, form_url, context)

    def get_inlines(self, request: HttpRequest, obj: Employee | None) -> Any:
        return self.inlines if obj is not None else ()

    @admin.action(description=_("Invite to link their accounts"), permissions=["invite"])
    def invite(self, request: HttpRequest, queryset: QuerySet[Employee]) -> HttpResponse | None:
        """Show who of the chosen ones gets an invitation, and send it when that is confirmed."""
        return invite_chosen(request, queryset)

    def has_invite_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(INVITE)

    def get_readonly_fields(self, request: HttpRequest, obj: Employee | None = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "number_in_words")

    def get_fieldsets(self, request: HttpRequest, obj: Employee | None = None) -> Any:
        """How the registered number stands to the link is for those who may see links."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not covers(
            request.user, "linking.view_linkedidentity", obj.organisation_id
        ):
            return fieldsets
        return (*fieldsets, (_("Identity number"), {"fields": ("number_in_words",)}))

    @admin.display(description=_("identity number"))
    def number_in_words(self, employee: Employee) -> Any:
        links: list[LinkedIdentity] = getattr(employee, "standing_links", [])
        return registered_number(employee, links[0] if links else None)

    @admin.display(description=_("link"))
    def link_state(self, employee: Employee) -> Any:
        links: list[LinkedIdentity] = getattr(employee, "standing_links", [])
        in_force = [link for link in links if link.expires_at > timezone.now()]
        if any(link.state == LinkedIdentity.State.PENDING for link in in_force):
            return _("Waiting for approval")
        return _("Linked") if in_force else _("Not linked")
