"""One round of sealing: what waits is taken from the queue and goes under a seal of its chain."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction
from django.db.models import QuerySet

from audit.events import Event
from audit.log import record
from audit.models import COLUMNS, AuditEvent, Unsealed
from audit.models import Seal as SealRow
from audit.sealing import EventToSeal, Seal, Tip, commit, make_seal
from audit.subjects import keys_of
from audit.verifier import PORTAL, key_id, statement_hash

MOST = 10_000  # events under the seals of one round
# Whoever seals or erases is alone with it.
_LOCK = 0x6B6F_626C_696E_67

_TAKE = """DELETE FROM audit_unsealed
    WHERE id IN (SELECT id FROM audit_unsealed ORDER BY id LIMIT %s)
    RETURNING id, kept, at
"""
_TIPS = """SELECT chain, seal.number, seal.statement, seal.sealed_at, seal.round
    FROM unnest(%s::uuid[]) AS chain CROSS JOIN LATERAL (
        SELECT number, statement, sealed_at, round FROM audit_seal
        WHERE organisation_id IS NOT DISTINCT FROM chain
        ORDER BY number DESC LIMIT 1
    ) AS seal
"""


class QueueDoesNotFit(RuntimeError):
    """Events that wait for their seal are gone from the log."""


@dataclass(frozen=True, slots=True)
class _Standing:
    tip: Tip
    round: int
    key: str


def alone(*, wait: bool) -> bool:
    """Keep others from sealing and erasing until the transaction ends; gives whether that went."""
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [_LOCK])
        return wait or bool(cursor.fetchone()[0])


@transaction.atomic
def seal_round(*, key: Ed25519PrivateKey, now: datetime) -> bool:
    """Seal what waits, at most `MOST` events; gives whether more is left.

    The portal's chain has a seal each round, also when nothing happened: silence is vouched for
    like everything else.

    Raises:
        ClockWentBack: `now` is not after the last round.
        QueueDoesNotFit: somebody took events out of the log before they were sealed. Nothing is
            sealed before a person has looked.
    """
    if not alone(wait=False):
        return False
    portal = _standing([None]).get(None)
    _tell_of_key(key, portal, now=now)
    events = _taken()
    behind = Unsealed.objects.exists()
    by_chain: dict[UUID | None, list[EventToSeal]] = defaultdict(list)
    for event in events:
        by_chain[event.organisation].append(event)
    portals = by_chain.pop(None, [])
    standing = _standing(by_chain)
    number = portal.round + 1 if portal else 1
    seals = [
        make_seal(
            chain=str(organisation),
            after=standing[organisation].tip if organisation in standing else None,
            round_number=number,
            events=theirs,
            key=key,
            now=now,
        )
        for organisation, theirs in sorted(by_chain.items(), key=lambda each: str(each[0]))
    ]
    last = make_seal(
        chain=PORTAL,
        after=portal.tip if portal else None,
        round_number=number,
        events=portals,
        key=key,
        now=now,
        links=seals,
        behind=behind,
    )
    _keep([*seals, last])
    return behind


def _tell_of_key(key: Ed25519PrivateKey, portal: _Standing | None, *, now: datetime) -> None:
    """Have the log say when another key begins to sign; the event is under its first seal."""
    ours = key_id(key.public_key())
    before = portal.key if portal else None
    if before == ours:
        return
    event = Event.SEAL_KEY_CHANGED if before else Event.SEAL_KEY_FIRST_USED
    record(event, by="system", now=now, key=ours, before=before)


def _taken() -> list[EventToSeal]:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [MOST])
        taken = cursor.fetchall()
    if not taken:
        return []
    ids, classes, times = zip(*taken, strict=True)
    # The classes and times say in which partitions to look.
    there = AuditEvent.objects.filter(
        pk__in=ids, kept__in=set(classes), at__gte=min(times), at__lte=max(times)
    )
    waiting = set(taken)
    # Somebody may have given another event the id of one that waits.
    events = [each for each in to_seal(there) if (each.id, each.kept, each.at) in waiting]
    if len(events) != len(taken):
        raise QueueDoesNotFit(
            f"{len(taken) - len(events)} events that wait for their seal are not in the audit log."
        )
    return events


def to_seal(events: QuerySet[AuditEvent]) -> list[EventToSeal]:
    """Make events ready for sealing: what is personal in them, as a commitment."""
    rows = list(events.values(*COLUMNS))
    keys = keys_of({row["employee_id"] for row in rows if row["employee_id"]})
    return [_to_seal(row, keys) for row in rows]


def _to_seal(row: dict[str, Any], keys: dict[UUID, bytes]) -> EventToSeal:
    commitment = row["commitment"] or commit(
        row["id"],
        details=row["details"],
        network=row["network"],
        person_key=keys[row["employee_id"]] if row["employee_id"] else None,
    )
    return EventToSeal(
        id=row["id"],
        at=row["at"],
        event=row["event"],
        kept=row["kept"],
        organisation=row["organisation_id"],
        employee=row["employee_id"],
        actor=row["actor"],
        reference=row["reference"],
        reason=row["reason"],
        commitment=bytes(commitment),
    )


def _standing(chains: Iterable[UUID | None]) -> dict[UUID | None, _Standing]:
    with connection.cursor() as cursor:
        cursor.execute(_TIPS, [list(chains)])
        return {
            chain: _Standing(
                Tip(number, statement_hash(statement), sealed_at),
                last,
                json.loads(statement)["key"],
            )
            for chain, number, statement, sealed_at, last in cursor.fetchall()
        }


def _keep(seals: Iterable[Seal]) -> None:
    SealRow.objects.bulk_create(
        SealRow(
            organisation_id=None if seal.chain == PORTAL else UUID(seal.chain),
            number=seal.number,
            round=seal.round,
            sealed_at=seal.sealed_at,
            statement=seal.statement,
            records=seal.records,
            signature=seal.signature,
        )
        for seal in seals
    )
