"""What an administrator decides about a case, never their own (A-27)."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts.models import Employee, User, fold_email
from audit.events import Event
from audit.log import record
from linking.actions.cases import note_decision
from linking.actions.links import revoke_link
from linking.actions.notices import tell_employee
from linking.models import Case, LinkedIdentity, OutgoingMail, stale_at


class PartyMayNotDecide(Exception):
    """The case is about the very person who wants to decide it."""


class DecisionNotOffered(Exception):
    """This kind of case is not decided so."""


class AlreadyDecided(Exception):
    """Somebody else was first."""


class CaseOvertaken(Exception):
    """The link no longer stands, or the employee has left: there is nothing to approve or keep."""


def is_party(case: Case, user: User) -> bool:
    """Whether the case is about this user, or about whoever reads this user's mail."""
    addresses = {fold_email(party.email) for party in case.parties}
    return user.employee in case.parties or fold_email(user.email) in addresses


@transaction.atomic
def decide_case(
    case: Case, decision: Case.Decision, *, by: User, reason: str, now: datetime
) -> None:
    """Decide, once, and tell both sides.

    Raises:
        PartyMayNotDecide, DecisionNotOffered, AlreadyDecided, CaseOvertaken: nothing was changed.
    """
    if is_party(case, by):  # four eyes
        raise PartyMayNotDecide
    if decision not in Case.CHOICES[case.kind]:
        raise DecisionNotOffered
    # Employees, link, case: in the order of everybody else who locks them.
    parties = _lock_parties(case)
    link = LinkedIdentity.objects.select_for_update(of=("self",)).filter(cases=case).first()
    if not note_decision(case, decision, by=by.actor, reason=reason, now=now):
        raise AlreadyDecided
    if decision == Case.Decision.APPROVED:
        employee = next((party for party in parties if party == case.employee), None)
        _approve(case, link, employee, by=by, now=now)
    elif decision == Case.Decision.DECLINED:
        _decline(case, link, by=by, reason=reason, now=now)
    elif decision in (Case.Decision.KEPT, Case.Decision.ENDED):
        _settle(case, link, decision, by=by, reason=reason, now=now)


def _lock_parties(case: Case) -> list[Employee]:
    parties = Employee.objects.filter(pk__in=[party.pk for party in case.parties]).order_by("pk")
    return list(parties.select_related("organisation").select_for_update(of=("self",)))


def _approve(
    case: Case, link: LinkedIdentity | None, employee: Employee | None, *, by: User, now: datetime
) -> None:
    """Let the employee in by the link that has waited.

    Raises:
        CaseOvertaken: the link waits no more, or the employee has left.
    """
    if link is None or employee is None or not employee.is_employed(timezone.localdate(now)):
        raise CaseOvertaken
    waiting = LinkedIdentity.objects.filter(
        pk=link.pk, state=LinkedIdentity.State.PENDING, expires_at__gt=now
    )
    approved = waiting.update(
        state=LinkedIdentity.State.ACTIVE,
        approved_by=by.actor,
        last_used_at=now,
        expires_at=stale_at(employee.organisation, now),
    )
    if not approved:
        raise CaseOvertaken
    User.objects.get_or_create(employee=employee, defaults={"password": make_password(None)})
    record(
        Event.LINK_APPROVED,
        by=by.actor,
        now=now,
        organisation=link.organisation_id,
        employee=employee.pk,
        reference=case.reference,
        eid=link.eid,
        level=link.level,
    )
    tell_employee(OutgoingMail.Kind.APPROVED, employee, link=link, now=now)


def _decline(
    case: Case, link: LinkedIdentity | None, *, by: User, reason: str, now: datetime
) -> None:
    """End the link that has waited; that it has ended already is as good."""
    if link is None or case.employee is None:
        return
    ended = revoke_link(link, by=by.actor, reason=reason, now=now, event=Event.LINK_DECLINED)
    if ended:
        tell_employee(OutgoingMail.Kind.DECLINED, case.employee, link=link, now=now)


def _settle(
    case: Case,
    link: LinkedIdentity | None,
    decision: Case.Decision,
    *,
    by: User,
    reason: str,
    now: datetime,
) -> None:
    """End or keep the link that stands in the way, and tell both sides. It is never moved (A-08).

    Raises:
        CaseOvertaken: there is no link to keep.
    """
    if link is not None and decision == Case.Decision.ENDED:
        revoke_link(link, by=by.actor, reason=reason, now=now)
    elif link is None or link.state not in LinkedIdentity.STANDING_STATES:
        raise CaseOvertaken
    for party in case.parties:
        tell_employee(OutgoingMail.Kind.DECIDED, party, case=case, now=now)
