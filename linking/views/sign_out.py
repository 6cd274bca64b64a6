"""The ways out: from the portal, and by ID-porten's front and back channel."""

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.csp import CSP
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.http import PortalRequest
from accounts.models import User
from accounts.networks import caller
from linking import actions, http, idporten
from linking.context import has_eid_session
from linking.oidc import is_identifier
from linking.refusals import Refused
from linking.views.common import asked_for, organisation_of

# Whoever calls the two addresses says that they are ID-porten; a token shows it.
IDPORTEN = "id-porten"
FRAMEABLE: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "frame-ancestors": settings.IDPORTEN_ORIGINS,
}


def sign_out(request: PortalRequest) -> HttpResponse:
    """End the session here, and then ID-porten's: also for those who have no link.

    The page posts a form to ID-porten, so that nothing of it stays in histories and logs.
    """
    if request.method != "POST" or not has_eid_session(request):
        return redirect("sign_in")
    user = request.user if isinstance(request.user, User) else None
    actions.note_sign_out(
        user,
        organisation=organisation_of(request),
        by=user.actor if user else caller("eid", request),
        asked=None if user else asked_for(request),
        now=timezone.now(),
    )
    return leave(request)


def leave(request: PortalRequest) -> HttpResponse:
    """Forget the session here, and go on to end ID-porten's; what ended it has been written."""
    organisation, now = organisation_of(request), timezone.now()
    logout(request)
    try:
        end_session = idporten.end_session(organisation, now=now)
    except Refused:
        # Out of here all the same; ID-porten's own session ends by itself within half an hour.
        return redirect("sign_in")
    return render(request, "linking/sign_out.html", {"end_session": end_session})


@require_safe
@never_cache
@xframe_options_exempt
@csp_override(FRAMEABLE)
def frontchannel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions of `sid` (OpenID Connect Front-Channel Logout 1.0, section 3).

    Called in an iframe, without our cookies: the session is found by its `sid` alone (H-47).
    """
    issuer = request.GET.get("iss", "").removesuffix("/")
    sid = request.GET.get("sid", "")
    if issuer == settings.IDPORTEN_ISSUER and is_identifier(sid):
        by = caller(IDPORTEN, request)
        actions.end_sessions_of(sid, how="front-channel", by=by, now=timezone.now())
    return HttpResponse(content_type="text/plain")


@csrf_exempt
@require_POST
@never_cache
@http.time_limit()
def backchannel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions that a logout token names (Back-Channel Logout 1.0, section 2.5)."""
    now, by = timezone.now(), caller(IDPORTEN, request)
    tokens = request.POST.getlist("logout_token")
    try:
        token = idporten.ended_session(tokens[0] if len(tokens) == 1 else "", now=now)
        actions.end_sessions_by_token(token, by=by, now=now)
    except Refused as refusal:
        here = organisation_of(request)
        actions.note_refused_token(refusal.reason, organisation=here, by=by, now=now)
        return HttpResponse(refusal.reason, status=400, content_type="text/plain")
    return HttpResponse(content_type="text/plain")
