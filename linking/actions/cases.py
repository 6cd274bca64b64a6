"""Cases: what the portal does not decide by itself."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import Employee, Organisation
from audit.events import Event
from audit.log import new_reference, record
from linking.models import Case, LinkedIdentity, PendingCode


@transaction.atomic
def open_case(
    kind: Case.Kind,
    *,
    organisation: Organisation,
    now: datetime,
    request: PendingCode | None = None,
    employee: Employee | None = None,
    other_employee: Employee | None = None,
    link: LinkedIdentity | None = None,
) -> Case | None:
    """Open a case about `request`; None where the same is open already, and nobody is told again.

    The caller tells those concerned, in the same transaction.
    """
    case = Case(
        reference=new_reference(),
        organisation=organisation,
        kind=kind,
        employee=employee,
        other_employee=other_employee,
        link=link,
        request=request,
        opened_at=now,
    )
    if request is not None:
        case.fingerprint, case.fingerprint_key = request.fingerprint, request.fingerprint_key
        case.eid, case.requester = request.eid, request.eid_name
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError:
        return None
    record(
        Event.CASE_OPENED,
        by="system",
        now=now,
        organisation=organisation.pk,
        employee=employee.pk if employee else None,
        reference=case.reference,
        reason=kind,
        **({"request": request.reference} if request else {}),
    )
    return case


@transaction.atomic
def close_cases_about(links: Iterable[UUID], *, now: datetime) -> None:
    """Close what was to be decided about links that ended before anybody did."""
    undecided = Case.objects.filter(
        link__in=list(links), kind__in=Case.ABOUT_A_LINK, decided_at__isnull=True
    )
    for case in undecided.select_for_update():
        note_decision(case, Case.Decision.OVERTAKEN, by="system", reason="", now=now)


def note_decision(
    case: Case, decision: Case.Decision, *, by: str, reason: str, now: datetime
) -> bool:
    """Write the decision and its event, and forget the eID's name; False where there is one."""
    decided = Case.objects.filter(pk=case.pk, decided_at__isnull=True).update(
        decision=decision, decided_at=now, decided_by=by, reason=reason[:500], requester=""
    )
    if not decided:
        return False
    record(
        Event.CASE_DECIDED,
        by=by,
        now=now,
        organisation=case.organisation_id,
        employee=case.employee_id,
        reference=case.reference,
        reason=decision,
        **({"why": reason[:500]} if reason else {}),
    )
    return True
