"""What belongs together among the events: a new one belongs somewhere by the way it is called."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from audit.events import Event


class Group(TextChoices):
    SIGN_IN = "sign-in", _("Sign-in and sign-out")
    LINK = "link", _("Links, codes and cases")
    INVITATION = "invitation", _("Invitations")
    REGISTRY = "registry", _("The registry")
    IMPORT = "import", _("Imports from HR")
    ROLES = "roles", _("Administrators and roles")
    LOOKS = "looks", _("Who looked")
    MAIL = "mail", _("Mail")
    KEYS = "keys", _("Keys")
    SYSTEM = "system", _("The portal's own doings")


_BY_SUBJECT: Final = {
    "sign-in": Group.SIGN_IN,
    "sign-out": Group.SIGN_IN,
    "session": Group.SIGN_IN,
    "link": Group.LINK,
    "block": Group.LINK,
    "case": Group.LINK,
    "campaign": Group.INVITATION,
    "invitation": Group.INVITATION,
    "organisation": Group.REGISTRY,
    "employee": Group.REGISTRY,
    "import": Group.IMPORT,
    "administrator": Group.ROLES,
    "role": Group.ROLES,
    "second-factor": Group.ROLES,
    "person": Group.LOOKS,
    "audit": Group.LOOKS,
    "mail": Group.MAIL,
    "fingerprint": Group.KEYS,
    "fingerprint-key": Group.KEYS,
    "seal-key": Group.KEYS,
}


_BY_NAME: Final = {event.value: event for event in Event}


def event_named(name: str) -> Event | None:
    """Give the event of this name; None where this version of the portal knows none."""
    return _BY_NAME.get(name)


def group_of(event: Event) -> Group:
    if event == Event.PERSON_DOWNLOADED:  # whoever takes out what is their own looks at nobody
        return Group.REGISTRY
    return _BY_SUBJECT.get(event.value.partition(":")[0], Group.SYSTEM)


def events_of(group: str) -> list[Event]:
    """Give the events of a group in the order of the catalogue; none where there is no such."""
    return [event for event in Event if group_of(event) == group]
