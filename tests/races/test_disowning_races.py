"""«It wasn't me» and a right code at the same moment: whichever is first, no link stands."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Employee
from audit.models import AuditEvent
from linking import actions, codes
from linking.models import Case, LinkedIdentity, OutgoingMail, PendingCode
from tests.factories import (
    make_administrator,
    make_case,
    make_employee,
    make_mail,
    make_pending_code,
)
from tests.journeys.seats import some_person
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
BINDING = "binding"


def granted(employee: Employee, **how: Any) -> tuple[OutgoingMail, Callable[[], Any]]:
    """A request with its mail, and the right code being typed."""
    who = some_person()
    key = actions.code_key()
    request = make_pending_code(
        employee=employee,
        fingerprint=who.current.digest,
        number_fingerprints=who.fingerprints,
        session_binding=sha256(BINDING.encode()).digest(),
    )
    code = codes.make_code(request.pk, key=key)
    PendingCode.objects.filter(pk=request.pk).update(
        code_hash=codes.hash_code(code, request.pk, key=key)
    )
    typist = actions.Typist(person=who, binding=BINDING)
    confirm = partial(actions.confirm_code, request.pk, typist, typed=code, now=timezone.now())
    return make_mail(pending_code=request), confirm


@pytest.mark.parametrize("approve", [False, True])
def test_no_link_outlives_it_was_not_me_whichever_came_first(approve: bool) -> None:
    rounds = 6
    for _ in range(rounds):
        employee = make_employee()
        employee.organisation.approve_links = approve
        employee.organisation.save()
        mail, confirm = granted(employee)
        disown = partial(actions.disown, mail.pk, network="", now=timezone.now())
        outcome, _none = at_once([confirm, disown])
        assert isinstance(
            outcome,
            (actions.Linked, actions.LinkWaits, actions.WrongCode, actions.CodeExpired),
        ), outcome
        assert not LinkedIdentity.objects.standing().exists()
    assert Case.objects.filter(kind="not-me", decided_at=None).count() == rounds
    assert not Case.objects.exclude(kind="not-me").filter(decided_at=None).exists()


def test_saying_it_many_times_at_once_is_saying_it_once() -> None:
    mail, _confirm = granted(make_employee())
    at_once([partial(actions.disown, mail.pk, network="", now=timezone.now())] * 6)
    assert Case.objects.count() == 1
    assert OutgoingMail.objects.filter(kind="not-me").count() == 1
    assert AuditEvent.objects.filter(event="link:disowned").count() == 1


def test_two_administrators_deciding_at_once_decide_once() -> None:
    case = make_case()
    decisions = [Case.Decision.APPROVED, Case.Decision.DECLINED] * 3
    calls: list[Callable[[], Any]] = [
        partial(
            actions.decide_case,
            case,
            decision,
            by=make_administrator(),
            reason="Asked them",
            now=timezone.now(),
        )
        for decision in decisions
    ]
    outcomes = at_once(calls)
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, actions.AlreadyDecided) for outcome in outcomes) == 5
    case.refresh_from_db()
    link = LinkedIdentity.objects.get()
    expected = "active" if case.decision == Case.Decision.APPROVED else "revoked"
    assert link.state == expected
    assert OutgoingMail.objects.filter(link=link).count() == 1


def test_an_approval_and_it_was_not_me_at_once_leave_no_link() -> None:
    for _ in range(4):
        employee = make_employee()
        employee.organisation.approve_links = True
        employee.organisation.save()
        mail, confirm = granted(employee)
        with pytest.raises(actions.LinkWaits):
            confirm()
        case = Case.objects.get(kind="approval", employee=employee)
        approve = partial(
            actions.decide_case,
            case,
            Case.Decision.APPROVED,
            by=make_administrator(),
            reason="Known",
            now=timezone.now(),
        )
        disown = partial(actions.disown, mail.pk, network="", now=timezone.now())
        approved, disowned = at_once([approve, disown])
        assert disowned is None, disowned
        assert approved is None or isinstance(approved, actions.AlreadyDecided), approved
        assert not LinkedIdentity.objects.standing().exists()
