"""Links that nobody uses: who is warned, when they end, and what a changed rule does to them."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation
from audit.events import Event
from audit.log import OutsideTransaction, record_each
from audit.models import AuditEvent
from devtools.idporten.server import StandIn
from devtools.mailbox import Mailbox
from linking import actions, delivery, tasks
from linking.models import LinkedIdentity, OutgoingMail
from tests.factories import (
    fingerprint_of,
    make_case,
    make_employee,
    make_link,
    make_organisation,
)
from tests.journeys.visitor import INGRID, Visitor, run_worker

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


def link_last_used(days_ago: float, **fields: object) -> LinkedIdentity:
    """A link by its organisation's rule, which the clock has not looked at yet."""
    employee = fields.pop("employee", None) or make_employee(
        organisation=fields.pop("organisation", None)
    )
    used = NOW - days_ago * DAY
    allowed = employee.organisation.unused_days * DAY  # type: ignore[attr-defined]
    times = {"linked_at": used, "last_used_at": used, "expires_at": used + allowed}
    return make_link(employee=employee, **times | fields)


def events(event: Event) -> int:
    return AuditEvent.objects.filter(event=event).count()


# --- Warnings ----------------------------------------------------------------------------------


def test_a_link_with_two_weeks_left_is_warned_about_once() -> None:
    link, early = link_last_used(351), link_last_used(350.9)
    assert [actions.warn_of_expiry(now=NOW) for _turn in range(2)] == [1, 0]
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.link, mail.recipient) == ("stale", link, link.employee.email)
    assert mail.give_up_at == link.expires_at
    event = AuditEvent.objects.get()
    assert (event.event, event.employee_id) == ("link:warned", link.employee_id)
    link.refresh_from_db()
    early.refresh_from_db()
    assert (link.warned_at, early.warned_at) == (NOW, None)


def test_a_short_rule_warns_when_half_of_it_is_left() -> None:
    organisation = make_organisation(unused_days=10)
    link_last_used(4.9, organisation=organisation)
    assert actions.warn_of_expiry(now=NOW) == 0
    assert actions.warn_of_expiry(now=NOW + 0.1 * DAY) == 1


@pytest.mark.parametrize("fields", [{"active": False}, {"ends_on": (NOW - 2 * DAY).date()}])
def test_whoever_is_not_employed_is_not_warned(fields: dict[str, object]) -> None:
    link_last_used(360, employee=make_employee(**fields))
    assert actions.warn_of_expiry(now=NOW) == 0


def test_a_link_that_waits_or_has_expired_is_not_warned_about() -> None:
    link_last_used(360, state="pending")
    link_last_used(366)
    assert actions.warn_of_expiry(now=NOW) == 0


def test_nobody_is_warned_where_nobody_can_sign_in() -> None:
    link_last_used(360, organisation=make_organisation(active=False))
    assert actions.warn_of_expiry(now=NOW) == 0


def test_signing_in_keeps_the_link_and_lets_it_be_warned_about_again(
    idporten: StandIn, organisation: Organisation
) -> None:
    employee = make_employee(organisation=organisation)
    link = link_last_used(360, employee=employee, whose=fingerprint_of(INGRID.national_id))
    actions.warn_of_expiry(now=NOW)
    Visitor(idporten).sign_in(INGRID)
    link.refresh_from_db()
    assert link.warned_at is None
    assert link.expires_at > NOW + 364 * DAY


@pytest.mark.parametrize(
    ("language", "words"),
    [("nb", "logge inn før"), ("nn", "logge inn før"), ("en", "sign in before")],
)
def test_the_mail_says_when_and_where(mailbox: Mailbox, language: str, words: str) -> None:
    link = link_last_used(355, employee=make_employee(language=language))
    actions.warn_of_expiry(now=NOW)
    run_worker()
    [mail] = mailbox.mails
    assert words in mail.text
    local = timezone.localtime(link.expires_at)
    assert f"{local.day}" in mail.text
    assert f"{local.year}" in mail.text
    assert f"{link.organisation.base_url}/" in mail.text
    assert link.organisation.support_email in mail.text


def test_the_sweep_takes_the_warnings_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "BULK_LIMIT", 2)
    for _ in range(3):
        link_last_used(360)
    actions.warn_of_expiry(now=NOW)
    assert delivery.sweep(now=NOW + timedelta(seconds=10)) == 2


# --- Expiry ------------------------------------------------------------------------------------


def test_stale_links_expire_with_one_event_each_and_others_stay() -> None:
    stale = [link_last_used(days) for days in (365, 400)]
    stays = link_last_used(364.9)
    assert actions.expire_stale_links(now=NOW) == 2
    expired = LinkedIdentity.objects.filter(state="expired", ended_at=NOW, ended_by="system")
    assert set(expired) == set(stale)
    assert events(Event.LINK_EXPIRED) == 2
    assert actions.expire_stale_links(now=NOW) == 0
    stays.refresh_from_db()
    assert stays.state == "active"


