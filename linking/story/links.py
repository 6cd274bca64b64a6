"""Links, cases and blocks in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linking.models import Block, Case, LinkedIdentity
from linking.story.values import BlockHeld, CaseOpened, LinkHeld
from linking.story.wording import day, moment

State = LinkedIdentity.State

CASES: Final[Mapping[str, Any]] = {
    Case.Kind.APPROVAL: _("The link waits: in this organisation each new link is approved."),
    Case.Kind.NAME_MISMATCH: _(
        "The link waits: the name from the electronic ID is not the registered one."
    ),
    Case.Kind.EMPLOYEE_LINKED: _(
        "Somebody has asked to link another electronic ID to the employee than the one that is "
        "linked."
    ),
    Case.Kind.PERSON_LINKED: _(
        "Somebody has asked to link an electronic ID to the employee that is linked to another "
        "employee."
    ),
    Case.Kind.NOT_ME: _("The employee has said “It wasn't me” about a mail from the portal."),
    Case.Kind.WRONG_CODES: _("Many wrong codes have been typed in the organisation."),
}

_OTHER_SIDE: Final = _(
    "With the electronic ID that is linked to the employee, somebody has asked to be linked to "
    "another employee."
)

BLOCKS: Final[Mapping[str, Any]] = {
    Block.Budget.PERSON_DAY: _("No codes for the electronic ID: too many wrong ones in a day."),
    Block.Budget.PERSON: _("No codes for the electronic ID: too many wrong ones and no right one."),
    Block.Budget.EMPLOYEE_DAY: _("No codes for the employee: too many wrong ones in a day."),
    Block.Budget.EMPLOYEE_MONTH: _("No codes for the employee: too many wrong ones in a month."),
    Block.Budget.ORGANISATION_DAY: _("No codes in the organisation: too many wrong ones in a day."),
}


def ended_in_words(link: LinkHeld, now: datetime) -> str:
    """Tell how a link ended: by whom and why."""
    facts = {"when": moment(link.ended_at or link.expires_at, now), "who": link.ended_by}
    facts["why"] = link.end_reason
    if link.state != State.REVOKED and link.approved:
        return _("The link expired %(when)s, because it had not been used for so long.") % facts
    if link.state != State.REVOKED:
        return _("The link ended %(when)s: nobody had approved it in time.") % facts
    if not link.approved:
        return _("The link waited, and was ended %(when)s by %(who)s: %(why)s") % facts
    if link.end_reason:
        return _("The link was revoked %(when)s by %(who)s: %(why)s") % facts
    return _("The link was revoked %(when)s by %(who)s.") % facts


def standing_in_words(link: LinkHeld, now: datetime) -> str:
    """Tell of a link that is active or waits, or has expired and is not swept yet."""
    facts = {"when": moment(link.linked_at, now), "eid": link.eid}
    if link.expires_at <= now or link.state not in LinkedIdentity.STANDING_STATES:
        return ended_in_words(link, now)
    if link.state == State.PENDING:
        facts["until"] = day(timezone.localdate(link.expires_at), timezone.localdate(now))
        return (
            _(
                "The right code was typed %(when)s, with %(eid)s, and the link waits for approval "
                "until %(until)s."
            )
            % facts
        )
    return _("Linked %(when)s, with %(eid)s.") % facts


def case_in_words(case: CaseOpened, now: datetime) -> str:
    """Tell what a case is about, and since when it is open."""
    facts = {"reference": case.reference, "when": moment(case.opened_at, now)}
    about = _OTHER_SIDE if case.is_other_side else CASES[case.kind]
    return f"{about} {_('Case %(reference)s, opened %(when)s.') % facts}"


def decision_in_words(case: CaseOpened) -> str:
    facts = {"reference": case.reference, "decision": case.decision, "who": case.decided_by}
    text = _("Case %(reference)s was decided by %(who)s: %(decision)s.") % facts
    return f"{text} {case.reason}".strip()


def block_in_words(block: BlockHeld, now: datetime) -> str:
    """Tell what a block stops, and until when."""
    if block.lifted_at is not None or not block.is_in_force(now):
        return str(BLOCKS[block.budget])
    if block.ends_at is None:
        return f"{BLOCKS[block.budget]} {_('It holds until an administrator lifts it.')}"
    until = _("It ends by itself %(when)s.") % {"when": moment(block.ends_at, now)}
    return f"{BLOCKS[block.budget]} {until}"


def lift_in_words(block: BlockHeld) -> str:
    facts = {"who": block.lifted_by, "why": block.lift_reason}
    return _("The block was lifted by %(who)s: %(why)s") % facts
