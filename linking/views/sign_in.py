"""The sign-in page, and the way to ID-porten and back."""

import time
from dataclasses import asdict
from typing import Any

from django.contrib.auth import authenticate, login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from mozilla_django_oidc.views import (
    OIDCAuthenticationCallbackView,
    OIDCAuthenticationRequestView,
)

from accounts.http import PortalRequest
from accounts.models import User
from accounts.sessions import OIDC_SID
from linking import actions, idporten, oidc
from linking.persons import REFUSED_KEY, SESSION_KEY, EidPerson
from linking.refusals import Refused, StateUnknown
from linking.views.common import (
    NEXT_KEY,
    organisation_of,
    person_of,
    refuse,
    safe_next,
    user_of,
)

STATES_KEY = "oidc_states"
STATE_SECONDS = 600
MAX_STATES = 60
# How long ago the eID may have been used when somebody links.
FRESH_SECONDS = 300


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
        organisation = organisation_of(request)
        next_url = safe_next(request, request.GET.get("next", ""))
        request.session[NEXT_KEY] = next_url
        now = int(time.time())
        try:
            started = idporten.start(
                redirect_uri=callback_url(request),
                level=organisation.minimum_assurance,
                language=get_language() or organisation.default_language,
                next_url=next_url,
                fresh="fresh" in request.GET,
                now=now,
            )
        except Refused as refusal:
            return refuse(request, refusal)
        states = {
            state: kept
            for state, kept in request.session.get(STATES_KEY, {}).items()
            if kept["started_at"] > now - STATE_SECONDS
        }
        states[started.state] = asdict(started.transaction)
        request.session[STATES_KEY] = dict(list(states.items())[-MAX_STATES:])
        return redirect(started.url)


class CallbackView(OIDCAuthenticationCallbackView):
    """Takes the answer: state first, then `iss`, then whether it is an error (threats.md H)."""

    def get(self, request: PortalRequest) -> HttpResponse:
        try:
            transaction = take_transaction(request, now=int(time.time()))
            parameters: dict[str, list[str]] = dict(request.GET.lists())
            code = oidc.authorization_code(parameters, issuer=self.issuer)
            verified = idporten.finish(transaction, code, redirect_uri=callback_url(request))
            person = EidPerson.of(verified)
            user = authenticate(
                request, idporten_person=person, organisation=organisation_of(request)
            )
        except StateUnknown as refusal:
            return refuse(request, refusal)
        except Refused as refusal:
            request.session[REFUSED_KEY] = True
            return refuse(request, refusal)
        if isinstance(user, User):
            let_in(request, user, sid=verified.sid)
            return redirect(transaction.next or reverse("me"))
        if not transaction.fresh and not is_fresh(person, now=int(time.time())):
            query = urlencode({"fresh": "1", "next": transaction.next})
            return redirect(f"{reverse('oidc_authentication_init')}?{query}")
        await_link(request, person, sid=verified.sid, next_url=transaction.next)
        return redirect("link_email")

    @property
    def issuer(self) -> str:
        return str(self.get_settings("IDPORTEN_ISSUER"))


def callback_url(request: PortalRequest) -> str:
    """Give the redirect URI, from the organisation's stored host (A-17)."""
    return organisation_of(request).base_url + reverse("oidc_authentication_callback")


def take_transaction(request: PortalRequest, *, now: int) -> idporten.Transaction:
    """Take the transaction that `state` names out of the session, for good, before anything else.

    Raises:
        StateUnknown: this browser has no such sign-in under way, or it is over ten minutes old.
    """
    given = request.GET.getlist("state")
    states: dict[str, Any] = request.session.get(STATES_KEY, {})
    kept = states.pop(given[0], None) if len(given) == 1 else None
    if kept is None:
        raise StateUnknown
    request.session[STATES_KEY] = states
    request.session.save()
    if kept["started_at"] <= now - STATE_SECONDS:
        raise StateUnknown
    return idporten.Transaction(**kept)


def is_fresh(person: EidPerson, *, now: int) -> bool:
    """Whether the eID itself was used a moment ago, and not an earlier sign-in at ID-porten."""
    return person.auth_time is not None and person.auth_time > now - FRESH_SECONDS


def let_in(request: PortalRequest, user: User, *, sid: str) -> None:
    """Sign the employee in under a new session key (A-18)."""
    for key in (SESSION_KEY, REFUSED_KEY, "link_request"):
        request.session.pop(key, None)
    login(request, user, backend="linking.idporten.IDPortenBackend")
    request.session[OIDC_SID] = sid


def await_link(request: PortalRequest, person: EidPerson, *, sid: str, next_url: str) -> None:
    """Remember who is there until the link is made or given up; whoever was signed in is out."""
    request.session.flush()
    request.session[SESSION_KEY] = person.to_session()
    request.session[OIDC_SID] = sid
    request.session[NEXT_KEY] = next_url
    actions.note_unlinked_sign_in(person, organisation=organisation_of(request), now=timezone.now())
