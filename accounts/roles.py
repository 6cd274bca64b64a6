"""Who may do what: the whole of it.

A role holds for one organisation, or for the whole portal (`RoleGrant.organisation` is empty). What
a role does not name, it may not do; a row of another organisation is not there for anybody.
Superusers, the local first administrators, may do all. Nobody's role outlives their employment.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


class Role(TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    REGISTRAR = "registrar", _("Registrar (HR)")
    SUPPORT = "support", _("Support")
    AUDITOR = "auditor", _("Auditor")


# Everybody may read the name of the employer they work for here.
_ORGANISATION: Final = {"accounts.view_organisation"}

_PEOPLE: Final = {"accounts.view_employee"}

# HR knows who works here, and is to know it first: so HR writes it. Not more: whoever could
# register people *and* approve links could let anybody in alone (threats.md A-27).
_KEEP_PEOPLE: Final = {
    "accounts.add_employee",
    "accounts.change_employee",
    "accounts.delete_employee",
}

# The whole registry from HR's file, looked at before it is applied, and undone after.
_IMPORT: Final = {"accounts.view_import", "accounts.add_import", "accounts.change_import"}

# What tells a stuck employee where it stopped. Looking is enough: what there is to do for them,
# they do themselves, or an administrator does.
_JOURNEY: Final = {
    "linking.view_linkedidentity",
    "linking.view_pendingcode",
    "linking.view_outgoingmail",
    "linking.view_case",
    "linking.view_block",
    "linking.view_campaign",
    "linking.view_invitation",
}

# Mails all employees, and stops that.
_INVITE: Final = {"linking.add_campaign", "linking.change_campaign"}

# Ends or approves what lets somebody in: revoke a link, decide a case, lift a block.
_DECIDE: Final = {
    "linking.change_linkedidentity",
    "linking.change_case",
    "linking.change_block",
}

_LOG: Final = {"audit.view_auditevent"}

# Who looked at how many people: for those who watch, and not for those who are watched.
_WATCH: Final = {"linking.view_lookdigest"}

# As a file it leaves the portal; support needs it on the page alone.
_TAKE_LOG: Final = {"audit.export_auditevent"}

# Takes from the log for good what it tells of a person. For those who answer for the organisation,
# and for no auditor: whoever reads the log as evidence does not shorten it.
_ERASE: Final = {"audit.erase_auditevent"}

# Who has which role belongs to what an auditor looks at.
_SEE_ROLES: Final = {"accounts.view_rolegrant"}
_GIVE_ROLES: Final = {"accounts.add_rolegrant", "accounts.delete_rolegrant"}

_SECURITY: Final = {"accounts.change_organisation"}  # lowest level, approval, expiry

# No organisation's matter: only a role on the whole portal gives these.
PORTAL_WIDE: Final = frozenset(
    {
        "accounts.add_organisation",
        "accounts.view_user",
        "accounts.add_user",
        "accounts.change_user",
        "linking.view_fingerprintkey",
    }
)

PERMISSIONS: Final[Mapping[Role, frozenset[str]]] = {
    Role.AUDITOR: frozenset(_ORGANISATION | _LOG | _TAKE_LOG | _WATCH | _SEE_ROLES),
    Role.SUPPORT: frozenset(_ORGANISATION | _PEOPLE | _JOURNEY | _LOG),
    Role.REGISTRAR: frozenset(_ORGANISATION | _PEOPLE | _KEEP_PEOPLE | _IMPORT),
    Role.ADMINISTRATOR: frozenset(
        _ORGANISATION
        | _PEOPLE
        | _KEEP_PEOPLE
        | _IMPORT
        | _JOURNEY
        | _DECIDE
        | _INVITE
        | _LOG
        | _WATCH
        | _TAKE_LOG
        | _ERASE
        | _SEE_ROLES
        | _GIVE_ROLES
        | _SECURITY
        | PORTAL_WIDE
    ),
}


def permissions_of(roles: Iterable[str], *, whole_portal: bool) -> frozenset[str]:
    """Give what these roles permit together, for one organisation or on the whole portal."""
    given = frozenset[str]().union(*(PERMISSIONS[Role(role)] for role in roles))
    return given if whole_portal else given - PORTAL_WIDE


def in_words(role: Role) -> StrOrPromise:
    """Tell an administrator in a sentence what the role is for."""
    return {
        Role.ADMINISTRATOR: _("Everything: people, links, cases, rules and roles."),
        Role.REGISTRAR: _("Keeps the people: registers and changes them. No links, no rules."),
        Role.SUPPORT: _("Looks: people, links, codes, mails, cases, audit log. Changes nothing."),
        Role.AUDITOR: _("Looks at the audit log and at who has which role. No people."),
    }[role]
