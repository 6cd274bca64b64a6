"""Writes sound logs of any length, as the portal exports them."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit import sealing, verifier

START = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = 10_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

type Line = dict[str, Any]


def write(path: Path, *, events: int, each_round: int, organisations: int) -> None:
    """Write a log with a round each minute, and how to check it as `key.pem` beside it."""
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (path.parent / "key.pem").write_bytes(pem)
    rounds = -(-events // each_round)
    exported = verifier.time_text(START + timedelta(minutes=rounds))
    header = {"type": "header", "format": verifier.FORMAT, "exported_at": exported}
    with path.open("wb") as file:
        file.write(_written(header | {"organisation": None, "from": None}))
        seals = 0
        for line in _rounds(events, each_round, organisations):
            seals += line["type"] == "seal"
            file.write(_written(line))
        file.write(_written({"type": "end", "seals": seals, "events": events}))


def _rounds(events: int, each_round: int, organisations: int) -> Iterator[Line]:
    tips: dict[str, sealing.Tip] = {}
    for number, first in enumerate(range(1, events + 1, each_round), start=1):
        now = START + timedelta(minutes=number)
        own: dict[str, list[Line]] = {}
        for event_id in range(first, min(first + each_round, events + 1)):
            organisation = UUID(int=1 + event_id % organisations)
            line = _event(event_id, now - timedelta(seconds=30), organisation)
            own.setdefault(str(organisation), []).append(line)
        seals: list[sealing.Seal] = []
        for chain in (*sorted(own), verifier.PORTAL):
            seal = sealing.make_seal(
                chain=chain,
                after=tips.get(chain),
                round_number=number,
                events=map(_to_seal, own.get(chain, [])),
                key=KEY,
                now=now,
                links=seals if chain == verifier.PORTAL else (),
            )
            seals.append(seal)
            tips[chain] = sealing.Tip(seal.number, seal.hash, now)
            yield _seal(seal)
            yield from own.get(chain, [])


def _event(event_id: int, at: datetime, organisation: UUID) -> Line:
    employee = UUID(int=event_id % PEOPLE)
    key = sha256(employee.bytes).digest()
    return {
        "type": "event",
        "id": event_id,
        "at": verifier.time_text(at),
        "event": "sign-in:done",
        "kept": "security",
        "organisation": str(organisation),
        "employee": str(employee),
        "actor": f"employee:{employee}",
        "reference": "",
        "reason": "",
        "details": {"level": "high", "eid": "BankID", "link": str(employee)},
        "network": "192.0.2.0/24",
        "opening": verifier.opening_for(key, event_id).hex(),
    }


def _to_seal(line: Line) -> sealing.EventToSeal:
    opening = bytes.fromhex(line["opening"])
    return sealing.EventToSeal(
        id=line["id"],
        at=datetime.fromisoformat(line["at"]),
        event=line["event"],
        kept=line["kept"],
        organisation=UUID(line["organisation"]),
        employee=UUID(line["employee"]),
        actor=line["actor"],
        reference=line["reference"],
        reason=line["reason"],
        commitment=verifier.commitment(opening, line["details"], line["network"]),
    )


def _seal(seal: sealing.Seal) -> Line:
    return {
        "type": "seal",
        "statement": seal.statement,
        "records": base64.b64encode(seal.records).decode(),
        "signature": base64.b64encode(seal.signature).decode(),
    }


def _written(line: Line) -> bytes:
    return verifier.canonical_json(line) + b"\n"
