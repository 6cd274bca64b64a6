from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.purposes.asking import PurposeNeeded
from accounts.purposes.views import ask

type GetResponse = Callable[[HttpRequest], HttpResponse]


class PurposeMiddleware:
    """Ask for the purpose, wherever a page about somebody was to open without one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return ask(request, exception.people) if isinstance(exception, PurposeNeeded) else None
