"""Campaigns of invitations: begun, followed by figures, reminded, stopped."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access import organisations, scope
from accounts.admin.common import actor, name_of
from accounts.models import Employee, Organisation
from linking import actions
from linking.admin.common import ReadOnlyAdmin
from linking.admin.invitations import figures, key_in
from linking.models import Campaign

INVITE = "linking.add_campaign"


class CampaignForm(forms.ModelForm[Campaign]):
    class Meta:
        model = Campaign
        fields = ("deadline", "note", "reminders")
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "deadline": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "note": forms.Textarea(attrs={"rows": 3, "cols": 60}),
        }

    def clean_deadline(self) -> Any:
        deadline = self.cleaned_data["deadline"]
        if deadline is not None and deadline <= timezone.localdate():
            raise ValidationError(_("The deadline must be in the future."))
        return deadline


def invite_page(
    request: HttpRequest,
    employees: QuerySet[Employee],
    organisation: Organisation,
    *,
    kept: list[tuple[str, str]],
) -> HttpResponse:
    """Tell how many of these get an invitation and who does not, and send when it is confirmed.

    `kept` are the fields by which the same employees are found when the form comes back.
    """
    form = CampaignForm(request.POST if "confirm" in request.POST else None)
    if form.is_valid():
        return _invite(request, employees, organisation, form.cleaned_data)
    context = {
        **admin.site.each_context(request),
        "title": _("Invite to link their accounts"),
        "opts": Campaign._meta,
        "organisation": organisation,
        "plan": actions.plan_invitations(employees, now=timezone.now()),
        "kept": kept,
        "form": form,
    }
    return TemplateResponse(request, "admin/linking/campaign/invite.html", context)


def _invite(
    request: HttpRequest,
    employees: QuerySet[Employee],
    organisation: Organisation,
    asked: dict[str, Any],
) -> HttpResponse:
    try:
        campaign = actions.invite(
            employees,
            organisation=organisation,
            note=asked["note"],
            deadline=asked["deadline"],
            reminders=asked["reminders"],
            by=actor(request),
            now=timezone.now(),
        )
    except actions.NobodyToInvite:
        messages.warning(request, _("There was nobody to invite. Nothing was sent."))
        return HttpResponseRedirect(reverse("admin:linking_campaign_changelist"))
    text = ngettext(
        "%(count)d invitation is on its way.",
        "%(count)d invitations are on their way.",
        campaign.invited,
    )
    messages.success(request, text % {"count": campaign.invited})
    return HttpResponseRedirect(reverse("admin:linking_campaign_change", args=[campaign.pk]))


def invite_chosen(request: HttpRequest, chosen: QuerySet[Employee]) -> HttpResponse | None:
    """Answer the action of the employee list; its selection travels in the form."""
    chosen = scope(chosen, request.user, INVITE)
    places = list(
        Organisation.objects.filter(pk__in=chosen.order_by().values("organisation").distinct())[:2]
    )
    if len(places) != 1:
        text = _("Choose employees of one organisation, in which you may invite.")
        messages.error(request, text)
        return None
    names = ("action", "select_across", "index", ACTION_CHECKBOX_NAME)
    kept = [(name, value) for name in names for value in request.POST.getlist(name)]
    return invite_page(request, chosen, places[0], kept=kept)


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin[Campaign]):
    list_display = ("created_at", "organisation", "invited", "deadline", "reminders", "stopped_at")
    list_filter = ("organisation",)
    list_select_related = ("organisation",)
    fields = (
        "organisation",
        ("created_at", "starter"),
        "deadline",
        "note",
        "reminders",
        ("stopped_at", "stopper"),
    )
    readonly_fields = ("starter", "stopper")
    change_form_template = "admin/linking/campaign/change_form.html"

    @admin.display(description=_("begun by"))
    def starter(self, campaign: Campaign) -> str:
        return name_of(campaign.created_by)

    @admin.display(description=_("stopped by"))
    def stopper(self, campaign: Campaign) -> str:
        return name_of(campaign.stopped_by)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def get_urls(self) -> list[URLPattern]:
        stop, remind = (self.admin_site.admin_view(view) for view in (self.stop, self.remind))
        return [
            path("<path:object_id>/stop/", stop, name="linking_campaign_stop"),
            path("<path:object_id>/remind/", remind, name="linking_campaign_remind"),
            *super().get_urls(),
        ]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Invite all of an organisation who are not linked; asks which, where there are several."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        places = organisations(request.user, INVITE)
        organisation = _chosen_place(request, places)
        if organisation is not None:
            employees = Employee.objects.filter(organisation=organisation)
            kept = [("organisation", str(organisation.pk))]
            return invite_page(request, employees, organisation, kept=kept)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Invite to link their accounts"),
            "opts": self.opts,
            "places": places,
        }
        return TemplateResponse(request, "admin/linking/campaign/invite.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        campaign = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if campaign is not None:
            running = campaign.stopped_at is None and self.may(request, "change", campaign)
            context = {"figures": figures(campaign), "may_act": running}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and end all open invitations of the campaign."""

        def act(campaign: Campaign) -> None:
            if actions.stop_campaign(campaign, by=actor(request), now=timezone.now()):
                self.message_user(request, _("The campaign is stopped."), messages.SUCCESS)
            else:
                self.message_user(request, _("It was stopped already."), messages.WARNING)

        words = {
            "title": _("Stop this campaign"),
            "text": _(
                "All open invitations of the campaign end. Their links cannot be used any more, "
                "and what has not been sent is not sent. Whoever is linked stays so."
            ),
            "button": _("Stop this campaign"),
        }
        return self._ask(request, object_id, words, act)

    def remind(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, and remind at once those who are not linked."""

        def act(campaign: Campaign) -> None:
            count = actions.remind(campaign, by=actor(request), now=timezone.now())
            text = ngettext(
                "%(count)d reminder is on its way.", "%(count)d reminders are on their way.", count
            )
            self.message_user(request, text % {"count": count}, messages.SUCCESS)

        words = {
            "title": _("Remind now"),
            "text": _(
                "Those who are not linked get a reminder, if the invitation reached them and they "
                "have had no mail about it for a day."
            ),
            "button": _("Remind now"),
        }
        return self._ask(request, object_id, words, act)

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        words: dict[str, Any],
        act: Callable[[Campaign], None],
    ) -> HttpResponse:
        campaign = self.get_object(request, unquote(object_id))
        if not self.may(request, "change", campaign):
            raise PermissionDenied
        if campaign is None:
            raise Http404
        if request.method == "POST":
            act(campaign)
            return HttpResponseRedirect(
                reverse("admin:linking_campaign_change", args=[campaign.pk])
            )
        context = {
            **self.admin_site.each_context(request),
            **words,
            "opts": self.opts,
            "original": campaign,
        }
        return TemplateResponse(request, "admin/linking/campaign/ask.html", context)


def _chosen_place(request: HttpRequest, places: QuerySet[Organisation]) -> Organisation | None:
    """Give the organisation that was chosen, or the only one there is."""
    only = list(places[:2])
    if len(only) == 1:
        return only[0]
    key = key_in(request.POST.get("organisation") or request.GET.get("organisation"))
    return places.filter(pk=key).first() if key else None
