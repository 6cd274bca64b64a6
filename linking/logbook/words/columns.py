"""What columns are called, and what they were and are: as on the pages where they are written."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateField, Field
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.imports.words import FIELDS as PEOPLE
from accounts.models import Employee, Organisation, User

_OTHERS: Final[Mapping[str, Any]] = {
    "password": gettext_lazy("password"),
    "usable_password": gettext_lazy("password"),
    "national_id_fingerprint": gettext_lazy("identity number"),
}
_SOMETHING: Final = gettext_lazy("something else")


def field_in_words(name: str) -> str:
    """Give what a column is called, of whomever or whatever it is one."""
    if name in PEOPLE or name in _OTHERS:
        return str(PEOPLE.get(name) or _OTHERS[name])
    column = _column(name)
    return str(column.verbose_name if column is not None else _SOMETHING)


def changes_in_words(changes: Mapping[str, Any]) -> Iterator[str]:
    """Tell what each column was and is, from `[before, after]` by its name."""
    for name, both in changes.items():
        if isinstance(both, list) and len(both) == 2:
            before, after = (_value(name, value) for value in both)
            facts = {"field": capfirst(field_in_words(name)), "before": before, "after": after}
            yield _("%(field)s: from %(before)s to %(after)s.") % facts


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    column = _column(name)
    if isinstance(column, DateField) and (day := day_in_words(value)):
        return day
    choices = dict(column.flatchoices) if column is not None else {}
    return _("“%(value)s”") % {"value": choices.get(str(value), value)}


def day_in_words(value: Any) -> str:
    """Write a day as one writes it; nothing for what is none."""
    try:
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    except (TypeError, ValueError):
        return ""


def _column(name: str) -> "Field[Any, Any] | None":
    for model in (Employee, Organisation, User):
        try:
            column = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if isinstance(column, Field):
            return column
    return None
