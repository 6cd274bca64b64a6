"""The form of the log's page: what is typed comes by POST, and stands in no address."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from ipaddress import ip_interface
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.access import Someone, everywhere, organisations
from accounts.log_reading import SEE_PEOPLE
from linking.logbook.groups import Group, events_of
from linking.logbook.query import DAYS, PORTAL, YEARS, Query
from linking.support.typed import LONGEST, Kind, recognise

SEE_LOG = "audit.view_auditevent"
TYPED = ("q", "by_name")
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MINUTES = "%Y-%m-%dT%H:%M"
SECONDS = "%Y-%m-%dT%H:%M:%S"
IDENTITY_NUMBER = _("That looked like an identity number. It was not looked up and not kept.")
SEVERITIES = [
    ("", _("Every severity")),
    ("alert", _("Alerts only")),
    ("warning", _("Warnings and worse")),
    ("notice", _("Notices and worse")),
]
_BY = [
    ("", _("Whoever")),
    ("system", _("The portal itself")),
    ("eid", _("Somebody with an electronic ID, not linked")),
    ("id-porten", "ID-porten"),
    ("stranger", _("Somebody who had not signed in")),
]


class TextField(forms.CharField):
    """Text about somebody; an identity number is refused, and not shown again."""

    def clean(self, value: Any) -> str:
        text = str(value or "").strip()
        if recognise(text).kind == Kind.IDENTITY_NUMBER and not _is_key_or_network(text):
            raise forms.ValidationError(IDENTITY_NUMBER, code="identity-number")
        return str(super().clean(value)).replace("\0", "").strip()


def _is_key_or_network(text: str) -> bool:
    """Whether all of it is a person's key or a network: these may have eleven digits, too."""
    if _KEY.fullmatch(text):
        return True
    try:
        return bool(ip_interface(text))
    except ValueError:
        return False


_SELECTED = mark_safe(" selected")


class LongSelect(forms.Select):
    """Django's takes three templates for each option, and there are hundreds."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        groups = format_html_join("", "{}", ([_group(*each)] for each in widget["optgroups"]))
        attributes = flatatt({"name": widget["name"], **widget["attrs"]})
        return format_html("<select{}>{}</select>", attributes, groups)


def _group(label: str | None, options: Iterable[dict[str, Any]], _index: int) -> SafeString:
    inside = _options(options)
    return format_html('<optgroup label="{}">{}</optgroup>', label, inside) if label else inside


def _options(options: Iterable[dict[str, Any]]) -> SafeString:
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((each["value"], _SELECTED if each["selected"] else "", each["label"]) for each in options),
    )


class AskForm(forms.Form):
    q = TextField(required=False, max_length=LONGEST, widget=forms.TextInput({"type": "search"}))
    what = forms.ChoiceField(label=_("What happened"), required=False, widget=LongSelect)
    severity = forms.ChoiceField(label=_("Severity"), choices=SEVERITIES, required=False)
    days = forms.ChoiceField(label=_("When"), required=False)
    since = forms.DateTimeField(label=_("From"), required=False)
    until = forms.DateTimeField(label=_("To"), required=False)
    by = forms.ChoiceField(label=_("Who did it"), choices=_BY, required=False)
    by_name = TextField(label=_("Or by name"), required=False, max_length=LONGEST)
    organisation = forms.ChoiceField(label=_("Organisation"), required=False, widget=LongSelect)

    def __init__(self, reader: Someone, query: Query, data: Any = None) -> None:
        super().__init__(data, initial=_initial(query))
        self._offer("what", [("", _("Everything")), *_events()])
        self._offer("days", [("", _("Any time")), *_days()])
        places = list(_places(reader))
        if len(places) > 1:
            self._offer("organisation", [("", _("All that I may see")), *places])
        else:
            del self.fields["organisation"]
        sees_people = reader.has_perm(SEE_PEOPLE)  # type: ignore[union-attr]
        self.fields["q"].label = _WHOM if sees_people else _NOBODY
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                # Django's own quotes what was sent.
                field.error_messages["invalid_choice"] = _("Choose one of those in the list.")
        for name in ("since", "until"):
            self.fields[name].input_formats = [MINUTES, SECONDS]  # type: ignore[attr-defined]
            self.fields[name].widget = forms.DateTimeInput(
                attrs={"type": "datetime-local", "step": "1"}, format=SECONDS
            )
        for name in TYPED:
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  for the types
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        since, until = given.get("since"), given.get("until")
        for name in ("since", "until"):
            if given.get(name) and given[name].year not in YEARS:
                self.add_error(name, _("There was no log then."))
        if since and until and since > until:
            self.add_error("until", _("This is before the time it is to begin at."))
        return given

    def chosen(self, query: Query) -> Query:
        """Give the query with what was chosen, once the form is valid; typed text is not in it."""
        given = self.cleaned_data
        kind, _colon, name = given["what"].partition("=")
        not_a_choice = query.actor if query.actor not in dict(_BY) else ""
        times = {name: given[name] for name in ("since", "until")}
        return query.but(
            event=name if kind == "event" else "",
            group=name if kind == "group" else "",
            severity=given["severity"],
            days=int(given["days"]) if given["days"] and not any(times.values()) else None,
            actor=given["by"] or not_a_choice,
            organisation=given.get("organisation", query.organisation),
            **times,
        )


_WHOM = _("Name, e-mail, employee number, reference or IP address")
_NOBODY = _("Reference, IP address or the key of an employee")


def _initial(query: Query) -> dict[str, Any]:
    what = f"event={query.event}" if query.event else f"group={query.group}" if query.group else ""
    return {
        "what": what,
        "severity": query.severity,
        "days": str(query.days or ""),
        "since": _local(query.since),
        "until": _local(query.until),
        "by": query.actor if query.actor in dict(_BY) else "",
        "organisation": query.organisation,
    }


def _local(moment: datetime | None) -> datetime | None:
    return timezone.localtime(moment) if moment is not None else None


def _events() -> Iterator[tuple[Any, Any]]:
    for group in Group:
        every = (f"group={group.value}", _("All of this group"))
        yield group.label, [every, *((f"event={e.value}", e.label) for e in events_of(group))]


def _days() -> Iterator[tuple[str, Any]]:
    labels = (_("Today"), _("The last 7 days"), _("The last 30 days"))
    return ((str(days), label) for days, label in zip(DAYS, labels, strict=True))


def _places(reader: Someone) -> Iterator[tuple[str, Any]]:
    if everywhere(reader, SEE_LOG):
        yield PORTAL, _("Events of no organisation")
    for key, name in organisations(reader, SEE_LOG).order_by("name").values_list("pk", "name"):
        yield str(key), name
