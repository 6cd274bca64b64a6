from django.http import HttpRequest

from accounts.models import Organisation


class PortalRequest(HttpRequest):
    """A request after `OrganisationMiddleware`, which knows whose address was called."""

    organisation: Organisation | None
