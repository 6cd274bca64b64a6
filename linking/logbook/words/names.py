"""Who is who in the log, as far as the reader may know: keys in, names out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

_OTHERS: Final[Mapping[str, Any]] = {
    "system": _("the portal itself"),
    "eid": _("somebody with an electronic ID"),
    "id-porten": "ID-porten",
    "stranger": _("somebody who had not signed in"),
    "command": _("somebody at the server, by a command"),
}
HIDDEN: Final = _("somebody whose name you may not see")
GONE: Final = _("somebody who is not here any more")
_THE_EMPLOYEE: Final = _("the employee")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """`people` and `users` have a name by key, or None where the reader may not see it."""

    people: Mapping[UUID, str | None] = field(default_factory=dict)
    users: Mapping[UUID, str | None] = field(default_factory=dict)
    employees: Mapping[UUID, UUID] = field(default_factory=dict)
    """Whose user is an employee's: by the user's key, the employee's."""
    places: Mapping[UUID, str] = field(default_factory=dict)

    def person(self, key: UUID | str) -> str:
        return _named(self.people, key)

    def user(self, key: UUID | str) -> str:
        return _named(self.users, key)

    def actor(self, actor: str, subject: UUID | None) -> str:
        """Name who did something, seen from whom it is about."""
        kind, _colon, rest = actor.partition(":")
        if kind not in ("user", "employee"):
            return str(_OTHERS.get(kind, HIDDEN))
        key = as_key(rest)
        employee = self.employees.get(key, key) if key is not None else None
        if subject is not None and employee == subject:
            return str(_THE_EMPLOYEE)
        return _named(self.users if kind == "user" else self.people, rest)


def _named(names: Mapping[UUID, str | None], key: UUID | str) -> str:
    found = as_key(key)
    if found is None or found not in names:
        return str(GONE)
    return names[found] or str(HIDDEN)


def as_key(text: UUID | str) -> UUID | None:
    """Read a key; None where it is none."""
    if isinstance(text, UUID):
        return text
    try:
        return UUID(text)
    except (ValueError, AttributeError, TypeError):
        return None
