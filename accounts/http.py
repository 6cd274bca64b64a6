from django.http import HttpRequest

from accounts.models import Organisation


class PortalRequest(HttpRequest):
    """A request after `OrganisationMiddleware`, which knows whose address was called."""

    organisation: Organisation | None


def opens_form(request: HttpRequest) -> bool:
    """Whether this opens a page, which a form that comes back does not.

    An action on a list comes as a POST, and again with its reason.
    """
    return request.method != "POST" or ("action" in request.POST and "reason" not in request.POST)
