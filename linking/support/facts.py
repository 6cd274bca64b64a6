"""Collects what is told about one employee: the newest of each, in ten queries at most."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import AssuranceLevel, Employee, UserSession
from accounts.sessions import ABSOLUTE_LIFETIME
from audit.events import Event
from audit.models import AuditEvent
from linking.models import Block, Case, Invitation, LinkedIdentity, OutgoingMail, PendingCode
from linking.story import Invited, Person
from linking.support.rows import (
    actor_names,
    block_of,
    case_of,
    code_of,
    invited_of,
    link_of,
    mail_of,
    noted_of,
)

NEWEST = 10
NEWEST_EVENTS = 30
# Told of with the row that they are about; and support's own looks are no part of the story.
TOLD_BY_ROWS = (
    Event.CODE_REQUESTED,
    Event.CODE_REFUSED,
    Event.CODE_REPLACED,
    Event.CODE_EXPIRED,
    Event.CODE_SENT,
    Event.CODE_WRONG,
    Event.LINK_MADE,
    Event.LINK_REFUSED,
    Event.LINK_WAITING,
    Event.LINK_APPROVED,
    Event.LINK_DECLINED,
    Event.LINK_REVOKED,
    Event.LINK_EXPIRED,
    Event.BLOCK_MADE,
    Event.BLOCK_LIFTED,
    Event.CASE_OPENED,
    Event.CASE_DECIDED,
    Event.MAIL_SENT,
    Event.MAIL_FAILED,
    Event.PERSON_VIEWED,
)
_WAITED = (Case.Kind.APPROVAL, Case.Kind.NAME_MISMATCH)


def facts_of(employee: Employee, *, now: datetime) -> Person:
    """Give what is known about an employee, who has organisation and user at hand."""
    codes = list(
        PendingCode.objects.filter(employee=employee)
        .select_related("mail")
        .order_by("-requested_at")[:NEWEST]
    )
    links = list(LinkedIdentity.objects.filter(employee=employee).order_by("-linked_at")[:NEWEST])
    cases = list(
        Case.objects.filter(Q(employee=employee) | Q(other_employee=employee)).order_by(
            "-opened_at"
        )[:NEWEST]
    )
    blocks = list(_blocks(employee, codes, now)[:NEWEST])
    mails = OutgoingMail.objects.filter(employee=employee).order_by("-created_at")
    events = list(
        AuditEvent.objects.filter(
            employee_id=employee.pk, organisation_id=employee.organisation_id
        ).exclude(event__in=TOLD_BY_ROWS)[:NEWEST_EVENTS]
    )
    names = actor_names(
        [link.ended_by for link in links]
        + [case.decided_by for case in cases]
        + [block.lifted_by for block in blocks]
        + [event.actor for event in events]
    )
    organisation, user = employee.organisation, getattr(employee, "user", None)
    waited = {case.link_id for case in cases if case.kind in _WAITED and _never_approved(case)}
    return Person(
        address=employee.email,
        sign_in_url=f"{organisation.base_url}/",
        today=timezone.localdate(now),
        organisation_active=organisation.active,
        active=employee.active,
        starts_on=employee.starts_on,
        ends_on=employee.ends_on,
        user_active=user is None or user.is_active,
        needs_high=organisation.minimum_assurance == AssuranceLevel.HIGH,
        sessions=_sessions(employee, now),
        codes=tuple(code_of(code) for code in codes),
        links=tuple(link_of(link, names=names, employee=employee, waited=waited) for link in links),
        cases=tuple(case_of(case, names=names, employee=employee) for case in cases),
        blocks=tuple(block_of(block, names=names, employee=employee) for block in blocks),
        invited=_invited(employee, now),
        mails=tuple(mail_of(mail) for mail in mails[: 2 * NEWEST]),
        noted=tuple(noted_of(event, names=names, employee=employee) for event in events),
    )


def _blocks(employee: Employee, codes: list[PendingCode], now: datetime) -> QuerySet[Block]:
    """Those of the employee, of the eIDs that asked for them here, and of everybody here (A-10)."""
    budgets = Block.Budget
    here = Q(organisation=employee.organisation_id)
    eids = Q(fingerprint__in={bytes(code.fingerprint) for code in codes})
    return Block.objects.filter(
        Q(employee=employee, budget__in=Block.OF_AN_EMPLOYEE)
        | (here & eids & Q(budget__in=Block.OF_A_PERSON))
        | (here & Q(budget=budgets.ORGANISATION_DAY) & Block.in_force(now))
    ).order_by("-blocked_at")


def _invited(employee: Employee, now: datetime) -> Invited | None:
    newest = Invitation.objects.filter(employee=employee, ended_at__isnull=True).first()
    if newest is None:
        return None
    newest.employee = employee  # as just compared: no query is needed
    return invited_of(newest) if newest.is_in_force(now) else None


def _never_approved(case: Case) -> bool:
    return case.decision in (Case.Decision.DECLINED, Case.Decision.OVERTAKEN)


def _sessions(employee: Employee, now: datetime) -> int:
    return UserSession.objects.filter(
        user__employee=employee,
        expire_date__gt=now,
        started_at__gt=now - ABSOLUTE_LIFETIME,
    ).count()
