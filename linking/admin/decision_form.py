"""Asks for a decision about a case, and its reason."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.common import ReasonForm
from linking.models import Case
from linking.story.decisions import REASONS, choice_in_words

LONGEST = 500


class DecisionForm(ReasonForm):
    """The reason is one of the usual ones, or typed, or both."""

    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    usual = forms.ChoiceField(label=_("Usual reason"), required=False)
    field_order = ("decision", "usual", "reason")

    def __init__(self, case: Case, data: Any = None) -> None:
        super().__init__(data)
        choices = [(choice.value, _in_words(case, choice)) for choice in case.choices]
        self.fields["decision"] = forms.ChoiceField(
            label=_("Decision"), widget=forms.RadioSelect, choices=choices
        )
        reasons = [(str(reason), str(reason)) for reason in REASONS.get(case.kind, ())]
        self.fields["usual"] = forms.ChoiceField(
            label=_("Usual reason"),
            required=False,
            choices=[("", _("None of these: see below")), *reasons],
        )
        self.fields["reason"].required = False
        self.fields["reason"].help_text = _(
            "Needed if no usual reason is chosen. Kept, and shown to other administrators. Write "
            "no identity number."
        )
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        reason = f"{cleaned.get('usual', '')} {cleaned.get('reason', '')}".strip()
        if "usual" in cleaned and "reason" in cleaned and not reason:
            self.add_error("reason", self.fields["reason"].error_messages["required"])
        elif len(reason) > LONGEST:
            self.add_error("reason", _("The reason is too long together with the usual one."))
        return cleaned | {"reason": reason}


def _in_words(case: Case, decision: Case.Decision) -> SafeString:
    asked = case.employee.full_name if case.employee is not None else ""
    linked = case.link.employee.full_name if case.link is not None else ""
    label, effect = choice_in_words(case.kind, decision, asked=asked, linked=linked)
    return format_html('<strong>{}</strong><span class="effect"> {}</span>', label, effect)
