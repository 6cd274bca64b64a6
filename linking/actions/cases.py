"""Cases: what the portal does not decide by itself."""

from datetime import datetime

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
