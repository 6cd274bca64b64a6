"""Invitations: how far each came, and the figures of a campaign."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import scope
from linking.admin.common import ReadOnlyAdmin, about_people, link_to
from linking.linked import not_linked_of
from linking.models import Campaign, Invitation, LinkedIdentity


def key_in(text: str | None) -> Any:
    """Give the key that an address brings; None for what is none."""
    try:
        return forms.UUIDField(required=False).clean(text)
    except ValidationError:
        return None


def _linked() -> Exists:
    links = LinkedIdentity.objects.in_force(timezone.now())
    return Exists(links.filter(employee=OuterRef("employee")))


STAGES: dict[str, tuple[Any, Q]] = {
    "sent": (_("Sent"), Q(sent_at__isnull=False)),
    "failed": (_("Could not be delivered"), Q(failed_at__isnull=False)),
    "opened": (_("Opened the link"), Q(opened_at__isnull=False)),
    "signed_in": (_("Signed in"), Q(signed_in_at__isnull=False)),
    "linked": (_("Linked now"), Q(is_linked=True)),
    "not_linked": (_("Not linked"), Q(is_linked=False)),
    "open": (_("Link still valid"), Q(ended_at__isnull=True)),
}


def figures(campaign: Campaign) -> list[dict[str, Any]]:
    """Count how far a campaign has come, each figure with the list behind it."""
    counts = _counts(Invitation.objects.filter(campaign=campaign))
    behind = f"{reverse('admin:linking_invitation_changelist')}?campaign={campaign.pk}"
    rows = [{"label": _("Invited"), "count": campaign.invited, "url": behind}]
    for name, (label, _stage) in STAGES.items():
        count = counts[name]
        share = round(100 * count / campaign.invited) if campaign.invited else 0
        rows.append(
            {"label": label, "count": count, "share": share, "url": f"{behind}&stage={name}"}
        )
    return rows


def _counts(invitations: QuerySet[Invitation]) -> dict[str, int]:
    asked = {name: stage for name, (_label, stage) in STAGES.items() if "linked" not in name}
    steps = {name: Count("pk", filter=stage) for name, stage in asked.items()}
    counts: dict[str, int] = invitations.aggregate(all=Count("pk"), **steps)
    missing = not_linked_of(invitations, timezone.now()).count()
    return counts | {"linked": counts["all"] - missing, "not_linked": missing}


class StageFilter(admin.SimpleListFilter):
    title = _("how far it came")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _stage) in STAGES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> Any:
        if self.value() == "not_linked":
            return not_linked_of(queryset, timezone.now())
        stage = STAGES.get(self.value() or "")
        return queryset.alias(is_linked=_linked()).filter(stage[1]) if stage else queryset


class CampaignFilter(admin.SimpleListFilter):
    """The newest campaigns; an older one is opened from its own page."""

    title = _("campaign")
    parameter_name = "campaign"
    shown = 10

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        seen = scope(Campaign.objects.all(), request.user, "linking.view_campaign")
        newest = seen.select_related("organisation").order_by("-created_at")[: self.shown]
        return [(str(campaign.pk), str(campaign)) for campaign in newest]

    def has_output(self) -> bool:
        return True  # also where the list is of one that is not among the newest

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> Any:
        if not self.value():
            return queryset
        key = key_in(self.value())
        return queryset.filter(campaign=key) if key else queryset.none()


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin[Invitation]):
    about_people = True
    list_display = ("recipient", "employee", "organisation", "invited_at", "progress", "reminders")
    list_filter = (StageFilter, CampaignFilter, "organisation")
    list_select_related = ("employee", "organisation")
    search_fields = ("employee",)
    search_help_text = _("The beginning of names, e-mail or employee number")
    fields = (
        "organisation",
        "employee_link",
        "recipient",
        "progress",
        ("invited_at", "expires_at"),
        ("sent_at", "failed_at"),
        ("opened_at", "signed_in_at"),
        ("reminders", "reminded_at"),
        ("ended_at", "end"),
    )
    readonly_fields = ("employee_link", "progress")

    def searched(self, typed: str) -> list[Q]:
        return [about_people(typed)]

    @admin.display(description=_("employee"))
    def employee_link(self, invitation: Invitation) -> str:
        return link_to(invitation.employee)

    @admin.display(description=_("how far it came"))
    def progress(self, invitation: Invitation) -> Any:
        """The last thing that happened, in words."""
        if invitation.ended_at is not None:
            return invitation.get_end_display()
        passed = (
            (invitation.signed_in_at, _("Signed in")),
            (invitation.opened_at, _("Opened the link")),
            (invitation.failed_at, _("Could not be delivered")),
            (invitation.sent_at, _("Sent")),
        )
        return next((words for at, words in passed if at is not None), _("Queued"))
