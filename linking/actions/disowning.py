"""«It wasn't me»: the reader of a mail stops what somebody else has begun."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Employee
from accounts.national_id import Fingerprint
from audit.callers import Caller
from audit.events import Event
from audit.log import record
from linking.actions.cases import open_case
from linking.actions.links import revoke_link, why
from linking.actions.notices import tell_support
from linking.locks import lock_person
from linking.models import Case, LinkedIdentity, OutgoingMail, PendingCode, matches
from linking.policy import Refusal


@dataclass(frozen=True, slots=True)
class Claim:
    """What a mail tells of: that an eID was to be linked to an employee."""

    wanted: Employee
    told: Employee
    eid: Fingerprint
    request: PendingCode | None

    @property
    def actor(self) -> str:
        return f"employee:{self.told.pk}"

    @property
    def links(self) -> QuerySet[LinkedIdentity]:
        """The eID's links to the reader of the mail; the reader's own link is none of them.

        In a conflict the reader may be linked to the eID that somebody asked with: that link stays.
        """
        links = LinkedIdentity.objects.filter(employee=self.wanted)
        if self.told != self.wanted:
            return links.none()
        made_from_it = Q(request=self.request) if self.request else Q(pk__in=())
        # The fingerprint of a link may have been renewed under another key since.
        return links.filter(matches([self.eid]) | made_from_it)

    @property
    def disputes(self) -> QuerySet[Case]:
        return Case.objects.filter(matches([self.eid]), kind=Case.Kind.NOT_ME, employee=self.told)


def claim_of(mail: OutgoingMail) -> Claim | None:
    """Give what the reader of this mail may disown; None where there is nothing."""
    about = mail.pending_code or mail.link or mail.case
    if mail.kind not in OutgoingMail.DISOWNABLE or about is None:
        return None
    if about.employee is None or mail.employee is None or about.fingerprint is None:
        return None
    return Claim(
        wanted=about.employee,
        told=mail.employee,
        eid=Fingerprint(about.fingerprint_key, bytes(about.fingerprint)),
        request=about if isinstance(about, PendingCode) else about.request,
    )


def is_disowned(mail: OutgoingMail, claim: Claim) -> bool:
    """Whether this, or a later mail about the same eID, has been answered «It wasn't me»."""
    standing = claim.links.filter(state__in=LinkedIdentity.STANDING_STATES)
    return claim.disputes.filter(opened_at__gte=mail.created_at).exists() and not standing.exists()


@transaction.atomic
def disown(mail_id: UUID, *, network: str, now: datetime) -> None:
    """Stop the eID's requests for the employee, end its link to them, and tell support, once.

    Whoever holds the request goes on seeing what an unknown address sees (A-02): the request stays
    open, and no code is right. A code that is confirmed meanwhile makes no link that outlives this:
    the lock lets the confirmation come before, and its link is found, or after, and it is refused.
    """
    mail = OutgoingMail.objects.select_related(
        "organisation", "employee", "pending_code", "link__request", "case__request"
    ).get(pk=mail_id)
    claim = claim_of(mail)
    if claim is None:
        return
    lock_person([claim.eid])
    parties = {claim.wanted.pk, claim.told.pk}
    list(Employee.objects.filter(pk__in=parties).order_by("pk").select_for_update())
    stopped = _stop_requests(claim)
    by = Caller(claim.actor, network)
    ended = _end_links(claim, by=by, now=now)
    answered = claim.disputes.filter(opened_at__gte=mail.created_at).exists()
    if answered and not stopped and not ended:
        return
    record(
        Event.CODE_DISOWNED,
        by=by,
        now=now,
        organisation=mail.organisation_id,
        employee=claim.told.pk,
        reference=claim.request.reference if claim.request else "",
        reason=mail.kind,
    )
    _tell_support(mail, claim, ended[0] if ended else None, now=now)


def _stop_requests(claim: Claim) -> int:
    open_ones = PendingCode.objects.filter(
        matches([claim.eid]), employee=claim.wanted, ended_at__isnull=True
    )
    return open_ones.exclude(refusal=Refusal.DISOWNED).update(
        state=PendingCode.State.REFUSED, refusal=Refusal.DISOWNED, code_hash=None
    )


def _end_links(claim: Claim, *, by: str, now: datetime) -> list[LinkedIdentity]:
    standing = claim.links.filter(state__in=LinkedIdentity.STANDING_STATES)
    reason = why(Refusal.DISOWNED)
    return [link for link in standing if revoke_link(link, by=by, reason=reason, now=now)]


def _tell_support(
    mail: OutgoingMail, claim: Claim, link: LinkedIdentity | None, *, now: datetime
) -> None:
    case = open_case(
        Case.Kind.NOT_ME,
        organisation=mail.organisation,
        request=claim.request,
        employee=claim.told,
        link=link,
        now=now,
    )
    if case is not None:
        tell_support(OutgoingMail.Kind.NOT_ME, mail.organisation, case=case, now=now)
