"""Using an invitation: its link is opened, an eID signs in, and the link is confirmed."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from accounts.models import Employee
from audit.callers import Caller
from audit.events import Event
from audit.log import new_reference, record
from linking.actions.making import Linked, Outcome, link_or_refuse, told
from linking.actions.requests import FORGOTTEN
from linking.actions.tries import forgive
from linking.facts import facts_about
from linking.invitations import hash_token
from linking.locks import lock_budgets
from linking.models import Invitation, PendingCode
from linking.persons import EidPerson
from linking.policy import INVITATION_CHECKS, Refusal, first_refusal


class InvitationEnded(Exception):
    """It was used, replaced or stopped, is too old, or went to what is another address now."""


class CodeNeeded(Exception):
    """The invitation stands, but nothing registered is the eID's: a code by mail is needed too."""


def invitation_by(token: str, *, organisation_id: UUID) -> Invitation | None:
    """Give the invitation of a link at this organisation's host, whatever has become of it."""
    found: Invitation | None = (
        Invitation.objects.filter(token_hash=hash_token(token), organisation=organisation_id)
        .select_related("employee")
        .first()
    )
    return found


def open_one(invitation_id: UUID | str, *, now: datetime) -> Invitation | None:
    """Give an invitation while it is in force."""
    found: Invitation | None = (
        Invitation.objects.filter(pk=invitation_id).select_related("employee").first()
    )
    return found if found is not None and found.is_in_force(now) else None


@transaction.atomic
def note_opened(invitation: Invitation, *, network: str, now: datetime) -> None:
    """Write, once, that a person went on from the link; a scanner's GET does not (A-21)."""
    first = Invitation.objects.open(now).filter(pk=invitation.pk, opened_at__isnull=True)
    if first.update(opened_at=now):
        reader = Caller(f"employee:{invitation.employee_id}", network)
        _record(Event.INVITATION_OPENED, invitation, by=reader, now=now)


@transaction.atomic
def note_invited_sign_in(
    invitation_id: UUID | str, *, employee_id: UUID | None, now: datetime
) -> None:
    """Write, once, that somebody with the invitation signed in: without a link, or its employee."""
    theirs = Invitation.objects.filter(pk=invitation_id, signed_in_at__isnull=True)
    if employee_id is not None:
        theirs = theirs.filter(employee=employee_id)
    theirs.update(signed_in_at=now)


def accept_invitation(
    invitation_id: UUID, person: EidPerson, *, language: str, now: datetime
) -> Linked:
    """Spend the invitation and make the link.

    An eID that the policy refuses spends nothing: the invitation is another person's (A-36).

    Raises:
        InvitationEnded: it is worth nothing any more.
        CodeNeeded: nothing was changed; ask for a code for the same address.
        LinkRefused: the policy says no.
        LinkWaits: the link is made, and waits for approval.
    """
    request, outcome = _spend_and_link(invitation_id, person, language=language, now=now)
    return told(outcome, request)


@transaction.atomic
def _spend_and_link(
    invitation_id: UUID, person: EidPerson, *, language: str, now: datetime
) -> tuple[PendingCode, Outcome]:
    invitation = Invitation.objects.filter(pk=invitation_id).select_related("organisation").first()
    if invitation is None:
        raise InvitationEnded
    request = _request_of(invitation, person, language=language, now=now)
    lock_budgets(request, person.all_fingerprints, invitation.employee_id)
    # Employees before invitations, in the order of everybody else who locks both.
    employee = Employee.objects.select_for_update().filter(pk=invitation.employee_id).first()
    unspent = Invitation.objects.open(now).filter(pk=invitation.pk)
    if employee is None or not unspent.update(ended_at=now, end=Invitation.End.USED):
        raise InvitationEnded
    facts = facts_about(request, employee, now=now)
    refusal = first_refusal(INVITATION_CHECKS, facts)
    if refusal == Refusal.ADDRESS_CHANGED:
        raise InvitationEnded
    if refusal == Refusal.CODE_NEEDED:
        raise CodeNeeded
    request.save(force_insert=True)
    outcome = link_or_refuse(
        request, employee, person, facts=facts, checks=INVITATION_CHECKS, now=now
    )
    if isinstance(outcome, Refusal):
        Invitation.objects.filter(pk=invitation.pk).update(ended_at=None, end="")
        state = PendingCode.State.REFUSED
    else:
        forgive(request, person)
        state = PendingCode.State.CONFIRMED
        by = person.actor
        _record(Event.INVITATION_USED, invitation, by=by, now=now, reference=request.reference)
    PendingCode.objects.filter(pk=request.pk).update(state=state, ended_at=now, **FORGOTTEN)
    return request, outcome


def _request_of(
    invitation: Invitation, person: EidPerson, *, language: str, now: datetime
) -> PendingCode:
    """Give what the policy, a case and the notices ask about: the same row as behind a code."""
    return PendingCode(
        reference=new_reference(),
        organisation=invitation.organisation,
        email=invitation.recipient,
        employee_id=invitation.employee_id,
        invitation=invitation,
        fingerprint=person.current.digest,
        fingerprint_key=person.current.key_id,
        number_fingerprints=person.fingerprints,
        eid=person.eid,
        eid_given_name=person.given_name,
        eid_family_name=person.family_name,
        eid_birth_date=person.born,
        session_binding=secrets.token_bytes(32),  # nothing is typed in any browser
        language=language,
        requested_at=now,
        decided_at=now,
        expires_at=now,
    )


def _record(
    event: Event,
    invitation: Invitation,
    *,
    by: str,
    now: datetime,
    reference: str = "",
    **details: str,
) -> None:
    record(
        event,
        by=by,
        now=now,
        organisation=invitation.organisation_id,
        employee=invitation.employee_id,
        reference=reference,
        invitation=str(invitation.pk),
        **details,
    )


def is_worth_sending(invitation: Invitation, *, now: datetime) -> bool:
    """Whether a mail about it still tells the truth."""
    return open_one(invitation.pk, now=now) is not None


def note_invitation_sent(invitation: Invitation, *, kind: str, now: datetime) -> None:
    """Write that the mail server has taken one of its mails; in the caller's transaction."""
    theirs = Invitation.objects.filter(pk=invitation.pk)
    theirs.update(sent_at=Coalesce("sent_at", Value(now)), failed_at=None)
    _record(Event.INVITATION_SENT, invitation, by="system", now=now, kind=kind)


def note_invitation_failed(invitation_id: UUID, *, now: datetime) -> None:
    """Write that a mail could not be delivered, where none had been; in the caller's transaction.

    One that had ended before its mail went is no failure of the address.
    """
    Invitation.objects.open(now).filter(pk=invitation_id, sent_at__isnull=True).update(
        failed_at=now
    )
