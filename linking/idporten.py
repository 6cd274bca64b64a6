"""mozilla-django-oidc's backend and views, made strict for ID-porten.

The library keeps the frame: the view classes, their place in Django, `authenticate()`. What it
leaves open (threats.md H, the rows marked †) is closed by `linking/oidc.py`.
"""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from accounts.models import Organisation, User
from linking import actions, http, jose, oidc
from linking.persons import EidPerson
from linking.refusals import ProviderUnavailable, TokenKeyUnknown

logger = logging.getLogger(__name__)

METADATA_SECONDS = 3600
JWKS_SECONDS = 24 * 3600
JWKS_REFETCH_SECONDS = 60
METADATA_CACHE_KEY = "idporten:metadata"
JWKS_CACHE_KEY = "idporten:jwks"
JWKS_REFETCH_CACHE_KEY = "idporten:jwks:refetched"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One sign-in under way in one browser: what its answer must fit. Kept in the session."""

    nonce: str
    verifier: str
    next: str
    started_at: int
    level: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class Started:
    """A pushed request: where the browser goes, and the state that its answer must carry."""

    url: str
    state: str
    transaction: Transaction


def provider() -> oidc.Provider:
    """Give the endpoints from discovery, fetched once an hour.

    Raises:
        ProviderUnavailable, ProviderMisconfigured.
    """
    body = cache.get(METADATA_CACHE_KEY)
    fetched = body is None
    if body is None:
        body = _document(f"{settings.IDPORTEN_ISSUER}/.well-known/openid-configuration")
    found = oidc.parse_metadata(body, issuer=settings.IDPORTEN_ISSUER)
    if fetched:
        cache.set(METADATA_CACHE_KEY, body, METADATA_SECONDS)
    return found


def signing_keys(*, refetch: bool = False) -> jose.Keys:
    """Give ID-porten's keys, from the cache that all processes share.

    Raises:
        ProviderUnavailable: they are needed and cannot be had.
    """
    body = cache.get(JWKS_CACHE_KEY)
    # `add` is true for one caller a minute: unknown kids cannot make us hammer the gateway (H-06).
    if body is None or (refetch and cache.add(JWKS_REFETCH_CACHE_KEY, 1, JWKS_REFETCH_SECONDS)):
        body = _document(provider().jwks_uri)
        keys = jose.parse_jwks(body)
        cache.set(JWKS_CACHE_KEY, body, JWKS_SECONDS)
        return keys
    return jose.parse_jwks(body)


def _document(url: str) -> bytes:
    answer = http.get(url)
    if answer.status != 200:
        raise ProviderUnavailable
    return answer.body


def start(
    *, redirect_uri: str, level: str, language: str, next_url: str, fresh: bool, now: int
) -> Started:
    """Push an authorization request (RFC 9126) and give where the browser goes.

    Raises:
        ProviderUnavailable, ProviderMisconfigured.
    """
    gateway = provider()
    state, nonce, verifier = oidc.new_secret(), oidc.new_secret(), oidc.new_secret()
    fields = {
        "response_type": "code",
        "client_id": settings.IDPORTEN_CLIENT_ID,
        "scope": settings.OIDC_RP_SCOPES,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "code_challenge": oidc.code_challenge(verifier),
        "code_challenge_method": "S256",
        "acr_values": oidc.ACR_OF_LEVEL[level],
        "ui_locales": language,
    }
    if fresh:
        fields["prompt"] = "login"
    answer = http.post(
        gateway.pushed_authorization_request_endpoint, fields | _client_authentication(now)
    )
    request_uri = oidc.pushed_request_uri(answer.status, answer.body)
    return Started(
        url=oidc.with_query(
            gateway.authorization_endpoint,
            client_id=settings.IDPORTEN_CLIENT_ID,
            request_uri=request_uri,
        ),
        state=state,
        transaction=Transaction(nonce, verifier, next_url, now, level, fresh),
    )


def finish(transaction: Transaction, code: str, *, redirect_uri: str) -> oidc.VerifiedPerson:
    """Trade the code for an ID token, and give the person it vouches for.

    Raises:
        Refused: of the class that names the failed check.
    """
    now = int(time.time())
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": transaction.verifier,
        "client_id": settings.IDPORTEN_CLIENT_ID,
    }
    answer = http.post(provider().token_endpoint, fields | _client_authentication(now))
    id_token, access_token = oidc.id_token_of(answer.status, answer.body)
    expected = oidc.Expectation(
        issuer=settings.IDPORTEN_ISSUER,
        client_id=settings.IDPORTEN_CLIENT_ID,
        nonce=transaction.nonce,
        minimum_level=transaction.level,
        fresh_since=transaction.started_at if transaction.fresh else None,
        accept_synthetic=settings.ACCEPT_SYNTHETIC_IDS,
    )

    def verify(keys: jose.Keys) -> oidc.VerifiedPerson:
        return oidc.verify_id_token(
            id_token,
            access_token=access_token,
            keys=keys,
            expected=expected,
            now=int(time.time()),
        )

    try:
        return verify(signing_keys())
    except TokenKeyUnknown:
        # Keys rotate: an unknown kid asks for the set once more (H-06, H-11).
        return verify(signing_keys(refetch=True))


def _client_authentication(now: int) -> dict[str, str]:
    return {
        "client_assertion_type": oidc.CLIENT_ASSERTION_TYPE,
        "client_assertion": oidc.client_assertion(
            key=settings.IDPORTEN_CLIENT_JWK,
            client_id=settings.IDPORTEN_CLIENT_ID,
            issuer=settings.IDPORTEN_ISSUER,
            now=now,
        ),
    }


def end_session_url(*, return_to: str) -> str:
    """Give the address that ends ID-porten's own session and then comes back.

    No `id_token_hint`: it would carry the identity number through the browser.

    Raises:
        ProviderUnavailable, ProviderMisconfigured.
    """
    return oidc.with_query(
        provider().end_session_endpoint,
        client_id=settings.IDPORTEN_CLIENT_ID,
        post_logout_redirect_uri=return_to,
        state=oidc.new_secret(),
    )


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
