"""May this eID link to this employee? Small checks over facts, each with its stated reason.

The checks are plain functions; `linking/facts.py` collects what they ask about.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# Wrong codes, counted in `CodeTry`. The eID's come first: each guesser must hold a real one, and
# ten guesses at a code of a million are 1e-5 (docs/security.md).
PERSON_WRONG_A_DAY = 5
PERSON_WRONG = 10
EMPLOYEE_WRONG_A_DAY = 10
EMPLOYEE_WRONG_A_MONTH = 20
ORGANISATION_WRONG_ALARM = 30
ORGANISATION_WRONG_A_DAY = 100
# Codes and mails, within an hour and within a day.
PERSON_CODES = (3, 6)
PERSON_EMPLOYEES_A_DAY = 3
EMPLOYEE_MAILS = (3, 5)


class Refusal(TextChoices):
    """Why no code is sent, or no link made. For administrators and support, never for the page."""

    ADDRESS_UNKNOWN = "address-unknown", _("No employee has this address")
    NOT_EMPLOYED = "not-employed", _("The employee is inactive, not begun or has left")
    NUMBER_MISMATCH = "number-mismatch", _("Another identity number is registered")
    BIRTH_DATE_MISMATCH = "birth-date-mismatch", _("Another birth date is registered")
    EMPLOYEE_LINKED = "employee-linked", _("The employee is linked to another eID already")
    PERSON_LINKED = "person-linked", _("The eID is linked to another employee already")
    NAME_MISMATCH = "name-mismatch", _("The name from the eID is not the registered one")
    ADDRESS_CHANGED = (
        "address-changed",
        _("The registered address was changed after the code was mailed"),
    )
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
    CODE_NEEDED = (
        "code-needed",
        _("Nothing that is registered confirms who it is: an invitation alone is not enough"),
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """How many codes or mails have gone out lately, this request left out."""

    last_minute: int = 0
    last_hour: int = 0
    last_day: int = 0


@dataclass(frozen=True, slots=True)
class Wrong:
    """How many wrong codes count against each budget: since its last lift, and not forgiven."""

    person_day: int = 0
    person: int = 0
    employee_day: int = 0
    employee_month: int = 0
    organisation_day: int = 0

    @property
    def left_to_person(self) -> int:
        """How many more wrong codes the eID may type today, whatever the address."""
        return max(0, min(PERSON_WRONG_A_DAY - self.person_day, PERSON_WRONG - self.person))

    def after_one_more(self, *, at_an_employee: bool) -> "Wrong":
        """Give the counts with one try more, which may have been at an employee's code."""
        also = 1 if at_an_employee else 0
        return Wrong(
            person_day=self.person_day + 1,
            person=self.person + 1,
            employee_day=self.employee_day + also,
            employee_month=self.employee_month + also,
            organisation_day=self.organisation_day + also,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks ask about. `None` means that the registry or the eID does not say."""

    employed: bool | None = None
    number_fits: bool | None = None
    registered_birth_date: date | None = None
    eid_birth_date: date | None = None
    name_fits: bool | None = None
    refuse_other_names: bool = False
    approve_other_names: bool = False
    approve_all: bool = False
    mailed_to_another_address: bool = False
    disputed: bool = False
    employee_linked: bool = False
    person_linked: bool = False
    sent_to_person: Sent = Sent()
    other_employees_today: int = 0
    mailed_to_employee: Sent = Sent()
    wrong: Wrong = Wrong()
    person_blocked: bool = False
    employee_blocked: bool = False
    organisation_closed: bool = False


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


def name_fits(facts: Facts) -> Refusal | None:
    """A-01: another name than the registered one, where the organisation takes none but it."""
    other_name = facts.name_fits is False and facts.refuse_other_names
    return Refusal.NAME_MISMATCH if other_name else None


def address_is_the_mailed_one(facts: Facts) -> Refusal | None:
    """A-11: whoever reads a mailbox that is the employee's no more has a code of no use."""
    return Refusal.ADDRESS_CHANGED if facts.mailed_to_another_address else None


def is_not_disputed(facts: Facts) -> Refusal | None:
    """A-01: after «It wasn't me», no more codes to this eID before the case is decided."""
    return Refusal.DISPUTED if facts.disputed else None


def is_recognised(facts: Facts) -> Refusal | None:
    """A-46: a link that has lain in a mailbox for days, or was passed on, proves less than a code.

    Alone it is enough only where something that HR has registered is the eID's: the number, the
    birth date or the name. Nobody is refused by this: the code by mail is asked for as well.
    """
    born = facts.registered_birth_date
    by_birth_date = born is not None and born == facts.eid_birth_date
    known = facts.number_fits or by_birth_date or facts.name_fits
    return None if known else Refusal.CODE_NEEDED


def employee_is_free(facts: Facts) -> Refusal | None:
    """A-08: a link is never moved."""
    return Refusal.EMPLOYEE_LINKED if facts.employee_linked else None


def person_is_free(facts: Facts) -> Refusal | None:
    """A-09: one eID is one employee of an organisation."""
    return Refusal.PERSON_LINKED if facts.person_linked else None


def person_may_guess(facts: Facts) -> Refusal | None:
    """A-36: whoever guesses is stopped first: five wrong a day, ten without a success."""
    wrong = facts.wrong
    used_up = wrong.person_day >= PERSON_WRONG_A_DAY or wrong.person >= PERSON_WRONG
    return Refusal.PERSON_BLOCKED if facts.person_blocked or used_up else None


def employee_may_be_guessed(facts: Facts) -> Refusal | None:
    """Ten wrong a day and twenty in 30 days, whoever typed them; a link is not touched by it."""
    wrong = facts.wrong
    used_up = (
        wrong.employee_day >= EMPLOYEE_WRONG_A_DAY or wrong.employee_month >= EMPLOYEE_WRONG_A_MONTH
    )
    return Refusal.EMPLOYEE_BLOCKED if facts.employee_blocked or used_up else None


def organisation_is_open(facts: Facts) -> Refusal | None:
    """A hundred wrong a day close the code journey of the organisation."""
    used_up = facts.wrong.organisation_day >= ORGANISATION_WRONG_A_DAY
    return Refusal.ORGANISATION_CLOSED if facts.organisation_closed or used_up else None


def person_has_codes_left(facts: Facts) -> Refusal | None:
    """Three codes an hour and six a day for each eID."""
    sent, (an_hour, a_day) = facts.sent_to_person, PERSON_CODES
    used_up = sent.last_hour >= an_hour or sent.last_day >= a_day
    return Refusal.TOO_MANY_FOR_PERSON if used_up else None


def person_has_employees_left(facts: Facts) -> Refusal | None:
    """Three employees a day for each eID: nobody sprays over the staff."""
    used_up = facts.other_employees_today >= PERSON_EMPLOYEES_A_DAY
    return Refusal.TOO_MANY_EMPLOYEES if used_up else None


def employee_has_mails_left(facts: Facts) -> Refusal | None:
    """A-05: one mail a minute, three an hour and five a day for each employee."""
    mailed, (an_hour, a_day) = facts.mailed_to_employee, EMPLOYEE_MAILS
    if mailed.last_minute >= 1 or mailed.last_hour >= an_hour or mailed.last_day >= a_day:
        return Refusal.TOO_MANY_FOR_EMPLOYEE
    return None


WHO_CHECKS: tuple[Check, ...] = (
    address_is_known,
    is_employed,
    number_fits,
    birth_date_fits,
    name_fits,
    is_not_disputed,
)
FREE_CHECKS: tuple[Check, ...] = (employee_is_free, person_is_free)
GUESS_CHECKS: tuple[Check, ...] = (
    person_may_guess,
    employee_may_be_guessed,
    organisation_is_open,
)
SEND_CHECKS: tuple[Check, ...] = (
    person_has_codes_left,
    person_has_employees_left,
    employee_has_mails_left,
)
# Conflicts come last before a code is sent: they mail too, and hold the same budgets.
CODE_CHECKS: tuple[Check, ...] = (*WHO_CHECKS, *GUESS_CHECKS, *SEND_CHECKS, *FREE_CHECKS)
LINK_CHECKS: tuple[Check, ...] = (*WHO_CHECKS, address_is_the_mailed_one, *FREE_CHECKS)
# 128 bits are not guessed: what others typed wrong for the employee or the organisation does not
# matter here. An eID that is blocked stays so.
INVITATION_CHECKS: tuple[Check, ...] = (
    *WHO_CHECKS,
    address_is_the_mailed_one,
    person_may_guess,
    is_recognised,
    *FREE_CHECKS,
)


def has_another_name(facts: Facts) -> bool:
    """Whether somebody must look at the link because the names are not the same (A-01)."""
    return facts.name_fits is False and facts.approve_other_names


def may_be_told(mailed: Sent) -> bool:
    """Whether a notice of what somebody else has asked for may still be mailed (A-05)."""
    an_hour, a_day = EMPLOYEE_MAILS
    return mailed.last_hour < an_hour and mailed.last_day < a_day


def first_refusal(checks: Iterable[Check], facts: Facts) -> Refusal | None:
    """Give the first reason against, or None."""
    return next((refusal for check in checks if (refusal := check(facts))), None)
