"""An invited employee at a browser: the mail's link, the button, the sign-in, the confirmation."""

import re
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Employee
from devtools.mailbox import Mailbox
from linking import actions
from linking.invitations import make_token
from linking.models import Campaign, Invitation
from tests.journeys.visitor import Response, Visitor, run_worker

_ADDRESS = re.compile(r"http://[^/\s]+(/invitation/[\w-]+/)")


def invite(*employees: Employee, now: datetime | None = None, **fields: Any) -> Campaign:
    """Invite these, who work for one organisation."""
    return actions.invite(
        Employee.objects.filter(pk__in=[each.pk for each in employees]),
        organisation=employees[0].organisation,
        by="system",
        now=now or timezone.now(),
        **{"note": "", "deadline": None, "reminders": True} | fields,
    )


def invitation_of(employee: Employee) -> Invitation:
    """The newest of an employee."""
    return Invitation.objects.filter(employee=employee).latest("pk")


def path_of(invitation: Invitation) -> str:
    return f"/invitation/{make_token(invitation.pk)}/"


def mailed_path(mailbox: Mailbox) -> str:
    """Send what waits, and read the link in the newest mail that has one."""
    run_worker()
    for mail in mailbox.mails:
        found = _ADDRESS.search(mail.text)
        if found:
            return found[1]
    raise LookupError("There is no invitation in the mailbox.")


def come(visitor: Visitor, path: str, who: Any, **how: Any) -> Response:
    """Open the link, press the button, and sign in; gives the page to confirm on, or another."""
    assert visitor.get(path).status_code == 200
    assert visitor.post(path).headers["Location"] == "/oidc/authenticate/"
    assert visitor.sign_in(who, **how).headers["Location"] == "/link/"
    assert visitor.get("/link/").headers["Location"] == "/link/invitation/"
    return visitor.get("/link/invitation/")
