"""Collects what `linking/policy.py` asks about, in the transaction that acts on it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils import timezone

from accounts.models import Employee, NameMismatch, fold_email
from accounts.national_id import Fingerprint
from linking.models import Block, Case, CodeTry, LinkedIdentity, OutgoingMail, PendingCode, matches
from linking.names import PersonName, names_agree
from linking.persons import fingerprints_from
from linking.policy import Facts, Refusal, Sent, Wrong

DAY = timedelta(days=1)
MONTH = timedelta(days=30)
NOBODY = UUID(int=0)
# What the journey mails to an employee whoever asked for it.
ASKED_FOR = (OutgoingMail.Kind.CODE, OutgoingMail.Kind.CONFLICT)


def facts_about(request: PendingCode, employee: Employee | None, *, now: datetime) -> Facts:
    """Give the facts about linking the eID behind `request` to `employee`.

    The caller holds the locks of `linking/locks.py`, so that what is counted stays so. It holds
    them for as many statements where there is no employee: whoever acts for the same eID meanwhile
    waits as long whatever the address (A-02).
    """
    person = fingerprints_from(request.number_fingerprints)
    organisation = request.organisation
    known = employee is not None
    employee = employee or Employee(pk=NOBODY, organisation=organisation)
    standing = LinkedIdentity.objects.standing().filter(expires_at__gt=now)
    return Facts(
        employed=employee.is_employed(timezone.localdate(now)) if known else None,
        number_fits=_number_fits(employee, person),
        registered_birth_date=employee.birth_date,
        eid_birth_date=request.eid_birth_date,
        name_fits=_name_fits(employee, request),
        refuse_other_names=organisation.name_mismatch == NameMismatch.REFUSE,
        approve_other_names=organisation.name_mismatch == NameMismatch.APPROVE,
        approve_all=organisation.approve_links,
        mailed_to_another_address=_mailed_elsewhere(request, employee),
        disputed=_disputed(employee, person),
        employee_linked=standing.filter(employee=employee).exists(),
        person_linked=standing.filter(matches(person), organisation=organisation).exists(),
        sent_to_person=_codes_sent_to(person, request, now),
        other_employees_today=_other_employees(person, employee, now),
        mailed_to_employee=mailed_to(employee, now),
        **guesses_against(request, person, employee_id=employee.pk, now=now),
    )


def guesses_against(
    request: PendingCode, person: list[Fingerprint], *, employee_id: UUID | None, now: datetime
) -> dict[str, Any]:
    """Give what the budgets of wrong codes are judged by: two statements, whoever it is (A-02)."""
    employee_id = employee_id or NOBODY
    whose = {budget: matches(person) for budget in Block.OF_A_PERSON}
    whose |= dict.fromkeys(Block.OF_AN_EMPLOYEE, Q(employee=employee_id))
    in_organisation = Q(organisation=request.organisation_id)
    whose[Block.Budget.ORGANISATION_DAY] = in_organisation
    rows = (
        Block.objects.filter(_any(Q(budget=each) & subject for each, subject in whose.items()))
        .values_list("budget")
        .annotate(last_lift=Max("lifted_at"), standing=Count("pk", filter=Block.in_force(now)))
        .order_by("budget")
    )
    lifted = {budget: last_lift for budget, last_lift, _standing in rows if last_lift}
    in_force = {budget for budget, _last_lift, standing in rows if standing}

    def since(span: timedelta | None, *lifts: Block.Budget) -> Q:
        """Those within `span`, and after the last of these blocks was lifted."""
        moments = [now - span] if span else []
        moments += [lifted[lift] for lift in lifts if lift in lifted]
        return whose[lifts[0]] & (Q(tried_at__gt=max(moments)) if moments else Q())

    budgets = Block.Budget
    # Whoever lifts the long block lifts the day's with it.
    counted = {
        "person_day": since(DAY, budgets.PERSON_DAY, budgets.PERSON),
        "person": since(None, budgets.PERSON),
        "employee_day": since(DAY, budgets.EMPLOYEE_DAY, budgets.EMPLOYEE_MONTH),
        "employee_month": since(MONTH, budgets.EMPLOYEE_MONTH),
        "organisation_day": since(DAY, budgets.ORGANISATION_DAY) & Q(employee__isnull=False),
    }
    counts = (
        CodeTry.objects.filter(forgiven=False)
        .filter(_any(counted.values()))
        .aggregate(**{name: Count("pk", filter=condition) for name, condition in counted.items()})
    )
    return {
        "wrong": Wrong(**counts),
        "person_blocked": not in_force.isdisjoint(Block.OF_A_PERSON),
        "employee_blocked": not in_force.isdisjoint(Block.OF_AN_EMPLOYEE),
        "organisation_closed": budgets.ORGANISATION_DAY in in_force,
    }


def mailed_to(employee: Employee, now: datetime) -> Sent:
    """Count what was mailed to an employee because somebody asked for it, delivered or not."""
    mails = OutgoingMail.objects.filter(employee=employee, kind__in=ASKED_FOR)
    return _sent(mails, "created_at", now)


def _sent(rows: Any, field: str, now: datetime) -> Sent:
    def since(span: timedelta) -> Count:
        return Count("pk", filter=Q(**{f"{field}__gt": now - span}))

    counts = rows.filter(**{f"{field}__gt": now - DAY}).aggregate(
        last_minute=since(timedelta(minutes=1)),
        last_hour=since(timedelta(hours=1)),
        last_day=since(DAY),
    )
    return Sent(**counts)


def _codes_sent_to(person: list[Fingerprint], request: PendingCode, now: datetime) -> Sent:
    """Count the codes that this eID was granted, delivered or not."""
    granted = PendingCode.objects.filter(matches(person), mail__isnull=False)
    return _sent(granted.exclude(pk=request.pk), "decided_at", now)


def _other_employees(person: list[Fingerprint], employee: Employee, now: datetime) -> int:
    """Count whom else this eID had a code or a conflict about within a day."""
    conflicts = (Refusal.EMPLOYEE_LINKED, Refusal.PERSON_LINKED)
    asked = PendingCode.objects.filter(
        matches(person),
        Q(mail__isnull=False) | Q(refusal__in=conflicts),
        decided_at__gt=now - DAY,
        employee__isnull=False,
    )
    return asked.exclude(employee=employee).values("employee").distinct().count()


def _number_fits(employee: Employee, person: list[Fingerprint]) -> bool | None:
    if employee.national_id_fingerprint is None:
        return None
    registered = Fingerprint(employee.national_id_key, bytes(employee.national_id_fingerprint))
    return registered in person


def _name_fits(employee: Employee, request: PendingCode) -> bool | None:
    if not request.eid_name:
        return None
    return names_agree(
        PersonName(given=request.eid_given_name, family=request.eid_family_name),
        PersonName(given=employee.first_name, family=employee.last_name),
    )


def _mailed_elsewhere(request: PendingCode, employee: Employee) -> bool:
    """Whether code or invitation went to an address that is not the registered one now."""
    if request.invitation is not None:
        return not request.invitation.went_to(employee)
    mails = OutgoingMail.objects.filter(pending_code=request).values_list("recipient", flat=True)
    return any(fold_email(recipient) != fold_email(employee.email) for recipient in mails)


def _disputed(employee: Employee, person: list[Fingerprint]) -> bool:
    return Case.objects.filter(
        matches(person), kind=Case.Kind.NOT_ME, employee=employee, decided_at__isnull=True
    ).exists()


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)
