"""What happened to one employee, the newest first: one entry for each thing, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from linking.models import LinkedIdentity, OutgoingMail
from linking.story.codes import code_in_a_list
from linking.story.links import (
    block_in_words,
    case_in_words,
    decision_in_words,
    ended_in_words,
    lift_in_words,
)
from linking.story.values import BlockHeld, CaseOpened, LinkHeld, MailQueued, Noted, Person
from linking.story.wording import mail_answer

MailState = OutgoingMail.State


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `page` and `key` name the administration's page about it."""

    at: datetime
    said: tuple[str, ...]
    page: str
    key: str
    reference: str = ""


def timeline(person: Person, *, now: datetime) -> list[Entry]:
    """Give the entries; a mail with a code is told of with its request."""
    found = [*_codes(person, now)]
    for link in person.links:
        found += _link(link, now)
    for case in person.cases:
        found += _case(case, now)
    for block in person.blocks:
        found += _block(block, now)
    found += (_mail(mail) for mail in person.mails if mail.kind != OutgoingMail.Kind.CODE)
    found += (_noted(event) for event in person.noted)
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def _codes(person: Person, now: datetime) -> Iterator[Entry]:
    for code in person.codes:
        said = code_in_a_list(code, address=person.address, now=now)
        page, key = "linking_pendingcode", str(code.pk)
        yield Entry(code.asked_at, said, page, key, code.reference)


def _link(link: LinkHeld, now: datetime) -> Iterator[Entry]:
    page, key = "linking_linkedidentity", str(link.pk)
    made = _("Linked, with %(eid)s.") % {"eid": link.eid}
    if not link.approved:
        made = _("The right code was typed, with %(eid)s, and the link waited for approval.") % {
            "eid": link.eid
        }
    yield Entry(link.linked_at, (made,), page, key)
    if link.ended_at is not None and link.state not in LinkedIdentity.STANDING_STATES:
        yield Entry(link.ended_at, (ended_in_words(link, now),), page, key)


def _case(case: CaseOpened, now: datetime) -> Iterator[Entry]:
    page, key = "linking_case", str(case.pk)
    yield Entry(case.opened_at, (case_in_words(case, now),), page, key, case.reference)
    if case.decided_at is not None:
        yield Entry(case.decided_at, (decision_in_words(case),), page, key, case.reference)


def _block(block: BlockHeld, now: datetime) -> Iterator[Entry]:
    page, key = "linking_block", str(block.pk)
    yield Entry(block.blocked_at, (block_in_words(block, now),), page, key)
    if block.lifted_at is not None:
        yield Entry(block.lifted_at, (lift_in_words(block),), page, key)


def _mail(mail: MailQueued) -> Entry:
    facts = {"mail": mail.title, "answer": mail_answer(mail.answer)}
    said = _MAILS[mail.state] % facts
    return Entry(mail.sent_at or mail.created_at, (said,), "linking_outgoingmail", str(mail.pk))


_MAILS: Final[Mapping[str, Any]] = {
    MailState.SENT: _("Mail “%(mail)s”: the mail server accepted it."),
    MailState.QUEUED: _("Mail “%(mail)s”: on its way."),
    MailState.FAILED: _("Mail “%(mail)s”: could not be delivered, %(answer)s."),
}


def _noted(event: Noted) -> Entry:
    said = f"{event.title} · {event.by}" if event.by else event.title
    return Entry(event.at, (said,), "audit_auditevent", str(event.pk), event.reference)
