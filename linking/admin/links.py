"""Links as administrators see them: they may be ended, with a reason."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.act import act_page
from accounts.admin.common import ReasonForm, actor, name_of
from accounts.administrators.fresh import fresh_sign_in_for_method, needs_fresh_sign_in
from accounts.models import Employee
from linking import actions
from linking.admin.common import ReadOnlyAdmin, about_people, link_to, registered_number
from linking.models import LinkedIdentity
from linking.models.links import LinkedIdentityQuerySet


class ExpiringFilter(admin.SimpleListFilter):
    """Links that expire within two weeks, of those who may sign in and so keep them."""

    title = _("expires")
    parameter_name = "expiring"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("soon", _("Within two weeks unless used"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[LinkedIdentity]
    ) -> QuerySet[LinkedIdentity]:
        if self.value() != "soon":
            return queryset
        now = timezone.now()
        employed = Employee.objects.employed(timezone.localdate(now))
        links = cast(LinkedIdentityQuerySet, queryset).in_force(now)
        return links.filter(
            Exists(employed.filter(pk=OuterRef("employee"))), expires_at__lte=now + actions.NOTICE
        )


# Each is a field of the form that asks, and a form has a thousand at most.
MOST = 200
SHOWN = 20


@admin.register(LinkedIdentity)
class LinkedIdentityAdmin(ReadOnlyAdmin[LinkedIdentity]):
    about_people = True
    list_display = ("employee", "organisation", "shown_eid", "level", "state", "linked_at", "used")
    list_filter = (ExpiringFilter, "state", "level", "organisation", "linked_at")
    list_select_related = ("employee", "organisation")
    search_fields = ("employee",)
    quick_sorts = ("linked_at",)
    search_help_text = _("The beginning of names, e-mail or employee number")
    actions = ("revoke",)
    fields = (
        "employee_link",
        "number_in_words",
        "organisation",
        "shown_eid",
        "level",
        "state",
        ("linked_at", "last_used_at", "expires_at"),
        "approver",
        ("ended_at", "ender", "why_it_ended"),
    )
    readonly_fields = (
        "employee_link",
        "number_in_words",
        "shown_eid",
        "approver",
        "ender",
        "why_it_ended",
    )
    change_form_template = "admin/linking/linkedidentity/change_form.html"

    def searched(self, typed: str) -> list[Q]:
        return [about_people(typed)]

    @admin.display(description=_("eID"), ordering="eid")
    def shown_eid(self, link: LinkedIdentity) -> str:
        return link.eid_name

    @admin.display(description=_("last used"), ordering="last_used_at")
    def used(self, link: LinkedIdentity) -> Any:
        return link.last_used_at

    @admin.display(description=_("employee"))
    def employee_link(self, link: LinkedIdentity) -> str:
        return link_to(link.employee)

    def get_ordering(self, request: HttpRequest) -> Any:
        """Give the order; of those that expire soon, the soonest first: an index has them so."""
        soon = request.GET.get("expiring") == "soon"
        return ("expires_at", "-id") if soon else super().get_ordering(request)

    @admin.display(description=_("approved by"))
    def approver(self, link: LinkedIdentity) -> str:
        return name_of(link.approved_by)

    @admin.display(description=_("ended by"))
    def ender(self, link: LinkedIdentity) -> str:
        return name_of(link.ended_by)

    @admin.display(description=_("why it ended"))
    def why_it_ended(self, link: LinkedIdentity) -> str:
        return link.why_it_ended or "–"

    @admin.display(description=_("identity number"))
    def number_in_words(self, link: LinkedIdentity) -> Any:
        return registered_number(link.employee, link)

    def has_revoke_permission(
        self, request: HttpRequest, obj: LinkedIdentity | None = None
    ) -> bool:
        return self.may(request, "revoke", obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        link = self.get_object(request, unquote(object_id))
        stands = link is not None and link.ended_at is None
        context = {"may_revoke": stands and self.has_revoke_permission(request, link)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        revoke = self.admin_site.admin_view(self.revoke_one)
        own = path("<path:object_id>/revoke/", revoke, name="linking_linkedidentity_revoke")
        return [own, *super().get_urls()]

    @fresh_sign_in_for_method
    @admin.action(description=_("Revoke selected links"), permissions=["revoke"])
    def revoke(
        self, request: HttpRequest, queryset: QuerySet[LinkedIdentity]
    ) -> HttpResponse | None:
        """Ask for a reason, then end the links and their employees' sessions."""
        if queryset.count() > MOST:
            text = _("Choose at most %(most)d links at a time.") % {"most": MOST}
            self.message_user(request, text, messages.ERROR)
            return None
        posted = request.POST if "reason" in request.POST else None
        return self._revoke_page(request, list(queryset.select_related("employee")), posted)

    def revoke_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The same for one link, from its own page."""
        link = self.get_object(request, unquote(object_id))
        if not self.has_revoke_permission(request, link):
            raise PermissionDenied
        if link is None:
            raise Http404
        ask = needs_fresh_sign_in(request)
        if ask is not None:
            return ask
        posted = request.POST if request.method == "POST" else None
        done = self._revoke_page(request, [link], posted)
        return done or HttpResponseRedirect(
            reverse("admin:linking_linkedidentity_change", args=[link.pk])
        )

    def _revoke_page(
        self, request: HttpRequest, links: list[LinkedIdentity], posted: Any
    ) -> HttpResponse | None:
        form = ReasonForm(posted)
        if form.is_valid():
            self._revoke(request, links, form.cleaned_data["reason"])
            return None
        in_bulk = "action" in request.POST
        if in_bulk:
            self.note_look(request, links)
        return act_page(
            self,
            request,
            "linking/linkedidentity/revoke",
            title=_("Revoke links"),
            submit=_("Revoke"),
            form=form,
            original=None if in_bulk else links[0],
            links=links,
            others=max(0, len(links) - SHOWN),
            action="revoke" if in_bulk else "",
        )

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
