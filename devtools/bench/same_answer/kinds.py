"""The kinds of address that are measured, and the rows behind each."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Employee, Organisation
from accounts.national_id import Fingerprint
from linking.models import Block, Case, LinkedIdentity, OutgoingMail, PendingCode
from linking.persons import EidPerson

HOST, CLOSED_HOST = "eksempel-kommune.localhost", "stengt-kommune.localhost"
NOBODYS, AGAIN, LOOKED_UP = "nobody's", "nobody's again", "nobody's, looked up"
FREE, MAILED = "known and free", "mails used up"
UNKNOWN = "ukjent.ansatt@post.example"  # as long as the others


def some_person() -> EidPerson:
    fingerprint = some_fingerprint()
    return EidPerson(
        fingerprints={fingerprint.key_id: fingerprint.digest.hex()},
        birth_date="1990-01-01",
        given_name="Ingrid",
        family_name="Dalseth",
        level="high",
        eid="BankID",
    )


def some_fingerprint() -> Fingerprint:
    return Fingerprint(settings.FINGERPRINT_KEYS.current_id, secrets.token_bytes(32))


class Registry:
    """The organisations and employees; they stay, whoever asks about them."""

    def __init__(self) -> None:
        self.open = _organisation(HOST)
        self.closed = _organisation(CLOSED_HOST)
        self._made = 0
        self.addresses = {NOBODYS: UNKNOWN, AGAIN: UNKNOWN, LOOKED_UP: UNKNOWN}
        self._before: dict[str, Callable[[EidPerson], None]] = {}
        self._make()

    @property
    def kinds(self) -> list[str]:
        return list(self.addresses)

    def host_of(self, kind: str) -> str:
        return CLOSED_HOST if kind == "organisation closed" else HOST

    def prepare(self, kind: str, person: EidPerson) -> None:
        """Make what goes after each round, or is about this one person.

        Five mails whatever the kind, but to whom: making them costs the next statements something.
        """
        _mail(self._mailed if kind == MAILED else self._bystander)
        if kind in self._before:
            self._before[kind](person)

    def _make(self) -> None:
        other = some_fingerprint()
        self._employee(FREE)
        _link(self._employee("linked to another eID"))
        self._employee("inactive", active=False)
        self._employee(
            "another number",
            national_id_fingerprint=other.digest,
            national_id_key=other.key_id,
        )
        disputed = self._employee("disputed")
        self._before["disputed"] = lambda person: _dispute(disputed, person)
        blocked = self._employee("employee blocked")
        self._before["employee blocked"] = lambda _person: _block(blocked)
        self._mailed = self._employee(MAILED)
        self._bystander = _registered(
            "nabo@post.example", organisation=self.open, employee_number="0"
        )
        self._employee("organisation closed", organisation=self.closed)
        self._before["organisation closed"] = lambda _person: _close(self.closed)

    def _employee(self, kind: str, **fields: object) -> Employee:
        self._made += 1
        email = f"sara.berge.{self._made:02}@post.example"
        self.addresses[kind] = email
        fields.setdefault("organisation", self.open)
        return _registered(email, employee_number=str(self._made), **fields)


def _registered(email: str, **fields: object) -> Employee:
    employee: Employee = Employee.objects.create(
        email=email, first_name="Ingrid", last_name="Dalseth", **fields
    )
    return employee


def _organisation(host: str) -> Organisation:
    slug = host.partition(".")[0]
    return Organisation.objects.create(
        slug=slug, name=slug.capitalize(), host=host, support_email=f"hjelp@{slug}.example"
    )


def _link(employee: Employee) -> None:
    fingerprint, now = some_fingerprint(), timezone.now()
    LinkedIdentity.objects.create(
        employee=employee,
        organisation=employee.organisation,
        fingerprint=fingerprint.digest,
        fingerprint_key=fingerprint.key_id,
        level="high",
        eid="BankID",
        linked_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=365),
    )


def _dispute(employee: Employee, person: EidPerson) -> None:
    Case.objects.create(
        reference="7F3K-2Q",
        organisation=employee.organisation,
        kind=Case.Kind.NOT_ME,
        employee=employee,
        fingerprint=person.current.digest,
        fingerprint_key=person.current.key_id,
        opened_at=timezone.now(),
    )


def _block(employee: Employee) -> None:
    Block.objects.create(
        budget=Block.Budget.EMPLOYEE_MONTH,
        organisation=employee.organisation,
        employee=employee,
        blocked_at=timezone.now(),
    )


def _close(organisation: Organisation) -> None:
    Block.objects.create(
        budget=Block.Budget.ORGANISATION_DAY,
        organisation=organisation,
        blocked_at=timezone.now(),
        ends_at=timezone.now() + timedelta(days=1),
    )


def _mail(employee: Employee) -> None:
    now = timezone.now()
    for _ in range(5):
        request = PendingCode.objects.create(
            reference="7F3K-2Q",
            organisation=employee.organisation,
            email=employee.email,
            employee=employee,
            fingerprint=secrets.token_bytes(32),
            fingerprint_key="another",
            session_binding=secrets.token_bytes(32),
            language="nb",
            requested_at=now,
            expires_at=now + timedelta(minutes=10),
        )
        OutgoingMail.objects.create(
            kind=OutgoingMail.Kind.CODE,
            organisation=employee.organisation,
            employee=employee,
            recipient=employee.email,
            language="nb",
            pending_code=request,
            state=OutgoingMail.State.SENT,
            created_at=now,
            next_attempt_at=now,
            give_up_at=now,
        )
