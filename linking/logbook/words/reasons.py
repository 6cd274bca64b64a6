"""Why: each reason that an event can have, as a sentence."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.imports.words import what_happened
from accounts.models import Import
from audit.erasure import Ground, Hindrance
from audit.events import Event
from linking.models import Block, Case, Invitation, OutgoingMail
from linking.policy import Refusal
from linking.story import refusal_in_words

_SIGNING_IN: Final[Mapping[str, Any]] = {
    "password-wrong": _("The password was wrong."),
    "code-wrong": _("The code of the second factor was wrong."),
    "code-used-before": _("The code of the second factor had been used before."),
    "secret-unreadable": _("The second factor was made under another key of the portal."),
    "passkey-wrong": _("The passkey was not recognised."),
    "too-many-tries": _("There had been too many tries."),
}
_TOO_LATE: Final[Mapping[str, Any]] = {
    "expired": _("The code had expired."),
    "no-tries-left": _("The code had no tries left."),
}
_KEY_GIVEN_UP: Final = {"key-given-up": _("The fingerprint key was given up.")}
_OTHER: Final = _("The reason stands in the details.")


def _label(choices: Any) -> Callable[[str], str]:
    def words(reason: str) -> str:
        return f"{choices(reason).label}." if reason in choices else ""

    return words


def _sign_in(reason: str) -> str:
    return " ".join(refusal_in_words(reason).said)


def _in(table: Mapping[str, Any]) -> Callable[[str], str]:
    return lambda reason: str(table.get(reason, ""))


_BY_EVENT: Final[Mapping[str, Callable[[str], str]]] = {
    Event.SIGN_IN_REFUSED: _sign_in,
    Event.SIGN_OUT_REFUSED: _sign_in,
    Event.CODE_NOT_TAKEN: _in(_TOO_LATE),
    Event.CODE_DISOWNED: _label(OutgoingMail.Kind),
    Event.LINK_WAITING: _label(Case.Kind),
    Event.INVITATION_ENDED: _label(Invitation.End),
    Event.BLOCK_MADE: _label(Block.Budget),
    Event.BLOCK_LIFTED: _label(Block.Budget),
    Event.CASE_OPENED: _label(Case.Kind),
    Event.CASE_DECIDED: _label(Case.Decision),
    Event.EMPLOYEE_ERASED: _label(Ground),
    Event.ERASURE_REFUSED: _label(Hindrance),
    Event.IMPORT_REFUSED: lambda reason: str(what_happened(reason)),
    Event.IMPORT_CANCELLED: _label(Import.State),
    Event.ADMINISTRATOR_REFUSED: _in(_SIGNING_IN),
}
_ELSE: Final = (_label(Refusal), _in(_KEY_GIVEN_UP))


def reason_in_words(event: str, reason: str) -> str:
    """Tell why, by the event's `reason`."""
    own = _BY_EVENT.get(event)
    ways = (own, *_ELSE) if own is not None else _ELSE
    return next((words for way in ways if (words := way(reason))), str(_OTHER))


def is_told(event: str, reason: str) -> bool:
    """Whether there are words of its own for it."""
    return reason_in_words(event, reason) != str(_OTHER)
