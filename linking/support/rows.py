"""Rows of the database as values of the story."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Employee, User
from audit.models import AuditEvent
from linking.eids import eid_name
from linking.models import Block, Case, Invitation, LinkedIdentity, OutgoingMail, PendingCode
from linking.story import (
    BlockHeld,
    CaseOpened,
    CodeAsked,
    Invited,
    LinkHeld,
    MailQueued,
    Noted,
)

_OTHERS: Final[Mapping[str, Any]] = {
    "system": gettext_lazy("the portal"),
    "eid": gettext_lazy("somebody with an electronic ID"),
    "id-porten": "ID-porten",
    "stranger": gettext_lazy("somebody who had not signed in"),
    "command": gettext_lazy("somebody at the server, by a command"),
}
_GONE: Final = gettext_lazy("somebody who is not here any more")

type Names = Callable[[str, Employee | None], str]


def actor_names(actors: Iterable[str]) -> Names:
    """Give a function that names who did something, seen from an employee's page; one query."""
    keys = {actor.partition(":")[2] for actor in actors if actor.startswith("user:")}
    users = {
        f"user:{user.pk}": user
        for user in User.objects.filter(pk__in=[key for key in keys if _is_key(key)])
        .select_related("employee")
        .order_by()
    }

    def name(actor: str, employee: Employee | None) -> str:
        user = users.get(actor)
        own = user.employee_id if user is not None else None
        if employee is not None and (actor == f"employee:{employee.pk}" or own == employee.pk):
            return _("the employee")
        if user is not None:
            return str(user)
        return str(_OTHERS.get(actor.partition(":")[0], _GONE)) if actor else ""

    return name


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def mail_of(mail: OutgoingMail) -> MailQueued:
    return MailQueued(
        pk=mail.pk,
        kind=mail.kind,
        title=mail.get_kind_display(),
        state=mail.state,
        created_at=mail.created_at,
        sent_at=mail.sent_at,
        answer=mail.answer,
    )


def code_of(code: PendingCode) -> CodeAsked:
    mail = getattr(code, "mail", None)
    return CodeAsked(
        pk=code.pk,
        reference=code.reference,
        state=code.state,
        asked_at=code.requested_at,
        expires_at=code.expires_at,
        refusal=code.refusal,
        tries=code.tries,
        eid=eid_name(code.eid),
        handled=code.decided_at is not None,
        by_invitation=code.invitation_id is not None,
        mail=mail_of(mail) if mail is not None else None,
    )


def invited_of(invitation: Invitation) -> Invited:
    return Invited(
        expires_at=invitation.expires_at,
        sent_at=invitation.sent_at,
        failed_at=invitation.failed_at,
        opened_at=invitation.opened_at,
        signed_in_at=invitation.signed_in_at,
    )


def link_of(
    link: LinkedIdentity, *, names: Names, employee: Employee, waited: set[UUID | None]
) -> LinkHeld:
    never = link.pk in waited or link.state == LinkedIdentity.State.PENDING
    return LinkHeld(
        pk=link.pk,
        state=link.state,
        eid=link.eid_name or _("an electronic ID"),
        level=link.level,
        linked_at=link.linked_at,
        last_used_at=link.last_used_at,
        expires_at=link.expires_at,
        ended_at=link.ended_at,
        ended_by=names(link.ended_by, employee),
        end_reason=link.why_it_ended,
        approved=not never,
    )


def case_of(case: Case, *, names: Names, employee: Employee | None) -> CaseOpened:
    other = employee is not None and case.employee_id != employee.pk
    return CaseOpened(
        pk=case.pk,
        reference=case.reference,
        kind=case.kind,
        opened_at=case.opened_at,
        decided_at=case.decided_at,
        decision=case.get_decision_display(),
        decided_by=names(case.decided_by, employee),
        reason=case.reason,
        is_other_side=other,
    )


def block_of(block: Block, *, names: Names, employee: Employee) -> BlockHeld:
    return BlockHeld(
        pk=block.pk,
        budget=block.budget,
        blocked_at=block.blocked_at,
        ends_at=block.ends_at,
        lifted_at=block.lifted_at,
        lifted_by=names(block.lifted_by, employee),
        lift_reason=block.lift_reason,
    )


def noted_of(event: AuditEvent, *, names: Names, employee: Employee) -> Noted:
    return Noted(
        pk=event.pk,
        at=event.at,
        title=str(event.get_event_display()),
        by=names(event.actor, employee),
        reference=event.reference,
    )
