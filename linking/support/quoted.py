"""What a reference is about: a request, a case, or something that the audit log alone knows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.access import Someone, scope
from accounts.models import Employee
from audit.events import Event
from audit.models import AuditEvent
from linking.models import Case, PendingCode
from linking.story import Told, code_in_words, refusal_in_words
from linking.story.links import case_in_words, decision_in_words
from linking.support.rows import actor_names, case_of, code_of


@dataclass(frozen=True, slots=True)
class Quoted:
    """What was found. `page` and `key` name the administration's page about it."""

    row: PendingCode | Case | AuditEvent

    @property
    def reference(self) -> str:
        return self.row.reference

    @property
    def page(self) -> str:
        return self.row._meta.label_lower.replace(".", "_")

    @property
    def at(self) -> datetime:
        if isinstance(self.row, AuditEvent):
            return self.row.at
        return self.row.opened_at if isinstance(self.row, Case) else self.row.requested_at

    @property
    def organisation_id(self) -> UUID | None:
        return self.row.organisation_id

    @property
    def employee(self) -> Employee | None:
        """Whom it is about, where anybody knows; the log outlives its people."""
        if not isinstance(self.row, AuditEvent):
            return self.row.employee
        if self.row.employee_id is None:
            return None
        return Employee.objects.filter(
            pk=self.row.employee_id, organisation=self.row.organisation_id
        ).first()


def quoted(references: tuple[str, ...], user: Someone) -> Quoted | None:
    """Find the newest that has one of these references, where the user may see it."""
    if not references:
        return None
    spelled = {"reference__in": references}
    codes = PendingCode.objects.select_related("organisation", "employee__organisation", "mail")
    code = scope(codes, user, "linking.view_pendingcode").filter(**spelled).first()
    if code is not None:
        return Quoted(code)
    cases = Case.objects.select_related("organisation", "employee__organisation")
    case = scope(cases, user, "linking.view_case").filter(**spelled).first()
    if case is not None:
        return Quoted(case)
    events = AuditEvent.objects.filter(**spelled)
    event = scope(events, user, "audit.view_auditevent", path="organisation_id").first()
    return Quoted(event) if event is not None else None


def told_of(found: Quoted, *, now: datetime) -> Told:
    """Tell what a reference is about."""
    row = found.row
    if isinstance(row, PendingCode):
        address = row.employee.email if row.employee is not None else row.email
        return code_in_words(code_of(row), address=address, now=now)
    if isinstance(row, Case):
        case = case_of(row, names=actor_names([row.decided_by]), employee=None)
        decision = (decision_in_words(case),) if case.decided_at is not None else ()
        return Told((case_in_words(case, now), *decision))
    if row.event == Event.SIGN_IN_REFUSED:
        return refusal_in_words(row.reason)
    return Told((str(row.get_event_display()),))
