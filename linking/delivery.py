"""The outbox's other end: claims a row, hands the mail to the SMTP server, notes the answer."""

import smtplib
from datetime import datetime, timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import mailers
from django.db import connection, transaction
from django.db.models import F, Q

from audit.events import Event
from audit.log import record
from linking.actions import code_key
from linking.actions.invitations import (
    is_worth_sending,
    note_invitation_failed,
    note_invitation_sent,
)
from linking.emails import compose
from linking.models import OutgoingMail, PendingCode
from linking.smtp import describe
from linking.wakeup import DELIVER_MAIL, SEND_CODE, wake

# A living worker holds a mail until its task ends. Celery asks it to end at the soft limit, which
# is noted as a failed attempt, and kills it at the hard one. A claim is made after its task began,
# so LEASE > HARD_SECONDS means: whoever finds the lease over finds nobody at work. What is
# between them is for Celery's timer and for clocks that differ.
# A person waits for a code: a dead worker must not cost much more than that.
SOFT_SECONDS = 20
HARD_SECONDS = 25
LEASE = timedelta(seconds=30)
# Younger rows are on their way already.
SWEEP_AFTER = timedelta(seconds=5)
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 15 * 60
SWEEP_LIMIT = 500
# Of what goes to thousands, each sweep: a code that is asked for now has no more than these before
# it in the queue. 3 a second, 10 800 an hour.
BULK_LIMIT = 30


def deliver(mail_id: UUID, *, now: datetime) -> None:
    """Send one mail if it is due and nobody else is sending it.

    A failing server is tried again with growing pauses until the mail is of no use any more; an
    address that the server refuses for good is not.
    """
    due = OutgoingMail.objects.filter(
        pk=mail_id,
        state=OutgoingMail.State.QUEUED,
        next_attempt_at__lte=now,
        give_up_at__gt=now,
    )
    if not due.update(attempts=F("attempts") + 1, next_attempt_at=now + LEASE):
        return
    mail = OutgoingMail.objects.select_related(
        "organisation",
        "employee",
        "pending_code",
        "link",
        "case",
        "invitation__campaign",
        "look_digest__organisation",
    ).get(pk=mail_id)
    if mail.pending_code is not None and mail.pending_code.is_over:
        _note_failure(mail, "not sent: the request had ended", for_good=True, now=now)
        return
    if mail.invitation is not None and not is_worth_sending(mail.invitation, now=now):
        _note_failure(mail, "not sent: the invitation had ended", for_good=True, now=now)
        return
    try:
        mailer = mailers["default"]
        mailer.send_messages([compose(mail, code_key=code_key())])
    except (smtplib.SMTPException, OSError, SoftTimeLimitExceeded) as error:
        _note_failure(mail, _words_of(error), for_good=_is_final(error), now=now)
    else:
        _note_success(mail, getattr(mailer, "answer", ""), now=now)


@transaction.atomic
def _note_success(mail: OutgoingMail, answer: str, *, now: datetime) -> None:
    unsent = OutgoingMail.objects.filter(pk=mail.pk).exclude(state=OutgoingMail.State.SENT)
    noted = unsent.update(state=OutgoingMail.State.SENT, sent_at=now, answer=answer)
    if noted and mail.invitation is not None:
        note_invitation_sent(mail.invitation, kind=mail.kind, now=now)
    if noted and mail.invitation is None and mail.pending_code is None:
        _record(Event.MAIL_SENT, mail, now=now)
    if not noted or mail.pending_code is None:
        return
    PendingCode.objects.filter(pk=mail.pending_code.pk, state=PendingCode.State.QUEUED).update(
        state=PendingCode.State.SENT
    )
    _record(Event.CODE_SENT, mail, now=now)


