"""What the sentences are made of. `linking/support/facts.py` fills it in from the database."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Told:
    """What happened, and what to do about it: sentences, the most important first."""

    said: tuple[str, ...]
    do: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailQueued:
    """One mail; `state` and `kind` are those of `OutgoingMail`, `title` its kind in words."""

    pk: UUID
    kind: str
    title: str
    state: str
    created_at: datetime
    sent_at: datetime | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAsked:
    """One request to link; `state` is one of `PendingCode.State`, `refusal` one of `Refusal`."""

    pk: UUID
    reference: str
    state: str
    asked_at: datetime
    expires_at: datetime
    refusal: str = ""
    tries: int = 0
    eid: str = ""
    handled: bool = True
    """Whether a worker has decided about it."""
    by_invitation: bool = False
    """Whether an invitation was confirmed in place of a code."""
    mail: MailQueued | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHeld:
    """One link; `state` is one of `LinkedIdentity.State`. `ended_by` is a name, or empty."""

    pk: UUID
    state: str
    eid: str
    level: str
    linked_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    end_reason: str = ""
    approved: bool = True
    """Whether it ever let anybody in; False where it waited until it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """One case; `kind` is one of `Case.Kind`, `decision` its words or empty."""

    pk: UUID
    reference: str
    kind: str
    opened_at: datetime
    decided_at: datetime | None = None
    decision: str = ""
    decided_by: str = ""
    reason: str = ""
    is_other_side: bool = False
    """Whether the employee is the one whose electronic ID it is, and not the one asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockHeld:
    """One block; `budget` is one of `Block.Budget`."""

    pk: UUID
    budget: str
    blocked_at: datetime
    ends_at: datetime | None = None
    lifted_at: datetime | None = None
    lifted_by: str = ""
    lift_reason: str = ""

    def is_in_force(self, now: datetime) -> bool:
        return self.lifted_at is None and (self.ends_at is None or self.ends_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation that is in force, and when its reader came how far."""

    expires_at: datetime
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    opened_at: datetime | None = None
    signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One event of the audit log that no row tells of: what it is called, and who did it."""

    pk: int
    at: datetime
    title: str
    by: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An employee and what is known about their way in; each list has its newest first."""

    address: str
    sign_in_url: str
    today: date
    organisation_active: bool = True
    active: bool = True
    starts_on: date | None = None
    ends_on: date | None = None
    user_active: bool = True
    needs_high: bool = False
    sessions: int = 0
    codes: tuple[CodeAsked, ...] = ()
    links: tuple[LinkHeld, ...] = ()
    cases: tuple[CaseOpened, ...] = ()
    blocks: tuple[BlockHeld, ...] = ()
    mails: tuple[MailQueued, ...] = ()
    invited: Invited | None = None
    noted: tuple[Noted, ...] = ()
