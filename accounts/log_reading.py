"""What a reader of the log may read of people in it: asked by its page and by its files alike."""

from collections.abc import Mapping
from typing import Any, Final

from accounts.access import Someone, covers
from accounts.models import User
from accounts.purposes.choices import Purpose
from audit.models import AuditEvent

SEE_PEOPLE: Final = "accounts.view_employee"
_TYPED: Final = ("why", "purpose_text")


def may_read_of_people(event: AuditEvent, reader: Someone) -> bool:
    """Whether the reader may see the people of the organisation whose event it is."""
    return covers(reader, SEE_PEOPLE, event.organisation_id)


def name_of(user: User, reader: Someone, *, did_something: bool = True) -> str | None:
    """Give what a user is called, to those who may know.

    Whoever administrates is known by name to all who read the log of what they did.
    """
    employee = user.employee
    if did_something and (employee is None or user.is_staff):
        return str(user)
    if employee is None or not covers(reader, SEE_PEOPLE, employee.organisation_id):
        return None
    return employee.full_name


def details_for(event: AuditEvent, reader: Someone) -> Mapping[str, Any]:
    """Give the details as far as the reader may see them.

    Those of an event about somebody may say what they are called. What somebody typed may, also
    where the event is about nobody: the block of an eID is lifted because «Kari rang».
    """
    kept: Mapping[str, Any] = event.details
    if may_read_of_people(event, reader):
        return kept
    return without_free_text(kept) if event.employee_id is None else {}


def without_free_text(details: Mapping[str, Any]) -> dict[str, Any]:
    """Give them without what somebody typed in words of their own."""
    return {name: kept for name, kept in details.items() if not _is_free_text(name, kept)}


def _is_free_text(name: str, value: Any) -> bool:
    """So was a purpose before there was a list of them."""
    return name in _TYPED or (name == "purpose" and value not in Purpose.values)
