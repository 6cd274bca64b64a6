"""After the sign-in: where to, when more than one employer knows the person."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import PortalRequest
from linking.employers import Employer, other_employers
from linking.persons import fingerprints_in
from linking.views.common import organisation_of, person_of, to_sign_in, user_of


def others_of(request: PortalRequest) -> list[Employer]:
    """Give the other employers of whoever is signed in."""
    person = fingerprints_in(request.session)
    return other_employers(person, here=organisation_of(request), now=timezone.now())


@require_safe
def choose(request: PortalRequest) -> HttpResponse:
    """Offer this employer and the others; each link stands alone, and so does each session."""
    if user_of(request) is None:
        return redirect("link_email") if person_of(request) else to_sign_in(request)
    others = others_of(request)
    if not others:
        return redirect("me")
    return render(request, "linking/choose.html", {"others": others})
