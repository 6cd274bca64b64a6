"""The one answer: can this person come in, if not why not, and what is to be done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import AssuranceLevel
from linking.models import LinkedIdentity, OutgoingMail
from linking.story.codes import code_in_words
from linking.story.invitations import invitation_in_words
from linking.story.links import block_in_words, case_in_words, ended_in_words, standing_in_words
from linking.story.values import LinkHeld, Person, Told
from linking.story.wording import day, mail_answer, masked, moment

State = LinkedIdentity.State
EXPIRES_SOON = timedelta(days=14)


class Verdict(StrEnum):
    """Also the class of the box, which says it in words first."""

    IN = "in"
    WAITS = "waits"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict
    headline: str
    told: Told


def answer(person: Person, *, now: datetime) -> Answer:
    """Answer for now. What shuts everybody out comes first, then the link, then the last code."""
    shut_out = _shut_out(person)
    if shut_out is not None:
        return Answer(Verdict.OUT, str(_("Cannot sign in.")), shut_out)
    standing = _standing(person, now)
    if standing is not None and standing.state == State.ACTIVE:
        return Answer(Verdict.IN, str(_("Can sign in.")), _can(person, standing, now))
    if standing is not None:
        told = _waits(person, standing, now)
        return Answer(Verdict.WAITS, str(_("Cannot sign in yet: waits for approval.")), told)
    headline = _("Cannot sign in yet: not linked.")
    if _is_relinking(person, now):
        headline = _("Cannot sign in: the link has ended.")
    return Answer(Verdict.OUT, str(headline), _with_blocks(_not_linked(person, now), person, now))


def _shut_out(person: Person) -> Told | None:
    """What no code helps against."""
    hr = _("Is that wrong, HR corrects it in the registry.")
    if not person.organisation_active:
        return Told((str(_("The organisation is inactive, so nobody can sign in there.")),))
    if not person.active:
        return Told((str(_("The employee is set inactive in the registry.")),), (str(hr),))
    if person.starts_on is not None and person.starts_on > person.today:
        first = _("The first day is %(day)s.") % {"day": day(person.starts_on, person.today)}
        return Told((first,), (str(hr),))
    if person.ends_on is not None and person.ends_on < person.today:
        last = _("The last day was %(day)s.") % {"day": day(person.ends_on, person.today)}
        return Told((last,), (str(hr),))
    if not person.user_active:
        do = _("An administrator of the whole portal makes the user active again.")
        return Told((str(_("The user has been set inactive.")),), (str(do),))
    return None


def _standing(person: Person, now: datetime) -> LinkHeld | None:
    return next(
        (
            link
            for link in person.links
            if link.state in LinkedIdentity.STANDING_STATES and link.expires_at > now
        ),
        None,
    )


def _can(person: Person, link: LinkHeld, now: datetime) -> Told:
    used = _("Last used %(when)s.") % {"when": moment(link.last_used_at, now)}
    said = [standing_in_words(link, now), used]
    do = [_("Let them sign in at %(url)s.") % {"url": person.sign_in_url}]
    if person.needs_high and link.level != AssuranceLevel.HIGH:
        said.append(
            str(_("The employer has raised the level of security since: MinID is not enough."))
        )
        do = [str(_("Let them sign in with BankID, Buypass or Commfides."))]
    if link.expires_at - now <= EXPIRES_SOON:
        until = day(timezone.localdate(link.expires_at), timezone.localdate(now))
        said.append(_("The link expires %(day)s unless it is used.") % {"day": until})
    said += _open_cases(person, now) + _undelivered(person)
    do.append(str(_("If that does not help, ask for the reference on the page they see.")))
    return Told(tuple(said), tuple(do))


def _waits(person: Person, link: LinkHeld, now: datetime) -> Told:
    do = _("An administrator must decide the case. The employee gets an e-mail when it is done.")
    return Told((standing_in_words(link, now), *_open_cases(person, now)), (str(do),))


def _not_linked(person: Person, now: datetime) -> Told:
    link = person.links[0] if person.links else None
    code = person.codes[0] if person.codes else None
    if link is not None and _is_relinking(person, now):
        return Told((ended_in_words(link, now), *_open_cases(person, now)), (_link_again(person),))
    if code is not None:
        told = code_in_words(code, address=person.address, now=now)
        return Told((*told.said, *_open_cases(person, now)), told.do)
    if person.invited is not None:
        told = invitation_in_words(
            person.invited, address=person.address, url=person.sign_in_url, now=now
        )
        return Told((*told.said, *_open_cases(person, now)), told.do)
    never = _("No code has been asked for with the registered e-mail.")
    spell = _("Let them spell the e-mail they type: it must be the one that is registered, %(to)s.")
    return Told(
        (str(never), *_open_cases(person, now)),
        (_link_first(person), spell % {"to": masked(person.address)}),
    )


def _is_relinking(person: Person, now: datetime) -> bool:
    """Whether a link has ended, and no code been asked for since."""
    if not person.links:
        return False
    link = person.links[0]
    ended_at = link.ended_at or min(link.expires_at, now)
    return not person.codes or person.codes[0].asked_at < ended_at


def _with_blocks(told: Told, person: Person, now: datetime) -> Told:
    in_force = [block_in_words(block, now) for block in person.blocks if block.is_in_force(now)]
    if not in_force:
        return told
    lift = _(
        "Wait until the block ends, or let an administrator lift it. Find out first who typed the "
        "wrong codes."
    )
    return Told((*in_force, *told.said), (str(lift),))


def _open_cases(person: Person, now: datetime) -> list[str]:
    return [case_in_words(case, now) for case in person.cases if case.decided_at is None]


def _undelivered(person: Person) -> list[str]:
    """Whoever is linked misses no code; but their address may be dead."""
    newest = person.mails[0] if person.mails else None
    if newest is None or newest.state != OutgoingMail.State.FAILED:
        return []
    return [
        _("The last mail could not be delivered: %(answer)s.")
        % {"answer": mail_answer(newest.answer)}
    ]


def _link_first(person: Person) -> str:
    return _("Let them go to %(url)s, sign in with ID-porten and type their work e-mail.") % {
        "url": person.sign_in_url
    }


def _link_again(person: Person) -> str:
    return _("Let them link again: go to %(url)s, sign in and type their work e-mail.") % {
        "url": person.sign_in_url
    }
