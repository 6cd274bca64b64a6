"""An invitation in words: how far its reader has come."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from linking.story.values import Invited, Told
from linking.story.wording import day, masked, moment


def invitation_in_words(invitation: Invited, *, address: str, url: str, now: datetime) -> Told:
    """Tell of an invitation that is in force; `address` is where it was mailed, and is masked."""
    type_address = _("Or let them go to %(url)s, sign in and type their work e-mail.") % {
        "url": url
    }
    if invitation.failed_at is not None and invitation.sent_at is None:
        undelivered = _("They are invited, but the mail could not be delivered to %(to)s.") % {
            "to": masked(address)
        }
        do = _(
            "Make sure with HR that the registered e-mail is right and in use. Then invite anew."
        )
        return Told((undelivered,), (str(do),))
    if invitation.sent_at is None:
        return Told((str(_("They are invited, and the mail is on its way.")),), (type_address,))
    until = day(timezone.localdate(invitation.expires_at), timezone.localdate(now))
    mailed = _("They got an invitation %(when)s, which is valid until %(day)s.") % {
        "when": moment(invitation.sent_at, now),
        "day": until,
    }
    do = _("Let them open the link in the invitation and follow it to the end.")
    return Told((mailed, _how_far(invitation, now)), (str(do), type_address))


def _how_far(invitation: Invited, now: datetime) -> str:
    if invitation.signed_in_at is not None:
        return _("They signed in %(when)s, but have not confirmed the link.") % {
            "when": moment(invitation.signed_in_at, now)
        }
    if invitation.opened_at is not None:
        return _("They opened its link %(when)s, but have not signed in since.") % {
            "when": moment(invitation.opened_at, now)
        }
    return str(_("They have not gone on from its link."))
