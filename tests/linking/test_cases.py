"""What waits for somebody else's decision, and who may give it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Employee, User, UserSession
from audit.models import AuditEvent
from linking import actions
from linking.models import Case, LinkedIdentity, OutgoingMail
from tests.factories import (
    make_administrator,
    make_case,
    make_employee,
    make_link,
)

pytestmark = pytest.mark.django_db
Decision = Case.Decision


@pytest.fixture
def administrator() -> User:
    return make_administrator(email="kontor@eksempel.example")


def decide(case: Case, decision: Case.Decision, by: User) -> None:
    actions.decide_case(case, decision, by=by, reason="Asked them", now=timezone.now())
    case.refresh_from_db()


def conflict(kind: Case.Kind = Case.Kind.EMPLOYEE_LINKED) -> Case:
    """An eID has asked for an employee, and a link stands in the way."""
    employee = make_employee()
    if kind is Case.Kind.EMPLOYEE_LINKED:
        return make_case(kind=kind, employee=employee, link=make_link(employee=employee))
    other = make_employee(organisation=employee.organisation)
    return make_case(
        kind=kind, employee=employee, other_employee=other, link=make_link(employee=other)
    )


def link_of(case: Case) -> LinkedIdentity:
    assert case.link is not None
    case.link.refresh_from_db()
    return case.link


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("event", flat=True))


def mails() -> list[tuple[str, str]]:
    return list(OutgoingMail.objects.order_by("pk").values_list("kind", "recipient"))


def test_an_approved_link_lets_its_employee_in(administrator: User) -> None:
    case = make_case()
    User.objects.filter(employee=case.employee).delete()  # nobody has been let in yet
    linked_at = link_of(case).linked_at
    decide(case, Decision.APPROVED, administrator)
    link = link_of(case)
    assert (link.state, link.approved_by) == ("active", administrator.actor)
    assert link.linked_at == linked_at
    assert link.expires_at - link.last_used_at == timedelta(days=365)
    assert actions.user_in_force(link.employee.user.pk, now=timezone.now()) is not None
    assert events() == ["case:decided", "link:approved"]
    assert mails() == [("approved", link.employee.email)]


def test_a_declined_link_has_ended_with_the_reason(administrator: User) -> None:
    case = make_case(kind=Case.Kind.NAME_MISMATCH)
    decide(case, Decision.DECLINED, administrator)
    link = link_of(case)
    assert (link.state, link.end_reason) == ("revoked", "Asked them")
    assert link.ended_by == administrator.actor
    assert events() == ["case:decided", "link:declined"]
    assert mails() == [("declined", link.employee.email)]


@pytest.mark.parametrize("kind", [Case.Kind.EMPLOYEE_LINKED, Case.Kind.PERSON_LINKED])
def test_a_link_that_is_kept_stays_as_it_was_and_both_sides_are_told(
    administrator: User, kind: Case.Kind
) -> None:
    case = conflict(kind)
    before = LinkedIdentity.objects.values().get(pk=link_of(case).pk)
    decide(case, Decision.KEPT, administrator)
    assert LinkedIdentity.objects.values().get(pk=link_of(case).pk) == before
    assert mails() == [("decided", party.email) for party in case.parties]


@pytest.mark.parametrize("kind", [Case.Kind.EMPLOYEE_LINKED, Case.Kind.PERSON_LINKED])
def test_a_link_that_is_ended_takes_its_sessions_along_and_nobody_gets_its_place(
    administrator: User, kind: Case.Kind
) -> None:
    case = conflict(kind)
    user = link_of(case).employee.user
    UserSession.objects.create(
        session_key="s" * 32, user=user, expire_date=timezone.now() + timedelta(hours=1)
    )
    decide(case, Decision.ENDED, administrator)
    assert link_of(case).state == "revoked"
    assert not UserSession.objects.exists()
    assert not LinkedIdentity.objects.standing().exists()
    assert mails() == [("decided", party.email) for party in case.parties]


@pytest.mark.parametrize("side", ["employee", "other_employee"])
@pytest.mark.parametrize("local", [False, True])
def test_a_party_decides_nothing(side: str, local: bool) -> None:
    """A-27: neither by the employee's own user, nor by a local account with the same mailbox."""
    case = conflict(Case.Kind.PERSON_LINKED)
    party: Employee = getattr(case, side)
    if local:
        user = make_administrator(email=f" {party.email.upper()}")
    else:
        user, _made = User.objects.get_or_create(employee=party)
    with pytest.raises(actions.PartyMayNotDecide):
        decide(case, Decision.ENDED, user)
    assert link_of(case).state == "active"
    assert events() == []


def test_a_colleague_and_an_administrator_without_an_address_are_no_parties() -> None:
    case = conflict(Case.Kind.PERSON_LINKED)
    colleague = User.objects.create(
        employee=make_employee(organisation=case.organisation), is_staff=True
    )
    assert not actions.is_party(case, colleague)
    assert not actions.is_party(case, make_administrator())


