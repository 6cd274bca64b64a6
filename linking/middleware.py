"""Django's sessions, where one may end while a page is being made for it."""

from typing import cast

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse

from accounts.http import PortalRequest
from linking.pages import page_of
from linking.refusals import SessionEnded
from linking.views.common import LEAVES_SESSION, refusal_page


class SessionMiddleware(DjangoSessionMiddleware):
    """A session that ended meanwhile stays ended, and a page says so.

    The cookie is not touched then: another tab may have had a new one in the meantime.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if getattr(response, LEAVES_SESSION, False):
            return response
        try:
            return super().process_response(request, response)
        except SessionInterrupted as interrupted:
            ended = self.process_exception(request, interrupted)
            if ended is None:
                raise
            return ended

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for employees; in the administration Django's own page does."""
        if not isinstance(exception, SessionInterrupted) or request.path.startswith("/admin/"):
            return None
        request.session = self.SessionStore()
        request.user = AnonymousUser()
        response = refusal_page(cast("PortalRequest", request), page_of(SessionEnded()))
        setattr(response, LEAVES_SESSION, True)
        return response
