"""The outbox against a real SMTP server: what is tried again, what is given up, what is told."""

from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from audit.models import AuditEvent
from devtools.mailbox import Mailbox
from linking import delivery, tasks
from linking.actions import decide_request
from linking.delivery import deliver, sweep
from linking.models import OutgoingMail, PendingCode
from portal import env
from tests.factories import make_employee, make_mail, make_pending_code

pytestmark = pytest.mark.django_db


def test_the_row_tells_that_the_mail_was_sent_and_what_the_server_answered(
    mailbox: Mailbox,
) -> None:
    mail = make_mail()
    deliver(mail.pk, now=timezone.now())
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("sent", 1)
    assert mail.answer.startswith("250 ")
    assert PendingCode.objects.get().state == "sent"


def test_a_task_delivered_twice_sends_once(mailbox: Mailbox) -> None:
    mail = make_mail()
    deliver(mail.pk, now=timezone.now())
    deliver(mail.pk, now=timezone.now())
    assert len(mailbox.mails) == 1


def test_a_mail_that_a_worker_has_is_left_alone_until_its_lease_is_over(mailbox: Mailbox) -> None:
    now = timezone.now()
    mail = make_mail(next_attempt_at=now + delivery.LEASE)
    deliver(mail.pk, now=now + delivery.LEASE - timedelta(seconds=1))
    assert not mailbox.mails
    deliver(mail.pk, now=now + delivery.LEASE)
    assert len(mailbox.mails) == 1


def test_a_lease_is_longer_than_a_living_worker_may_hold_a_mail() -> None:
    for task in (tasks.send_code, tasks.deliver_mail):
        assert task.soft_time_limit < task.time_limit < delivery.LEASE.total_seconds()
    # One step of the talk with the mail server ends before the task does.
    assert env.mailer()["timeout"] < tasks.deliver_mail.soft_time_limit
    # A person waits for the code of a worker that died.
    assert timedelta(seconds=35) >= delivery.LEASE + delivery.SWEEP_AFTER


