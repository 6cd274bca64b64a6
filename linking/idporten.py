"""mozilla-django-oidc's backend, made strict for ID-porten, and the three steps of a sign-in.

The library keeps the frame: the view classes, their place in Django, `authenticate()`. What it
leaves open (threats.md H, the rows marked †) is closed by `linking/oidc.py`.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from joserfc.jwk import RSAKey
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from accounts.models import Organisation, User
from audit.events import Event
from audit.log import record
from linking import actions, authorization, documents, http, oidc
from linking.models import SIGN_IN_LIFETIME, AuthorizationRequest
from linking.persons import EidPerson
from linking.refusals import (
    ClientNotRecognised,
    ProviderUnavailable,
    StateUnknown,
    TokenKeyUnknown,
    TokenMalformed,
)

logger = logging.getLogger(__name__)


def start(
    organisation: Organisation,
    *,
    browser: str,
    language: str,
    next_url: str,
    level: str,
    fresh: bool,
    by: str,
    now: datetime,
) -> str:
    """Push an authorization request (RFC 9126) and give where the browser goes.

    `browser` is the secret of the browser that asks: no other can bring the answer. `level` is the
    least that is taken. `fresh` asks for the eID itself, whatever session there is at ID-porten.

    Raises:
        ProviderUnavailable, ProviderMisconfigured.
    """
    gateway = documents.provider(now=now)
    state = authorization.new_secret()
    asked = AuthorizationRequest(
        state_hash=_hash(state),
        browser_hash=_hash(browser),
        organisation=organisation,
        nonce=authorization.new_secret(),
        verifier=authorization.new_secret(),
        level=level,
        fresh=fresh,
        next_url=next_url,
        started_at=now,
    )
    parameters = _parameters(asked, state=state, language=language)
    request_uri, key = _push(gateway.pushed_authorization_request_endpoint, parameters, now=now)
    asked.client_key = key.kid or ""
    asked.request_uri_hash = _hash(request_uri)
    _remember(asked, by=by, now=now)
    return authorization.with_query(
        gateway.authorization_endpoint,
        client_id=settings.IDPORTEN_CLIENT_ID,
        request_uri=request_uri,
    )


def _parameters(asked: AuthorizationRequest, *, state: str, language: str) -> dict[str, str]:
    """Give the authorization request (OpenID Connect Core 3.1.2.1, RFC 7636)."""
    return {
        "response_type": "code",
        "scope": settings.OIDC_RP_SCOPES,
        "redirect_uri": _redirect_uri(asked.organisation),
        "state": state,
        "nonce": asked.nonce,
        "code_challenge": authorization.code_challenge(asked.verifier),
        "code_challenge_method": "S256",
        "acr_values": oidc.ACR_OF_LEVEL[asked.level],
        "ui_locales": language,
        **({"prompt": "login"} if asked.fresh else {}),
    }


def _push(endpoint: str, parameters: dict[str, str], *, now: datetime) -> tuple[str, RSAKey]:
    """Push a request by the first of our keys that ID-porten recognises.

    Two are configured while one takes over from the other, and this carries no code yet.
    """
    refused = ClientNotRecognised()
    for key in settings.IDPORTEN_CLIENT_KEYS:
        answer = http.post(endpoint, parameters | _client_authentication(key, now=now))
        try:
            return authorization.pushed_request_uri(answer.status, answer.body), key
        except ClientNotRecognised as refusal:
            logger.warning("ID-porten does not recognise the client key %s", key.kid)
            refused = refusal
    raise refused


def _remember(asked: AuthorizationRequest, *, by: str, now: datetime) -> None:
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
            record(
                Event.SIGN_IN_STARTED,
                by=by,
                now=now,
                organisation=asked.organisation.pk,
                level=asked.level,
                again=asked.fresh,
            )
    except IntegrityError:
        raise ProviderUnavailable from None  # a request_uri that is another sign-in's (H-43)


def take(
    states: Sequence[str], *, organisation: Organisation, browser: str, now: datetime
) -> AuthorizationRequest:
    """Take the request that `state` names, for good, before anything else is looked at (H-30).

    Raises:
        StateUnknown: this browser has no such sign-in under way, or it is over ten minutes old.
    """
    if len(states) != 1:
        raise StateUnknown
    asked = AuthorizationRequest.objects.take(
        state_hash=_hash(states[0]), browser_hash=_hash(browser), organisation=organisation
    )
    if asked is None or asked.started_at <= now - SIGN_IN_LIFETIME:
        raise StateUnknown
    asked.organisation = organisation  # as just compared: no query is needed
    return asked


def finish(asked: AuthorizationRequest, code: str) -> oidc.VerifiedPerson:
    """Trade the code for an ID token, and give the person it vouches for.

    Raises:
        Refused: of the class that names the failed check.
    """
    now = timezone.now()
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _redirect_uri(asked.organisation),
        "code_verifier": asked.verifier,
    }
    endpoint = documents.provider(now=now).token_endpoint
    key = _client_key(asked.client_key)
    answer = http.post(endpoint, fields | _client_authentication(key, now=now))
    id_token, access_token = authorization.token_response(answer.status, answer.body)
    expected = oidc.SignInExpectation(
        issuer=settings.IDPORTEN_ISSUER,
        client_id=settings.IDPORTEN_CLIENT_ID,
        nonce=asked.nonce,
        level=asked.level,
        access_token=access_token,
        fresh_since=int(asked.started_at.timestamp()) if asked.fresh else None,
        accept_synthetic=settings.ACCEPT_SYNTHETIC_IDS,
    )
    now = timezone.now()  # ID-porten may have taken its time
    verify = partial(oidc.verify_id_token, id_token, expected=expected, now=int(now.timestamp()))
    return _by_signing_keys(verify, now=now)


def ended_session(logout_token: str, *, now: datetime) -> oidc.LogoutToken:
    """Verify a logout token (H-46).

    Raises:
        Refused: of the class that names the failed check.
    """
    if len(logout_token) > authorization.TOKEN_MAX_LENGTH:
        raise TokenMalformed
    expected = oidc.Expectation(settings.IDPORTEN_ISSUER, settings.IDPORTEN_CLIENT_ID)
    verify = partial(
        oidc.verify_logout_token, logout_token, expected=expected, now=int(now.timestamp())
    )
    return _by_signing_keys(verify, now=now)


def _by_signing_keys[T](verify: Callable[..., T], *, now: datetime) -> T:
    """Verify a token; where its `kid` is new, once more by keys fetched anew (H-06, H-11)."""
    try:
        return verify(keys=documents.signing_keys(now=now))
    except TokenKeyUnknown:
        return verify(keys=documents.newer_signing_keys(now=now))


@dataclass(frozen=True, slots=True)
class EndSession:
    """The form that ends ID-porten's own session (OpenID Connect RP-Initiated Logout 1.0)."""

    endpoint: str
    fields: dict[str, str]


