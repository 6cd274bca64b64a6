"""May this eID link to this employee? Small checks over facts, each with its stated reason.

The checks are plain functions; `linking/facts.py` collects what they ask about.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Refusal(TextChoices):
    """Why no code is sent, or no link made. For administrators and support, never for the page."""

    ADDRESS_UNKNOWN = "address-unknown", _("No employee has this address")
    NOT_EMPLOYED = "not-employed", _("The employee is inactive, not begun or has left")
    NUMBER_MISMATCH = "number-mismatch", _("Another identity number is registered")
    BIRTH_DATE_MISMATCH = "birth-date-mismatch", _("Another birth date is registered")
    EMPLOYEE_LINKED = "employee-linked", _("The employee is linked to another eID already")
    PERSON_LINKED = "person-linked", _("The eID is linked to another employee already")
    NAME_MISMATCH = "name-mismatch", _("The name from the eID is not the registered one")
    DISPUTED = "disputed", _("The employee said “it was not me” about this eID before")
    DISOWNED = "disowned", _("The employee said: it was not me")
    PERSON_BLOCKED = "person-blocked", _("The eID has typed too many wrong codes")
    EMPLOYEE_BLOCKED = "employee-blocked", _("Too many wrong codes were typed for the employee")
    ORGANISATION_CLOSED = (
        "organisation-closed",
        _("Too many wrong codes were typed in the organisation today"),
    )
    TOO_MANY_EMPLOYEES = "too-many-employees", _("The eID has asked for too many employees")
    TOO_MANY_FOR_PERSON = "too-many-for-person", _("The eID has asked for too many codes")
    TOO_MANY_FOR_EMPLOYEE = "too-many-for-employee", _("The employee has been sent too many codes")


@dataclass(frozen=True, slots=True)
class Sent:
    """How many codes have been mailed lately, this request left out."""

    last_minute: int = 0
    last_hour: int = 0
    last_day: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks ask about. `None` means that the registry does not say."""

    employed: bool | None = None
    number_fits: bool | None = None
    registered_birth_date: date | None = None
    eid_birth_date: date | None = None
    employee_linked: bool = False
    person_linked: bool = False
    sent_to_person: Sent = Sent()
    sent_to_employee: Sent = Sent()


type Check = Callable[[Facts], Refusal | None]


def address_is_known(facts: Facts) -> Refusal | None:
    return Refusal.ADDRESS_UNKNOWN if facts.employed is None else None


def is_employed(facts: Facts) -> Refusal | None:
    return Refusal.NOT_EMPLOYED if facts.employed is False else None


def number_fits(facts: Facts) -> Refusal | None:
    """A-01: an attacker's own eID never gets a code mailed to somebody else."""
    return Refusal.NUMBER_MISMATCH if facts.number_fits is False else None


def birth_date_fits(facts: Facts) -> Refusal | None:
    """A-01: HR's birth date must be the eID's; an eID that tells none cannot fit."""
    if facts.registered_birth_date is None:
        return None
    if facts.registered_birth_date != facts.eid_birth_date:
        return Refusal.BIRTH_DATE_MISMATCH
    return None


def employee_is_free(facts: Facts) -> Refusal | None:
    """A-08: a link is never moved."""
    return Refusal.EMPLOYEE_LINKED if facts.employee_linked else None


def person_is_free(facts: Facts) -> Refusal | None:
    """A-09: one eID is one employee of an organisation."""
    return Refusal.PERSON_LINKED if facts.person_linked else None


def person_has_codes_left(facts: Facts) -> Refusal | None:
    """Three codes an hour and six a day for each eID."""
    sent = facts.sent_to_person
    return Refusal.TOO_MANY_FOR_PERSON if sent.last_hour >= 3 or sent.last_day >= 6 else None


def employee_has_mails_left(facts: Facts) -> Refusal | None:
    """A-05: one mail a minute, three an hour and five a day for each employee."""
    sent = facts.sent_to_employee
    if sent.last_minute >= 1 or sent.last_hour >= 3 or sent.last_day >= 5:
        return Refusal.TOO_MANY_FOR_EMPLOYEE
    return None


LINK_CHECKS: tuple[Check, ...] = (
    address_is_known,
    is_employed,
    number_fits,
    birth_date_fits,
    employee_is_free,
    person_is_free,
)
CODE_CHECKS: tuple[Check, ...] = (*LINK_CHECKS, person_has_codes_left, employee_has_mails_left)


def first_refusal(checks: Iterable[Check], facts: Facts) -> Refusal | None:
    """Give the first reason against, or None."""
    return next((refusal for check in checks if (refusal := check(facts))), None)
