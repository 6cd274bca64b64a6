"""The daily digests of look-ups, for those who watch."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from linking.admin.common import ReadOnlyAdmin
from linking.digest.days import bounds_of
from linking.digest.told import rule_in_words, told
from linking.logbook.groups import Group
from linking.logbook.query import PORTAL, Query
from linking.models import LookDigest


class FlaggedFilter(admin.SimpleListFilter):
    title = _("look-ups")
    parameter_name = "flagged"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[LookDigest]
    ) -> list[tuple[str, Any]]:
        return [("yes", _("To be looked into")), ("looked", _("Somebody looked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LookDigest]) -> Any:
        if self.value() == "yes":
            return queryset.filter(flagged__gt=0)
        return queryset.filter(staff__gt=0) if self.value() == "looked" else queryset


@admin.register(LookDigest)
class LookDigestAdmin(ReadOnlyAdmin[LookDigest]):
    """One day in one organisation; that of the whole portal is for roles there."""

    list_display = ("day", "place", "staff", "flagged")
    list_filter = (FlaggedFilter, "organisation")
    list_select_related = ("organisation",)
    quick_sorts = ("day",)
    fields = (("day", "place"), "made_at", "who_looked")
    readonly_fields = ("place", "who_looked")

    @admin.display(description=_("organisation"))
    def place(self, digest: LookDigest) -> Any:
        return digest.organisation or _("The whole portal")

    @admin.display(description=_("who looked"))
    def who_looked(self, digest: LookDigest) -> str:
        log = reverse("admin:audit_auditevent_changelist")
        begins, ends = bounds_of(digest.day)
        # Nothing else that they did: who reads it finds misuse, and follows nobody's work.
        theirs = Query(
            since=begins,
            until=ends,
            group=Group.LOOKS,
            organisation=str(digest.organisation_id or PORTAL),
        )
        lines = [(each, f"{log}?{theirs.but(actor=each.actor).text()}") for each in told(digest)]
        context = {"lines": lines, "rule": rule_in_words(digest)}
        return render_to_string("admin/linking/lookdigest/lines.html", context)
