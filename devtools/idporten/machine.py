"""The endpoints that machines call: discovery, JWKS, PAR (RFC 9126), token, userinfo."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable

from werkzeug.wrappers import Request, Response

from devtools.idporten import jws
from devtools.idporten.clients import Client, ClientRefused, authenticate
from devtools.idporten.faults import Answer
from devtools.idporten.levels import ACR_RANKS
from devtools.idporten.provider import Provider
from devtools.idporten.requests import RequestRefused, parse_request, single_values
from devtools.idporten.tokens import (
    TOKEN_SECONDS,
    Grant,
    id_token_claims,
    sign,
    userinfo_claims,
)

REQUEST_URI_PREFIX = "urn:idporten:"
type Work = Callable[[Provider, Client, dict[str, str]], Answer]

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def discovery(provider: Provider, _request: Request) -> Response:
    """OIDC Discovery 1.0, with what ID-porten says of itself."""
    issuer = provider.issuer
    document = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "end_session_endpoint": f"{issuer}/logout",
        "scopes_supported": ["openid", "profile"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        # As ID-porten lists them; each client is registered for one, here private_key_jwt.
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
            "private_key_jwt",
        ],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "acr_values_supported": list(ACR_RANKS),
        "prompt_values_supported": ["consent", "login", "none"],
        "ui_locales_supported": ["en", "nb", "nn", "se"],
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
    answer = Answer.json(document, Cache_Control="public, max-age=86400")
    return provider.faults.discovery.apply(answer).response()


def jwks(provider: Provider, _request: Request) -> Response:
    """The public signing keys, the next one among them."""
    return provider.faults.jwks.apply(Answer.json(provider.keys.jwks())).response()


def par(provider: Provider, request: Request) -> Response:
    """A pushed authorization request: answers a `request_uri` for one use within 120 seconds."""
    return provider.faults.par.apply(_answer(_push, provider, request)).response()


def token(provider: Provider, request: Request) -> Response:
    """A code for an ID token."""
    return provider.faults.token.apply(_answer(_redeem, provider, request)).response()


def userinfo(provider: Provider, request: Request) -> Response:
    """The holder of a Bearer token; not needed, since the ID token has it all."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    grant = provider.access_tokens.get(value) if scheme.lower() == "bearer" else None
    if grant is None:
        answer = Answer.json(
            {"error": "invalid_token"}, 401, WWW_Authenticate='Bearer error="invalid_token"'
        )
    else:
        subject = provider.subject(grant.request.client_id, grant.session.person)
        answer = Answer.json(userinfo_claims(grant, subject=subject))
    return provider.faults.userinfo.apply(answer).response()


def _answer(work: Work, provider: Provider, request: Request) -> Answer:
    """What `work` answers, or its refusal as RFC 6749 section 5.2 writes it."""
    try:
        form = single_values(request.form)
        client = authenticate(
            form,
            request.headers,
            clients=provider.clients,
            issuer=provider.issuer,
            seen=provider.assertion_ids,
            now=provider.now(),
        )
        return work(provider, client, form)
    except ClientRefused as refused:
        return _error("invalid_client", str(refused), 401)
    except RequestRefused as refused:
        return _error(refused.error, refused.description, 400)


def _error(error: str, description: str, status: int) -> Answer:
    return Answer.json({"error": error, "error_description": description}, status)


def _push(provider: Provider, client: Client, form: dict[str, str]) -> Answer:
    if "request_uri" in form:
        raise RequestRefused("invalid_request", "request_uri has no place in a pushed request")
    request_uri = REQUEST_URI_PREFIX + secrets.token_urlsafe(32)
    provider.pushed.put(request_uri, parse_request(form, client))
    return Answer.json({"request_uri": request_uri, "expires_in": TOKEN_SECONDS}, 201)


def _redeem(provider: Provider, client: Client, form: dict[str, str]) -> Answer:
    if form.get("grant_type") != "authorization_code":
        raise RequestRefused("unsupported_grant_type", "grant_type must be authorization_code")
    # Taken before anything about it is compared: a failed attempt uses the code up.
    grant = provider.codes.take(form.get("code", ""))
    if grant is None or grant.request.client_id != client.client_id:
        raise RequestRefused("invalid_grant", "the code is unknown, used or expired")
    if form.get("redirect_uri") != grant.request.redirect_uri:
        raise RequestRefused("invalid_grant", "redirect_uri is not the one of the request")
    _check_verifier(form.get("code_verifier", ""), grant.request.code_challenge)
    return _tokens(provider, grant)


def _check_verifier(verifier: str, challenge: str) -> None:
    if not _VERIFIER.fullmatch(verifier):
        raise RequestRefused("invalid_grant", "code_verifier must be 43 to 128 characters")
    digest = jws.encode(hashlib.sha256(verifier.encode()).digest())
    if not hmac.compare_digest(digest, challenge):
        raise RequestRefused("invalid_grant", "code_verifier does not fit code_challenge")


def _tokens(provider: Provider, grant: Grant) -> Answer:
    subject = provider.subject(grant.request.client_id, grant.session.person)
    claims = id_token_claims(grant, issuer=provider.issuer, subject=subject, now=provider.now())
    access_token = secrets.token_urlsafe(32)
    provider.access_tokens.put(access_token, grant)
    return Answer.json(
        {
            "access_token": access_token,
            "id_token": sign(claims, provider.keys, provider.faults.id_token),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": " ".join(sorted(grant.request.scopes)),
        }
    )
