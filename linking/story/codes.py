"""A request for a security code in words."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from linking.codes import MAX_TRIES, VALID_MINUTES
from linking.models import OutgoingMail, PendingCode
from linking.policy import Refusal
from linking.story.values import CodeAsked, MailQueued, Told
from linking.story.wording import mail_answer, masked, moment

State = PendingCode.State
MailState = OutgoingMail.State

_ASK_AGAIN: Final = _("A new code must be asked for.")
_ADMINISTRATOR_DECIDES: Final = _("An administrator must decide the case first.")
_WAIT_OR_LIFT: Final = _(
    "Wait until the block ends, or let an administrator lift it. Find out first who typed the "
    "wrong codes."
)
_NEWEST_MAIL: Final = _("Let them use the newest mail they have got, or wait an hour.")

# Why no code was sent, or no link made; and what helps. Nobody asks for an identity number by
# telephone: what is compared is compared by the portal.
REFUSALS: Final[Mapping[str, tuple[Any, Any]]] = {
    Refusal.ADDRESS_UNKNOWN: (
        _("No employee had the address that was typed, so no code was sent."),
        _(
            "Let them type the work e-mail that is registered. Is the registered one wrong, HR "
            "corrects it."
        ),
    ),
    Refusal.NOT_EMPLOYED: (
        _("No code was sent: the employee was inactive, had not begun or had left."),
        _("Is that wrong, HR corrects it. Then a new code must be asked for."),
    ),
    Refusal.NUMBER_MISMATCH: (
        _("Another identity number is registered than the one in the electronic ID."),
        _(
            "Make sure that they used their own electronic ID and typed their own e-mail. If so, "
            "HR corrects the registered number. Do not ask for it on the telephone."
        ),
    ),
    Refusal.BIRTH_DATE_MISMATCH: (
        _("No code was sent: another birth date is registered than the one in the electronic ID."),
        _(
            "Make sure that they used their own electronic ID and typed their own e-mail. If so, "
            "HR corrects the registered birth date."
        ),
    ),
    Refusal.EMPLOYEE_LINKED: (
        _("The employee is linked to another electronic ID already. A link is never moved."),
        _ADMINISTRATOR_DECIDES,
    ),
    Refusal.PERSON_LINKED: (
        _("The electronic ID is linked to another employee already. A link is never moved."),
        _("Perhaps the person is registered twice. An administrator must decide the case first."),
    ),
    Refusal.NAME_MISMATCH: (
        _(
            "No code was sent: the name from the electronic ID is not the registered one, and the "
            "organisation wants them to be the same."
        ),
        _("HR corrects the registered name. Then a new code must be asked for."),
    ),
    Refusal.ADDRESS_CHANGED: (
        _("The registered e-mail was changed after the code was sent, so the code holds no more."),
        _("A new code must be asked for, with the new e-mail."),
    ),
    Refusal.CODE_NEEDED: (
        _("Nothing that is registered is the electronic ID's, so the invitation was not enough."),
        _("Let them go on, and type the code that is mailed to them."),
    ),
    Refusal.DISPUTED: (
        _("The employee has said “It wasn't me” about this electronic ID, and the case is open."),
        _ADMINISTRATOR_DECIDES,
    ),
    Refusal.DISOWNED: (
        _("Somebody who read the mail pressed “It wasn't me”, and the code was taken back."),
        _("If they pressed it by mistake, an administrator closes the case. Then they ask anew."),
    ),
    Refusal.PERSON_BLOCKED: (
        _("Too many wrong codes have been typed with the electronic ID."),
        _WAIT_OR_LIFT,
    ),
    Refusal.EMPLOYEE_BLOCKED: (
        _("Too many wrong codes have been typed for the employee."),
        _WAIT_OR_LIFT,
    ),
    Refusal.ORGANISATION_CLOSED: (
        _("Too many wrong codes have been typed in the organisation today. Nobody can link now."),
        _WAIT_OR_LIFT,
    ),
    Refusal.TOO_MANY_EMPLOYEES: (
        _("With this electronic ID, codes have been asked for too many employees today."),
        _("Let them wait until tomorrow, and type the one e-mail that is registered."),
    ),
    Refusal.TOO_MANY_FOR_PERSON: (
        _("With this electronic ID, too many codes have been asked for lately."),
        _NEWEST_MAIL,
    ),
    Refusal.TOO_MANY_FOR_EMPLOYEE: (
        _("The employee has been sent too many codes lately, so no more was sent now."),
        _NEWEST_MAIL,
    ),
}


def code_in_words(code: CodeAsked, *, address: str, now: datetime) -> Told:
    """Tell of one request; `address` is the registered one, and is masked."""
    told = _STATES[code.state](code, address, now)
    return Told((_asked(code, now), *told.said), told.do)


def code_in_a_list(code: CodeAsked, *, address: str, now: datetime) -> tuple[str, ...]:
    """Tell of one request where its time stands beside it."""
    told = _STATES[code.state](code, address, now)
    if code.by_invitation:
        asked = _("The invitation was confirmed, with %(eid)s.")
    else:
        asked = _("A code was asked for, with %(eid)s.") if code.eid else _("A code was asked for.")
    return (asked % {"eid": code.eid} if code.eid else str(asked), *told.said)


def _asked(code: CodeAsked, now: datetime) -> str:
    facts = {"when": moment(code.asked_at, now), "eid": code.eid}
    if code.by_invitation:
        return _("The invitation was confirmed %(when)s, with %(eid)s.") % facts
    if code.eid:
        return _("A code was asked for %(when)s, with %(eid)s.") % facts
    return _("A code was asked for %(when)s.") % facts


def _queued(code: CodeAsked, address: str, now: datetime) -> Told:
    if code.expires_at <= now:
        return Told((*_mail(code.mail, address, now), _too_late()), (str(_ASK_AGAIN),))
    if not code.handled:
        said = _("The portal has not handled it yet.")
        do = _("Wait a minute. If it lasts, tell those who run the portal.")
        return Told((str(said),), (str(do),))
    do = _("Wait a minute, and look in the inbox and among unwanted mail.")
    return Told(_mail(code.mail, address, now), (str(do),))


def _sent(code: CodeAsked, address: str, now: datetime) -> Told:
    said = (*_mail(code.mail, address, now), *_wrong(code))
    if code.expires_at <= now:
        return Told((*said, _too_late()), (str(_ASK_AGAIN),))
    left = MAX_TRIES - code.tries
    if left <= 0:
        return Told((*said, str(_("It has no tries left."))), (str(_ASK_AGAIN),))
    valid = ngettext(
        "It is valid until %(time)s, and has %(count)d try left.",
        "It is valid until %(time)s, and has %(count)d tries left.",
        left,
    ) % {"time": f"{timezone.localtime(code.expires_at):%H:%M}", "count": left}
    do = _("Let them look in the inbox and among unwanted mail, and type the newest code.")
    return Told((*said, valid), (str(do),))


def _failed(code: CodeAsked, address: str, now: datetime) -> Told:
    do = _(
        "Make sure with HR that the registered e-mail is right and in use. Then a new code must "
        "be asked for."
    )
    return Told(_mail(code.mail, address, now), (str(do),))


def _refused(code: CodeAsked, address: str, now: datetime) -> Told:
    said, do = REFUSALS[code.refusal]
    return Told((*_mail(code.mail, address, now), *_wrong(code), str(said)), (str(do),))


def _confirmed(code: CodeAsked, address: str, now: datetime) -> Told:
    right: tuple[str, ...] = ()
    if not code.by_invitation:
        right = (*_mail(code.mail, address, now), str(_("The right code was typed.")))
    if not code.refusal:
        return Told(right)
    said, do = REFUSALS[code.refusal]
    return Told((*right, str(_("But no link was made.")), str(said)), (str(do),))


def _expired(code: CodeAsked, address: str, now: datetime) -> Told:
    said = (*_mail(code.mail, address, now), *_wrong(code), _too_late())
    return Told(said, (str(_ASK_AGAIN),))


def _replaced(code: CodeAsked, address: str, now: datetime) -> Told:
    said = _("It holds no more: with the same electronic ID, a newer code was asked for.")
    do = _(
        "Let them use the newest mail. If none came, they typed another e-mail the last time: let "
        "them type the registered one."
    )
    return Told((*_mail(code.mail, address, now), *_wrong(code), str(said)), (str(do),))


_STATES: Final[Mapping[str, Callable[[CodeAsked, str, datetime], Told]]] = {
    State.QUEUED: _queued,
    State.SENT: _sent,
    State.FAILED: _failed,
    State.REFUSED: _refused,
    State.CONFIRMED: _confirmed,
    State.EXPIRED: _expired,
    State.REPLACED: _replaced,
}


def _too_late() -> str:
    return _("More than %(minutes)d minutes have passed.") % {"minutes": VALID_MINUTES}


def _wrong(code: CodeAsked) -> tuple[str, ...]:
    if not code.tries:
        return ()
    text = ngettext(
        "A wrong code was typed once.", "Wrong codes were typed %(count)d times.", code.tries
    )
    return (text % {"count": code.tries},)


def _mail(mail: MailQueued | None, address: str, now: datetime) -> tuple[str, ...]:
    """Tell what became of the mail with the code; nothing where there was to be none."""
    if mail is None:
        return ()
    facts = {"when": moment(mail.sent_at or mail.created_at, now), "to": masked(address)}
    facts["answer"] = mail_answer(mail.answer)
    return (_MAILS[mail.state, bool(mail.answer)] % facts,)


_ACCEPTED: Final = _("The code was sent %(when)s to %(to)s, and the mail server accepted it.")
_UNDELIVERED: Final = _("The code could not be delivered to %(to)s: %(answer)s.")
_MAILS: Final[Mapping[tuple[str, bool], Any]] = {
    (MailState.SENT, True): _ACCEPTED,
    (MailState.SENT, False): _ACCEPTED,
    (MailState.FAILED, True): _UNDELIVERED,
    (MailState.FAILED, False): _UNDELIVERED,
    (MailState.QUEUED, False): _("The code is on its way to %(to)s."),
    (MailState.QUEUED, True): _(
        "The code has not been sent to %(to)s yet: %(answer)s. The portal tries again by itself."
    ),
}
