"""What the browser meets on the way in: /authorize, then the choice of an eID and a person."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from urllib.parse import urlencode, urlsplit

from werkzeug.exceptions import NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from devtools.idporten.clients import Client
from devtools.idporten.levels import Eid, eids_for, reaches
from devtools.idporten.pages import language_of, page
from devtools.idporten.people import WITHOUT_NUMBER, Person, person_with_number
from devtools.idporten.provider import Interaction, Provider
from devtools.idporten.requests import (
    AuthorizationRequest,
    RequestRefused,
    parse_request,
    registered_redirect_uri,
    single_values,
)
from devtools.idporten.sessions import SsoSession
from devtools.idporten.synthetic_numbers import NumberRefused, parse_synthetic_number
from devtools.idporten.tokens import Grant

SESSION_COOKIE = "idporten_standin_session"
ABOUT_PAGES = ("get-eid", "help", "privacy")


def authorize(provider: Provider, request: Request) -> Response:
    """The authorization endpoint. Errors go to the relying party once its address is sure."""
    try:
        parameters = single_values(request.args)
        client = provider.clients.get(parameters.get("client_id", ""))
        if client is None:
            raise RequestRefused("unauthorized_client", "client_id is not registered")
        if "request_uri" in parameters:
            asked = _pushed_request(provider, client, parameters)
        else:
            redirect_uri = registered_redirect_uri(parameters, client)
            try:
                asked = parse_request(parameters, client)
            except RequestRefused as refused:
                return _error_redirect(provider, redirect_uri, parameters.get("state"), refused)
    except RequestRefused as refused:
        return refusal(provider, request, refused)
    provider.authorizations.append(asked)
    return _begin(provider, request, asked)


def choose_eid(provider: Provider, request: Request, flow: str) -> Response:
    """«Velg elektronisk ID», with those that reach the level asked for."""
    interaction = _interaction(provider, request, flow)
    return page(
        provider,
        "choose_eid.html",
        interaction.language,
        flow=flow,
        eids=eids_for(interaction.request.acr_values),
        client_host=urlsplit(interaction.request.redirect_uri).netloc,
    )


def choose_person(provider: Provider, request: Request, flow: str, eid: str) -> Response:
    """Who signs in: GET asks, POST tells (`person`, `number` or `without_number`)."""
    interaction = _interaction(provider, request, flow)
    chosen = next((e for e in eids_for(interaction.request.acr_values) if e.slug == eid), None)
    if chosen is None:
        raise NotFound
    if request.method == "GET":
        return _person_page(provider, interaction, flow, chosen)
    try:
        person = _posted_person(provider, request)
    except NumberRefused as refused:
        typed = request.form.get("number", "")[:40]
        return _person_page(provider, interaction, flow, chosen, refused.reason, typed)
    if provider.interactions.take(flow) is None:  # a double click: the other one goes on
        raise NotFound
    session = provider.sessions.authenticated(person, chosen, request.cookies.get(SESSION_COOKIE))
    return _code_redirect(provider, interaction.request, session, interaction.language)


def cancel(provider: Provider, _request: Request, flow: str) -> Response:
    """The person does not want to sign in after all."""
    interaction = provider.interactions.take(flow)
    if interaction is None:
        raise NotFound
    refused = RequestRefused("access_denied", "The user cancelled")
    asked = interaction.request
    return _error_redirect(provider, asked.redirect_uri, asked.state, refused)


def about(provider: Provider, request: Request, name: str) -> Response:
    """One of the short pages behind the links at the bottom."""
    if name not in ABOUT_PAGES:
        raise NotFound
    flow = request.args.get("flow", "")
    interaction = provider.interactions.get(flow)
    language = language_of(request, interaction.language if interaction else "")
    return page(
        provider,
        "about.html",
        language,
        topic=name.replace("-", "_"),
        flow=flow if interaction else "",
    )


def refusal(
    provider: Provider, request: Request, refused: RequestRefused, status: int = 400
) -> Response:
    """An error that cannot be sent anywhere, so the person sees it."""
    return page(
        provider,
        "error.html",
        language_of(request),
        status=status,
        error=refused.error,
        description=refused.description,
    )


def _pushed_request(
    provider: Provider, client: Client, parameters: Mapping[str, str]
) -> AuthorizationRequest:
    if set(parameters) != {"client_id", "request_uri"}:
        raise RequestRefused("invalid_request", "only client_id may go with request_uri")
    asked = provider.pushed.take(parameters["request_uri"])
    if asked is None or asked.client_id != client.client_id:
        raise RequestRefused("invalid_request", "request_uri is unknown, used or expired")
    return asked


def _begin(provider: Provider, request: Request, asked: AuthorizationRequest) -> Response:
    """Single sign-on where the browser's session is enough, the page of eIDs otherwise."""
    language = language_of(request, asked.language)
    session = provider.sessions.find(request.cookies.get(SESSION_COOKIE))
    if session and asked.prompt != "login" and reaches(session.eid.acr, asked.acr_values):
        return _code_redirect(provider, asked, session, language)
    if asked.prompt == "none":
        error = "interaction_required" if session else "login_required"
        refused = RequestRefused(error, "prompt=none, but the user must be asked")
        return _error_redirect(provider, asked.redirect_uri, asked.state, refused)
    flow = secrets.token_urlsafe(24)
    provider.interactions.put(flow, Interaction(asked, language))
    return redirect(f"/login/{flow}", 303)


