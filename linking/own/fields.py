"""Each column of the download: its key and its label. What is left out stands in `left_out.py`.

The download is made by this table. Keys are for programs and stay (docs/own-data.md); labels are
for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.models import AddressChange, Employee, ImportRow, RoleGrant, User, UserSession
from audit.models import AuditEvent
from linking.models import (
    Block,
    Case,
    CodeTry,
    Invitation,
    LinkedIdentity,
    OutgoingMail,
    PendingCode,
    SavedSearch,
)


class How(StrEnum):
    """How a column's value is told where it is not told as it stands."""

    AS_IT_IS = "as it is"
    WHETHER = "whether"
    """Only whether there is something."""
    EID = "eid"
    WHO = "who"
    """An actor of the log: in role terms, as names are a matter of policy."""
    PLACE = "place"
    """An organisation's name."""
    FIELDS = "fields"
    """What an import has read, by the registry's names for its columns."""
    IMPORT = "import"
    """The import's own file, time and state."""


@dataclass(frozen=True, slots=True)
class Shown:
    key: str
    label: Any
    how: How = How.AS_IT_IS


_WHEN_MADE: Final = _("made")

SHOWN: Final[Mapping[type[Any], Mapping[str, Shown]]] = {
    Employee: {
        "id": Shown("id", _("key in the portal")),
        "organisation": Shown("organisation", _("organisation"), How.PLACE),
        "employee_number": Shown("employee_number", _("employee number")),
        "first_name": Shown("first_name", _("first name")),
        "last_name": Shown("last_name", _("last name")),
        "email": Shown("email", _("e-mail")),
        "birth_date": Shown("birth_date", _("birth date")),
        "national_id_fingerprint": Shown(
            "national_id_registered", _("identity number registered"), How.WHETHER
        ),
        "department": Shown("department", _("department")),
        "starts_on": Shown("first_day", _("first day")),
        "ends_on": Shown("last_day", _("last day")),
        "language": Shown("language", _("language")),
        "active": Shown("active", _("active")),
    },
    User: {
        "is_staff": Shown("may_use_the_administration", _("may use the administration")),
        "is_superuser": Shown("may_do_all", _("may do all")),
        "is_active": Shown("active", _("active")),
        "date_joined": Shown("made_at", _WHEN_MADE),
    },
    LinkedIdentity: {
        "state": Shown("state", _("state")),
        "level": Shown("level", _("assurance level")),
        "eid": Shown("eid", _("eID"), How.EID),
        "linked_at": Shown("linked_at", _("linked")),
        "last_used_at": Shown("last_used_at", _("last used")),
        "expires_at": Shown("expires_at", _("expires unless used")),
        "warned_at": Shown("warned_at", _("warned that it expires")),
        "approved_by": Shown("approved_by", _("approved by"), How.WHO),
        "ended_at": Shown("ended_at", _("ended")),
        "ended_by": Shown("ended_by", _("ended by"), How.WHO),
    },
    PendingCode: {
        "reference": Shown("reference", _("reference")),
        "email": Shown("email_typed", _("e-mail as typed")),
        "eid": Shown("eid", _("eID"), How.EID),
        "language": Shown("language", _("language")),
        "tries": Shown("tries", _("attempts")),
        "state": Shown("state", _("state")),
        "requested_at": Shown("requested_at", _("asked for")),
        "expires_at": Shown("valid_until", _("valid until")),
        "decided_at": Shown("decided_at", _("decided")),
        "ended_at": Shown("ended_at", _("ended")),
    },
    CodeTry: {
        "tried_at": Shown("typed_at", _("typed")),
        "forgiven": Shown("does_not_count", _("was right, or is forgiven")),
    },
    Block: {
        "budget": Shown("budget", _("budget")),
        "blocked_at": Shown("blocked_at", _("blocked")),
        "ends_at": Shown("ends_at", _("ends")),
        "lifted_at": Shown("lifted_at", _("lifted")),
        "lifted_by": Shown("lifted_by", _("lifted by"), How.WHO),
    },
    Case: {
        "reference": Shown("reference", _("reference")),
        "kind": Shown("kind", _("kind")),
        "opened_at": Shown("opened_at", _("opened")),
        "decided_at": Shown("decided_at", _("decided")),
        "decided_by": Shown("decided_by", _("decided by"), How.WHO),
        "decision": Shown("decision", _("decision")),
    },
    Invitation: {
        "recipient": Shown("recipient", _("to")),
        "language": Shown("language", _("language")),
        "invited_at": Shown("invited_at", _("invited")),
        "expires_at": Shown("valid_until", _("valid until")),
        "sent_at": Shown("sent_at", _("sent")),
        "failed_at": Shown("undelivered_at", _("could not be delivered")),
        "opened_at": Shown("opened_at", _("link opened")),
        "signed_in_at": Shown("signed_in_at", _("signed in")),
        "reminders": Shown("reminders", _("reminders")),
        "reminded_at": Shown("reminded_at", _("last reminded")),
        "ended_at": Shown("ended_at", _("ended")),
        "end": Shown("why_it_ended", _("why it ended")),
    },
    OutgoingMail: {
        "kind": Shown("kind", _("kind")),
        "recipient": Shown("recipient", _("to")),
        "language": Shown("language", _("language")),
        "state": Shown("state", _("state")),
        "attempts": Shown("attempts", _("attempts")),
        "answer": Shown("server_answer", _("what the mail server answered")),
        "created_at": Shown("made_at", _WHEN_MADE),
        "sent_at": Shown("sent_at", _("sent")),
    },
    AddressChange: {
        "old_address": Shown("old_email", _("former e-mail")),
        "changed_at": Shown("changed_at", _("changed")),
    },
    ImportRow: {
        "changeset": Shown("import", _("import"), How.IMPORT),
        "kind": Shown("kind", _("kind")),
        "line": Shown("row", _("row of the file")),
        "employee_number": Shown("employee_number", _("employee number")),
        "name": Shown("name", _("name")),
        "before": Shown("before", _("before"), How.FIELDS),
        "after": Shown("after", _("after"), How.FIELDS),
        "loses_access": Shown("loses_access", _("loses access")),
    },
    RoleGrant: {
        "role": Shown("role", _("role")),
        "organisation": Shown("organisation", _("organisation"), How.PLACE),
        "granted_at": Shown("given_at", _("given")),
        "granted_by": Shown("given_by", _("given by"), How.WHO),
    },
    SavedSearch: {
        "name": Shown("name", _("name")),
        "saved_at": Shown("saved_at", _("saved")),
    },
    UserSession: {
        "started_at": Shown("started_at", _("signed in")),
        "expire_date": Shown("ends_at", _("ends")),
    },
}

# Told by `history.py`, in words and in role terms.
TOLD_IN_WORDS: Final[Mapping[type[Any], frozenset[str]]] = {
    AuditEvent: frozenset({"at", "event", "actor", "reference", "details", "network"}),
}
