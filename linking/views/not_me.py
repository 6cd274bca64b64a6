"""«It wasn't me», from a mail: in any browser, without a session."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.networks import client_network
from linking import actions
from linking.disowning import VALID, mail_id_from
from linking.models import OutgoingMail
from linking.views.common import organisation_of

NOBODYS = UUID(int=0)


# The token in the address is what a CSRF token would be: who has it not can make nobody send it.
# And where no referrer is sent browsers send `Origin: null`, which Django's check refuses.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """Show what will be stopped, and stop it on POST alone: scanners follow links (A-21)."""
    response = _answer(request, token)
    response.headers["Referrer-Policy"] = "no-referrer"  # the address is a key
    return response


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    mail = (
        OutgoingMail.objects.filter(
            pk=mail_id_from(token) or NOBODYS, organisation=organisation_of(request)
        )
        .select_related("organisation", "employee", "pending_code", "link", "case__request")
        .first()
    )
    claim = actions.claim_of(mail) if mail is not None else None
    if mail is None or claim is None:
        return render(request, "linking/not_me_invalid.html", _outside_sessions(), status=404)
    now = timezone.now()
    if mail.created_at + VALID <= now:
        context = {"too_old": True} | _outside_sessions()
        return render(request, "linking/not_me_invalid.html", context, status=410)
    if request.method == "POST":
        actions.disown(mail.pk, network=client_network(request), now=now)
        return redirect(request.path)
    return _page(request, mail, claim)


def _page(request: HttpRequest, mail: OutgoingMail, claim: actions.Claim) -> HttpResponse:
    disowned = actions.is_disowned(mail, claim)
    context = {
        "employee": mail.employee,
        "link_ended": claim.links.filter(ended_by=claim.actor).exists(),
        "conflict": mail.kind == OutgoingMail.Kind.CONFLICT,
        "requested_at": claim.request.requested_at if claim.request else None,
    } | _outside_sessions()
    template = "linking/not_me_done.html" if disowned else "linking/not_me.html"
    with translation.override(mail.language):  # the page speaks as the mail did
        response = render(request, template, context)
    response.headers["Content-Language"] = mail.language
    return response


def _outside_sessions() -> dict[str, bool]:
    """Leave away the header's forms, which need what these pages do not send."""
    return {"eid_session": False}
