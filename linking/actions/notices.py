"""Mails about what happened: one row each in the outbox, in the transaction that it tells of."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from accounts.models import Employee, Organisation, User
from linking.models import (
    Case,
    Invitation,
    LinkedIdentity,
    LookDigest,
    OutgoingMail,
    PendingCode,
)
from linking.wakeup import DELIVER_MAIL, wake

NOTICE_LIFETIME = timedelta(days=2)


def mail_code(request: PendingCode, employee: Employee, *, now: datetime) -> None:
    """Queue the mail with the code; whoever decides the request sends it at once."""
    OutgoingMail.objects.create(
        kind=OutgoingMail.Kind.CODE,
        organisation=request.organisation,
        employee=employee,
        recipient=employee.email,  # the stored address, never the typed one
        language=request.language,
        pending_code=request,
        created_at=now,
        next_attempt_at=now,
        give_up_at=request.expires_at,
    )


def tell_employee(
    kind: OutgoingMail.Kind,
    employee: Employee,
    *,
    now: datetime,
    link: LinkedIdentity | None = None,
    case: Case | None = None,
) -> None:
    """Mail an employee at the registered address, in the language they last used."""
    _queue(
        OutgoingMail(
            kind=kind,
            organisation=employee.organisation,
            employee=employee,
            recipient=employee.email,
            language=employee.language or employee.organisation.default_language,
            link=link,
            case=case,
        ),
        now=now,
    )


def tell_support(
    kind: OutgoingMail.Kind, organisation: Organisation, *, case: Case, now: datetime
) -> None:
    """Mail the organisation's support about a case."""
    _queue(
        OutgoingMail(
            kind=kind,
            organisation=organisation,
            recipient=organisation.support_email,
            language=organisation.default_language,
            case=case,
        ),
        now=now,
    )


def warn_employees(links: Iterable[LinkedIdentity], *, now: datetime) -> None:
    """Mail the employees of these links that they expire; each has its employee at hand.

    No worker is woken: the sweep takes some at a time, so that codes need not queue behind them.
    """
    OutgoingMail.objects.bulk_create(
        OutgoingMail(
            kind=OutgoingMail.Kind.STALE,
            organisation=link.employee.organisation,
            employee=link.employee,
            recipient=link.employee.email,
            language=link.employee.language or link.employee.organisation.default_language,
            link=link,
            created_at=now,
            next_attempt_at=now,
            give_up_at=link.expires_at,
        )
        for link in links
    )


def mail_invitations(
    kind: OutgoingMail.Kind, invitations: Iterable[Invitation], *, now: datetime
) -> None:
    """Mail these invitations, or remind of them; each has its employee at hand.

    No worker is woken: the sweep takes some at a time, so that codes need not queue behind them.
    """
    OutgoingMail.objects.bulk_create(
        (
            OutgoingMail(
                kind=kind,
                organisation_id=invitation.organisation_id,
                employee_id=invitation.employee_id,
                recipient=invitation.recipient,
                language=invitation.language,
                invitation=invitation,
                created_at=now,
                next_attempt_at=now,
                give_up_at=invitation.expires_at,
            )
            for invitation in invitations
        ),
        batch_size=1000,
    )


def tell_old_addresses(told: Iterable[tuple[Employee, str]], *, now: datetime) -> None:
    """Mail these employees at the addresses that were theirs; no worker is woken here either."""
    OutgoingMail.objects.bulk_create(
        OutgoingMail(
            kind=OutgoingMail.Kind.ADDRESS,
            organisation=employee.organisation,
            employee=employee,
            recipient=old_address,
            language=employee.language or employee.organisation.default_language,
            created_at=now,
            next_attempt_at=now,
            give_up_at=now + NOTICE_LIFETIME,
        )
        for employee, old_address in told
    )


def tell_watchers(digest: LookDigest, readers: Iterable[User], *, now: datetime) -> int:
    """Mail a digest of look-ups to those of these who have an address; gives how many they are.

    No worker is woken: nobody sits and waits.
    """
    mails = [mail for reader in readers if (mail := _to_watcher(digest, reader, now)) is not None]
    return len(OutgoingMail.objects.bulk_create(mails))


def _to_watcher(digest: LookDigest, reader: User, now: datetime) -> OutgoingMail | None:
    """Give the mail; that of the whole portal comes from the reader's employer, who has a host."""
    employee = reader.employee
    recipient = employee.email if employee else reader.email
    place = digest.organisation or (employee.organisation if employee else None)
    if place is None or not recipient:
        return None
    return OutgoingMail(
        kind=OutgoingMail.Kind.LOOKS,
        organisation=place,
        # Whoever works elsewhere is none of this organisation's people, in its lists either.
        employee=employee if employee and employee.organisation_id == place.pk else None,
        recipient=recipient,
        language=(employee and employee.language) or place.default_language,
        look_digest=digest,
        created_at=now,
        next_attempt_at=now,
        give_up_at=now + NOTICE_LIFETIME,
    )


def _queue(mail: OutgoingMail, *, now: datetime) -> None:
    mail.created_at = mail.next_attempt_at = now
    mail.give_up_at = now + NOTICE_LIFETIME
    mail.save(force_insert=True)
    wake(DELIVER_MAIL, mail.pk)