@transaction.atomic
def _note_failure(mail: OutgoingMail, answer: str, *, for_good: bool, now: datetime) -> None:
    pause = min(FIRST_PAUSE_SECONDS * 3 ** (mail.attempts - 1), LONGEST_PAUSE_SECONDS)
    again_at = now + timedelta(seconds=pause)
    # Of this claim only: a worker that was stopped for longer than its lease has no say.
    row = OutgoingMail.objects.filter(
        pk=mail.pk, state=OutgoingMail.State.QUEUED, attempts=mail.attempts
    )
    if not for_good and again_at < mail.give_up_at:
        again = row.update(next_attempt_at=again_at, answer=answer)
        if again and mail.kind not in OutgoingMail.BULK:  # those wait for the sweep, a few a turn
            wake(DELIVER_MAIL, mail.pk, after_seconds=pause)
        return
    if row.update(state=OutgoingMail.State.FAILED, answer=answer):
        _give_up(mail, now=now)


def _give_up(mail: OutgoingMail, *, now: datetime) -> None:
    if mail.invitation_id is not None:
        note_invitation_failed(mail.invitation_id, now=now)
    if mail.pending_code is not None:
        PendingCode.objects.filter(pk=mail.pending_code.pk, state=PendingCode.State.QUEUED).update(
            state=PendingCode.State.FAILED
        )
    _record(Event.MAIL_FAILED, mail, now=now)


def _record(event: Event, mail: OutgoingMail, *, now: datetime) -> None:
    record(
        event,
        by="system",
        now=now,
        organisation=mail.organisation_id,
        employee=mail.employee_id,
        reference=mail.pending_code.reference if mail.pending_code else "",
        kind=mail.kind,
        attempts=mail.attempts,
    )


def _is_final(error: Exception) -> bool:
    """Whether the server will say the same next time (RFC 5321, 4.2.1: 5yz is permanent)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    # A refused login is the portal's own fault: it is mended, and the mail goes.
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def _words_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return describe(*next(iter(error.recipients.values())))
    if isinstance(error, smtplib.SMTPResponseException):
        return describe(error.smtp_code, error.smtp_error)
    return f"no answer: {type(error).__name__}"


@transaction.atomic
def sweep(*, now: datetime) -> int:
    """Wake the workers for whatever the queue has lost, and close mails that are of no use.

    Gives the number of wake-ups. Two at once, of two beats, are one: the other does nothing.
    """
    if not _is_only_sweep():
        return 0
    overdue = now - SWEEP_AFTER
    _close_useless(now=now)
    queued = OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED)
    undecided = (
        PendingCode.objects.filter(
            decided_at__isnull=True, ended_at__isnull=True, requested_at__lte=overdue
        )
        .order_by("requested_at")
        .values_list("pk", flat=True)[:SWEEP_LIMIT]
    )
    due = (
        queued.filter(next_attempt_at__lte=overdue, give_up_at__gt=now)
        .order_by("next_attempt_at")
        .values_list("pk", flat=True)
    )
    bulk = Q(kind__in=OutgoingMail.BULK)
    mails = [*due.exclude(bulk)[:SWEEP_LIMIT], *due.filter(bulk)[:BULK_LIMIT]]
    wakes = [(SEND_CODE, pk) for pk in undecided] + [(DELIVER_MAIL, pk) for pk in mails]
    for task, pk in wakes:
        wake(task, pk)
    return len(wakes)


def _is_only_sweep() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('kobling.linking.sweep'))")
        row = cursor.fetchone()
    return bool(row and row[0])


def _close_useless(*, now: datetime) -> None:
    useless = OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED, give_up_at__lte=now)
    # A worker that has one at this moment may have sent it: it is left until its lease is over.
    useless = useless.filter(next_attempt_at__lte=now)
    for mail in useless.select_related("employee", "pending_code")[:SWEEP_LIMIT]:
        row = useless.filter(pk=mail.pk, attempts=mail.attempts)
        if row.update(state=OutgoingMail.State.FAILED):
            _give_up(mail, now=now)
