"""What a relying party may ask for, and how (RFC 6749, RFC 7636, OIDC Core 3.1.2.1)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from devtools.idporten.clients import Client
from devtools.idporten.levels import ACR_RANKS, SUBSTANTIAL

SCOPES = frozenset({"openid", "profile"})
LANGUAGES = ("nb", "nn", "en")
_PROMPTS = frozenset({"login", "none", "consent"})
_URL_SAFE = re.compile(r"[A-Za-z0-9._~=+/-]{1,512}")
_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class RequestRefused(Exception):
    """An error code of RFC 6749 or OIDC Core, with a sentence for the relying party's developer."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


@dataclass(frozen=True)
class AuthorizationRequest:
    """One request that was found good."""

    client_id: str
    redirect_uri: str
    scopes: frozenset[str]
    state: str
    nonce: str
    code_challenge: str
    acr_values: str
    """The lowest level asked for."""
    prompt: str
    """`login`, `none`, `consent` or empty."""
    language: str
    """nb, nn or en; empty where none of them was asked for."""


def single_values(parameters: MultiDict[str, str]) -> dict[str, str]:
    """Each parameter once; RequestRefused where one is repeated (RFC 6749 section 3.1)."""
    for name in parameters:
        if len(parameters.getlist(name)) > 1:
            raise RequestRefused("invalid_request", f"{name} is given more than once")
    return parameters.to_dict()


def registered_redirect_uri(parameters: Mapping[str, str], client: Client) -> str:
    """Where the answer goes. Only after this may an error be sent there."""
    redirect_uri = parameters.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        raise RequestRefused("invalid_request", "redirect_uri is not registered for this client")
    return redirect_uri


def parse_request(parameters: Mapping[str, str], client: Client) -> AuthorizationRequest:
    """The request in `parameters`; RequestRefused with the reason otherwise."""
    _refuse_what_is_not_supported(parameters)
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=registered_redirect_uri(parameters, client),
        scopes=_scopes(parameters.get("scope", "")),
        state=_url_safe(parameters, "state"),
        nonce=_url_safe(parameters, "nonce"),
        code_challenge=_challenge(parameters),
        acr_values=_minimum_level(parameters.get("acr_values", SUBSTANTIAL)),
        prompt=_prompt(parameters.get("prompt", "")),
        language=_language(parameters.get("ui_locales", "")),
    )


def _refuse_what_is_not_supported(parameters: Mapping[str, str]) -> None:
    if "request" in parameters:
        raise RequestRefused("request_not_supported", "request objects are not supported")
    if parameters.get("response_type") != "code":
        raise RequestRefused("unsupported_response_type", "response_type must be code")
    if parameters.get("response_mode", "query") != "query":
        raise RequestRefused("invalid_request", "response_mode must be query")


def _scopes(text: str) -> frozenset[str]:
    scopes = frozenset(text.split())
    if "openid" not in scopes or not scopes <= SCOPES:
        raise RequestRefused("invalid_scope", "scope must be openid, with or without profile")
    return scopes


def _url_safe(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name, "")
    if not _URL_SAFE.fullmatch(value):
        raise RequestRefused("invalid_request", f"{name} is missing or not URL-safe")
    return value


def _challenge(parameters: Mapping[str, str]) -> str:
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256":
        raise RequestRefused("invalid_request", "PKCE is required: code_challenge_method=S256")
    if not _S256_CHALLENGE.fullmatch(challenge):
        raise RequestRefused("invalid_request", "code_challenge must be 43 characters, no padding")
    return challenge


def _minimum_level(text: str) -> str:
    if text not in ACR_RANKS:
        raise RequestRefused("invalid_request", "acr_values must be exactly one known level")
    return text


def _prompt(text: str) -> str:
    if text and text not in _PROMPTS:
        raise RequestRefused("invalid_request", "prompt must be login, none or consent")
    return text


def _language(ui_locales: str) -> str:
    return next((tag for tag in ui_locales.split() if tag in LANGUAGES), "")
