"""One person, several employers: which other organisations of the portal know the number."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import Employee, Organisation
from accounts.national_id import Fingerprint
from linking.models import LinkedIdentity, matches


@dataclass(frozen=True, slots=True)
class Employer:
    """Another organisation that knows the person; `linked` is whether they are linked there."""

    organisation: Organisation
    linked: bool

    @property
    def address(self) -> str:
        """Where one signs in there, from the stored host (A-17). No chooser comes in between."""
        query = urlencode({"next": reverse("me")})
        return f"{self.organisation.base_url}{reverse('oidc_authentication_init')}?{query}"


def other_employers(
    person: list[Fingerprint], *, here: Organisation, now: datetime
) -> list[Employer]:
    """Give the other organisations where this person is linked, or registered with the number.

    One query. Only for the page of somebody who has shown by eID that the number is theirs (A-10).
    """
    employed = Employee.objects.employed(timezone.localdate(now))
    links = LinkedIdentity.objects.in_force(now).filter(matches(person), employee__in=employed)
    registered = employed.filter(_has_number(person))
    known = Q(pk__in=links.values("organisation")) | Q(pk__in=registered.values("organisation"))
    organisations = (
        Organisation.objects.filter(known, active=True)
        .exclude(pk=here.pk)
        .annotate(linked=Exists(links.filter(organisation=OuterRef("pk"))))
        .order_by("name")
    )
    return [Employer(organisation=each, linked=each.linked) for each in organisations]


def _has_number(person: list[Fingerprint]) -> Q:
    """Give the employees registered with the number, under whichever of the live keys."""
    condition = Q(pk__in=())  # nobody's fingerprints are nobody's number
    for fingerprint in person:
        condition |= Q(
            national_id_fingerprint=fingerprint.digest, national_id_key=fingerprint.key_id
        )
    return condition
