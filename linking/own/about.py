"""What GDPR article 15(1) asks to be told beside the data themselves, in the reader's words."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.imports.models import KEPT_FOR
from accounts.models import Organisation
from accounts.sessions import ABSOLUTE_LIFETIME
from linking.codes import VALID_MINUTES
from linking.models import VALID_DAYS


@dataclass(frozen=True, slots=True)
class Told:
    key: str
    title: str
    said: tuple[str, ...]


def about(organisation: Organisation) -> list[Told]:
    """Give purposes, sources, recipients, times and rights, as they are at this organisation."""
    return [
        Told("purposes", _("What it is for"), _purposes(organisation)),
        Told("sources", _("Where it comes from"), _sources()),
        Told("recipients", _("Who gets to see it"), _recipients(organisation)),
        Told("retention", _("How long it is kept"), _retention(organisation)),
        Told("left_out", _("What is not here"), _left_out()),
        Told("rights", _("Your rights"), _rights()),
    ]


def _purposes(organisation: Organisation) -> tuple[str, ...]:
    named = {"organisation": organisation.name}
    return (
        _("To let you, and nobody else, sign in as an employee of %(organisation)s.") % named,
        _("To help you when you cannot sign in, and to find misuse."),
        _("%(organisation)s is the controller, and tells the legal basis.") % named,
        _("Nothing is decided about you by the portal alone that has legal effects for you."),
    )


def _sources() -> tuple[str, ...]:
    return (
        _("Your employer registers who you are and where you work."),
        _("ID-porten tells which electronic ID you used, and its level of security."),
        _("You type your e-mail address. The rest the portal notes as it happens."),
    )


def _recipients(organisation: Organisation) -> tuple[str, ...]:
    named = {"organisation": organisation.name}
    return (
        _(
            "Staff who administer, register, help or audit for %(organisation)s, each as far as "
            "their role goes. Who of them looked stands in “Who looked at me”."
        )
        % named,
        _("Those who run the portal and its mail server on behalf of your employer."),
        _("ID-porten learns that you sign in here."),
    )


def _retention(organisation: Organisation) -> tuple[str, ...]:
    hours, days = ABSOLUTE_LIFETIME.seconds // 3600, KEPT_FOR.days
    unused = organisation.unused_days
    return (
        _("What is registered: as long as your employer decides."),
        ngettext(
            "The link: until you or an administrator removes it, you leave, or it has not been "
            "used for %(days)d day.",
            "The link: until you or an administrator removes it, you leave, or it has not been "
            "used for %(days)d days.",
            unused,
        )
        % {"days": unused},
        _("A session: %(hours)d hours at most.") % {"hours": hours},
        _(
            "A security code is valid for %(minutes)d minutes, an invitation for %(days)d days. "
            "That they were sent, cases and ended links are kept while you are registered."
        )
        % {"minutes": VALID_MINUTES, "days": VALID_DAYS},
        _("What files from HR changed: %(days)d days.") % {"days": days},
        _(
            "The log: sign-ins, look-ups and e-mails %(security)d months, links and decisions "
            "%(decision)d months."
        )
        % {kept.value: months for kept, months in settings.AUDIT_MONTHS_KEPT.items()},
    )


def _left_out() -> tuple[str, ...]:
    return (
        _("Your identity number, which is not stored, and its fingerprint."),
        _("Security codes and whatever else could let somebody in."),
        _(
            "What administrators wrote when they decided a case, as it may tell of other people, "
            "and why a security code was not sent. Ask support for it."
        ),
        _("The names of other people."),
    )


def _rights() -> tuple[str, ...]:
    return (
        _("You can ask your employer to correct or erase what is here, or to limit its use."),
        _("You can complain to the Norwegian Data Protection Authority (Datatilsynet)."),
    )
