"""Fills an empty portal with two fictional organisations and their people."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils import timezone

from accounts.actions import create_administrator, grant_role, register_employee
from accounts.administrators.actions import add_app, reset_second_factor
from accounts.administrators.adapters import SecretUnreadable
from accounts.models import Employee, Organisation, RoleGrant, User
from accounts.roles import Role
from devtools.people import SAMPLE_PEOPLE

BY = "command:demo"
ADMINISTRATOR = "admin"
APP_SECRET = "administrator_app"  # its file, beside the password's
ORGANISATIONS = {
    "eksempel-kommune": ("Eksempel kommune", "nb", "22 00 00 00"),
    "fjordvik-kommune": ("Fjordvik kommune", "nn", "55 00 00 00"),
}
# Who has which role at Eksempel kommune, by employee number.
ROLES = {
    "1011": Role.ADMINISTRATOR,
    "1012": Role.REGISTRAR,
    "1013": Role.SUPPORT,
    "1014": Role.AUDITOR,
}
# Every third person has a birth date from HR, as in real registries: some do, some do not.
WITH_BIRTH_DATE = 3


@transaction.atomic
def seed(*, port: int, administrator_password: str, app_secret: str) -> None:
    """Make what is missing; a second start changes nothing but the port in the addresses."""
    now = timezone.now()
    for slug, (name, language, phone) in ORGANISATIONS.items():
        Organisation.objects.update_or_create(
            slug=slug,
            defaults={"host": f"{slug}.localhost:{port}"},
            create_defaults={
                "host": f"{slug}.localhost:{port}",
                "name": name,
                "default_language": language,
                "support_email": f"brukerstotte@{slug}.example",
                "support_phone": phone,
            },
        )
    organisations = Organisation.objects.in_bulk(list(ORGANISATIONS), field_name="slug")
    known = set(Employee.objects.values_list("organisation__slug", "employee_number"))
    for index, person in enumerate(SAMPLE_PEOPLE):
        if (person.organisation_slug, person.employee_number) in known:
            continue
        employee = Employee(
            organisation=organisations[person.organisation_slug],
            employee_number=person.employee_number,
            first_name=person.given_name,
            last_name=person.family_name,
            email=person.email,
            department=person.department,
            birth_date=person.birth_date if index % WITH_BIRTH_DATE == 0 else None,
        )
        register_employee(employee, by=BY, now=now)
    administrator = create_administrator(
        ADMINISTRATOR, password=administrator_password, by=BY, now=now
    )
    give_app(administrator, app_secret, now=now)
    _give_roles(organisations["eksempel-kommune"], by=administrator, now=now)


def give_app(user: User, secret: str, *, now: datetime) -> None:
    """Let the authenticator app that knows `secret` be the user's, as if they had enrolled it."""
    apps = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    try:
        if any(decrypt(app.data["secret"]) == secret for app in apps):
            return
    except SecretUnreadable:
        pass  # the database is older than the secrets beside it
    if apps:
        reset_second_factor(user, by=BY, now=now)
    add_app(user, secret=secret, step=0, first=True, now=now)


def _give_roles(organisation: Organisation, *, by: User, now: datetime) -> None:
    """Once: whoever takes one away in the demo finds it gone at the next start, too."""
    if RoleGrant.objects.exists():
        return
    people = Employee.objects.filter(organisation=organisation, employee_number__in=ROLES)
    for employee in people.order_by("employee_number"):
        role = ROLES[employee.employee_number]
        grant_role(employee, role, organisation=organisation, by=by, now=now)
