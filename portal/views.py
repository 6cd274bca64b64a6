import sys
from typing import cast

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.views.decorators.http import require_safe

from accounts.http import PortalRequest
from accounts.middleware import chosen_language
from linking import guides

TRY_AGAIN_SECONDS = 10


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The user guide with its pictures, in the page's language."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    context = {
        "pictures": [static(name) for name in guides.picture_names(language)],
        "pdf": static(guides.pdf_name(language)),
    }
    return render(request, "guide.html", context)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or came from elsewhere: say so, and that nothing is lost."""
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for an exception that nobody caught: 503 where the database is away, else 500.

    Django calls this while it handles the exception. Neither page asks the database.
    """
    away = isinstance(sys.exception(), OperationalError | InterfaceError)
    vars(request).setdefault("organisation", None)  # it may have failed before that was looked up
    with translation.override(chosen_language(cast("PortalRequest", request))):
        page = render_to_string("503.html" if away else "500.html")
    response = HttpResponse(page, status=503 if away else 500)
    if away:
        response.headers["Retry-After"] = str(TRY_AGAIN_SECONDS)
    return response
