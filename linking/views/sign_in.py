"""The sign-in page, and the way to ID-porten and back."""

from contextlib import suppress

from django.contrib.auth import authenticate, login
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
)

from accounts.http import PortalRequest
from accounts.models import AssuranceLevel, User
from accounts.networks import caller, client_network
from accounts.sessions import EID_USED_AT, OIDC_SID
from linking import actions, authorization, http, idporten, oidc
from linking.models import AuthorizationRequest
from linking.persons import FINGERPRINTS_KEY, REFUSED_KEY, SESSION_KEY, EidPerson
from linking.refusals import Refused, StateUnknown
from linking.views.common import (
    CHOOSES_KEY,
    INVITATION_KEY,
    LEAVES_SESSION,
    LEVEL_KEY,
    NEXT_KEY,
    REQUEST_KEY,
    organisation_of,
    person_of,
    refuse,
    safe_next,
    user_of,
)

BROWSER_KEY = "browser"
HIGH = AssuranceLevel.HIGH.value


@require_safe
def sign_in_page(request: PortalRequest) -> HttpResponse:
    """The organisation's front door; those who are in already are sent on."""
    if user_of(request):
        return redirect("me")
    if person_of(request):
        return redirect("link_email")
    context = {
        "next": safe_next(request, request.GET.get("next", "")),
        "signed_out": "state" in request.GET,  # ID-porten brings the state of a sign-out back
    }
    return render(request, "linking/sign_in.html", context)


class AuthenticateView(OIDCAuthenticationRequestView):
    """Sends the browser to ID-porten by a pushed request."""

    def get(self, request: PortalRequest) -> HttpResponse:
        next_url = safe_next(request, request.GET.get("next", ""))
        high, fresh = request.GET.get("level") == HIGH, "fresh" in request.GET
        try:
            return begin(request, next_url=next_url, high=high, fresh=fresh)
        except Refused as refusal:
            return refuse(request, refusal)


@http.time_limit()
def begin(
    request: PortalRequest, *, next_url: str, high: bool = False, fresh: bool = False
) -> HttpResponse:
    """Send the browser to ID-porten, asking for the level that the organisation wants now.

    `high` asks for the highest level instead, which the administration needs.

    Raises:
        Refused: ID-porten did not take the request.
    """
    request.session[NEXT_KEY] = next_url
    organisation = organisation_of(request)
    address = idporten.start(
        organisation,
        browser=browser_secret(request),
        language=get_language() or organisation.default_language,
        next_url=next_url,
        level=HIGH if high else organisation.minimum_assurance,
        fresh=fresh,
        by=caller("stranger", request),
        now=timezone.now(),
    )
    return redirect(address)


class CallbackView(OIDCAuthenticationCallbackView):
    """Takes the answer: state first, then `iss`, then whether it is an error (threats.md H)."""

    @http.time_limit()
    def get(self, request: PortalRequest) -> HttpResponse:
        try:
            asked = idporten.take(
                request.GET.getlist("state"),
                organisation=organisation_of(request),
                browser=request.session.get(BROWSER_KEY, ""),
                now=timezone.now(),
            )
            code = authorization.authorization_code(dict(request.GET.lists()), issuer=self.issuer)
            verified = idporten.finish(asked, code)
            return welcome(request, asked, verified)
        except StateUnknown as refusal:
            response = refuse(request, refusal)
            setattr(response, LEAVES_SESSION, True)  # another tab's may be new (H-31)
            return response
        except Refused as refusal:
            request.session[REFUSED_KEY] = True
            with suppress(UpdateError):  # it was ended meanwhile
                request.session.save()  # Django saves none behind a 503
            return refuse(request, refusal)

    @property
    def issuer(self) -> str:
        return str(self.get_settings("IDPORTEN_ISSUER"))


