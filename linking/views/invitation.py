"""An invitation's link, and its confirmation after the sign-in."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from accounts.http import PortalRequest
from accounts.networks import client_network
from accounts.sessions import OIDC_SID
from linking import actions
from linking.eids import eid_name
from linking.models import Invitation
from linking.pages import INVITATION_REFUSED
from linking.persons import EidPerson
from linking.views.common import (
    INVITATION_KEY,
    invitation_of,
    organisation_of,
    person_of,
    refusal_page,
)
from linking.views.link import ask_for_code, nobody_there
from linking.views.sign_in import let_in


@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: PortalRequest, token: str) -> HttpResponse:
    """Say what the link is for, and go on to the sign-in by POST: scanners follow links (A-21)."""
    found = actions.invitation_by(token, organisation_id=organisation_of(request).pk)
    response = _answer(request, found)
    # Not `no-referrer`: browsers would send `Origin: null` with the form, which Django refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _answer(request: PortalRequest, found: Invitation | None) -> HttpResponse:
    now = timezone.now()
    if found is None:
        return render(request, "linking/invitation_ended.html", status=404)
    if not found.is_in_force(now):
        context = {"why": _why(found)}
        return render(request, "linking/invitation_ended.html", context, status=410)
    if request.method == "POST":
        actions.note_opened(found, network=client_network(request), now=now)
        request.session[INVITATION_KEY] = str(found.pk)  # never the token: sessions are rows
        return redirect("link_invitation" if person_of(request) else "oidc_authentication_init")
    return render(request, "linking/invitation.html", {"invitation": found})


def _why(found: Invitation) -> str:
    """Give which of the page's texts fits an invitation that is not in force."""
    if found.end in (Invitation.End.USED, Invitation.End.LINKED):
        return "used"
    if found.end == Invitation.End.REPLACED:
        return "replaced"
    ended = found.end == Invitation.End.STOPPED
    return "stopped" if ended or found.expires_at > timezone.now() else "too_old"


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: PortalRequest) -> HttpResponse:
    """After the sign-in: link to the invited address, or to another one by a code."""
    person = person_of(request)
    if person is None:
        return nobody_there(request)
    found = invitation_of(request)
    if found is None or (request.method == "POST" and "other" in request.POST):
        request.session.pop(INVITATION_KEY, None)
        return redirect("link_email")
    if request.method == "POST":
        return _accept(request, person, found)
    context = {
        "invitation": found,
        "given_name": person.given_name,
        "eid_name": eid_name(person.eid),
    }
    return render(request, "linking/invitation_confirm.html", context)


def _accept(request: PortalRequest, person: EidPerson, found: Invitation) -> HttpResponse:
    language = get_language() or organisation_of(request).default_language
    request.session.pop(INVITATION_KEY, None)
    try:
        linked = actions.accept_invitation(found.pk, person, language=language, now=timezone.now())
    except actions.InvitationEnded:
        return render(request, "linking/invitation_ended.html", {"why": "used"}, status=410)
    except actions.CodeNeeded:
        ask_for_code(request, person, found.recipient, invited=True)
        return redirect("link_code")
    except actions.LinkRefused as refused:
        return refusal_page(request, INVITATION_REFUSED, reference=refused.reference)
    except actions.LinkWaits:
        return redirect("link_email")
    let_in(request, linked.user, person, sid=request.session.get(OIDC_SID, ""))
    return redirect("link_done")
