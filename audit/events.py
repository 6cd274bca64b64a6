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
    CODE_WRONG = "link:code:wrong", _("Wrong security code typed")
    LINK_MADE = "link:made", _("Identity linked to employee")
    LINK_REFUSED = "link:refused", _("Right code, but the link was refused")
    LINK_REVOKED = "link:revoked", _("Link revoked")
    LINK_EXPIRED = "link:expired", _("Link expired")

    MAIL_FAILED = "mail:failed", _("Mail could not be delivered")

    ORGANISATION_CREATED = "organisation:created", _("Organisation created")
    ORGANISATION_CHANGED = "organisation:changed", _("Organisation changed")
    EMPLOYEE_CREATED = "employee:created", _("Employee created")
    EMPLOYEE_CHANGED = "employee:changed", _("Employee changed")
    EMPLOYEE_DELETED = "employee:deleted", _("Employee deleted")
    ADMINISTRATOR_CREATED = "administrator:created", _("Administrator created")
    ADMINISTRATOR_CHANGED = "administrator:changed", _("Administrator changed")


def catalogue() -> list[tuple[str, StrOrPromise]]:
    """Give names and texts; a function, so that a new event is no change to the table."""
    return [(event.value, event.label) for event in Event]
