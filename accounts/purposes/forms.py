import unicodedata
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.national_id import may_hold_number
from accounts.purposes.choices import Purpose, Why
from accounts.purposes.standing import MOST

LONGEST = 100
# All names begin so: what else is posted belongs to the page that was asked for.
PREFIX = "purpose"
_NUMBER = "identity-number"


class ReasonField(forms.CharField):
    """A short text that the employee will read, and that must not tell who somebody is."""

    def clean(self, value: Any) -> str:
        text = " ".join(str(value or "").replace("\0", " ").split())
        # Before all else: it is refused as such, however long it is.
        if may_hold_number(text):
            raise forms.ValidationError(
                _("That looked like an identity number. It was not kept. Leave it out."),
                code=_NUMBER,
            )
        if "@" in unicodedata.normalize("NFKC", text):
            raise forms.ValidationError(_("Write the reason without e-mail addresses."))
        return str(super().clean(text))


class PurposeForm(forms.Form):
    """What for, and for whom. What is hidden goes along from the page that asked.

    `sent`: that page was asked for by POST.
    """

    prefix = PREFIX

    kind = forms.ChoiceField(
        label=_("What do you need this for?"),
        choices=Purpose.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose what you need this for."),
            "invalid_choice": _("Choose what you need this for."),
        },
    )
    text = ReasonField(
        label=_("Which reason?"),
        max_length=LONGEST,
        required=False,
        help_text=_("A few words. No names, e-mail addresses or identity numbers."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    everybody = forms.BooleanField(
        label=_("Also for the others I look at in the next hour"), required=False
    )
    people = forms.Field(required=False, widget=forms.HiddenInput)
    next = forms.Field(required=False, widget=forms.HiddenInput)
    back = forms.Field(required=False, widget=forms.HiddenInput)
    sent = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_people(self) -> list[UUID]:
        """Read the keys; what is none, which no page of ours sends, is nobody."""
        return people_in(self.cleaned_data["people"] or "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == Purpose.OTHER and cleaned.get("text") == "":
            self.add_error("text", _("Write which reason, in a few words."))
        return cleaned

    @property
    def why(self) -> Why:
        kind = self.cleaned_data["kind"]
        return Why(kind, self.cleaned_data["text"] if kind == Purpose.OTHER else "")

    @property
    def whom(self) -> list[UUID] | None:
        """For whom it shall hold; None: everybody, if that is ticked or nobody is in sight.

        For no more than a session holds, and as many as an action takes.
        """
        people: list[UUID] = self.cleaned_data["people"]
        return None if self.cleaned_data["everybody"] or not people else people[:MOST]

    def forget_number(self) -> None:
        """What looked like an identity number does not come back in the page."""
        if self.has_error("text", _NUMBER):
            name = self.add_prefix("text")
            self.data = {each: value for each, value in self.data.items() if each != name}


def people_in(text: str) -> list[UUID]:
    """Read keys that are parted by spaces."""
    people = []
    for word in text.split():
        try:
            people.append(UUID(word))
        except ValueError:
            continue
    return people
