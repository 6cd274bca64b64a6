"""Who may search, and of whom they may read the whole story."""

from typing import Final
from uuid import UUID

from django.urls import reverse

from accounts.access import Someone, covers
from accounts.log_reading import SEE_PEOPLE
from accounts.models import Employee

# The page is made of all of these, so whoever lacks one has the pages of the others.
SEE_ALL: Final = (
    SEE_PEOPLE,
    "linking.view_linkedidentity",
    "linking.view_pendingcode",
    "linking.view_outgoingmail",
    "linking.view_case",
    "linking.view_block",
    "audit.view_auditevent",
)


def may_read_story(user: Someone, organisation: UUID | None) -> bool:
    return all(covers(user, permission, organisation) for permission in SEE_ALL)


def page_of(user: Someone, employee: Employee) -> str:
    """Give where a hit leads: HR, who see no codes, come to the person in the registry."""
    if may_read_story(user, employee.organisation_id):
        return reverse("support_person", args=[employee.pk])
    return reverse("admin:accounts_employee_change", args=[employee.pk])