def _interaction(provider: Provider, request: Request, flow: str) -> Interaction:
    interaction = provider.interactions.get(flow)
    if interaction is None:
        raise NotFound
    language = language_of(request, interaction.language)
    if language != interaction.language:
        interaction = replace(interaction, language=language)
        provider.interactions.replace(flow, interaction)
    return interaction


def _person_page(
    provider: Provider,
    interaction: Interaction,
    flow: str,
    eid: Eid,
    problem: str = "",
    typed: str = "",
) -> Response:
    host = urlsplit(interaction.request.redirect_uri).netloc
    numbered = sorted(enumerate(provider.people), key=lambda pair: pair[1].group)
    groups = [
        (group, host.startswith(group), list(members))
        for group, members in groupby(numbered, key=lambda pair: pair[1].group)
    ]
    # People of the organisation that asks come first and stand open.
    groups.sort(key=lambda each: not each[1])
    return page(
        provider,
        "choose_person.html",
        interaction.language,
        status=400 if problem else 200,
        flow=flow,
        eid=eid,
        groups=groups,
        problem=problem,
        typed=typed,
    )


def _posted_person(provider: Provider, request: Request) -> Person:
    if "without_number" in request.form:
        return WITHOUT_NUMBER
    index = request.form.get("person", "")
    if index.isdecimal() and int(index) < len(provider.people):
        return provider.people[int(index)]
    number = parse_synthetic_number(request.form.get("number", ""))
    return person_with_number(number, provider.people)


def _code_redirect(
    provider: Provider, asked: AuthorizationRequest, session: SsoSession, language: str
) -> Response:
    subject = provider.subject(asked.client_id, session.person)
    session = provider.sessions.use(session.cookie, asked.client_id, subject) or session
    code = secrets.token_urlsafe(32)
    provider.codes.put(code, Grant(asked, session, language))
    pairs = [("code", code), ("state", asked.state), ("iss", provider.issuer)]
    response = _back(provider, asked.redirect_uri, pairs)
    response.set_cookie(SESSION_COOKIE, session.cookie, httponly=True, samesite="Lax")
    return response


def _error_redirect(
    provider: Provider, redirect_uri: str, state: str | None, refused: RequestRefused
) -> Response:
    pairs = [("error", refused.error), ("error_description", refused.description)]
    if state is not None:
        pairs.append(("state", state))
    return _back(provider, redirect_uri, [*pairs, ("iss", provider.issuer)])


def _back(provider: Provider, redirect_uri: str, pairs: list[tuple[str, str]]) -> Response:
    query = urlencode(provider.faults.authorization_response.apply(pairs))
    return redirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{query}", 303)
