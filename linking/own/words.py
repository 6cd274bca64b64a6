"""The events of the log as one says them to the employee they are about."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.actors import Actor, Kind
from accounts.models import AssuranceLevel
from accounts.roles import Role
from audit.events import Event
from audit.models import AuditEvent
from linking.eids import eid_name

# An event that is not here is told by its name in the catalogue.
TOLD: Final[Mapping[str, Any]] = {
    Event.SIGN_IN_DONE: _("You signed in."),
    Event.SESSION_ENDED: _("You were signed out."),
    Event.CODE_REFUSED: _("Somebody asked for a security code for you. None was sent."),
    Event.CODE_SENT: _("A security code was sent to your e-mail address."),
    Event.CODE_STOPPED: _(
        "A security code stopped being valid, because your e-mail address was changed."
    ),
    Event.CODE_REPLACED: _("A security code was replaced by a newer one."),
    Event.CODE_EXPIRED: _("A security code for you was not used in time."),
    Event.CODE_GIVEN_UP: _("Somebody who had asked for a code for you signed out again."),
    Event.CODE_WRONG: _("A wrong security code was typed."),
    Event.LINK_MADE: _("An electronic ID was linked to you."),
    Event.LINK_REFUSED: _("The right security code was typed, but no link was made."),
    Event.CODE_DISOWNED: _("“It wasn't me” was pressed in an e-mail to you."),
    Event.LINK_WAITING: _("An electronic ID was to be linked to you, and waited for approval."),
    Event.LINK_APPROVED: _("The link to your electronic ID was approved."),
    Event.LINK_DECLINED: _("A link to an electronic ID was not approved."),
    Event.LINK_WARNED: _("You were told that your link expires soon."),
    Event.LINK_REVOKED: _("The link to your electronic ID was removed."),
    Event.LINK_EXPIRED: _("The link to your electronic ID expired."),
    Event.INVITATION_MADE: _("You were invited to link your account."),
    Event.INVITATION_SENT: _("An invitation was sent to your e-mail address."),
    Event.INVITATION_REMINDED: _("You were reminded of the invitation."),
    Event.INVITATION_OPENED: _("The link in your invitation was opened."),
    Event.INVITATION_USED: _("Your invitation was used."),
    Event.INVITATION_REFUSED: _("Your invitation was used, but no link was made."),
    Event.INVITATION_ENDED: _("Your invitation ended."),
    Event.BLOCK_MADE: _("Too many wrong security codes were typed: no more are taken for a while."),
    Event.BLOCK_LIFTED: _("Security codes are taken again."),
    Event.CASE_OPENED: _("A case about you was opened."),
    Event.CASE_DECIDED: _("A case about you was decided."),
    Event.MAIL_SENT: _("An e-mail was sent to you."),
    Event.MAIL_FAILED: _("An e-mail to you could not be delivered."),
    Event.EMPLOYEE_CREATED: _("You were registered here."),
    Event.EMPLOYEE_CHANGED: _("What is registered about you was changed."),
    Event.ERASURE_REFUSED: _("Somebody asked to erase what the log holds on you: it was refused."),
    Event.EMPLOYEE_REHIRED: _("You were registered as employed again."),
    Event.EMPLOYEE_MERGED: _("You were registered twice, and the two were made one."),
    Event.EMPLOYEE_MERGED_AWAY: _("You were registered twice, and this record was closed."),
    Event.EMPLOYEE_MOVED_AWAY: _("You were moved to another organisation."),
    Event.EMPLOYEE_MOVED_HERE: _("You were moved here from another organisation."),
    Event.ROLE_GRANTED: _("You were given a role."),
    Event.ROLE_REVOKED: _("A role was taken from you."),
    Event.REFINGERPRINTED: _("The fingerprint of your identity number was made with a newer key."),
    Event.PERSON_DOWNLOADED: _("What the portal holds on you was downloaded."),
}

# Searches and exports are about nobody in particular.
LOOKED: Final = _("Looked at what the portal knows about you")

# What an event says was changed, by the names the registry has for its columns.
FIELDS: Final[Mapping[str, Any]] = {
    "employee_number": _("employee number"),
    "first_name": _("first name"),
    "last_name": _("last name"),
    "email": _("e-mail"),
    "birth_date": _("birth date"),
    "national_id": _("identity number"),
    "department": _("department"),
    "starts_on": _("first day"),
    "ends_on": _("last day"),
    "active": _("active"),
    "language": _("language"),
    "organisation": _("organisation"),
}

LEVELS: Final[Mapping[str, Any]] = {
    AssuranceLevel.SUBSTANTIAL: _("Substantial"),
    AssuranceLevel.HIGH: _("High"),
}

_SOMEBODY: Final = {
    Kind.GONE: _("somebody who is not here any more"),
    Kind.EID: _("somebody with an electronic ID"),
    Kind.PORTAL: _("the portal"),
    Kind.IDPORTEN: "ID-porten",
    Kind.OPERATOR: _("those who run the portal"),
}


def event_in_words(event: AuditEvent) -> str:
    """Tell an employee what happened."""
    return str(TOLD.get(event.event) or event.get_event_display())


def details_in_words(details: Mapping[str, Any]) -> str:
    """Tell of an event's details what is the employee's own; nothing of anybody else's."""
    said = []
    if details.get("eid"):
        said.append(_("with %(eid)s") % {"eid": eid_name(str(details["eid"]))})
    if level := LEVELS.get(str(details.get("level"))):
        said.append(_("level of security: %(level)s") % {"level": level})
    names = details.get("fields")
    changed = map(str, names) if isinstance(names, list) else ()
    fields = [str(FIELDS[name]) for name in changed if name in FIELDS]
    return ", ".join(str(each) for each in [*said, *dict.fromkeys(fields)])


def who_in_words(actor: Actor, *, me: UUID, here: UUID, with_name: bool = False) -> str:
    """Tell who did something: the employee, or in which role; the name where policy gives it.

    The department is left out: where one person has it, it is the name. So is whoever works for
    another employer, whose choice it would be to name them.
    """
    if actor.kind == Kind.GONE and actor.roles:
        return roles_in_words(actor.roles)
    if actor.kind != Kind.PERSON:
        return str(_SOMEBODY[actor.kind])
    if actor.employee == me:
        return str(pgettext_lazy("who did it", "you"))
    role = roles_in_words(actor.roles)
    elsewhere = actor.organisation is not None and actor.organisation != here
    if with_name and not elsewhere:
        return f"{actor.name} ({role})"
    return f"{role}, {actor.employer}" if actor.employer else role


def roles_in_words(roles: tuple[str, ...] | list[str]) -> str:
    """Give roles by name, or «a member of staff» where nothing is known of any."""
    known = [str(Role(role).label) for role in roles if role in Role.values]
    return ", ".join(known) or str(_("a member of staff"))
