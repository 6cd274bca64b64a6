"""Blocks as administrators see them: they may be lifted, with a reason."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.admin.act import act_page
from accounts.admin.common import ReasonForm, actor, name_of
from accounts.administrators.fresh import needs_fresh_sign_in
from linking import actions
from linking.admin.common import ReadOnlyAdmin, about_people, link_to, paragraphs
from linking.models import Block, PendingCode


class InForceFilter(admin.SimpleListFilter):
    title = _("in force")
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Block]) -> QuerySet[Block]:
        in_force = Block.in_force(timezone.now())
        if self.value() == "yes":
            return queryset.filter(in_force)
        return queryset.exclude(in_force) if self.value() == "no" else queryset


@admin.register(Block)
class BlockAdmin(ReadOnlyAdmin[Block]):
    about_people = True
    list_display = ("budget", "who", "organisation", "blocked_at", "ends_at", "still")
    list_filter = (InForceFilter, "budget", "organisation")
    list_select_related = ("organisation", "employee", "request")
    search_fields = ("employee",)
    quick_sorts = ("blocked_at",)
    search_help_text = _("Name, e-mail or the reference of a security code")
    fields = (
        "budget",
        "organisation",
        "employee_link",
        ("blocked_at", "ends_at", "still"),
        "requests",
        ("lifted_at", "lifter"),
        "lift_reason",
    )
    readonly_fields = ("employee_link", "still", "requests", "lifter")
    change_form_template = "admin/linking/block/change_form.html"
    newest = 20

    def searched(self, typed: str) -> list[Q]:
        return [Q(request__reference=typed.upper()), about_people(typed)]

    @admin.display(description=_("who"))
    def who(self, block: Block) -> Any:
        """An eID has no name here: it is known by what it asked for."""
        if block.budget == Block.Budget.ORGANISATION_DAY:
            return _("Everybody without a link")
        if block.budget in Block.OF_AN_EMPLOYEE:
            return block.employee or "–"
        reference = block.request.reference if block.request else "–"
        return _("The eID that asked for %(reference)s") % {"reference": reference}

    @admin.display(description=_("in force"), boolean=True)
    def still(self, block: Block) -> bool:
        return block.is_in_force(timezone.now())

    @admin.display(description=_("employee"))
    def employee_link(self, block: Block) -> str:
        return link_to(block.employee)

    @admin.display(description=_("security codes behind it, the newest first"))
    def requests(self, block: Block) -> str:
        behind = PendingCode.objects.filter(
            _subject_of(block), tries__gt=0, requested_at__lte=block.blocked_at
        )
        return paragraphs(
            *(_line(each) for each in behind.order_by("-requested_at")[: self.newest])
        )

    @admin.display(description=_("lifted by"))
    def lifter(self, block: Block) -> str:
        return name_of(block.lifted_by)

    def has_lift_permission(self, request: HttpRequest, obj: Block | None = None) -> bool:
        return self.may(request, "lift", obj)

    def get_urls(self) -> list[URLPattern]:
        lift = self.admin_site.admin_view(self.lift)
        return [
            path("<path:object_id>/lift/", lift, name="linking_block_lift"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        block = self.get_object(request, unquote(object_id))
        in_force = block is not None and block.is_in_force(timezone.now())
        context = {"may_lift": in_force and self.has_lift_permission(request, block)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for a reason, and let the subject of the block type codes again."""
        block = self.get_object(request, unquote(object_id))
        if not self.has_lift_permission(request, block):
            raise PermissionDenied
        if block is None:
            raise Http404
        ask = needs_fresh_sign_in(request)
        if ask is not None:
            return ask
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._lift(request, block, form.cleaned_data["reason"])
            return HttpResponseRedirect(reverse("admin:linking_block_change", args=[block.pk]))
        return act_page(
            self,
            request,
            "linking/block/lift",
            title=_("Lift the block"),
            submit=_("Lift the block"),
            form=form,
            original=block,
            who=self.who(block),
        )

    def _lift(self, request: HttpRequest, block: Block, reason: str) -> None:
        lifted = actions.lift_block(block, by=actor(request), reason=reason, now=timezone.now())
        if lifted:
            self.message_user(request, _("The block is lifted."), messages.SUCCESS)
        else:
            self.message_user(request, _("The block was not in force any more."), messages.WARNING)


def _subject_of(block: Block) -> Q:
    if block.budget == Block.Budget.ORGANISATION_DAY:
        return Q(organisation=block.organisation_id)
    if block.budget in Block.OF_AN_EMPLOYEE:
        return Q(employee=block.employee_id)
    # The eID may have asked elsewhere too: that is the other organisation's.
    return Q(
        organisation=block.organisation_id,
        fingerprint=block.fingerprint,
        fingerprint_key=block.fingerprint_key,
    )


def _line(asked: PendingCode) -> str:
    address = reverse("admin:linking_pendingcode_change", args=[asked.pk])
    return format_html('<a href="{}">{}</a>', address, asked.reference)
