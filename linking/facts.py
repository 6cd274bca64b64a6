"""Collects what `linking/policy.py` asks about, in the transaction that acts on it."""

from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import Employee
from accounts.national_id import Fingerprint
from linking.models import LinkedIdentity, PendingCode, matches
from linking.persons import fingerprints_from
from linking.policy import Facts, Sent


def facts_about(request: PendingCode, employee: Employee | None, *, now: datetime) -> Facts:
    """Give the facts about linking the eID behind `request` to `employee`, whose row is locked."""
    if employee is None:
        return Facts()
    person = fingerprints_from(request.number_fingerprints)
    links = LinkedIdentity.objects.in_force(now)
    return Facts(
        employed=employee.is_employed(timezone.localdate(now)),
        number_fits=_number_fits(employee, person),
        registered_birth_date=employee.birth_date,
        eid_birth_date=request.eid_birth_date,
        employee_linked=links.filter(employee=employee).exists(),
        person_linked=links.filter(matches(person), organisation=request.organisation_id).exists(),
        sent_to_person=_sent(Q(fingerprint=request.fingerprint), request, now),
        sent_to_employee=_sent(Q(employee=employee), request, now),
    )


def _number_fits(employee: Employee, person: list[Fingerprint]) -> bool | None:
    if employee.national_id_fingerprint is None:
        return None
    registered = Fingerprint(employee.national_id_key, bytes(employee.national_id_fingerprint))
    return registered in person


def _sent(whose: Q, request: PendingCode, now: datetime) -> Sent:
    """Count the requests that were granted a code, delivered or not."""

    def since(span: timedelta) -> Count:
        return Count("pk", filter=Q(decided_at__gt=now - span))

    granted = PendingCode.objects.filter(
        whose, code_hash__isnull=False, decided_at__gt=now - timedelta(days=1)
    ).exclude(pk=request.pk)
    counts = granted.aggregate(
        last_minute=since(timedelta(minutes=1)),
        last_hour=since(timedelta(hours=1)),
        last_day=since(timedelta(days=1)),
    )
    return Sent(**counts)
