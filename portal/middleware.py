import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

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
        if request.headers.get("X-Forwarded-Proto") == "https" and self._is_trusted(request):
            request.META["wsgi.url_scheme"] = "https"
        return self.get_response(request)

    def _is_trusted(self, request: HttpRequest) -> bool:
        try:
            address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
        except ValueError:
            return False
        return any(address in network for network in settings.TRUSTED_PROXIES)