def end_session(organisation: Organisation, *, now: datetime) -> EndSession:
    """Give the form that ends ID-porten's session and comes back to the sign-in page.

    No `id_token_hint`: it would carry the identity number through the browser (ADR 0006).

    Raises:
        ProviderUnavailable, ProviderMisconfigured.
    """
    return EndSession(
        endpoint=documents.provider(now=now).end_session_endpoint,
        fields={
            "client_id": settings.IDPORTEN_CLIENT_ID,
            "post_logout_redirect_uri": organisation.base_url + reverse("sign_in"),
            "state": authorization.new_secret(),
        },
    )


def _redirect_uri(organisation: Organisation) -> str:
    """Give the redirect URI, from the organisation's stored host (A-17)."""
    return organisation.base_url + reverse("oidc_authentication_callback")


def _client_key(kid: str) -> RSAKey:
    """Give the key that the request was pushed by, or the first if it was taken out since."""
    keys: Sequence[RSAKey] = settings.IDPORTEN_CLIENT_KEYS
    return next((key for key in keys if key.kid == kid), keys[0])


def _client_authentication(key: RSAKey, *, now: datetime) -> dict[str, str]:
    return authorization.client_authentication(
        key=key,
        client_id=settings.IDPORTEN_CLIENT_ID,
        issuer=settings.IDPORTEN_ISSUER,
        now=int(now.timestamp()),
    )


def _hash(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


class IDPortenBackend(OIDCAuthenticationBackend):
    """Lets in the employee whom a verified person is linked to."""

    def authenticate(  # the library's takes whatever comes
        self,
        request: HttpRequest | None,
        idporten_person: EidPerson | None = None,
        organisation: Organisation | None = None,
        **_credentials: Any,
    ) -> User | None:
        """Give the user, or None where the person has no link in this organisation.

        Only our callback passes a person: a password form with `?code=&state=` in its address gets
        nothing here, where the library's own method would answer.

        Raises:
            NotEmployed: there is a link, but its employee may not come in.
        """
        if idporten_person is None or organisation is None:
            return None
        return actions.sign_in(idporten_person, organisation=organisation, now=datetime.now(UTC))

    def get_user(self, user_id: Any) -> User | None:
        """Give the user of a session while link and employment last: a leaver is out at once."""
        return actions.user_in_force(user_id, now=datetime.now(UTC))
