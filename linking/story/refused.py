"""A sign-in that was refused before anybody knew who it was: the reference tells why."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from linking import refusals
from linking.story.values import Told

_TRY_AGAIN: Final = _(
    "Let them start again from the sign-in page. If it lasts, tell those who run the portal the "
    "reference."
)
_HIGHER: Final = _("Let them sign in again with BankID, Buypass or Commfides.")
_UNAVAILABLE: Final = (
    _("ID-porten did not answer as it should. Nothing is wrong with the employee."),
    _("Let them wait some minutes and try again. If it lasts, tell those who run the portal."),
)
_SETUP: Final = (
    _("Something is wrong with the portal's set-up. Nothing is wrong with the employee."),
    _("Tell those who run the portal at once: nobody comes in."),
)

_REASONS: Final[Mapping[str, tuple[Any, Any]]] = {
    refusals.ProviderUnavailable.reason: _UNAVAILABLE,
    refusals.ProviderError.reason: _UNAVAILABLE,
    refusals.ClientNotRecognised.reason: _SETUP,
    refusals.ProviderMisconfigured.reason: _SETUP,
    refusals.FingerprintKeysUnfit.reason: _SETUP,
    refusals.Cancelled.reason: (
        _("They pressed “Cancel” at ID-porten."),
        _("Let them try again, with another electronic ID if they like."),
    ),
    refusals.StateUnknown.reason: (
        _(
            "The sign-in was not valid any more: it took more than ten minutes, was used already, "
            "or was started in another browser."
        ),
        _("Let them start again from the sign-in page, in one window, and finish without a break."),
    ),
    refusals.LevelTooLow.reason: (
        _("The electronic ID was not secure enough for this employer."),
        _HIGHER,
    ),
    refusals.LevelUnknown.reason: (
        _("ID-porten told a level of security that the portal does not know."),
        _HIGHER,
    ),
    refusals.SignInNotFresh.reason: (
        _("To link they must use the electronic ID now. ID-porten told of an earlier sign-in."),
        _("Let them sign in again, and choose their electronic ID anew."),
    ),
    refusals.NationalIdMissing.reason: (
        _("The electronic ID has no Norwegian identity number, as foreign ones have not."),
        _("Let them use MinID, BankID, Buypass or Commfides."),
    ),
    refusals.NationalIdSynthetic.reason: (
        _("It was a test identity, and this portal is for real people."),
        _("Let them sign in with their own electronic ID."),
    ),
    refusals.NotEmployed.reason: (
        _("There is a link, but the employee is inactive, has not begun or has left."),
        _("Look the person up by name. Is the registry wrong, HR corrects it."),
    ),
    refusals.SessionEnded.reason: (
        _("They had been away for too long, or had signed out in another window."),
        _("Let them sign in again."),
    ),
}
# What only an engineer can act on: the reason is in the log.
_NOT_TRUSTED: Final = (
    _("The answer from ID-porten was not as it should be, so nobody was let in."),
    _TRY_AGAIN,
)


def refusal_in_words(reason: str) -> Told:
    """Tell why a sign-in was refused, by the reason in the audit log."""
    said, do = _REASONS.get(reason, _NOT_TRUSTED)
    return Told((str(said),), (str(do),))
