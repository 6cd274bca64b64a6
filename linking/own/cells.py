"""One fact of the download: for programs as JSON has it, for people in their words and time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.actors import Actor, actors_of
from accounts.models import Employee, Import
from linking.eids import eid_name
from linking.own.fields import SHOWN, How, Shown
from linking.own.history import Deed, Happening, Look
from linking.own.words import FIELDS, who_in_words


@dataclass(frozen=True, slots=True)
class Cell:
    key: str
    label: str
    value: Any
    said: str
    """Empty where there is nothing to say."""


type Row = list[Cell]


def cell(key: str, label: Any, value: Any, *, said: str | None = None) -> Cell:
    return Cell(key, capfirst(str(label)), plain(value), in_words(value) if said is None else said)


def plain(value: Any) -> Any:
    """Give a value as JSON has it: times in UTC, keys as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def in_words(value: Any) -> str:
    """Give a value as the page has it: times in Norway's, with the date in the reader's words."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return "" if value is None else str(value)


def cells_of(rows: Iterable[Any], employee: Employee) -> list[Row]:
    """Give the rows of one model as the employee is told them; two queries name the actors."""
    found = list(rows)
    shown = SHOWN[type(found[0])] if found else {}
    who = [name for name, each in shown.items() if each.how == How.WHO]
    named = {getattr(row, name) for row in found for name in who} - {""}
    actors = actors_of(named, seen_from=employee.organisation_id) if named else {}
    return [
        [_of_a_column(row, name, each, employee, actors) for name, each in shown.items()]
        for row in found
    ]


def _of_a_column(
    row: Any, name: str, shown: Shown, employee: Employee, actors: Mapping[str, Actor]
) -> Cell:
    value = getattr(row, name)
    match shown.how:
        case How.AS_IT_IS:
            display = getattr(row, f"get_{name}_display", None)
            return cell(shown.key, shown.label, value, said=str(display()) if display else None)
        case How.WHETHER:
            return cell(shown.key, shown.label, value is not None)
        case How.EID:
            return cell(shown.key, shown.label, eid_name(value))
        case How.WHO:
            me, here = employee.pk, employee.organisation_id
            who = who_in_words(actors[value], me=me, here=here) if value else ""
            return cell(shown.key, shown.label, who)
        case How.PLACE:
            place = value.name if value is not None else _("The whole portal")
            return cell(shown.key, shown.label, place)
        case How.FIELDS:
            return cell(shown.key, shown.label, value, said=_fields(value))
        case How.IMPORT:
            return _import(shown, value)


def _fields(values: Mapping[str, Any]) -> str:
    told = ((FIELDS.get(name, name), value) for name, value in values.items())
    return ", ".join(f"{name}: {in_words(value)}" for name, value in told)


def _import(shown: Shown, changeset: Import) -> Cell:
    value = {
        "file": changeset.source,
        "state": changeset.state,
        "uploaded_at": plain(changeset.created_at),
        "applied_at": plain(changeset.applied_at),
    }
    uploaded = in_words(changeset.created_at)
    said = f"{changeset.source} · {uploaded} · {changeset.get_state_display()}"
    return cell(shown.key, shown.label, value, said=said)


def cells_of_a_happening(event: Happening) -> Row:
    return [
        cell("at", _("time"), event.at),
        cell("event", _("event"), event.event, said=event.said),
        cell("told", _("more about it"), event.more),
        cell("by", _("by"), event.by),
        cell("network", _("from the network"), event.network),
        cell("reference", _("reference"), event.reference),
    ]


def cells_of_a_look(look: Look) -> Row:
    return [
        cell("at", _("time"), look.at),
        cell("event", _("event"), look.event, said=look.said),
        cell("by", _("by"), look.who),
        cell("oneself", _("you yourself"), look.oneself),
        cell("purpose", _("why"), look.why.purpose, said=str(look.why)),
        cell("purpose_text", _("why"), look.why.text, said=""),
        cell("reference", _("reference"), look.reference),
    ]


def cells_of_a_deed(deed: Deed) -> Row:
    return [
        cell("at", _("time"), deed.at),
        cell("event", _("event"), deed.event, said=deed.said),
    ]
