"""Erasing what the log holds on a person (GDPR article 17), so that the chain stays whole."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from audit.events import Event
from audit.log import record
from audit.models import AuditEvent, SubjectKey
from audit.rounds import alone, to_seal

_BLANK = """UPDATE audit_auditevent AS event
    SET details = '{}', network = '', commitment = erased.commitment
    FROM unnest(%s::bigint[], %s::bytea[]) AS erased (id, commitment)
    WHERE event.id = erased.id AND event.employee_id = %s
"""


@transaction.atomic
def erase(employee: UUID, *, by: str, now: datetime) -> int:
    """Blank the details of every event about the employee, and destroy the key of what they were.

    That something happened, when and by whom stays, under the employee's id alone. Each chain that
    tells of the employee is told of the erasure. Gives how many events were blanked; a second time
    there are none, and nothing is told.
    """
    alone(wait=True)
    # What tells of an earlier erasure, too: its commitment is under the key that goes.
    sealed = to_seal(AuditEvent.objects.filter(employee_id=employee, commitment=None))
    if all(each.event == Event.EMPLOYEE_ERASED for each in sealed):
        return 0
    _tell(employee, {each.organisation for each in sealed}, by=by, now=now)
    with connection.cursor() as cursor:
        ids, commitments = [each.id for each in sealed], [each.commitment for each in sealed]
        cursor.execute(_BLANK, [ids, commitments, employee])
    SubjectKey.objects.filter(pk=employee).delete()
    return len(sealed)


def _tell(employee: UUID, chains: Iterable[UUID | None], *, by: str, now: datetime) -> None:
    for organisation in chains:
        record(Event.EMPLOYEE_ERASED, by=by, now=now, organisation=organisation, employee=employee)
