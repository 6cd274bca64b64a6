"""How invitations end that nobody used, whatever the reason: each with its event."""

from datetime import datetime
from typing import Any

from audit.events import Event
from audit.log import record_each
from linking.models import Invitation, OutgoingMail


def end_invitations(
    invitations: Any, why: Invitation.End, *, by: str = "system", now: datetime
) -> int:
    """End those that are open, in the caller's transaction; gives how many.

    Whoever locks employees, too, has locked them before.
    """
    still_open = invitations.filter(ended_at__isnull=True).select_for_update(of=("self",))
    rows = list(still_open.values_list("pk", "organisation_id", "employee_id"))
    Invitation.objects.filter(pk__in=[pk for pk, *_whose in rows]).update(ended_at=now, end=why)
    pairs = [(organisation, employee) for _pk, organisation, employee in rows]
    return record_each(Event.INVITATION_ENDED, pairs, by=by, now=now, reason=why.value)


def drop_queued(mails: Any) -> None:
    """Take back the mails that no worker has begun to send; what one has, is looked at there.

    Before the invitations end: whoever sends a mail locks it first, and its invitation then.
    """
    waiting = mails.filter(state=OutgoingMail.State.QUEUED, attempts=0)
    waiting.update(state=OutgoingMail.State.FAILED, answer="not sent: the invitation had ended")
