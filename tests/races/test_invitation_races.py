"""One invitation, two browsers; an invitation and a code: one link, whatever comes first."""

from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Employee
from audit.models import AuditEvent
from linking import actions
from linking.models import Invitation, LinkedIdentity, OutgoingMail
from linking.persons import EidPerson
from tests.factories import make_employee
from tests.journeys.invited import invitation_of, invite
from tests.journeys.seats import some_person
from tests.races.test_linking_races import confirming, granted
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def namesake(employee: Employee) -> EidPerson:
    return some_person(given_name=employee.first_name, family_name=employee.last_name)


def accepting(employee: Employee, who: EidPerson) -> Any:
    pk = invitation_of(employee).pk
    return partial(actions.accept_invitation, pk, who, language="nb", now=timezone.now())


def test_two_browsers_of_one_person_make_one_link_one_event_and_one_notice() -> None:
    """A-07."""
    employee = make_employee()
    invite(employee)
    outcomes = at_once([accepting(employee, namesake(employee))] * 4)
    assert sum(isinstance(outcome, actions.Linked) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, actions.InvitationEnded) for outcome in outcomes) == 3
    assert LinkedIdentity.objects.count() == 1
    assert AuditEvent.objects.filter(event__in=("link:made", "invitation:used")).count() == 2
    assert OutgoingMail.objects.filter(kind="linked").count() == 1


def test_two_eids_with_one_invitation_make_one_link() -> None:
    """A-08."""
    employee = make_employee()
    invite(employee)
    outcomes = at_once([accepting(employee, namesake(employee)) for _ in range(2)])
    assert sorted(type(each).__name__ for each in outcomes) == ["InvitationEnded", "Linked"]
    assert LinkedIdentity.objects.count() == 1


def test_an_invitation_and_a_code_at_once_make_one_link() -> None:
    for _ in range(3):
        employee = make_employee()
        invite(employee)
        who = namesake(employee)
        request, code = granted(employee, who)
        outcomes = at_once([accepting(employee, who), confirming(request, code, who)])
        assert sum(isinstance(outcome, actions.Linked) for outcome in outcomes) == 1
        assert LinkedIdentity.objects.filter(employee=employee).count() == 1
        assert invitation_of(employee).ended_at is not None


def test_a_campaign_stopped_as_its_invitation_is_used_links_or_not_and_never_half() -> None:
    employee = make_employee()
    campaign = invite(employee)
    stop = partial(actions.stop_campaign, campaign, by="system", now=timezone.now())
    at_once([accepting(employee, namesake(employee)), stop])
    end = invitation_of(employee).end
    assert LinkedIdentity.objects.exists() == (end == "used")
    assert end in ("used", "stopped")


def test_two_who_press_at_once_invite_everybody_once() -> None:
    employees = [make_employee() for _ in range(1)]
    organisation = employees[0].organisation
    everybody: QuerySet[Employee] = Employee.objects.filter(organisation=organisation)
    call = partial(
        actions.invite,
        everybody,
        organisation=organisation,
        note="",
        deadline=None,
        reminders=True,
        by="system",
        now=timezone.now(),
    )
    outcomes = at_once([call] * 3)
    assert sum(isinstance(outcome, actions.NobodyToInvite) for outcome in outcomes) == 2
    assert Invitation.objects.count() == OutgoingMail.objects.count() == 1
