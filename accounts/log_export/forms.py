from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.access import Someone, everywhere, organisations
from accounts.models import Organisation

EXPORT = "audit.export_auditevent"
_DAYS = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2199, 12, 31)))
_USUAL = timedelta(days=30)


class Kind(TextChoices):
    CSV = "csv", _("For a spreadsheet (CSV)")
    JSON_LINES = "json-lines", _("For a program (JSON Lines)")
    SEALED = (
        "sealed",
        _("With its seals and every detail, for the verifier: from the first event to the last"),
    )


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, validators=_DAYS)


class ExportForm(forms.Form):
    """What is asked for; only what the reader may take is offered."""

    kind = forms.ChoiceField(
        label=_("Format"), choices=Kind, initial=Kind.CSV, widget=forms.RadioSelect
    )
    organisation = forms.ModelChoiceField(
        label=_("Organisation"), queryset=Organisation.objects.none(), empty_label=None
    )
    first_day = _day(_("First day"))
    last_day = _day(_("Last day"))

    def __init__(self, reader: Someone, data: Any, *, today: date) -> None:
        super().__init__(data, initial={"first_day": today - _USUAL, "last_day": today})
        place = self.fields["organisation"]
        assert isinstance(place, forms.ModelChoiceField)  # noqa: S101  # for mypy
        place.queryset = organisations(reader, EXPORT)
        if everywhere(reader, EXPORT):
            place.required, place.empty_label = False, _("The whole portal")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == Kind.SEALED:
            return cleaned | {"first_day": None, "last_day": None}
        for name in ("first_day", "last_day"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Choose a day."))
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and first > last:
            self.add_error("last_day", _("The last day is before the first."))
        return cleaned
