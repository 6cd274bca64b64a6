"""From the list of employees: one person who is registered twice becomes one record."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import covers
from accounts.admin.act import act_page
from accounts.admin.common import ReasonForm, actor
from accounts.administrators.fresh import fresh_sign_in_for_method
from accounts.models import Employee
from linking import actions
from linking.admin.employment import EmploymentPages

_CHANGED = gettext_lazy(
    "Nothing was changed: somebody has changed one of the two records meanwhile. Look at them once "
    "more."
)
_REFUSALS = {
    actions.NotAPair: gettext_lazy("Choose exactly two employees of one organisation."),
    actions.BothLinked: gettext_lazy(
        "Both records are linked, or have a link that waits for approval. A link is never moved: "
        "let one of them be ended first."
    ),
    actions.OtherIsLinked: gettext_lazy(
        "Nothing was changed: the other record has been linked meanwhile, and a link is never "
        "moved. Keep that record."
    ),
    actions.NothingToMerge: gettext_lazy(
        "Nothing was changed: the other record has left already, and the kept one has this "
        "address and this number."
    ),
    actions.RecordsChanged: _CHANGED,
}
_NOT_YOURS = gettext_lazy(
    "Nothing was changed: your own record, and those of people whose roles give more than yours, "
    "are for somebody else."
)


class MergeForm(ReasonForm):
    kept = forms.ChoiceField(
        label=gettext_lazy("Record to keep"),
        widget=forms.RadioSelect,
        error_messages={
            "invalid_choice": gettext_lazy(
                "This record cannot be the one to keep: the other one is linked, and a link is "
                "never moved."
            )
        },
    )
    email = forms.ChoiceField(
        label=gettext_lazy("E-mail of the kept record"),
        error_messages={"invalid_choice": _CHANGED},
        widget=forms.RadioSelect,
        required=False,
        help_text=gettext_lazy(
            "If it changes, the kept record's old address is told. The other record gets that one."
        ),
    )
    employee_number = forms.ChoiceField(
        label=gettext_lazy("Employee number of the kept record"),
        error_messages={"invalid_choice": _CHANGED},
        widget=forms.RadioSelect,
        required=False,
        help_text=gettext_lazy("Choose the one that HR's file will have."),
    )
    field_order = ("kept", "email", "employee_number", "reason")

    def __init__(self, pair: list[Employee], linked: list[Employee], posted: Any) -> None:
        today = timezone.localdate()
        offered = linked or pair
        first = min(offered, key=lambda each: not each.is_employed(today))
        super().__init__(posted, initial={"kept": str(first.pk)})
        kept = [(str(each.pk), _in_short(each)) for each in offered]
        self._offer("kept", kept)
        own = ("", _("As it is"))
        self._offer("email", [own, *((each.email, each.email) for each in pair)])
        numbers = ((each.employee_number, each.employee_number) for each in pair)
        self._offer("employee_number", [own, *numbers])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class MergePages(EmploymentPages):
    """Shows both side by side, asks which one is kept, and makes one call."""

    actions = (*EmploymentPages.actions, "merge")

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Whether it may be done in any organisation; in which, each of the two is asked."""
        return self.has_change_permission(request) and self.has_delete_permission(request)

    @fresh_sign_in_for_method
    @admin.action(description=gettext_lazy("Merge duplicates"), permissions=["merge"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Employee]) -> HttpResponse | None:
        """Ask which of two records is kept, and end the other."""
        chosen = queryset.select_related("organisation").prefetch_related("user__grants")
        pair = list(chosen.order_by("pk")[:3])
        linked = actions.who_is_linked(pair)
        refusal = self._refusal(request, pair, linked)
        if refusal is not None:
            self.message_user(request, refusal, messages.ERROR)
            return None
        form = MergeForm(pair, linked, request.POST if "reason" in request.POST else None)
        if form.is_valid():
            return self._merge(request, pair, form.cleaned_data)
        return self._merge_page(request, pair, linked, form)

    def _refusal(self, request: HttpRequest, pair: list[Employee], linked: list[Employee]) -> Any:
        if len(pair) != 2 or pair[0].organisation_id != pair[1].organisation_id:
            return _REFUSALS[actions.NotAPair]
        # whoever chooses the address of a record can make it their own.
        if not all(self._may_act_on(request, each) for each in pair):
            return _NOT_YOURS
        if not all(self.has_delete_permission(request, each) for each in pair):
            return _NOT_YOURS
        return _REFUSALS[actions.BothLinked] if len(linked) == 2 else None

    def _merge(
        self, request: HttpRequest, pair: list[Employee], answer: dict[str, str]
    ) -> HttpResponse | None:
        kept, other = sorted(pair, key=lambda each: str(each.pk) != answer["kept"])
        try:
            kept = actions.merge_employees(
                kept,
                other,
                email=answer["email"] or kept.email,
                employee_number=answer["employee_number"] or kept.employee_number,
                by=actor(request),
                reason=answer["reason"],
                now=timezone.now(),
            )
        except tuple(_REFUSALS) as refused:
            self.message_user(request, _REFUSALS[type(refused)], messages.ERROR)
            return None
        text = _("%(who)s is one record now: this one. The other is inactive, with its history.")
        self.message_user(request, text % {"who": kept}, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:accounts_employee_change", args=[kept.pk]))

    def _merge_page(
        self, request: HttpRequest, pair: list[Employee], linked: list[Employee], form: MergeForm
    ) -> HttpResponse:
        self.note_look(request, pair)
        place = pair[0].organisation_id
        may_see_links = covers(request.user, "linking.view_linkedidentity", place)
        facts = [_facts(each, linked=each in linked if may_see_links else None) for each in pair]
        labels = (label for label, _value in facts[0])
        values = zip(*([value for _label, value in each] for each in facts), strict=True)
        return act_page(
            self,
            request,
            "accounts/employee/merge",
            title=_("Merge duplicates"),
            submit=_("Merge"),
            form=form,
            pair=pair,
            linked=linked,
            facts=list(zip(labels, values, strict=True)),
        )


def _in_short(employee: Employee) -> str:
    return f"{employee.full_name} · {employee.email} · {employee.employee_number}"


def _facts(employee: Employee, *, linked: bool | None) -> list[tuple[str, str]]:
    """Give what the two are compared by; `linked` is None for whoever may not see links."""
    yes_no = {True: _("Yes"), False: _("No"), None: _("Not shown to you")}
    number = employee.national_id_fingerprint is not None
    return [
        (_("Name"), employee.full_name),
        (_("E-mail"), employee.email),
        (_("Employee number"), employee.employee_number),
        (_("Department"), employee.department or "–"),
        (_("First day"), date_format(employee.starts_on) if employee.starts_on else "–"),
        (_("Last day"), date_format(employee.ends_on) if employee.ends_on else "–"),
        (_("Active"), yes_no[employee.active]),
        (_("Linked"), yes_no[linked]),
        (_("Identity number registered"), yes_no[number]),
    ]
