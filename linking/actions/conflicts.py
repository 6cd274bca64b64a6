"""Two claims to one place: nothing is moved, both sides are told, a third person decides."""

from datetime import datetime

from accounts.models import Employee
from linking.actions.cases import open_case
from linking.actions.notices import tell_employee
from linking.facts import mailed_to
from linking.models import Case, LinkedIdentity, OutgoingMail, PendingCode, matches
from linking.persons import fingerprints_from
from linking.policy import Refusal, may_be_told

_KINDS = {
    Refusal.EMPLOYEE_LINKED: Case.Kind.EMPLOYEE_LINKED,
    Refusal.PERSON_LINKED: Case.Kind.PERSON_LINKED,
}


def note_conflict(
    request: PendingCode, employee: Employee, refusal: Refusal, *, now: datetime
) -> None:
    """Open a case where the refusal is a conflict, in the caller's transaction (A-08, A-09).

    Each side is told within the budget of its own mailbox (A-05); once, while the case is open.
    """
    kind = _KINDS.get(refusal)
    if kind is None:
        return
    standing = LinkedIdentity.objects.standing().filter(
        organisation=request.organisation, expires_at__gt=now
    )
    person = fingerprints_from(request.number_fingerprints)
    of_employee = standing.filter(employee=employee).first()
    of_person = standing.filter(matches(person)).select_related("employee__organisation").first()
    if of_employee is not None and of_employee == of_person:
        return  # one's own link, made in another window
    other = of_person.employee if of_person else None
    case = open_case(
        kind,
        organisation=request.organisation,
        request=request,
        employee=employee,
        other_employee=other,
        link=of_employee if kind is Case.Kind.EMPLOYEE_LINKED else of_person,
        now=now,
    )
    if case is None:
        return
    for party in (employee, other):
        if party is not None and may_be_told(mailed_to(party, now)):
            tell_employee(OutgoingMail.Kind.CONFLICT, party, case=case, now=now)
