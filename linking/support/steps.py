"""Where something can be done about what the page tells, for those who may: support only looks."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.access import Someone, covers
from accounts.models import Employee
from linking.models import LinkedIdentity
from linking.story import Person

type Step = tuple[Any, str]


def steps_for(user: Someone, employee: Employee, facts: Person, *, now: datetime) -> list[Step]:
    """Give labels and addresses of the administration's own pages, which ask for the reason."""
    steps: list[Step] = []
    if covers(user, "linking.change_case", employee.organisation_id):
        steps += (
            (
                _("Decide case %(reference)s") % {"reference": case.reference},
                _page("case_decide", case),
            )
            for case in facts.cases
            if case.decided_at is None
        )
    if covers(user, "linking.change_block", employee.organisation_id):
        steps += (
            (_("Lift the block"), _page("block_lift", block))
            for block in facts.blocks
            if block.is_in_force(now)
        )
    if covers(user, "linking.change_linkedidentity", employee.organisation_id):
        steps += (
            (_("Revoke this link"), _page("linkedidentity_revoke", link))
            for link in facts.links
            if link.state == LinkedIdentity.State.ACTIVE  # one that waits has its case
        )
    registry = reverse("admin:accounts_employee_change", args=[employee.pk])
    return [*steps, (_("The employee in the registry"), registry)]


def _page(name: str, row: Any) -> str:
    return reverse(f"admin:linking_{name}", args=[row.pk])
