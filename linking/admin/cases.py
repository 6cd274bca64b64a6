"""Cases as administrators see them: the facts in words, and the decision of a third person."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from accounts.admin.common import name_of
from accounts.models import Employee, User
from linking import actions
from linking.admin.common import ReadOnlyAdmin, ReasonForm, about_people, link_to, paragraphs
from linking.eids import eid_name
from linking.models import Case

_WHY_NOT: dict[type[Exception], Any] = {
    actions.PartyMayNotDecide: _("The case is about you, so somebody else must decide it."),
    actions.AlreadyDecided: _("Somebody else decided the case a moment ago."),
    actions.CaseOvertaken: _(
        "The link no longer stands, or the employee has left. The case can only be closed by "
        "declining or ending the link."
    ),
}


class DecisionForm(ReasonForm):
    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    field_order = ("decision", "reason")

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(data)
        choices = [(choice.value, choice.label) for choice in case.choices]
        self.fields["decision"] = forms.ChoiceField(
            label=_("Decision"), widget=forms.RadioSelect, choices=choices
        )
        self.order_fields(self.field_order)


class DecidedFilter(admin.SimpleListFilter):
    """What waits is what is shown first."""

    title = _("decision")
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Decided")), ("all", _("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() == "all":
            return queryset
        return queryset.filter(decided_at__isnull=self.value() != "yes")

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [first | {"display": _("Open")}, *others]


@admin.register(Case)
class CaseAdmin(ReadOnlyAdmin[Case]):
    list_display = (
        "reference",
        "kind",
        "organisation",
        "employee",
        "opened_at",
        "age",
        "decision",
    )
    list_filter = (DecidedFilter, "kind", "organisation")
    list_select_related = ("organisation", "employee")
    search_fields = ("reference",)
    quick_sorts = ("opened_at", "age")
    search_help_text = _("Reference or name")
    fieldsets = (
        (None, {"fields": (("reference", "kind"), ("organisation", "opened_at"))}),
        (_("Who is concerned"), {"fields": ("employee_facts", "other_facts")}),
        (_("What was asked for"), {"fields": ("requester_facts", "request_facts", "link_facts")}),
        (_("Decision"), {"fields": (("decision", "decided_at", "decider"), "reason")}),
    )
    readonly_fields = (
        "employee_facts",
        "other_facts",
        "requester_facts",
        "request_facts",
        "link_facts",
        "decider",
    )
    change_form_template = "admin/linking/case/change_form.html"

    def searched(self, typed: str) -> list[Q]:
        parties = [about_people(typed), about_people(typed, "other_employee")]
        return [Q(reference=typed.upper()), *parties]

    @admin.display(description=_("age"), ordering="-opened_at")
    def age(self, case: Case) -> str:
        until = case.decided_at or timezone.now()
        return timesince(case.opened_at, until, depth=1) if until - case.opened_at > _MINUTE else ""

    @admin.display(description=_("employee"))
    def employee_facts(self, case: Case) -> str:
        return _facts_about(case.employee, _what_fits(case))

    @admin.display(description=_("the other employee"))
    def other_facts(self, case: Case) -> str:
        return _facts_about(case.other_employee, "")

    @admin.display(description=_("signed in as"))
    def requester_facts(self, case: Case) -> str:
        no_name = _("No name: MinID tells none, and it is deleted when a case is decided.")
        return paragraphs(case.requester or no_name, eid_name(case.eid))

    @admin.display(description=_("security code"))
    def request_facts(self, case: Case) -> str:
        asked = case.request
        if asked is None:
            return "–"
        address = reverse("admin:linking_pendingcode_change", args=[asked.pk])
        return paragraphs(
            format_html('<a href="{}">{}</a>', address, asked.reference),
            _("Asked for: %(when)s") % {"when": _moment(asked.requested_at)},
            asked.get_state_display(),
        )

    @admin.display(description=_("link"))
    def link_facts(self, case: Case) -> str:
        link = case.link
        if link is None:
            return "–"
        address = reverse("admin:linking_linkedidentity_change", args=[link.pk])
        return paragraphs(
            format_html('<a href="{}">{}</a>', address, link),
            link.get_state_display(),
            _("Linked: %(when)s") % {"when": _moment(link.linked_at)},
            _("Last used: %(when)s") % {"when": _moment(link.last_used_at)},
        )

    @admin.display(description=_("decided by"))
    def decider(self, case: Case) -> str:
        return name_of(case.decided_by)

    def has_decide_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return self.may(request, "decide", obj)

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide)
        return [
            path("<path:object_id>/decide/", decide, name="linking_case_decide"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        case = self.get_object(request, unquote(object_id))
        may_decide = self.has_decide_permission(request, case)
        waits = case is not None and case.decided_at is None and may_decide
        is_party = case is not None and _is_party(case, request)
        context = {"may_decide": waits and not is_party, "is_party": waits and is_party}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the decision and its reason, and carry it out."""
        case = self.get_object(request, unquote(object_id))
        if not self.has_decide_permission(request, case):
            raise PermissionDenied
        if case is None:
            raise Http404
        back = HttpResponseRedirect(reverse("admin:linking_case_change", args=[case.pk]))
        if case.decided_at is not None or _is_party(case, request):
            refusal = actions.AlreadyDecided if case.decided_at else actions.PartyMayNotDecide
            self.message_user(request, _WHY_NOT[refusal], messages.ERROR)
            return back
        form = DecisionForm(case, request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._decide(request, case, form.cleaned_data)
            return back
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decide case %(reference)s") % {"reference": case.reference},
            "opts": self.model._meta,
            "case": case,
            "form": form,
        }
        return TemplateResponse(request, "admin/linking/case/decide.html", context)

    def _decide(self, request: HttpRequest, case: Case, answer: dict[str, Any]) -> None:
        if not isinstance(request.user, User):
            raise PermissionDenied
        decision = Case.Decision(answer["decision"])
        try:
            actions.decide_case(
                case, decision, by=request.user, reason=answer["reason"], now=timezone.now()
            )
        except tuple(_WHY_NOT) as refused:
            self.message_user(request, _WHY_NOT[type(refused)], messages.ERROR)
        else:
            text = _("Case %(reference)s is decided.")
            self.message_user(request, text % {"reference": case.reference}, messages.SUCCESS)


