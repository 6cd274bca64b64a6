"""The ways out: from the portal, and by ID-porten's front and back channel."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.http import PortalRequest
from linking import actions, idporten, oidc
from linking.persons import REFUSED_KEY
from linking.refusals import Refused, TokenKeyUnknown, TokenMalformed
from linking.views.common import organisation_of, person_of, user_of

FRAMEABLE: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "frame-ancestors": settings.IDPORTEN_ORIGINS,
}


def sign_out(request: PortalRequest) -> HttpResponse:
    """End the session here, and then ID-porten's: also for those who have no link."""
    home = reverse("sign_in")
    if request.method != "POST":
        return redirect(home)
    user = user_of(request)
    if user is None and person_of(request) is None and REFUSED_KEY not in request.session:
        return redirect(home)
    organisation = organisation_of(request)
    actions.note_sign_out(user, organisation=organisation, now=timezone.now())
    request.session.flush()
    try:
        return redirect(idporten.end_session_url(return_to=organisation.base_url + home))
    except Refused:
        # Out of here all the same; ID-porten's own session ends by itself within half an hour.
        return redirect(home)


@require_safe
@xframe_options_exempt
@csp_override(FRAMEABLE)
def frontchannel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions of `sid` (OpenID Connect Front-Channel Logout 1.0, section 3).

    Called in an iframe, without our cookies: the session is found by its `sid` alone (H-47).
    """
    issuer = request.GET.get("iss", "").removesuffix("/")
    sid = request.GET.get("sid", "")
    if issuer == settings.IDPORTEN_ISSUER and sid:
        actions.end_sessions_of(sid, how="front-channel", now=timezone.now())
    return HttpResponse(content_type="text/plain")


@csrf_exempt
@require_POST
def backchannel_logout(request: HttpRequest) -> HttpResponse:
    """End the sessions that a logout token names (Back-Channel Logout 1.0, section 2.5)."""
    try:
        token = logout_token(request.POST.get("logout_token", ""))
    except Refused as refusal:
        return HttpResponse(refusal.reason, status=400, content_type="text/plain")
    if not cache.add(f"idporten:logout:{token.jti}", 1, oidc.ID_TOKEN_MAX_AGE * 2):
        return HttpResponse("replayed", status=400, content_type="text/plain")
    actions.end_sessions_of(token.sid, how="back-channel", now=timezone.now())
    return HttpResponse(content_type="text/plain")


def logout_token(compact: str) -> oidc.LogoutToken:
    """Verify a logout token, asking for ID-porten's keys once more where its `kid` is new."""
    if not 0 < len(compact) <= oidc.ID_TOKEN_MAX_LENGTH:
        raise TokenMalformed
    now = int(timezone.now().timestamp())
    expected = oidc.LogoutExpectation(settings.IDPORTEN_ISSUER, settings.IDPORTEN_CLIENT_ID)
    try:
        keys = idporten.signing_keys()
        return oidc.verify_logout_token(compact, keys=keys, expected=expected, now=now)
    except TokenKeyUnknown:
        keys = idporten.signing_keys(refetch=True)
        return oidc.verify_logout_token(compact, keys=keys, expected=expected, now=now)
