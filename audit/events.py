"""The one catalogue of what can happen: names are `subject:verb`, and nothing else is logged."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


class Event(TextChoices):
    """What an `AuditEvent` may say happened."""

    SIGN_IN_DONE = "sign-in:done", _("Signed in with ID-porten")
    SIGN_IN_REFUSED = "sign-in:refused", _("Sign-in refused")
    SIGN_IN_UNLINKED = "sign-in:unlinked", _("Signed in with ID-porten, without a link")
    SESSION_ENDED = "session:ended", _("Signed out")

    CODE_REQUESTED = "link:code:requested", _("Security code asked for")
    CODE_REFUSED = "link:code:refused", _("Security code not sent: the request was refused")
    CODE_SENT = "link:code:sent", _("Security code sent")
    CODE_STOPPED = (
        "link:code:stopped",
        _("Security code stopped: the e-mail address was changed"),
    )
    CODE_WRONG = "link:code:wrong", _("Wrong security code typed")
    LINK_MADE = "link:made", _("Identity linked to employee")
    LINK_REFUSED = "link:refused", _("Right code, but the link was refused")
    CODE_DISOWNED = "link:disowned", _("The employee says: it was not me")
    LINK_WAITING = "link:waiting", _("The link waits for approval")
    LINK_APPROVED = "link:approved", _("Link approved")
    LINK_DECLINED = "link:declined", _("Link declined")
    LINK_WARNED = "link:warned", _("Warned that the link expires soon")
    LINK_REVOKED = "link:revoked", _("Link revoked")
    LINK_EXPIRED = "link:expired", _("Link expired")

    CAMPAIGN_STARTED = "campaign:started", _("Campaign of invitations begun")
    CAMPAIGN_REMINDED = "campaign:reminded", _("Reminders of a campaign sent")
    CAMPAIGN_STOPPED = "campaign:stopped", _("Campaign of invitations stopped")
    INVITATION_MADE = "invitation:created", _("Employee invited")
    INVITATION_SENT = "invitation:sent", _("Invitation sent")
    INVITATION_REMINDED = "invitation:reminded", _("Reminded of the invitation")
    INVITATION_OPENED = "invitation:opened", _("The link of the invitation was opened")
    INVITATION_USED = "invitation:used", _("Invitation used")
    INVITATION_REFUSED = "invitation:refused", _("Invitation confirmed, but the link was refused")
    INVITATION_ENDED = "invitation:ended", _("Invitation ended unused")

    BLOCK_MADE = "block:made", _("Too many wrong codes: blocked")
    BLOCK_LIFTED = "block:lifted", _("Block lifted")
    CASE_OPENED = "case:opened", _("Case opened")
    CASE_DECIDED = "case:decided", _("Case decided")

    KEY_FIRST_USED = "fingerprint-key:first-used", _("Fingerprint key taken into use")
    KEY_GIVEN_UP = "fingerprint-key:given-up", _("Fingerprint key given up")
    REFINGERPRINTED = "fingerprint:renewed", _("Fingerprint renewed under the current key")

    MAIL_FAILED = "mail:failed", _("Mail could not be delivered")

    ORGANISATION_CREATED = "organisation:created", _("Organisation created")
    ORGANISATION_CHANGED = "organisation:changed", _("Organisation changed")
    EMPLOYEE_CREATED = "employee:created", _("Employee created")
    EMPLOYEE_CHANGED = "employee:changed", _("Employee changed")
    EMPLOYEE_DELETED = "employee:deleted", _("Employee deleted")
    PERSON_SEARCHED = "person:searched", _("Somebody was searched for by support")
    PERSON_VIEWED = "person:viewed", _("Support looked at what happened to an employee")
    IMPORT_UPLOADED = "import:uploaded", _("File from HR uploaded")
    IMPORT_LOOKED_AT_AGAIN = "import:compared", _("Import from HR compared with the registry again")
    IMPORT_APPROVED = "import:approved", _("Import from HR approved")
    IMPORT_REFUSED = "import:refused", _("Import from HR not carried out")
    IMPORT_CANCELLED = "import:cancelled", _("Import from HR cancelled")
    EMPLOYEE_REHIRED = "employee:rehired", _("Employee employed again")
    EMPLOYEE_MERGED = "employee:merged", _("Employee registered twice: this record was kept")
    EMPLOYEE_MERGED_AWAY = (
        "employee:merged:away",
        _("Employee registered twice: another record was kept"),
    )
    EMPLOYEE_MOVED_AWAY = "employee:moved:away", _("Employee moved to another organisation")
    EMPLOYEE_MOVED_HERE = "employee:moved:here", _("Employee moved here from another organisation")
    IMPORT_APPLIED = "import:applied", _("Import from HR applied")
    IMPORT_UNDO_ASKED = "import:undo-asked", _("Undoing of an import from HR asked for")
    IMPORT_UNDONE = "import:undone", _("Import from HR undone")
    IMPORT_REPORT_TAKEN = "import:report-taken", _("Report of an import from HR downloaded")
    COLUMNS_NAMED = "import:columns-named", _("Names of HR's columns changed")
    ADMINISTRATOR_CREATED = "administrator:created", _("Administrator created")
    ADMINISTRATOR_CHANGED = "administrator:changed", _("Administrator changed")
    ROLE_GRANTED = "role:granted", _("Role given")
    ROLE_REVOKED = "role:revoked", _("Role taken away")
    ADMINISTRATOR_IN = "administrator:sign-in:done", _("Signed in to the administration")
    ADMINISTRATOR_REFUSED = (
        "administrator:sign-in:refused",
        _("Sign-in to the administration refused"),
    )
    ADMINISTRATOR_OUT = "administrator:sign-in:ended", _("Signed out of the administration")
    SECOND_FACTOR_ADDED = "second-factor:added", _("Second factor added")
    SECOND_FACTOR_REMOVED = "second-factor:removed", _("Second factor removed")
    SECOND_FACTOR_RESET = "second-factor:reset", _("Second factor reset")
    RECOVERY_CODE_USED = "second-factor:recovery-code:used", _("Recovery code used")
    RECOVERY_CODES_RENEWED = "second-factor:recovery-code:new", _("New recovery codes made")


def catalogue() -> list[tuple[str, StrOrPromise]]:
    """Give names and texts; a function, so that a new event is no change to the table."""
    return [(event.value, event.label) for event in Event]
