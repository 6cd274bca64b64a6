"""Campaigns: inviting many at once, reminding them, and stopping.

Who locks both locks employees before invitations, as whoever makes a link does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, TextChoices, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Employee, Organisation
from audit.events import Event
from audit.log import record, record_each
from linking.actions.ending import drop_queued, end_invitations
from linking.actions.notices import mail_invitations
from linking.invitations import hash_token, make_token
from linking.models import Campaign, Invitation, LinkedIdentity, OutgoingMail
from linking.models.invitations import ends_at

RECENTLY = timedelta(days=3)
BOUNCED_LATELY = timedelta(days=30)
A_DAY = timedelta(days=1)
FIRST_REMINDER = timedelta(days=7)  # after the invitation
LAST_REMINDER = timedelta(days=2)  # before its end
BATCH = 500
BATCH_OF_INVITED = 5000


class LeftOut(TextChoices):
    """Why somebody who was chosen gets no invitation."""

    NOT_EMPLOYED = "not-employed", _("inactive, not begun or have left")
    LINKED = "linked", _("linked already, or waiting for approval")
    RECENT = "recent", _("invited within the last 3 days")
    BOUNCED = "bounced", _("the last invitation to the address could not be delivered")


class NobodyToInvite(Exception):
    """Nobody who was chosen gets an invitation: there would be an empty campaign."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many would get an invitation, and how many not, by reason."""

    invited: int
    left_out: dict[LeftOut, int]


def plan_invitations(employees: QuerySet[Employee], *, now: datetime) -> Plan:
    """Count who of these would get an invitation now: one query, however many they are."""
    rows = _judged(employees, now).order_by().values_list("left_out").annotate(Count("pk"))
    counts: dict[str, int] = dict(rows)
    return Plan(
        invited=counts.get("", 0),
        left_out={reason: counts[reason] for reason in LeftOut if reason in counts},
    )


def _judged(employees: QuerySet[Employee], now: datetime) -> Any:
    """Add to each why it is left out; empty where it is not."""
    own = Invitation.objects.filter(employee=OuterRef("pk"))
    links = LinkedIdentity.objects.standing().filter(employee=OuterRef("pk"), expires_at__gt=now)
    employed = Employee.objects.employed(timezone.localdate(now))
    bounced = own.filter(recipient=OuterRef("email"), failed_at__gt=now - BOUNCED_LATELY)
    recent = own.filter(invited_at__gt=now - RECENTLY).exclude(end=Invitation.End.STOPPED)
    # Whatever a list has joined to it or sorted it by.
    employees = Employee.objects.filter(pk__in=employees.order_by().values("pk"))
    return employees.alias(linked=Exists(links), recent=Exists(recent)).annotate(
        left_out=Case(
            When(~Exists(employed.filter(pk=OuterRef("pk"))), then=Value(LeftOut.NOT_EMPLOYED)),
            When(linked=True, then=Value(LeftOut.LINKED)),
            When(Exists(bounced), then=Value(LeftOut.BOUNCED)),
            When(recent=True, then=Value(LeftOut.RECENT)),
            default=Value(""),
        )
    )


@transaction.atomic
def invite(
    employees: QuerySet[Employee],
    *,
    organisation: Organisation,
    note: str,
    deadline: date | None,
    reminders: bool,
    by: str,
    now: datetime,
) -> Campaign:
    """Invite those of the organisation's `employees` who are to be, as `plan_invitations` counts.

    An older open invitation of one of them ends.

    Raises:
        NobodyToInvite: as where somebody else has invited them a moment ago.
    """
    # One campaign at a time: whoever presses twice finds them invited already.
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    judged = _judged(employees, now).filter(left_out="", organisation=organisation)
    chosen = list(judged.order_by("pk").select_for_update(of=("self",), no_key=True))
    if not chosen:
        raise NobodyToInvite
    campaign = Campaign.objects.create(
        organisation=organisation,
        note=note,
        deadline=deadline,
        reminders=reminders,
        invited=len(chosen),
        created_at=now,
        created_by=by,
    )
    for some in batched(chosen, BATCH_OF_INVITED):
        _invite(some, campaign, by=by, now=now)
    record(
        Event.CAMPAIGN_STARTED,
        by=by,
        now=now,
        organisation=organisation.pk,
        campaign=str(campaign.pk),
        invited=len(chosen),
    )
    return campaign