def test_a_case_about_the_whole_organisation_has_no_parties() -> None:
    case = make_case(kind=Case.Kind.WRONG_CODES)
    Case.objects.update(employee=None)
    case.refresh_from_db()
    colleague = User.objects.create(employee=make_employee(), is_staff=True)
    assert not actions.is_party(case, colleague)
    assert not actions.is_party(case, make_administrator())


@pytest.mark.parametrize(
    ("kind", "decision"),
    [(kind, each) for kind in Case.Kind for each in Decision if each not in Case.CHOICES[kind]],
)
def test_only_what_is_offered_can_be_decided(
    administrator: User, kind: Case.Kind, decision: Case.Decision
) -> None:
    case = make_case(kind=kind)
    with pytest.raises(actions.DecisionNotOffered):
        decide(case, decision, administrator)
    case.refresh_from_db()
    assert case.decided_at is None


def test_a_case_is_decided_once(administrator: User) -> None:
    case = make_case()
    decide(case, Decision.DECLINED, administrator)
    with pytest.raises(actions.AlreadyDecided):
        decide(case, Decision.APPROVED, administrator)
    assert link_of(case).state == "revoked"
    assert len(mails()) == 1


def test_nobody_who_has_left_is_approved(administrator: User) -> None:
    case = make_case()
    Employee.objects.update(active=False)
    with pytest.raises(actions.CaseOvertaken):
        decide(case, Decision.APPROVED, administrator)
    case.refresh_from_db()
    assert (link_of(case).state, case.decided_at) == ("pending", None)
    decide(case, Decision.DECLINED, administrator)
    assert link_of(case).state == "revoked"


def test_a_link_that_has_waited_too_long_is_not_approved(administrator: User) -> None:
    case = make_case()
    LinkedIdentity.objects.update(expires_at=timezone.now())
    with pytest.raises(actions.CaseOvertaken):
        decide(case, Decision.APPROVED, administrator)
    assert link_of(case).state == "pending"


def test_a_link_that_expired_meanwhile_is_not_kept_but_the_case_can_be_closed(
    administrator: User,
) -> None:
    case = conflict()
    LinkedIdentity.objects.update(state="expired", ended_at=timezone.now(), ended_by="system")
    with pytest.raises(actions.CaseOvertaken):
        decide(case, Decision.KEPT, administrator)
    decide(case, Decision.ENDED, administrator)
    assert link_of(case).state == "expired"
    assert len(mails()) == 1


@pytest.mark.parametrize("kind", [Case.Kind.NOT_ME, Case.Kind.WRONG_CODES])
def test_a_case_that_was_looked_into_is_closed_in_silence(
    administrator: User, kind: Case.Kind
) -> None:
    case = make_case(kind=kind)
    decide(case, Decision.CLOSED, administrator)
    assert (case.decision, case.reason) == ("closed", "Asked them")
    assert mails() == []


def test_the_decision_is_on_record_and_the_name_from_the_eid_is_gone(administrator: User) -> None:
    case = make_case(kind=Case.Kind.NOT_ME)
    decide(case, Decision.CLOSED, administrator)
    assert (case.requester, case.decided_by) == ("", administrator.actor)
    event = AuditEvent.objects.get()
    assert (event.event, event.reason, event.reference) == ("case:decided", "closed", "2M8D-4R")
    assert (event.actor, event.details) == (administrator.actor, {"why": "Asked them"})


def test_a_link_that_ends_otherwise_closes_what_was_to_be_decided_about_it() -> None:
    conflicted, waiting, untouched = conflict(), make_case(), make_case()
    disowned = make_case(
        kind=Case.Kind.NOT_ME, employee=conflicted.employee, link=link_of(conflicted)
    )
    now = timezone.now()
    assert actions.revoke_link(link_of(conflicted), by="user:1", reason="Lost", now=now)
    assert actions.revoke_link(link_of(waiting), by="user:1", reason="Lost", now=now)
    for case in (conflicted, waiting, untouched, disowned):
        case.refresh_from_db()
    assert (conflicted.decision, waiting.decision) == ("overtaken", "overtaken")
    assert (conflicted.requester, waiting.requester) == ("", "")
    assert (untouched.decision, disowned.decision) == ("", "")
    assert events().count("case:decided") == 2
    assert not UserSession.objects.exists()


def test_ending_a_link_in_one_conflict_closes_the_other_one(administrator: User) -> None:
    first = conflict()
    second = make_case(kind=Case.Kind.EMPLOYEE_LINKED, employee=first.employee, link=link_of(first))
    decide(first, Decision.ENDED, administrator)
    second.refresh_from_db()
    assert (first.decision, second.decision) == ("ended", "overtaken")
