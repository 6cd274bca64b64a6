"""A digest in words, for the mail and the page."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import Actor, Kind, actors_of
from accounts.purposes.choices import purpose_in_words
from linking.digest.lines import HANDFUL, MANY, TIMES_USUAL, USUAL_OF_DAYS, Line
from linking.models import LookDigest
from linking.own.words import roles_in_words


@dataclass(frozen=True, slots=True)
class Told:
    """One member of staff: who, what, and what should be looked into."""

    actor: str
    who: str
    said: tuple[str, ...]
    flags: tuple[str, ...]


def told(digest: LookDigest) -> list[Told]:
    """Give the lines in words; two queries name who it was, as they are called today."""
    lines = [Line(**kept) for kept in digest.lines]
    actors = actors_of((line.actor for line in lines), seen_from=digest.organisation_id)
    return [_told(line, actors[line.actor]) for line in lines]


def rule_in_words(digest: LookDigest) -> str:
    """Tell what counts as many, so that whoever is asked about it knows what was compared."""
    absolute = _("Many are %(many)d people or more in a day.") % {"many": MANY}
    if digest.usual is None:
        return absolute
    limit = max(HANDFUL, TIMES_USUAL * digest.usual)
    usual = _(
        "Many are also more than %(limit)d: %(times)d times what is usual here for a member of "
        "staff in a day (%(usual)d, over %(days)d days), and never %(handful)d or fewer."
    )
    facts = {"limit": limit, "times": TIMES_USUAL, "usual": digest.usual}
    return f"{absolute} {usual % (facts | {'days': USUAL_OF_DAYS, 'handful': HANDFUL})}"


def _told(line: Line, actor: Actor) -> Told:
    return Told(line.actor, _who(actor), tuple(_counts(line)), tuple(_flags(line)))


def _who(actor: Actor) -> str:
    if actor.kind != Kind.PERSON:
        return _("somebody who is not here any more")
    return f"{actor.name} ({roles_in_words(actor.roles)})"


def _counts(line: Line) -> list[str]:
    people, searches, exports = line.people, line.searches, line.exports
    counted = (
        (people, ngettext("%(count)d person looked at", "%(count)d people looked at", people)),
        (searches, ngettext("%(count)d search", "%(count)d searches", searches)),
        (exports, ngettext("%(count)d export", "%(count)d exports", exports)),
        (line.with_purpose, _("looks with a purpose: %(count)d") + _which(line)),
        (line.quoted, _("looks with a reference quoted: %(count)d")),
        (line.unexplained, _("looks without a purpose or a reference: %(count)d")),
    )
    return [text % {"count": count} for count, text in counted if count]


def _which(line: Line) -> str:
    """Tell how many looks had which purpose; nothing of those from before there was a list."""
    most_usual_first = sorted(line.purposes.items(), key=lambda each: (-each[1], each[0]))
    named = [f"{number} × {purpose_in_words(kind)}" for kind, number in most_usual_first]
    return f" ({'; '.join(named)})" if named else ""


def _flags(line: Line) -> list[str]:
    flags = []
    if line.own:
        own = ngettext(
            "Looked at their own record, %(count)d time.",
            "Looked at their own record, %(count)d times.",
            line.own,
        )
        flags.append(own % {"count": line.own})
    if line.bulk:
        flags.append(_("Looked at many people."))
    return flags
