"""What the pages share: who is there, where they were going, and how a refusal looks."""

import re
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from accounts.http import PortalRequest
from accounts.models import Employee, Organisation, User
from accounts.networks import caller, client_network
from accounts.sessions import LEVEL
from audit.events import Event
from audit.log import new_reference, record
from linking import actions
from linking.models import Invitation
from linking.oidc import reaches
from linking.pages import RefusalPage, page_of
from linking.persons import SESSION_KEY, EidPerson
from linking.refusals import Refused

NEXT_KEY = "next"
LEVEL_KEY = LEVEL
# Somebody has just signed in and was going nowhere in particular.
CHOOSES_KEY = "chooses"
REQUEST_KEY = "link_request"
INVITATION_KEY = "invitation"
# Set on a response: the session behind it is neither saved nor its cookie changed.
LEAVES_SESSION = "leaves_session"
_LOCAL_PATH = re.compile(r"\A/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}\Z")


def organisation_of(request: HttpRequest) -> Organisation:
    """Give the organisation whose address was called; the middleware answers for all others."""
    organisation: Organisation | None = getattr(request, "organisation", None)
    if organisation is None:
        raise LookupError("This path is served without an organisation (HOST_FREE_PATHS).")
    return organisation


def person_of(request: HttpRequest) -> EidPerson | None:
    """Give who is signed in with an eID of the organisation's level, and has no link."""
    stored = request.session.get(SESSION_KEY)
    if not stored:
        return None
    person = EidPerson.from_session(stored, network=client_network(request))
    if person is None:
        return None
    return person if reaches(person.level, organisation_of(request).minimum_assurance) else None


def invitation_of(request: HttpRequest) -> Invitation | None:
    """Give the invitation whose link was opened in this browser, while it is in force."""
    kept = request.session.get(INVITATION_KEY)
    return actions.open_one(kept, now=timezone.now()) if kept else None


def user_of(request: HttpRequest) -> User | None:
    """Give the employee's user who is signed in at this organisation's address, at its level.

    A minimum that is raised holds at once: whoever came in by less signs in again.
    """
    user = request.user
    if not isinstance(user, User) or user.employee is None:
        return None
    organisation = organisation_of(request)
    if user.employee.organisation_id != organisation.pk:
        return None
    level = request.session.get(LEVEL_KEY, "low")
    return user if reaches(level, organisation.minimum_assurance) else None


def asked_for(request: HttpRequest) -> UUID | None:
    """Give the key of the code that was asked for in this browser and has not linked anybody."""
    asked = request.session.get(REQUEST_KEY)
    return UUID(asked["id"]) if asked else None


def employee_of(user: User) -> Employee:
    """Give the employee behind a user from `user_of`."""
    if user.employee is None:
        raise LookupError("This user is no employee.")
    return user.employee


def safe_next(request: HttpRequest, target: str) -> str:
    """Give `target` if it is a path on this portal, else nothing (A-16)."""
    local = _LOCAL_PATH.match(target) and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if local else ""


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send to the sign-in page, and afterwards back here."""
    if request.path == reverse("sign_in"):
        return redirect("sign_in")
    return redirect(f"{reverse('sign_in')}?{urlencode({'next': request.path})}")


def refuse(request: PortalRequest, refusal: Refused) -> HttpResponse:
    """Show why the sign-in was refused, and write the event with the reference it is found by."""
    reference = new_reference()
    with transaction.atomic():
        record(
            Event.SIGN_IN_REFUSED,
            by=caller("eid", request),
            now=timezone.now(),
            organisation=organisation_of(request).pk,
            reason=refusal.reason,
            reference=reference,
        )
    return refusal_page(request, page_of(refusal), reference=reference)


def refusal_page(request: PortalRequest, page: RefusalPage, *, reference: str = "") -> HttpResponse:
    action_url = reverse("oidc_authentication_init") if page.action else ""
    next_url = request.session.get(NEXT_KEY, "")
    if action_url and next_url:
        action_url += f"?{urlencode({'next': next_url})}"
    context: dict[str, Any] = {
        "refusal": page,
        "reference": reference,
        "action_url": action_url,
        "action_label": page.action,
    }
    return render(request, "linking/refused.html", context, status=page.status)