def _invite(employees: Iterable[Employee], campaign: Campaign, *, by: str, now: datetime) -> None:
    employees = list(employees)
    older = Invitation.objects.filter(employee__in=employees, ended_at__isnull=True)
    drop_queued(OutgoingMail.objects.filter(invitation__in=older))
    end_invitations(older, Invitation.End.REPLACED, by=by, now=now)
    invitations = [
        Invitation(
            campaign=campaign,
            organisation=campaign.organisation,
            employee=employee,
            recipient=employee.email,
            language=employee.language or campaign.organisation.default_language,
            invited_at=now,
            expires_at=ends_at(now),
        )
        for employee in employees
    ]
    for invitation in invitations:
        invitation.token_hash = hash_token(make_token(invitation.pk))
    Invitation.objects.bulk_create(invitations, batch_size=1000)
    mail_invitations(OutgoingMail.Kind.INVITATION, invitations, now=now)
    record_each(
        Event.INVITATION_MADE,
        [(campaign.organisation_id, employee.pk) for employee in employees],
        by=by,
        now=now,
        campaign=str(campaign.pk),
    )


@transaction.atomic
def stop_campaign(campaign: Campaign, *, by: str, now: datetime) -> bool:
    """End all its open invitations, and send what is queued no more; False where it was stopped."""
    running = Campaign.objects.filter(pk=campaign.pk, stopped_at__isnull=True)
    if not running.update(stopped_at=now, stopped_by=by):
        return False
    theirs = Invitation.objects.filter(campaign=campaign)
    drop_queued(OutgoingMail.objects.filter(invitation__campaign=campaign))
    ended = end_invitations(theirs, Invitation.End.STOPPED, by=by, now=now)
    record(
        Event.CAMPAIGN_STOPPED,
        by=by,
        now=now,
        organisation=campaign.organisation_id,
        campaign=str(campaign.pk),
        ended=ended,
    )
    return True


@transaction.atomic
def remind(campaign: Campaign, *, by: str, now: datetime) -> int:
    """Remind at once those of a campaign who had no mail about it for a day; gives how many."""
    quiet = Q(reminded_at__isnull=True) | Q(reminded_at__lte=now - A_DAY)
    due = _to_remind(now).filter(quiet, campaign=campaign, invited_at__lte=now - A_DAY)
    reminded = _remind(due, by=by, now=now)
    if reminded:
        record(
            Event.CAMPAIGN_REMINDED,
            by=by,
            now=now,
            organisation=campaign.organisation_id,
            campaign=str(campaign.pk),
            reminded=reminded,
        )
    return reminded


@transaction.atomic
def tend_invitations(*, now: datetime, limit: int = BATCH) -> int:
    """Remind whoever is to be, twice at most, and end what nobody used in time.

    After 7 days, and 2 days before the end. Gives how many; call again until it is 0.
    """
    first = Q(reminded_at__isnull=True, invited_at__lte=now - FIRST_REMINDER)
    long_ago = Q(reminded_at__isnull=True) | Q(reminded_at__lte=now - LAST_REMINDER)
    last = long_ago & Q(expires_at__lte=now + LAST_REMINDER)
    due = _to_remind(now).filter(first | last, campaign__reminders=True)
    reminded = _remind(due.order_by("expires_at"), by="system", now=now, limit=limit)
    too_old = Invitation.objects.filter(ended_at__isnull=True, expires_at__lte=now)
    old = too_old.order_by("expires_at").select_for_update(skip_locked=True)[:limit]
    ended = Invitation.objects.filter(pk__in=[each.pk for each in old])
    return reminded + end_invitations(ended, Invitation.End.EXPIRED, now=now)


def _to_remind(now: datetime) -> Any:
    """Those whose invitation arrived and still stands. Whoever is linked has none."""
    employed = Employee.objects.employed(timezone.localdate(now))
    return Invitation.objects.open(now).filter(
        sent_at__isnull=False,
        employee__in=employed,
        employee__email=F("recipient"),
        organisation__active=True,
    )


def _remind(due: Any, *, by: str, now: datetime, limit: int | None = None) -> int:
    # With their employees, which the mails point at: see the top.
    locked = due.select_related("employee").select_for_update(
        of=("self", "employee"), skip_locked=True
    )
    invitations = list(locked[:limit])
    _renew_tokens(invitations)
    Invitation.objects.filter(pk__in=[each.pk for each in invitations]).update(
        reminders=F("reminders") + 1, reminded_at=now
    )
    mail_invitations(OutgoingMail.Kind.REMINDER, invitations, now=now)
    pairs = [(each.organisation_id, each.employee_id) for each in invitations]
    return record_each(Event.INVITATION_REMINDED, pairs, by=by, now=now)


def _renew_tokens(invitations: list[Invitation]) -> None:
    """Let the reminder's link be good where SECRET_KEY was changed since the invitation."""
    changed = []
    for invitation in invitations:
        token_hash = hash_token(make_token(invitation.pk))
        if bytes(invitation.token_hash) != token_hash:
            invitation.token_hash = token_hash
            changed.append(invitation)
    Invitation.objects.bulk_update(changed, ["token_hash"], batch_size=1000)
