"""What is not in the download, column by column and model by model, and why.

Together with `fields.py` it covers every column of every model: a test is red for one without a
decision. The reasons are for whoever adds a column, and for a data protection officer.
"""

from collections.abc import Mapping
from typing import Any, Final

from accounts.models import AddressChange, Employee, ImportRow, RoleGrant, User, UserSession
from audit.models import AuditEvent, SubjectKey
from linking.models import (
    Block,
    Case,
    CodeTry,
    Invitation,
    LinkedIdentity,
    OutgoingMail,
    PendingCode,
    SavedSearch,
    Unlinked,
)

_KEY: Final = "A number that the database made; it says nothing of anybody."
_OWNER: Final = "Whose row it is: the employee's, or the row would not be there."
_FINGERPRINT: Final = (
    "A fingerprint of an identity number or its key. It says nothing to whoever has their number,"
    " and whoever got hold of a download could compare it."
)
_NOTE: Final = (
    "What a member of staff wrote when deciding. It may tell of the other side of a dispute, so a"
    " person must read it first: the page says to ask support for it (GDPR article 15(4))."
)
_ANOTHER_ROW: Final = "Points at a row that is in the download by itself."
_STRANGER: Final = (
    "From the electronic ID of whoever asked, who may be somebody else; wiped when the request"
    " ends, within ten minutes."
)
_SECRET: Final = "A secret, or what one is checked against."

LEFT_OUT: Final[Mapping[type[Any], Mapping[str, str]]] = {
    Employee: {"national_id_key": _FINGERPRINT},
    User: {
        "id": _KEY,
        "employee": _OWNER,
        "password": _SECRET,
        "username": "Local administrators have one; an employee has none (a constraint).",
        "email": "Of local administrators; an employee's is the registered one.",
    },
    LinkedIdentity: {
        "id": _KEY,
        "employee": _OWNER,
        "organisation": _OWNER,
        "fingerprint": _FINGERPRINT,
        "fingerprint_key": _FINGERPRINT,
        "request": _ANOTHER_ROW,
        "end_reason": _NOTE,
    },
    PendingCode: {
        "id": _KEY,
        "employee": _OWNER,
        "organisation": _OWNER,
        "invitation": _ANOTHER_ROW,
        "fingerprint": _FINGERPRINT,
        "fingerprint_key": _FINGERPRINT,
        "number_fingerprints": _FINGERPRINT,
        "eid_given_name": _STRANGER,
        "eid_family_name": _STRANGER,
        "eid_birth_date": _STRANGER,
        "session_binding": _SECRET,
        "code_hash": _SECRET,
        "refusal": (
            "Tells of the other electronic ID as much as of the employee, such as that it is"
            " linked to somebody else; and would teach whoever tries what is compared (A-01)."
        ),
    },
    CodeTry: {
        "id": _KEY,
        "employee": _OWNER,
        "organisation": _OWNER,
        "request": _ANOTHER_ROW,
        "fingerprint": _FINGERPRINT,
        "fingerprint_key": _FINGERPRINT,
    },
    Block: {
        "id": _KEY,
        "employee": _OWNER,
        "organisation": _OWNER,
        "request": _ANOTHER_ROW,
        "fingerprint": _FINGERPRINT,
        "fingerprint_key": _FINGERPRINT,
        "lift_reason": _NOTE,
    },
    Case: {
        "id": _KEY,
        "organisation": _OWNER,
        "employee": _OWNER,
        "other_employee": "The other side of a dispute, who is somebody else.",
        "link": _ANOTHER_ROW,
        "request": _ANOTHER_ROW,
        "fingerprint": _FINGERPRINT,
        "fingerprint_key": _FINGERPRINT,
        "eid": _STRANGER,
        "requester": _STRANGER,
        "reason": _NOTE,
    },
    Invitation: {
        "id": _KEY,
        "employee": _OWNER,
        "organisation": _OWNER,
        "campaign": "The same for all who were invited at once; it holds nobody's data.",
        "token_hash": _SECRET,
    },
    OutgoingMail: {
        "id": _KEY,
        "employee": _OWNER,
        "organisation": _OWNER,
        "pending_code": _ANOTHER_ROW,
        "link": _ANOTHER_ROW,
        "case": _ANOTHER_ROW,
        "invitation": _ANOTHER_ROW,
        "look_digest": "Counts of several people; its reader got the mail.",
        "next_attempt_at": "When the portal tries again: of the mail, not of the person.",
        "give_up_at": "When the portal stops trying: of the mail, not of the person.",
    },
    AddressChange: {"id": _KEY, "employee": _OWNER},
    ImportRow: {
        "id": _KEY,
        "employee": _OWNER,
        "problems": "May quote other rows and name other people, with whom the file confused one.",
        "before_fingerprint": _FINGERPRINT,
        "before_key": _FINGERPRINT,
        "after_fingerprint": _FINGERPRINT,
        "after_key": _FINGERPRINT,
    },
    RoleGrant: {"id": _KEY, "user": _OWNER},
    SavedSearch: {
        "id": _KEY,
        "user": _OWNER,
        "query": "May ask about somebody else; whoever saved it can open it on the log's page.",
    },
    Unlinked: {
        "employee": _OWNER,
        "organisation": "Says that there is no active link, which the links say themselves.",
    },
    UserSession: {
        "session_key": _SECRET,
        "session_data": "Signed and compressed: fingerprints, and what the next page needs.",
        "user": _OWNER,
        "oidc_sid": _SECRET,
    },
    AuditEvent: {
        "id": _KEY,
        "kept": "The class of retention; how long is told for all of a class.",
        "commitment": "Left where what an event told was erased; it says nothing of anybody.",
        "organisation_id": "Where it happened: here, or where a role was given, which is told.",
        "employee_id": _OWNER,
        "reason": "A code of the portal's; the same reasons as of a refused request hold.",
    },
    SubjectKey: {"employee_id": _OWNER, "key": _SECRET},
}

