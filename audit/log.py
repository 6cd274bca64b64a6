"""The one door into the audit log."""

import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from audit.callers import network_of
from audit.events import Event
from audit.models import AuditEvent

REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

# One statement: an import tells of a hundred thousand, and rows made one by one took the longest.
_INSERT_EACH = """INSERT INTO "audit_auditevent"
        (at, event, kept, organisation_id, employee_id, actor, reference, reason, network, details)
    SELECT %(at)s, %(event)s, %(kept)s, organisation, employee, %(actor)s, %(reference)s,
        %(reason)s, %(network)s, %(details)s::jsonb
    FROM unnest(%(organisations)s::uuid[], %(employees)s::uuid[]) WITH ORDINALITY
        AS each (organisation, employee, number) ORDER BY number
"""

type Plain = str | int | bool | None
type Detail = Plain | list[str] | dict[str, list[Plain]]


class OutsideTransaction(RuntimeError):
    """An event was to be recorded where the change and its event could part ways."""


def new_reference() -> str:
    """Give a reference such as `7F3K-2Q` for a person to quote: no letters that look alike."""
    characters = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(6))
    return f"{characters[:4]}-{characters[4:]}"


def record(
    event: Event,
    *,
    by: str,
    now: datetime,
    organisation: UUID | None = None,
    employee: UUID | None = None,
    reason: str = "",
    reference: str = "",
    **details: Detail,
) -> AuditEvent:
    """Write one event in the transaction of the change it tells of.

    `by` names the actor: `employee:<id>`, `user:<id>`, `eid` (somebody signed in with an eID and
    not linked), `stranger` (nobody knows who), `id-porten`, `command:<name>`, `system`; a `Caller`
    tells from which network, too. `details` hold no code, no secret and no identity number.

    Raises:
        OutsideTransaction: there is no transaction that binds the event to its change.
    """
    _bound_to_its_change(event)
    entry = AuditEvent(
        at=now,
        event=event,
        kept=event.kept,
        organisation_id=organisation,
        employee_id=employee,
        actor=str(by),
        reason=reason,
        reference=reference,
        network=network_of(by),
        details=details,
    )
    entry.save(force_insert=True)
    return entry


def record_each(
    event: Event,
    whom: Iterable[tuple[UUID | None, UUID]],
    *,
    by: str,
    now: datetime,
    reason: str = "",
    reference: str = "",
    **details: Detail,
) -> int:
    """Write the same event about many, one for each pair of organisation and employee, in bulk.

    The rules are those of `record`; gives how many were written.

    Raises:
        OutsideTransaction: there is no transaction that binds the events to their change.
    """
    _bound_to_its_change(event)
    pairs = list(whom)
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT_EACH,
            {
                "at": now,
                "event": event.value,
                "kept": event.kept,
                "actor": str(by),
                "reference": reference,
                "reason": reason,
                "network": network_of(by),
                "details": json.dumps(details),
                "organisations": [organisation for organisation, _employee in pairs],
                "employees": [employee for _organisation, employee in pairs],
            },
        )
    return len(pairs)


def _bound_to_its_change(event: Event) -> None:
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"{event} was recorded outside a transaction.")