_MINUTE = timedelta(minutes=1)


def _is_party(case: Case, request: HttpRequest) -> bool:
    return isinstance(request.user, User) and actions.is_party(case, request.user)


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def _facts_about(employee: Employee | None, compared: Any) -> str:
    if employee is None:
        return "–"
    return paragraphs(
        link_to(employee),
        " · ".join(filter(None, (employee.department, employee.employee_number))),
        compared,
    )


def _what_fits(case: Case) -> Any:
    """Tell in words, without numbers, how the eID stands to what is registered now."""
    employee, asked = case.employee, case.request
    if employee is None or asked is None or asked.employee_id != employee.pk:
        return ""  # the eID asked for somebody else
    if employee.national_id_fingerprint is not None:
        return _number_in_words(case, employee)
    if employee.birth_date is not None:
        return _("A birth date is registered. If it was when the code was asked for, it fits.")
    return _("Neither birth date nor identity number is registered: nothing could be compared.")


def _number_in_words(case: Case, employee: Employee) -> Any:
    if case.fingerprint is None or case.fingerprint_key != employee.national_id_key:
        return _(
            "An identity number is registered. If it was when the code was asked for, it fits."
        )
    if bytes(case.fingerprint) == bytes(employee.national_id_fingerprint or b""):
        return _("An identity number is registered, and it is the electronic ID's.")
    return _("An identity number is registered, and it is not the electronic ID's.")