# Models that tell of no employee, or of nobody who could be found by them; and why they may not.
NOBODYS: Final[Mapping[str, str]] = {
    "accounts.Organisation": "An employer.",
    "accounts.Import": "One file for all; who uploaded and approved it is an event.",
    "accounts.ReadFile": (
        "HR's file while somebody is to look at it, two weeks at most: HR has it, and what it"
        " changes about a person stands in the rows of the import."
    ),
    "accounts.ColumnNames": "What HR's columns are called.",
    "accounts.TryBudget": "Counts under a keyed hash; whom it counts cannot be read from it.",
    "accounts.User_groups": "No group gives anything here; there are none.",
    "accounts.User_user_permissions": "Roles alone give permissions; there are none.",
    "account.EmailAddress": "Of allauth; nothing writes it.",
    "account.EmailConfirmation": "Of allauth; nothing writes it.",
    "mfa.Authenticator": "Second factors of local administrators, who are no employees.",
    "admin.LogEntry": "Django's copy of what the events tell of changes in the administration.",
    "auth.Group": "There are none.",
    "auth.Group_permissions": "There are none.",
    "auth.Permission": "What may be done, by nobody in particular.",
    "contenttypes.ContentType": "The names of the tables.",
    "linking.DepartmentFigures": "Counts of people, by department and day.",
    "linking.DailyFigures": "Counts of people, by department and day.",
    "linking.Campaign": "One round of invitations for many; who began it is an event.",
    "linking.LookDigest": (
        "How many people each member of staff looked at on a day, of all who did, counted from the"
        " log; of the employee's own looks the log is the record, and ends when its time is over."
    ),
    "linking.AuthorizationRequest": "A sign-in under way: secrets and hashes, of nobody known yet.",
    "linking.GatewayDocument": "What ID-porten publishes.",
    "linking.UsedLogoutToken": "Hashes of ID-porten's messages.",
    "linking.FingerprintKey": "The portal's keys, by name.",
    "audit.AuditForwarding": "How far the log has been forwarded, and what its receiver answered.",
    "audit.Unsealed": "Which events no seal covers yet, by number.",
    "audit.Seal": "Hashes of many events at once, signed.",
    "portal.QueueMessage": "Ids of rows that a worker is to look at, for seconds.",
}
