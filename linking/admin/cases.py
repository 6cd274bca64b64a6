"""Cases as administrators see them: the facts in words, and the decision of a third person."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.act import act_page
from accounts.admin.common import name_of
from accounts.administrators.fresh import needs_fresh_sign_in
from accounts.models import Employee, User
from linking import actions
from linking.admin.case_facts import (
    age_of,
    facts_about,
    link_of,
    request_of,
    requester,
    sides_of,
    what_fits,
)
from linking.admin.common import ReadOnlyAdmin, about_people
from linking.admin.decision_form import DecisionForm
from linking.models import Case
from linking.story import moment

_WHY_NOT: dict[type[Exception], Any] = {
    actions.PartyMayNotDecide: _("The case is about you, so somebody else must decide it."),
    actions.AlreadyDecided: _("Somebody else decided the case a moment ago."),
    actions.CaseOvertaken: _(
        "The link no longer stands, or the employee has left. The case can only be closed by "
        "declining or ending the link."
    ),
}


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
    about_people = True

    def people_of(self, row: Case) -> tuple[Employee, ...]:
        return row.parties

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

    def get_ordering(self, request: HttpRequest) -> Any:
        """The queue has its oldest first; what is looked up afterwards, its newest."""
        return ("-opened_at",) if request.GET.get(DecidedFilter.parameter_name) else ("opened_at",)

    def searched(self, typed: str) -> list[Q]:
        parties = [about_people(typed), about_people(typed, "other_employee")]
        return [Q(reference=typed.upper()), *parties]

    @admin.display(description=_("age"), ordering="-opened_at")
    def age(self, case: Case) -> str:
        return age_of(case, timezone.now())

    @admin.display(description=_("employee"))
    def employee_facts(self, case: Case) -> str:
        return facts_about(case.employee, what_fits(case))

    @admin.display(description=_("the other employee"))
    def other_facts(self, case: Case) -> str:
        return facts_about(case.other_employee, "")

    @admin.display(description=_("signed in as"))
    def requester_facts(self, case: Case) -> str:
        return requester(case)

    @admin.display(description=_("security code"))
    def request_facts(self, case: Case) -> str:
        return request_of(case)

    @admin.display(description=_("link"))
    def link_facts(self, case: Case) -> str:
        return link_of(case)

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
        if case.decided_at is not None or _is_party(case, request):
            refusal = actions.AlreadyDecided if case.decided_at else actions.PartyMayNotDecide
            self.message_user(request, _WHY_NOT[refusal], messages.ERROR)
            return redirect("admin:linking_case_change", case.pk)
        ask = needs_fresh_sign_in(request)
        if ask is not None:
            return ask
        form = DecisionForm(case, request.POST if request.method == "POST" else None)
        if form.is_valid():
            decided = self._decide(request, case, form.cleaned_data)
            onwards = decided and "_next" in request.POST
            return self._to_next(request) if onwards else self._back(case, decided=decided)
        return act_page(
            self,
            request,
            "linking/case/decide",
            title=_("Decide case %(reference)s") % {"reference": case.reference},
            submit=_("Decide"),
            form=form,
            original=case,
            waited=_("opened %(when)s") % {"when": moment(case.opened_at, timezone.now())},
            sides=sides_of(case),
        )

    def _back(self, case: Case, *, decided: bool) -> HttpResponse:
        if decided:
            return redirect("admin:linking_case_changelist")
        return redirect("admin:linking_case_change", case.pk)

    def _to_next(self, request: HttpRequest) -> HttpResponse:
        """Go on with the oldest open case that is theirs to decide."""
        may = self.scoped(Case.objects.filter(decided_at__isnull=True), request, "decide")
        waiting = may.select_related("employee", "other_employee").order_by("opened_at")
        mine = (case for case in waiting[:100] if not _is_party(case, request))
        case = next(mine, None)
        if case is None:
            self.message_user(request, _("No case waits for you now."), messages.INFO)
            return redirect("admin:linking_case_changelist")
        return redirect("admin:linking_case_decide", case.pk)

    def _decide(self, request: HttpRequest, case: Case, answer: dict[str, Any]) -> bool:
        """Carry it out, and say what came of it; gives whether the case is decided by this."""
        if not isinstance(request.user, User):
            raise PermissionDenied
        decision = Case.Decision(answer["decision"])
        try:
            actions.decide_case(
                case, decision, by=request.user, reason=answer["reason"], now=timezone.now()
            )
        except tuple(_WHY_NOT) as refused:
            self.message_user(request, _WHY_NOT[type(refused)], messages.ERROR)
            return False
        text = _("Case %(reference)s is decided.")
        self.message_user(request, text % {"reference": case.reference}, messages.SUCCESS)
        return True


def _is_party(case: Case, request: HttpRequest) -> bool:
    return isinstance(request.user, User) and actions.is_party(case, request.user)
