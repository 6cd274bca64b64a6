"""What a refusal says to the person: what happened, and what to do next."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linking import refusals

type Text = str | Promise


@dataclass(frozen=True, slots=True)
class RefusalPage:
    """The words of a refusal; `action` is what the button says, if there is one."""

    title: Text
    text: Text
    next_step: Text
    action: Text = ""
    status: int = 403


_UNAVAILABLE = RefusalPage(
    title=_("ID-porten is not answering"),
    text=_("We could not reach ID-porten just now. Nothing is wrong with your user."),
    next_step=_("Wait a few minutes, and try again."),
    action=_("Try again"),
    status=503,
)
_NOT_TRUSTED = RefusalPage(
    title=_("The sign-in could not be completed"),
    text=_("The answer from ID-porten was not as it should be, so you were not signed in."),
    next_step=_("Start again. If it happens once more, contact support and quote the reference."),
    action=_("Sign in again"),
)
_LEVEL = RefusalPage(
    title=_("A more secure electronic ID is needed"),
    text=_("Your employer asks for a higher level of security than the one you signed in with."),
    next_step=_("Sign in again with BankID, Buypass or Commfides."),
    action=_("Sign in again"),
)
_PAGES: dict[type[refusals.Refused], RefusalPage] = {
    refusals.ProviderUnavailable: _UNAVAILABLE,
    refusals.ProviderMisconfigured: _UNAVAILABLE,
    refusals.ClientNotRecognised: _UNAVAILABLE,
    refusals.FingerprintKeysUnfit: RefusalPage(
        title=_("The portal cannot recognise anybody now"),
        text=_("Something is wrong with the portal's set-up. Nothing is wrong with your user."),
        next_step=_("Try again later. If it lasts, contact support and quote the reference."),
        action=_("Try again"),
        status=503,
    ),
    refusals.Cancelled: RefusalPage(
        title=_("You cancelled the sign-in"),
        text=_("You chose to cancel at ID-porten, and have not been signed in."),
        next_step=_("You can try again, with another electronic ID if you like."),
        action=_("Sign in again"),
    ),
    refusals.StateUnknown: RefusalPage(
        title=_("This sign-in is no longer valid"),
        text=_(
            "It took more than ten minutes, was used already, or was started in another browser."
        ),
        next_step=_("Start again from the sign-in page."),
        action=_("Sign in again"),
    ),
    refusals.LevelTooLow: _LEVEL,
    refusals.LevelUnknown: _LEVEL,
    refusals.SignInNotFresh: RefusalPage(
        title=_("You must sign in anew"),
        text=_("To link your user you must use your electronic ID now, not an earlier sign-in."),
        next_step=_("Sign in again, and choose your electronic ID."),
        action=_("Sign in again"),
    ),
    refusals.NationalIdMissing: RefusalPage(
        title=_("Your electronic ID has no Norwegian identity number"),
        text=_(
            "Your user can only be linked with an electronic ID that carries a Norwegian national "
            "identity number or D-number."
        ),
        next_step=_("Sign out, and sign in with MinID, BankID, Buypass or Commfides."),
    ),
    refusals.NationalIdSynthetic: RefusalPage(
        title=_("Test identities cannot sign in here"),
        text=_("The identity you used is made for testing, and this portal is for real people."),
        next_step=_("Sign out, and sign in with your own electronic ID."),
    ),
    refusals.NotEmployed: RefusalPage(
        title=_("You do not have access"),
        text=_(
            "You have linked your user, but your employer has not registered you as active now."
        ),
        next_step=_("If that is wrong, ask your employer to correct it."),
    ),
    refusals.SessionEnded: RefusalPage(
        title=_("You have been signed out"),
        text=_("You were away for more than half an hour, or signed out in another window."),
        next_step=_("Sign in again. Nothing you had finished is lost."),
        action=_("Sign in again"),
    ),
}
LINK_REFUSED = RefusalPage(
    title=_("The user could not be linked"),
    text=_("The code was right, but we could not link your electronic ID to this employee."),
    next_step=_("Contact support and quote the reference. They can see what stands in the way."),
)
INVITATION_REFUSED = RefusalPage(
    title=_("The user could not be linked"),
    text=_("The invitation is valid, but we could not link your electronic ID to this employee."),
    next_step=_("Contact support and quote the reference. They can see what stands in the way."),
)


def page_of(refusal: refusals.Refused) -> RefusalPage:
    """Give the words for a refusal; what only an engineer can act on shares one page."""
    return _PAGES.get(type(refusal), _NOT_TRUSTED)
