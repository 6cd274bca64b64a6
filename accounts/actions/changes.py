"""From what to what: a row before and after somebody has edited it, as the audit log tells it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

type Changes = dict[str, list[str | int | bool | None]]


def values_before(row: Model, fields: Iterable[str]) -> dict[str, Any]:
    """Give what is stored of a row that has been edited, and lock it: nobody edits in between."""
    names = list(fields)
    stored = type(row)._default_manager.select_for_update().filter(pk=row.pk)
    return dict(stored.values(*names).get()) if names else {}


def changes_since(before: Mapping[str, Any], row: Model) -> Changes:
    """Give `[before, after]` of each field that is another one now."""
    after = {name: getattr(row, name) for name in before}
    return {
        name: [_plain(old), _plain(after[name])]
        for name, old in before.items()
        if old != after[name]
    }


def _plain(value: Any) -> str | int | bool | None:
    return value if value is None or isinstance(value, str | int) else str(value)
