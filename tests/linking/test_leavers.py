"""Employees who left or were set inactive: link and sessions end within a minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import Employee, Organisation, User, UserSession
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking import actions, tasks
from linking.models import LinkedIdentity, PendingCode
from tests.factories import fingerprint_of, make_employee, make_link
from tests.journeys.visitor import INGRID, SOLVEIG, Visitor, newest_code

pytestmark = pytest.mark.django_db
NOW = timezone.now()
YESTERDAY = timezone.localdate(NOW) - timedelta(days=1)
LEFT = [{"active": False}, {"ends_on": YESTERDAY}]


@pytest.fixture
def signed_in(idporten: StandIn, organisation: Organisation) -> Visitor:
    make_employee(organisation=organisation, email=INGRID.email)
    ingrid = Employee.objects.get(email=INGRID.email)
    make_link(employee=ingrid, whose=fingerprint_of(INGRID.national_id))
    visitor = Visitor(idporten)
    assert visitor.sign_in(INGRID).headers["Location"] == "/me/"
    return visitor


def let_leave(**fields: Any) -> Employee:
    """As an import would: an UPDATE, and nothing else."""
    Employee.objects.filter(email=INGRID.email).update(**fields)
    employee: Employee = Employee.objects.get(email=INGRID.email)
    return employee


def test_the_task_comes_often_enough() -> None:
    entry: Any = settings.CELERY_BEAT_SCHEDULE["end_leavers"]
    assert entry["task"] == tasks.end_leavers.name
    assert 0 < entry["schedule"] <= 30
    assert entry["options"]["expires"] == entry["schedule"]


@pytest.mark.parametrize("fields", LEFT)
def test_whoever_left_is_out_and_has_no_link_after_the_task(
    signed_in: Visitor, fields: dict[str, Any]
) -> None:
    assert signed_in.get("/me/").status_code == 200
    employee = let_leave(**fields)
    tasks.end_leavers()
    assert not UserSession.objects.exclude(user=None).exists()
    assert signed_in.get("/me/").status_code == 302
    link = LinkedIdentity.objects.get()
    assert (link.state, link.ended_by) == ("revoked", "system")
    assert link.end_reason == "Den ansatte er inaktiv, har ikke begynt eller har sluttet"
    [revoked] = AuditEvent.objects.filter(event="link:revoked")
    assert (revoked.employee_id, revoked.actor) == (employee.pk, "system")
    assert revoked.reason == "not-employed"
    [ended] = AuditEvent.objects.filter(event="session:ended")
    assert ended.details == {"how": "not employed"}


def test_nothing_is_done_twice(signed_in: Visitor) -> None:
    let_leave(active=False)
    assert [actions.end_leavers(now=NOW) for _turn in range(2)] == [2, 0]
    assert AuditEvent.objects.filter(event="link:revoked").count() == 1


def test_a_batch_at_a_time_and_all_in_one_turn() -> None:
    for _ in range(3):
        make_link(employee=make_employee(active=False))
    assert actions.end_leavers(now=NOW, limit=2) == 2
    tasks.end_leavers()
    assert not LinkedIdentity.objects.standing().exists()


@pytest.mark.parametrize(
    ("utc", "employed"),
    [
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), True),  # 23:59 in Oslo
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), False),
    ],
)
def test_the_last_day_ends_at_midnight_in_norway(utc: datetime, employed: bool) -> None:
    link = make_link(employee=make_employee(ends_on=datetime(2026, 6, 30, tzinfo=UTC).date()))
    actions.end_leavers(now=utc)
    link.refresh_from_db()
    assert (link.state == "active") is employed


def test_a_link_that_waits_for_approval_ends_too() -> None:
    link = make_link(employee=make_employee(active=False), state="pending")
    assert actions.end_leavers(now=NOW) == 1
    link.refresh_from_db()
    assert link.state == "revoked"


def test_a_session_without_a_link_ends_too(signed_in: Visitor) -> None:
    """A sign-in that was under way when the link ended."""
    LinkedIdentity.objects.update(state="revoked", ended_at=NOW)
    let_leave(active=False)
    assert actions.end_leavers(now=NOW) == 1
    assert not UserSession.objects.exclude(user=None).exists()


def test_those_employed_keep_everything(signed_in: Visitor) -> None:
    let_leave(ends_on=timezone.localdate(NOW))
    assert actions.end_leavers(now=NOW) == 0
    assert signed_in.get("/me/").status_code == 200


def test_whoever_comes_back_links_anew(signed_in: Visitor, mailbox: Mailbox) -> None:
    let_leave(active=False)
    tasks.end_leavers()
    let_leave(active=True)
    assert signed_in.sign_in(INGRID).headers["Location"] == "/link/"
    signed_in.ask_for_code(INGRID.email)
    signed_in.post("/link/code/", code=newest_code(mailbox))
    assert signed_in.get("/me/").status_code == 200
    assert LinkedIdentity.objects.filter(state="revoked").count() == 1
    assert LinkedIdentity.objects.standing().count() == 1


def test_an_address_that_is_used_again_brings_no_link(
    signed_in: Visitor, organisation: Organisation
) -> None:
    """A-11: the link is the person's who left, whoever has the address now."""
    left = let_leave(ends_on=YESTERDAY)
    tasks.end_leavers()
    Employee.objects.filter(pk=left.pk).update(email="sluttet@eksempel-kommune.example")
    new = make_employee(organisation=organisation, email=INGRID.email)
    assert signed_in.sign_in(INGRID).headers["Location"] == "/link/"
    assert not LinkedIdentity.objects.standing().exists()
    assert not LinkedIdentity.objects.filter(employee=new).exists()
    assert not User.objects.filter(employee=new).exists()


def test_a_code_that_was_sent_before_links_nobody_who_has_left(
    idporten: StandIn, organisation: Organisation, mailbox: Mailbox
) -> None:
    employee = make_employee(organisation=organisation, email=SOLVEIG.email)
    visitor = Visitor(idporten)
    visitor.sign_in(SOLVEIG)
    visitor.ask_for_code(SOLVEIG.email)
    Employee.objects.filter(pk=employee.pk).update(ends_on=YESTERDAY)
    assert visitor.post("/link/code/", code=newest_code(mailbox)).status_code == 403
    assert PendingCode.objects.get().refusal == "not-employed"
    assert not LinkedIdentity.objects.exists()
