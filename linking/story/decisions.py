"""What each decision about a case will do, told beside the choice."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from linking.models import Case

Kind = Case.Kind
Decision = Case.Decision

_KEPT: Final = (
    _("Keep the existing link"),
    _("Nothing changes for %(linked)s. Those concerned get an e-mail."),
)
_ENDED: Final = (
    _("End the existing link"),
    _(
        "%(linked)s is signed out and has no link any more. Those concerned get an e-mail, and may "
        "ask for a new code. The link is not moved."
    ),
)
_DECLINED: Final = (
    _("Decline the link"),
    _("The link is ended, and %(asked)s gets an e-mail. They may ask for a new code."),
)
_APPROVED: Final = (
    _("Approve the link"),
    _("The link is made active, and %(asked)s gets an e-mail and can sign in at once."),
)
_CHOICES: Final[Mapping[tuple[str, str], tuple[Any, Any]]] = {
    (Kind.APPROVAL, Decision.APPROVED): _APPROVED,
    (Kind.APPROVAL, Decision.DECLINED): _DECLINED,
    (Kind.NAME_MISMATCH, Decision.APPROVED): _APPROVED,
    (Kind.NAME_MISMATCH, Decision.DECLINED): _DECLINED,
    (Kind.EMPLOYEE_LINKED, Decision.KEPT): _KEPT,
    (Kind.EMPLOYEE_LINKED, Decision.ENDED): _ENDED,
    (Kind.PERSON_LINKED, Decision.KEPT): _KEPT,
    (Kind.PERSON_LINKED, Decision.ENDED): _ENDED,
    (Kind.NOT_ME, Decision.CLOSED): (
        _("Close: looked into"),
        _(
            "No link is changed and nobody gets an e-mail. From now on the electronic ID may ask "
            "for a code to %(asked)s again."
        ),
    ),
    (Kind.WRONG_CODES, Decision.CLOSED): (
        _("Close: looked into"),
        _("Nothing else is changed: blocks stay until they end or are lifted."),
    ),
}

# Standard reasons, so that the usual ones need no typing.
_CONFIRMED: Final = (
    _("The employee has confirmed it in person or on a video call."),
    _("The manager has confirmed it."),
    _("HR has confirmed it."),
    _("The employee has not confirmed it."),
)
REASONS: Final[Mapping[str, tuple[Any, ...]]] = {
    Kind.APPROVAL: _CONFIRMED,
    Kind.NAME_MISMATCH: (_("The employee has changed their name, and HR knows it."), *_CONFIRMED),
    Kind.EMPLOYEE_LINKED: (*_CONFIRMED, _("The employee has got a new identity number.")),
    Kind.PERSON_LINKED: (*_CONFIRMED, _("The person is registered twice.")),
    Kind.NOT_ME: (
        _("The employee pressed it by mistake."),
        _("Somebody typed the wrong e-mail."),
        _("It has been passed on as an attempt to get in."),
    ),
    Kind.WRONG_CODES: (
        _("Employees mistyped; nothing suspicious."),
        _("It has been passed on as an attempt to get in."),
    ),
}


def choice_in_words(case_kind: str, decision: str, *, asked: str, linked: str) -> tuple[str, str]:
    """Give what a decision is called and what it will do; `linked` has the link in the way."""
    known = _CHOICES.get((case_kind, decision))
    if known is None:
        return str(Decision(decision).label), ""
    label, effect = known
    return str(label), effect % {"asked": asked, "linked": linked}
