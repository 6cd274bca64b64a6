"""Somebody signed in with an eID who asks for a code: a real request to the running web."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3
from django.conf import settings
from django.utils import timezone
from urllib3.exceptions import HTTPError

from accounts.actions import create_organisation, register_employee
from accounts.models import Employee, Organisation
from accounts.sessions import SessionStore
from linking.persons import SESSION_KEY, EidPerson

HOST = "crashes.localhost"
BY = "command:crashes"


def make_organisation() -> Organisation:
    organisation = Organisation(
        slug="crashes", name="Eksempel kommune", host=HOST, support_email="hjelp@crashes.example"
    )
    return create_organisation(organisation, by=BY, now=timezone.now())


@dataclass(frozen=True, slots=True)
class Visitor:
    """An employee at the address page, with a session of their own."""

    email: str
    session_key: str

    @classmethod
    def arrive(cls, organisation: Organisation, name: str) -> "Visitor":
        employee = Employee(
            organisation=organisation,
            employee_number=name,
            first_name="Solveig",
            last_name="Fagerliåsen",
            email=f"{name}@crashes.example",
        )
        register_employee(employee, by=BY, now=timezone.now())
        person = EidPerson(
            fingerprints={settings.FINGERPRINT_KEYS.current_id: secrets.token_hex(32)},
            birth_date="1990-01-01",
            given_name="Solveig",
            family_name="Fagerliåsen",
            level="high",
            eid="BankID",
        )
        session = SessionStore()
        session[SESSION_KEY] = person.to_session()
        session.create()
        return cls(employee.email, str(session.session_key))

    def ask_for_code(self, web: str) -> int:
        """Post the form; gives the status, or 0 where the web died before it answered."""
        token = secrets.token_hex(16)
        names = {settings.SESSION_COOKIE_NAME: self.session_key, settings.CSRF_COOKIE_NAME: token}
        headers = {
            "Host": HOST,
            "Cookie": "; ".join(f"{name}={value}" for name, value in names.items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": token,
        }
        try:
            return urllib3.request(
                "POST",
                f"{web}/link/",
                body=urlencode({"email": self.email}),
                headers=headers,
                redirect=False,
                retries=False,
                timeout=20,
            ).status
        except HTTPError:
            return 0
