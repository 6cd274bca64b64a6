from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from accounts.networks import is_trusted_proxy

type GetResponse = Callable[[HttpRequest], HttpResponse]


class HeadersMiddleware:
    """What Django's own middleware leaves: no page is kept by a cache or a back button (A-24)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        if not request.path.startswith(settings.STATIC_URL):
            add_never_cache_headers(response)
        return response


class TrustedProxyMiddleware:
    """Believe `X-Forwarded-Proto` from the proxies named in TRUSTED_PROXIES, and nobody else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        sender = request.META.get("REMOTE_ADDR", "")
        if request.headers.get("X-Forwarded-Proto") == "https" and is_trusted_proxy(sender):
            request.META["wsgi.url_scheme"] = "https"
        return self.get_response(request)
