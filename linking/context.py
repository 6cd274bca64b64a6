from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.sessions import OIDC_SID
from linking.persons import REFUSED_KEY


def portal(request: HttpRequest) -> dict[str, Any]:
    """What every page knows: whose address it is, and whether somebody is signed in with an eID."""
    return {
        "organisation": getattr(request, "organisation", None),
        "eid_session": has_eid_session(request),
        "demo": settings.DEVELOPMENT,
    }


def has_eid_session(request: HttpRequest) -> bool:
    """Whether somebody came from ID-porten, let in or not: there is a session there to end."""
    session = getattr(request, "session", None)
    if session is None:
        return False
    return OIDC_SID in session or REFUSED_KEY in session