def test_a_mail_server_that_takes_too_long_is_a_failed_attempt(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = make_mail()

    def take_too_long(*_arguments: object) -> None:
        raise SoftTimeLimitExceeded  # what Celery raises wherever the task is

    monkeypatch.setattr("smtplib.SMTP.rcpt", take_too_long)
    deliver(mail.pk, now=timezone.now())
    mail.refresh_from_db()
    assert (mail.state, mail.answer) == ("queued", "no answer: SoftTimeLimitExceeded")


@pytest.mark.parametrize("answer", ["550 5.1.1 no such mailbox", "451 4.3.0 try later"])
def test_a_worker_that_slept_through_its_lease_has_no_say(mailbox: Mailbox, answer: str) -> None:
    mail = make_mail()
    deliver(mail.pk, now=timezone.now())
    late = OutgoingMail.objects.select_related("pending_code", "employee").get()
    late.attempts -= 1  # it claimed before the one that sent
    delivery._note_failure(late, answer, for_good=answer.startswith("5"), now=timezone.now())
    OutgoingMail.objects.update(state="queued", attempts=7)  # or another is sending
    delivery._note_failure(late, answer, for_good=answer.startswith("5"), now=timezone.now())
    mail.refresh_from_db()
    assert (mail.state, mail.answer[:4]) == ("queued", "250 ")
    assert not AuditEvent.objects.filter(event="mail:failed").exists()


def test_a_mail_that_was_sent_twice_is_one_event() -> None:
    mail = make_mail()
    for _ in range(2):
        delivery._note_success(mail, "250 OK", now=timezone.now())
    assert AuditEvent.objects.filter(event="link:code:sent").count() == 1


def test_a_failing_server_is_tried_again_with_growing_pauses(mailbox: Mailbox) -> None:
    mail = make_mail()
    mailbox.answer_next("451 4.3.0 try later", count=2)
    now = timezone.now()
    pauses = []
    for _ in range(2):
        deliver(mail.pk, now=now)
        mail.refresh_from_db()
        assert (mail.state, mail.answer) == ("queued", "451 4.3.0 try later")
        pauses.append((mail.next_attempt_at - now).total_seconds())
        now = mail.next_attempt_at
    assert pauses == [5, 15]
    deliver(mail.pk, now=now)
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("sent", 3)


def test_a_server_that_is_not_there_is_noted(mailbox: Mailbox) -> None:
    mail = make_mail()
    mailbox.stop()
    deliver(mail.pk, now=timezone.now())
    mail.refresh_from_db()
    assert mail.state == "queued"
    assert mail.answer.startswith("no answer: ConnectionRefused")


def test_an_address_that_is_refused_for_good_is_given_up_at_once(mailbox: Mailbox) -> None:
    mail = make_mail()
    mailbox.answer_next("550 5.1.1 no such mailbox", stage="rcpt")
    deliver(mail.pk, now=timezone.now())
    mail.refresh_from_db()
    assert (mail.state, mail.answer) == ("failed", "550 5.1.1 no such mailbox")
    assert PendingCode.objects.get().state == "failed"
    assert AuditEvent.objects.filter(event="mail:failed").exists()


def test_a_mail_that_is_of_no_use_any_more_is_closed_by_the_sweep(mailbox: Mailbox) -> None:
    mail = make_mail()
    sweep(now=mail.give_up_at + timedelta(seconds=1))
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert not mailbox.mails


def test_a_code_whose_request_was_replaced_is_not_sent(mailbox: Mailbox) -> None:
    mail = make_mail()
    PendingCode.objects.update(state="replaced", ended_at=timezone.now())
    deliver(mail.pk, now=timezone.now())
    assert not mailbox.mails


def test_the_sweep_wakes_for_what_the_queue_lost() -> None:
    request = make_pending_code()
    make_mail(pending_code=make_pending_code(decided_at=timezone.now()))
    assert sweep(now=request.requested_at) == 0
    assert sweep(now=request.requested_at + timedelta(seconds=6)) == 2


def test_wake_ups_that_come_late_doubled_or_in_the_wrong_order_send_one_mail(
    mailbox: Mailbox,
) -> None:
    request = make_pending_code(employee=make_employee())
    tasks.deliver_mail(str(request.pk))  # for a row that is not there, or not yet
    tasks.send_code(str(request.pk))
    mail = OutgoingMail.objects.get()
    for _ in range(2):
        tasks.deliver_mail(str(mail.pk))
        tasks.send_code(str(request.pk))
    assert len(mailbox.mails) == 1
    PendingCode.objects.update(state="expired", ended_at=timezone.now())
    tasks.send_code(str(request.pk))
    assert len(mailbox.mails) == 1


def test_a_wake_up_after_the_end_sends_nothing(mailbox: Mailbox) -> None:
    request = make_pending_code(employee=make_employee())
    decide_request(request.pk, now=request.expires_at)
    assert not OutgoingMail.objects.exists()
    late = make_mail()
    deliver(late.pk, now=late.give_up_at)
    assert not mailbox.mails


def test_the_sweep_leaves_a_useless_mail_to_the_worker_that_has_it() -> None:
    mail = make_mail()
    over = mail.give_up_at + timedelta(seconds=1)
    OutgoingMail.objects.update(next_attempt_at=over + timedelta(seconds=20))
    sweep(now=over)
    mail.refresh_from_db()
    assert mail.state == "queued"
    sweep(now=over + timedelta(seconds=20))
    mail.refresh_from_db()
    assert mail.state == "failed"


def test_a_copy_after_a_crash_carries_the_same_code(mailbox: Mailbox) -> None:
    employee = make_employee()
    request = make_pending_code(employee=employee)
    decide_request(request.pk, now=timezone.now())
    mail = OutgoingMail.objects.get()
    deliver(mail.pk, now=timezone.now())
    OutgoingMail.objects.update(state="queued", next_attempt_at=timezone.now())  # as if unmarked
    deliver(mail.pk, now=timezone.now())
    first, second = mailbox.mails
    assert first.text == second.text
    assert first.headers["Message-ID"] == second.headers["Message-ID"]


def test_deciding_twice_decides_once() -> None:
    request = make_pending_code()
    for _ in range(2):
        decide_request(request.pk, now=timezone.now())
    assert OutgoingMail.objects.count() == 1
