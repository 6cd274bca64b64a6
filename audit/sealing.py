"""Makes seals over events: plain Python, with the key and the clock handed in.

How everything is computed stands in audit/verifier.py, so that what seals and what verifies agree;
the vectors in tests/audit hold both to the format.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit import verifier
from audit.verifier import PORTAL, Head


class NothingToSeal(ValueError):
    """An organisation gets no seal without events."""


class ClockWentBack(ValueError):
    """The chain's newest seal is not older than now: to wait is better than to date back."""


class TooMuchToSeal(ValueError):
    """One seal cannot hold so many events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventToSeal:
    """One event as the database has it, with the commitment of its personal part (`commit`)."""

    id: int
    at: datetime
    event: str
    kept: str
    organisation: UUID | None
    employee: UUID | None
    actor: str
    reference: str
    reason: str
    commitment: bytes

    @property
    def chain(self) -> str:
        return str(self.organisation) if self.organisation else PORTAL

    @property
    def month(self) -> str:
        return f"{self.at.astimezone(UTC):%Y-%m}"

    @property
    def public(self) -> dict[str, Any]:
        """What stays of it for good."""
        return {
            "id": self.id,
            "at": verifier.time_text(self.at),
            "event": self.event,
            "kept": self.kept,
            "organisation": str(self.organisation) if self.organisation else None,
            "employee": str(self.employee) if self.employee else None,
            "actor": self.actor,
            "reference": self.reference,
            "reason": self.reason,
            "commitment": self.commitment.hex(),
        }

    @property
    def record(self) -> bytes:
        return verifier.record(self.id, verifier.leaf(self.public))


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal, signed. `records` are those of all its groups, one after the other."""

    chain: str
    number: int
    round: int
    sealed_at: datetime
    statement: str
    records: bytes
    signature: bytes
    key: str

    @property
    def hash(self) -> str:
        """What the next seal of the chain and the portal's seal call it by."""
        return verifier.statement_hash(self.statement)

    @property
    def head(self) -> Head:
        """What to tell outside."""
        return Head(self.chain, self.number, self.hash, verifier.time_text(self.sealed_at))


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest seal of a chain: what the next one continues."""

    number: int
    hash: str
    sealed_at: datetime


def commit(
    event_id: int, *, details: Mapping[str, Any], network: str, person_key: bytes | None
) -> bytes:
    """Give the commitment of an event's personal part. `person_key` is its subject's, if any."""
    opening = verifier.opening_for(person_key, event_id) if person_key else b""
    return verifier.commitment(opening, details, network)


def make_seal(
    *,
    chain: str,
    after: Tip | None,
    round_number: int,
    events: Iterable[EventToSeal],
    key: Ed25519PrivateKey,
    now: datetime,
    links: Sequence[Seal] = (),
    behind: bool = False,
) -> Seal:
    """Seal the events of one chain in one round.

    `links` are the organisations' seals of the round, and `behind` says that the round had to leave
    events for the next; both for the portal's seal, which comes last and may be without events.

    Raises:
        NothingToSeal: an organisation's seal without events.
        ClockWentBack: `now` is not after the chain's newest seal.
        TooMuchToSeal: more than `verifier.MOST_RECORDS` events.
    """
    if after and now <= after.sealed_at:
        raise ClockWentBack
    ordered = sorted(events, key=attrgetter("kept", "month", "id"))
    if not ordered and chain != PORTAL:
        raise NothingToSeal
    if len(ordered) > verifier.MOST_RECORDS:
        raise TooMuchToSeal
    groups, records = _groups(ordered)
    said: dict[str, Any] = {
        "v": 1,
        "chain": chain,
        "number": after.number + 1 if after else 1,
        "round": round_number,
        "previous": after.hash if after else verifier.NO_PREVIOUS,
        "sealed_at": verifier.time_text(now),
        "key": verifier.key_id(key.public_key()),
        "groups": groups,
    }
    if chain == PORTAL:
        said["links"] = sorted([each.chain, each.number, each.hash] for each in links)
        said |= {"behind": True} if behind else {}
    return _signed(said, records, key=key, now=now)


def _groups(ordered: Sequence[EventToSeal]) -> tuple[list[dict[str, Any]], bytes]:
    groups, all_records = [], []
    for (kept, month), events in groupby(ordered, key=attrgetter("kept", "month")):
        records = [each.record for each in events]
        digest = sha256(b"".join(records)).hexdigest()
        groups.append({"kept": kept, "month": month, "count": len(records), "digest": digest})
        all_records += records
    return groups, b"".join(all_records)


def _signed(
    said: Mapping[str, Any], records: bytes, *, key: Ed25519PrivateKey, now: datetime
) -> Seal:
    statement = verifier.canonical_json(said).decode()
    return Seal(
        chain=said["chain"],
        number=said["number"],
        round=said["round"],
        sealed_at=now,
        statement=statement,
        records=records,
        signature=key.sign(verifier.signed_bytes(statement)),
        key=said["key"],
    )
