"""The portal's side: one employee, linked."""

from django.conf import settings
from django.utils import timezone

from accounts.models import Employee, Organisation, User
from accounts.national_id import NationalId
from devtools.bench.sign_in.person import PERSON, PORTAL_HOST
from linking.models import LinkedIdentity, stale_at


def make_user() -> None:
    organisation = Organisation.objects.create(
        slug=PERSON.organisation_slug,
        name="Eksempel kommune",
        host=PORTAL_HOST,
        support_email=f"brukerstotte@{PERSON.organisation_slug}.example",
    )
    employee = Employee.objects.create(
        organisation=organisation,
        employee_number=PERSON.employee_number,
        first_name=PERSON.given_name,
        last_name=PERSON.family_name,
        email=PERSON.email,
    )
    User.objects.create(employee=employee)
    fingerprint = NationalId.parse(PERSON.national_id).fingerprint(settings.FINGERPRINT_KEYS)
    now = timezone.now()
    LinkedIdentity.objects.create(
        employee=employee,
        organisation=organisation,
        fingerprint=fingerprint.digest,
        fingerprint_key=fingerprint.key_id,
        level="high",
        eid="BankID",
        linked_at=now,
        last_used_at=now,
        expires_at=stale_at(organisation, now),
    )