def test_a_link_that_nobody_approved_expires_too() -> None:
    link = link_last_used(366, state="pending")
    assert actions.expire_stale_links(now=NOW) == 1
    link.refresh_from_db()
    assert link.state == "expired"


def test_a_turn_that_is_cut_short_leaves_whole_batches_and_the_next_goes_on() -> None:
    for _ in range(5):
        link_last_used(366)
    assert not actions.tend_links(now=NOW, is_time_up=lambda: True, limit=2)
    assert LinkedIdentity.objects.filter(state="expired").count() == events(Event.LINK_EXPIRED) == 2
    assert actions.tend_links(now=NOW, is_time_up=lambda: False, limit=2)
    assert LinkedIdentity.objects.filter(state="expired").count() == events(Event.LINK_EXPIRED) == 5


def test_a_task_without_time_left_asks_for_another_turn(
    monkeypatch: pytest.MonkeyPatch, organisation: Organisation
) -> None:
    asked = []
    monkeypatch.setattr(tasks, "TURN_SECONDS", 0)
    monkeypatch.setattr(tasks.expire_stale_links, "delay", lambda: asked.append(1))
    tasks.expire_stale_links()
    assert not asked  # nothing to do
    for _ in range(501):
        link_last_used(366, employee=make_employee(organisation=organisation))
    tasks.expire_stale_links()
    assert asked == [1]
    assert events(Event.LINK_EXPIRED) == 500


def test_a_turn_ends_well_before_celery_would_end_it() -> None:
    assert tasks.TURN_SECONDS + 10 < settings.CELERY_TASK_SOFT_TIME_LIMIT
    assert "expire_stale_links" in settings.CELERY_BEAT_SCHEDULE


@pytest.mark.django_db(transaction=True)
def test_many_events_at_once_are_refused_outside_a_transaction() -> None:
    employee = make_employee()
    pairs = [(employee.organisation_id, employee.pk)]
    with pytest.raises(OutsideTransaction):
        record_each(Event.LINK_EXPIRED, pairs, by="system", now=NOW)
    with transaction.atomic():
        assert record_each(Event.LINK_EXPIRED, pairs, by="system", now=NOW) == 1


# --- A rule that is changed --------------------------------------------------------------------


def change_rule(link: LinkedIdentity, days: int) -> float:
    """Let the organisation's rule be `days`; gives how many days the link has left then."""
    Organisation.objects.filter(pk=link.organisation_id).update(unused_days=days)
    for _turn in range(2):
        actions.tend_links(now=NOW, is_time_up=lambda: False, limit=1)
    link.refresh_from_db()
    return (link.expires_at - NOW) / DAY


@pytest.mark.parametrize(
    ("used_days_ago", "rule", "left"),
    [
        (100, 400, 300),  # longer
        (100, 200, 100),  # shorter, with time enough
        (100, 110, 14),  # shorter: two weeks' notice
        (100, 30, 14),  # past already
        (358, 30, 7),  # it had a week left and keeps it
        (358, 366, 8),  # a day more is a day more
    ],
)
def test_links_follow_a_changed_rule_but_never_without_notice(
    used_days_ago: int, rule: int, left: int
) -> None:
    assert change_rule(link_last_used(used_days_ago), rule) == left


def test_the_notice_does_not_begin_anew_each_hour() -> None:
    link = link_last_used(100)
    assert change_rule(link, 30) == 14
    actions.tend_links(now=NOW + 10 * DAY, is_time_up=lambda: False)
    link.refresh_from_db()
    assert link.expires_at == NOW + 14 * DAY


def test_whoever_has_just_these_two_weeks_is_told_at_once() -> None:
    link = link_last_used(1)
    assert change_rule(link, 5) == 14
    assert link.warned_at == NOW
    assert OutgoingMail.objects.count() == events(Event.LINK_WARNED) == 1


def test_a_longer_rule_lets_the_link_be_warned_about_again() -> None:
    link = link_last_used(360)
    actions.warn_of_expiry(now=NOW)
    assert change_rule(link, 400) == 40
    assert link.warned_at is None


def test_a_longer_rule_brings_no_expired_link_back() -> None:
    link = link_last_used(366)
    change_rule(link, 3650)
    assert link.state == "expired"


def test_a_rule_is_the_organisations_own() -> None:
    other = link_last_used(100)
    change_rule(link_last_used(100), 30)
    other.refresh_from_db()
    assert other.expires_at == NOW + 265 * DAY


def test_a_link_that_nobody_approved_expires_with_its_case() -> None:
    link = make_link(state="pending", expires_at=NOW)
    case = make_case(employee=link.employee, link=link)
    assert actions.expire_stale_links(now=NOW) == 1
    case.refresh_from_db()
    assert (case.decision, case.requester) == ("overtaken", "")
