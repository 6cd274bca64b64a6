"""Which organisation's address was called, and in which language to answer."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import (
    AuthenticationMiddleware as DjangoAuthenticationMiddleware,
)
from django.contrib.auth.middleware import get_user
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import trans_real

from accounts.http import PortalRequest
from accounts.models import Organisation
from accounts.networks import calling

type GetResponse = Callable[[PortalRequest], HttpResponse]

# Answered on whatever allowed host: a load balancer calls by address, an administrator by choice.
HOST_FREE_PATHS = ("/healthz", "/readyz", "/admin/", "/language/", settings.STATIC_URL)


class OrganisationMiddleware:
    """Find the organisation by the host name; a host that is nobody's gets 400 (A-17)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        request.organisation = None
        try:
            host = request.get_host().lower()
        except DisallowedHost:
            return unknown_host(request)
        if not request.path.startswith(HOST_FREE_PATHS):
            request.organisation = Organisation.objects.filter(host=host, active=True).first()
            if request.organisation is None:
                return unknown_host(request)
        return self.get_response(request)


def unknown_host(request: PortalRequest) -> HttpResponse:
    """Say that this address is no organisation's, in the browser's language."""
    with translation.override(chosen_language(request)):
        return render(request, "unknown_host.html", status=400)


class AuthenticationMiddleware(DjangoAuthenticationMiddleware):
    """Django's `request.user`, who knows from which network this request came."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: calling(get_user(request), request))  # type: ignore[assignment]  # as Django's own


class LanguageMiddleware:
    """Speak the language chosen with the switch, else the browser's, else the organisation's."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: PortalRequest) -> HttpResponse:
        language = chosen_language(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def chosen_language(request: PortalRequest) -> str:
    """Give the code of the language to answer in: nb, nn or en."""
    supported = dict(settings.LANGUAGES)
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if cookie in supported:
        return cookie
    accepted = trans_real.parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    for code, _quality in accepted:
        bare = "nb" if code == "no" else code.split("-")[0]  # "no" is what many browsers send
        if bare in supported:
            return bare
    organisation = request.organisation
    return organisation.default_language if organisation else settings.LANGUAGE_CODE