def welcome(
    request: PortalRequest, asked: AuthorizationRequest, verified: oidc.VerifiedPerson
) -> HttpResponse:
    """Let a verified person in, or on to linking; ask ID-porten once more where that needs more.

    Raises:
        NotEmployed: there is a link, but its employee may not come in.
        Refused: ID-porten is to be asked again, and did not take the request.
    """
    organisation = asked.organisation
    if not oidc.reaches(verified.level, organisation.minimum_assurance):
        return begin(request, next_url=asked.next_url)  # the minimum was raised meanwhile
    person = EidPerson.of(verified, network=client_network(request))
    user = authenticate(request, idporten_person=person, organisation=organisation)
    if isinstance(user, User):
        used_at = verified.auth_time
        let_in(request, user, person, sid=verified.sid, used_at=used_at)
        if not asked.next_url:
            request.session[CHOOSES_KEY] = True  # looked up on the next page, not in the sign-in
        return redirect(asked.next_url or reverse("me"))
    started, now = (int(moment.timestamp()) for moment in (asked.started_at, timezone.now()))
    if not asked.fresh and not oidc.is_fresh(verified.auth_time, since=started, now=now):
        return begin(request, next_url=asked.next_url, fresh=True)  # H-25, A-38
    await_link(request, person, sid=verified.sid, next_url=asked.next_url)
    return redirect("link_email")


def browser_secret(request: PortalRequest) -> str:
    """Give the secret that ties a sign-in under way to this browser: one for all its tabs."""
    secret = request.session.get(BROWSER_KEY)
    if not isinstance(secret, str):
        secret = request.session[BROWSER_KEY] = authorization.new_secret()
    return secret


def let_in(
    request: PortalRequest, user: User, person: EidPerson, *, sid: str, used_at: int | None = None
) -> None:
    """Sign the employee in under a new session key (A-18); other tabs may still finish (H-50)."""
    browser = request.session.get(BROWSER_KEY)
    note_invited(request, user)
    if request.user.is_authenticated:
        note_replaced(request)
        request.session.flush()  # Django keeps the key and the age of a session of the same user
    for key in (SESSION_KEY, REFUSED_KEY, REQUEST_KEY, INVITATION_KEY):
        request.session.pop(key, None)
    login(request, user, backend="linking.idporten.IDPortenBackend")
    request.session.update(
        {
            OIDC_SID: sid,
            LEVEL_KEY: person.level,
            EID_USED_AT: used_at,
            BROWSER_KEY: browser,
            FINGERPRINTS_KEY: person.fingerprints,
        }
    )


def note_invited(request: PortalRequest, user: User | None = None) -> None:
    """Write that somebody with an invitation came back from ID-porten; the page comes later."""
    invitation = request.session.get(INVITATION_KEY)
    if invitation:
        employee_id = user.employee_id if user else None
        actions.note_invited_sign_in(invitation, employee_id=employee_id, now=timezone.now())


def note_replaced(request: PortalRequest) -> None:
    """Write that whoever was signed in in this browser is so no more: another sign-in took over."""
    if isinstance(request.user, User):
        actions.note_sign_out(
            request.user,
            organisation=organisation_of(request),
            by=request.user.actor,
            how="signed in anew",
            now=timezone.now(),
        )


def await_link(request: PortalRequest, person: EidPerson, *, sid: str, next_url: str) -> None:
    """Remember who is there until the link is made or given up; whoever was signed in is out."""
    browser = request.session.get(BROWSER_KEY)
    note_invited(request)
    invitation = request.session.get(INVITATION_KEY)
    note_replaced(request)
    request.session.flush()
    request.session.update(
        {
            SESSION_KEY: person.to_session(),
            OIDC_SID: sid,
            NEXT_KEY: next_url,
            BROWSER_KEY: browser,
        }
        | ({INVITATION_KEY: invitation} if invitation else {})
    )
    actions.note_unlinked_sign_in(person, organisation=organisation_of(request), now=timezone.now())
