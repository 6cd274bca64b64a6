"""The one catalogue of what can happen: names are `subject:verb`, and nothing else is logged.

Each event has a line, and says on it what it is called, how grave it is, how long it is kept, and
what it is in words. Whoever adds one states all four.
"""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


class Severity(IntegerChoices):
    """How grave an event is: the numbers of RFC 5424, section 6.2.1, of which the least is worst.

    An alert is for somebody to look at now, a warning for somebody to have seen.
    """

    ALERT = 1, _("Alert")
    WARNING = 4, _("Warning")
    NOTICE = 5, _("Notice")
    INFO = 6, _("Information")


class Kept(TextChoices):
    """Which class of retention an event is of: the classes are kept for different times."""

    # Sign-ins, look-ups, refusals, mail, tasks and the like: who tried, and who looked.
    SECURITY = "security", _("Security")
    # Links, and what somebody decided: why things are as they are.
    DECISION = "decision", _("Links and decisions")


ALERT, WARNING, NOTICE, INFO = Severity
SECURITY, DECISION = Kept


class Event(TextChoices):
    """What an `AuditEvent` may say happened; `severity`, `kept` and `label` are the event's own."""

    severity: Severity
    kept: Kept

    def __new__(cls, value: str, severity: Severity, kept: Kept) -> "Event":
        event = str.__new__(cls, value)
        event._value_ = value
        event.severity = severity
        event.kept = kept
        return event

    # A table: the formatter would make six lines of each that is too long for one.
    # fmt: off

    # --- Signing in and out
    SIGN_IN_STARTED = "sign-in:started", INFO, SECURITY, _("Went on to ID-porten to sign in")
    SIGN_IN_DONE = "sign-in:done", INFO, SECURITY, _("Signed in with ID-porten")
    SIGN_IN_REFUSED = "sign-in:refused", WARNING, SECURITY, _("Sign-in refused")
    SIGN_IN_UNLINKED = (
        "sign-in:unlinked", INFO, SECURITY,
        _("Signed in with ID-porten, without a link"),
    )
    SESSION_ENDED = "session:ended", INFO, SECURITY, _("Signed out")
    SIGN_OUT_REFUSED = (
        "sign-out:refused", WARNING, SECURITY,
        _("Sign-out message refused: it was not ID-porten's"),
    )

    # --- The security code
    CODE_REQUESTED = "link:code:requested", INFO, SECURITY, _("Security code asked for")
    CODE_REPLACED = "link:code:replaced", INFO, SECURITY, _("Security code replaced by a newer one")
    CODE_REFUSED = (
        "link:code:refused", NOTICE, SECURITY,
        _("Security code not sent: the request was refused"),
    )
    CODE_SENT = "link:code:sent", INFO, SECURITY, _("Security code sent")
    CODE_STOPPED = "link:code:stopped", NOTICE, SECURITY, _("Security code stopped")
    CODE_WRONG = "link:code:wrong", NOTICE, SECURITY, _("Wrong security code typed")
    CODE_NOT_TAKEN = "link:code:not-taken", NOTICE, SECURITY, _("Security code typed too late")
    CODE_EXPIRED = "link:code:expired", INFO, SECURITY, _("Security code expired unused")
    CODE_GIVEN_UP = "link:code:given-up", INFO, SECURITY, _("Signed out without typing the code")

    # --- The link
    LINK_MADE = "link:made", NOTICE, DECISION, _("Identity linked to employee")
    LINK_REFUSED = "link:refused", WARNING, SECURITY, _("Right code, but the link was refused")
    CODE_DISOWNED = "link:disowned", ALERT, DECISION, _("The employee says: it was not me")
    LINK_WAITING = "link:waiting", NOTICE, DECISION, _("The link waits for approval")
    LINK_APPROVED = "link:approved", NOTICE, DECISION, _("Link approved")
    LINK_DECLINED = "link:declined", NOTICE, DECISION, _("Link declined")
    LINK_WARNED = "link:warned", INFO, SECURITY, _("Warned that the link expires soon")
    LINK_REVOKED = "link:revoked", NOTICE, DECISION, _("Link revoked")
    LINK_EXPIRED = "link:expired", NOTICE, DECISION, _("Link expired")

    LINKS_MOVED = (
        "organisation:links-moved", INFO, DECISION,
        _("Links expire on another day: the number of unused days was changed"),
    )

    # --- Invitations
    CAMPAIGN_STARTED = "campaign:started", NOTICE, DECISION, _("Campaign of invitations begun")
    CAMPAIGN_REMINDED = "campaign:reminded", NOTICE, DECISION, _("Reminders of a campaign sent")
    CAMPAIGN_STOPPED = "campaign:stopped", NOTICE, DECISION, _("Campaign of invitations stopped")
    INVITATION_MADE = "invitation:created", INFO, DECISION, _("Employee invited")
    INVITATION_SENT = "invitation:sent", INFO, SECURITY, _("Invitation sent")
    INVITATION_REMINDED = "invitation:reminded", INFO, SECURITY, _("Reminded of the invitation")
    INVITATION_OPENED = (
        "invitation:opened", INFO, SECURITY,
        _("The link of the invitation was opened"),
    )
    INVITATION_USED = "invitation:used", NOTICE, DECISION, _("Invitation used")
    INVITATION_REFUSED = (
        "invitation:refused", WARNING, SECURITY,
        _("Invitation confirmed, but the link was refused"),
    )
    INVITATION_ENDED = "invitation:ended", INFO, SECURITY, _("Invitation ended unused")

    # --- Guessers and disputes
    BLOCK_MADE = "block:made", WARNING, SECURITY, _("Too many wrong codes: blocked")
    BLOCK_LIFTED = "block:lifted", NOTICE, DECISION, _("Block lifted")
    CASE_OPENED = "case:opened", NOTICE, DECISION, _("Case opened")
    CASE_DECIDED = "case:decided", NOTICE, DECISION, _("Case decided")

    # --- Mail
    MAIL_SENT = "mail:sent", INFO, SECURITY, _("Mail sent")
    MAIL_FAILED = "mail:failed", WARNING, SECURITY, _("Mail could not be delivered")

    # --- The registry
    ORGANISATION_CREATED = "organisation:created", NOTICE, DECISION, _("Organisation created")
    ORGANISATION_CHANGED = "organisation:changed", NOTICE, DECISION, _("Organisation changed")
    EMPLOYEE_CREATED = "employee:created", INFO, DECISION, _("Employee created")
    EMPLOYEE_CHANGED = "employee:changed", INFO, DECISION, _("Employee changed")
    EMPLOYEE_DELETED = "employee:deleted", NOTICE, DECISION, _("Employee deleted")
    EMPLOYEE_ERASED = (
        "employee:erased", ALERT, DECISION,
        _("What the log held on the employee was erased"),
    )
    ERASURE_REFUSED = (
        "employee:erasure:refused", WARNING, SECURITY,
        _("Erasing an employee from the log was refused"),
    )
    EMPLOYEE_REHIRED = "employee:rehired", NOTICE, DECISION, _("Employee employed again")
    EMPLOYEE_MERGED = (
        "employee:merged", NOTICE, DECISION,
        _("Employee registered twice: this record was kept"),
    )
    EMPLOYEE_MERGED_AWAY = (
        "employee:merged:away", NOTICE, DECISION,
        _("Employee registered twice: another record was kept"),
    )
    EMPLOYEE_MOVED_AWAY = (
        "employee:moved:away", NOTICE, DECISION,
        _("Employee moved to another organisation"),
    )
    EMPLOYEE_MOVED_HERE = (
        "employee:moved:here", NOTICE, DECISION,
        _("Employee moved here from another organisation"),
    )

    # --- Imports from HR
    IMPORT_UPLOADED = "import:uploaded", INFO, DECISION, _("File from HR uploaded")
    IMPORT_LOOKED_AT_AGAIN = (
        "import:compared", INFO, DECISION,
        _("Import from HR compared with the registry again"),
    )
    IMPORT_APPROVED = "import:approved", NOTICE, DECISION, _("Import from HR approved")
    IMPORT_REFUSED = "import:refused", WARNING, DECISION, _("Import from HR not carried out")
    IMPORT_CANCELLED = "import:cancelled", NOTICE, DECISION, _("Import from HR cancelled")
    IMPORT_APPLIED = "import:applied", NOTICE, DECISION, _("Import from HR applied")
    IMPORT_UNDO_ASKED = (
        "import:undo-asked", NOTICE, DECISION,
        _("Undoing of an import from HR asked for"),
    )
    IMPORT_UNDONE = "import:undone", NOTICE, DECISION, _("Import from HR undone")
    IMPORT_FORGOTTEN = (
        "import:forgotten", INFO, DECISION,
        _("Rows of an import from HR deleted: their time was over"),
    )
    IMPORT_REPORT_TAKEN = (
        "import:report-taken", NOTICE, SECURITY,
        _("Report of an import from HR downloaded"),
    )
    COLUMNS_NAMED = "import:columns-named", NOTICE, DECISION, _("Names of HR's columns changed")

    # --- Administrators
    ADMINISTRATOR_IN = (
        "administrator:sign-in:done", NOTICE, SECURITY,
        _("Signed in to the administration"),
    )
    ADMINISTRATOR_REFUSED = (
        "administrator:sign-in:refused", WARNING, SECURITY,
        _("Sign-in to the administration refused"),
    )
    ADMINISTRATOR_OUT = (
        "administrator:sign-in:ended", INFO, SECURITY,
        _("Signed out of the administration"),
    )
    ADMINISTRATOR_CREATED = "administrator:created", NOTICE, DECISION, _("Administrator created")
    ADMINISTRATOR_CHANGED = "administrator:changed", NOTICE, DECISION, _("Administrator changed")
    ROLE_GRANTED = "role:granted", NOTICE, DECISION, _("Role given")
    ROLE_REVOKED = "role:revoked", NOTICE, DECISION, _("Role taken away")
    SECOND_FACTOR_ADDED = "second-factor:added", NOTICE, DECISION, _("Second factor added")
    SECOND_FACTOR_REMOVED = "second-factor:removed", NOTICE, DECISION, _("Second factor removed")
    SECOND_FACTOR_RESET = "second-factor:reset", WARNING, DECISION, _("Second factor reset")
    RECOVERY_CODE_USED = (
        "second-factor:recovery-code:used", WARNING, DECISION,
        _("Recovery code used"),
    )
    RECOVERY_CODES_RENEWED = (
        "second-factor:recovery-code:new", NOTICE, DECISION,
        _("New recovery codes made"),
    )

    # --- Who looked
    PERSON_SEARCHED = "person:searched", INFO, SECURITY, _("Somebody was searched for")
    PERSON_VIEWED = "person:viewed", INFO, SECURITY, _("Somebody looked at an employee")
    PERSON_DOWNLOADED = (
        "person:downloaded", NOTICE, SECURITY,
        _("Downloaded all that the portal holds on an employee"),
    )
    AUDIT_SEARCHED = "audit:searched", INFO, SECURITY, _("Searched in the audit log")
    SEARCH_SAVED = "audit:search:saved", INFO, SECURITY, _("Search in the audit log saved")
    SEARCH_REMOVED = (
        "audit:search:removed", INFO, SECURITY,
        _("Saved search in the audit log removed"),
    )
    AUDIT_EXPORTED = "audit:exported", NOTICE, SECURITY, _("Audit log exported")
    AUDIT_DIGEST_SENT = "audit:digest-sent", INFO, SECURITY, _("Digest of look-ups sent")

    # --- Keys and the log itself
    KEY_FIRST_USED = (
        "fingerprint-key:first-used", NOTICE, DECISION,
        _("Fingerprint key taken into use"),
    )
    KEY_GIVEN_UP = "fingerprint-key:given-up", WARNING, DECISION, _("Fingerprint key given up")
    REFINGERPRINTED = (
        "fingerprint:renewed", INFO, DECISION,
        _("Fingerprint renewed under the current key"),
    )
    SEAL_KEY_FIRST_USED = (
        "seal-key:first-used", NOTICE, DECISION,
        _("Key of the audit log's seals taken into use"),
    )
    SEAL_KEY_CHANGED = (
        "seal-key:changed", WARNING, DECISION,
        _("Key of the audit log's seals changed"),
    )
    RETENTION_DROPPED = (
        "retention:dropped", NOTICE, DECISION,
        _("A month of the audit log was deleted: its time was over"),
    )

    # --- The log sent on to a receiver outside
    FORWARDING_BEGUN = (
        "forwarding:begun", NOTICE, DECISION,
        _("Audit log forwarded to a new receiver"),
    )
    FORWARDING_FAILED = (
        "forwarding:failed", WARNING, SECURITY,
        _("The receiver of the audit log takes nothing"),
    )
    FORWARDING_RESUMED = (
        "forwarding:resumed", NOTICE, SECURITY,
        _("The receiver of the audit log takes events again"),
    )
    FORWARDING_PASSED_OVER = (
        "forwarding:passed-over", WARNING, DECISION,
        _("Events were left out of what is forwarded"),
    )

    # --- The portal's own doings
    TASK_DONE = "task:done", INFO, SECURITY, _("Periodic task carried out")
    TASK_FAILED = "task:failed", WARNING, SECURITY, _("Task failed")
    SYSTEM_STARTED = "system:started", NOTICE, SECURITY, _("Process started")
    SYSTEM_STOPPED = "system:stopped", NOTICE, SECURITY, _("Process stopped")
    SYSTEM_MIGRATED = "system:migrated", NOTICE, DECISION, _("Database migrated to a new version")
    # fmt: on


def catalogue() -> list[tuple[str, StrOrPromise]]:
    """Give names and texts; a function, so that a new event is no change to the table."""
    return [(event.value, event.label) for event in Event]
