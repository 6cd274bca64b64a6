"""Builds small sound logs in memory: lines of an export, and what a test needs to change them."""

import base64
import gzip
import io
import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import verifier
from audit.sealing import EventToSeal, Seal, Tip, commit, make_seal
from audit.verifier import PORTAL, Head, Report, Verification

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
START = datetime(2026, 9, 30, 23, 58, 30, 5, tzinfo=UTC)
ORGANISATIONS = tuple(UUID(int=number) for number in (0xA, 0xB, 0xC))
PEOPLE = tuple(UUID(int=number) for number in range(0xE0, 0xE6))

type Line = dict[str, Any]


def person_key(employee: UUID | None) -> bytes | None:
    return sha256(employee.bytes).digest() if employee else None


@dataclass
class Log:
    """A portal's log as it grows. `seal()` makes a round of what was recorded since the last."""

    key: Ed25519PrivateKey = KEY
    now: datetime = START
    lines: list[Line] = field(default_factory=list)
    waiting: list[Line] = field(default_factory=list)
    tips: dict[str, Tip] = field(default_factory=dict)
    heads: list[Head] = field(default_factory=list)
    round: int = 0
    last_id: int = 0

    def record(
        self,
        event: str = "sign-in:done",
        *,
        organisation: UUID | None = None,
        employee: UUID | None = None,
        kept: str = "security",
        at: datetime | None = None,
        **details: Any,
    ) -> int:
        self.last_id += 1
        key = person_key(employee)
        opening = verifier.opening_for(key, self.last_id).hex() if key else ""
        self.waiting.append(
            {
                "type": "event",
                "id": self.last_id,
                "at": verifier.time_text(at or self.now),
                "event": event,
                "kept": kept,
                "organisation": str(organisation) if organisation else None,
                "employee": str(employee) if employee else None,
                "actor": "eid",
                "reference": "",
                "reason": "",
                "details": details,
                "network": "192.0.2.0/24" if employee else "",
                "opening": opening,
            }
        )
        return self.last_id

    def seal(self, *, after: timedelta = timedelta(minutes=1), behind: bool = False) -> None:
        self.now += after
        self.round += 1
        events, self.waiting = self.waiting, []
        chains = sorted({event["organisation"] for event in events if event["organisation"]})
        seals = [self._seal(chain, events) for chain in chains]
        self._seal(PORTAL, events, links=seals, behind=behind)

    def _seal(
        self, chain: str, events: list[Line], links: Iterable[Seal] = (), *, behind: bool = False
    ) -> Seal:
        own = [event for event in events if (event["organisation"] or PORTAL) == chain]
        own.sort(key=lambda event: (event["kept"], event["at"][:7], event["id"]))
        seal = make_seal(
            chain=chain,
            after=self.tips.get(chain),
            round_number=self.round,
            events=map(to_seal, own),
            key=self.key,
            now=self.now,
            links=tuple(links),
            behind=behind,
        )
        self.tips[chain] = Tip(seal.number, seal.hash, seal.sealed_at)
        self.heads.append(seal.head)
        self.lines += [seal_line(seal), *own]
        return seal

    def erase(self, employee: UUID, organisation: UUID) -> None:
        self.record(
            "employee:erased", organisation=organisation, employee=employee, kept="decision"
        )
        for lines in (self.lines, self.waiting):
            lines[:] = [erased(x) if x.get("employee") == str(employee) else x for x in lines]

    def drop(self, kept: str, month: str, *organisations: UUID) -> None:
        for organisation in (None, *organisations):
            self.record("retention:dropped", organisation=organisation, kept="decision", what=kept)
            self.waiting[-1]["details"] = {"kept": kept, "month": month, "count": 1}
        self.lines = [
            line
            for line in self.lines
            if line["type"] != "event" or (line["kept"], line["at"][:7]) != (kept, month)
        ]

    def export(self, organisation: UUID | None = None) -> list[Line]:
        """Give the lines, those that wait included, as the portal exports them."""
        body = deepcopy(self.lines + self.waiting)
        if organisation:
            body = list(_of_one(body, str(organisation)))
        header = {
            "type": "header",
            "format": "kobling-audit-1",
            "exported_at": verifier.time_text(self.now + timedelta(seconds=20)),
            "organisation": str(organisation) if organisation else None,
            "from": None,
        }
        return finished([header, *body])


def _of_one(lines: Iterable[Line], organisation: str) -> Iterable[Line]:
    for line in lines:
        if line["type"] == "event":
            if line["organisation"] == organisation:
                yield line
            continue
        chain = statement(line)["chain"]
        if chain == PORTAL:
            yield line | {"records": None}
        elif chain == organisation:
            yield line


def finished(lines: list[Line]) -> list[Line]:
    kinds = [line["type"] for line in lines]
    return [*lines, {"type": "end", "seals": kinds.count("seal"), "events": kinds.count("event")}]


def to_seal(line: Line) -> EventToSeal:
    organisation, employee = (
        UUID(x) if x else None for x in (line["organisation"], line["employee"])
    )
    bound = (
        bytes.fromhex(line["commitment"])
        if "commitment" in line
        else commit(
            line["id"],
            details=line["details"],
            network=line["network"],
            person_key=person_key(employee),
        )
    )
    return EventToSeal(
        id=line["id"],
        at=datetime.fromisoformat(line["at"]),
        event=line["event"],
        kept=line["kept"],
        organisation=organisation,
        employee=employee,
        actor=line["actor"],
        reference=line["reference"],
        reason=line["reason"],
        commitment=bound,
    )


def erased(line: Line) -> Line:
    left = {name: line[name] for name in line if name not in ("details", "network", "opening")}
    return left | {"commitment": to_seal(line).commitment.hex()}


def seal_line(seal: Seal) -> Line:
    return {
        "type": "seal",
        "statement": seal.statement,
        "records": base64.b64encode(seal.records).decode(),
        "signature": base64.b64encode(seal.signature).decode(),
    }


def statement(line: Line) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line["statement"])
    return found


def restated(line: Line, *, signer: Ed25519PrivateKey | None = None, **changes: Any) -> Line:
    """Give a seal that says something else; signed anew only by a `signer`."""
    text = verifier.canonical_json(statement(line) | changes).decode()
    line = line | {"statement": text}
    if signer:
        signature = signer.sign(verifier.signed_bytes(text))
        line["signature"] = base64.b64encode(signature).decode()
    return line


def as_bytes(lines: Iterable[Line]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def verify(
    lines: list[Line] | bytes,
    *,
    heads: Iterable[Head] = (),
    months_kept: Mapping[str, int] | None = None,
) -> Report:
    source = lines if isinstance(lines, bytes) else as_bytes(lines)
    verification = Verification([KEY.public_key()], heads=heads, months_kept=months_kept)
    return verifier.verify_lines(verification, io.BytesIO(source))


def packed(lines: list[Line]) -> bytes:
    return gzip.compress(as_bytes(lines), mtime=0)
