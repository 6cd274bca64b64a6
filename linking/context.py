from typing import Any

from django.conf import settings
from django.http import HttpRequest

from linking.persons import REFUSED_KEY, SESSION_KEY


def portal(request: HttpRequest) -> dict[str, Any]:
    """What every page knows: whose address it is, and whether somebody is signed in with an eID."""
    session = getattr(request, "session", None)
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated and user.employee_id is not None
    return {
        "organisation": getattr(request, "organisation", None),
        "eid_session": signed_in
        or (session is not None and (SESSION_KEY in session or REFUSED_KEY in session)),
        "demo": settings.DEVELOPMENT,
    }
