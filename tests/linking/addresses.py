"""Every kind of address that somebody may type: what the registry and the journey know of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Employee, Organisation
from linking.models import Block, Case, CodeTry
from linking.persons import EidPerson
from tests.factories import (
    make_employee,
    make_link,
    make_mail,
    make_organisation,
    make_pending_code,
    some_fingerprint,
)

type Kind = Callable[[Organisation, EidPerson], None]

# One length, so that the lengths of the answers are alike too.
UNKNOWN, TYPED = "ukjent.ansatt@post.example", "solveig.berge@post.example"
NAMES = {"given_name": "Ingrid", "family_name": "Dalseth"}


def _employee(organisation: Organisation, **fields: Any) -> Employee:
    return make_employee(organisation=organisation, email=TYPED, **fields)


def known_and_free(organisation: Organisation, person: EidPerson) -> None:
    _employee(organisation)


def linked_to_another_eid(organisation: Organisation, person: EidPerson) -> None:
    make_link(employee=_employee(organisation))


def waiting_for_approval_of_another_eid(organisation: Organisation, person: EidPerson) -> None:
    make_link(employee=_employee(organisation), state="pending")


def linked_to_this_eid(organisation: Organisation, person: EidPerson) -> None:
    """The same person, in another window."""
    make_link(employee=_employee(organisation), whose=person.current)


def this_eid_linked_to_another_employee(organisation: Organisation, person: EidPerson) -> None:
    make_link(employee=make_employee(organisation=organisation), whose=person.current)
    _employee(organisation)


def this_eid_linked_in_another_organisation(organisation: Organisation, person: EidPerson) -> None:
    link_elsewhere(person)
    _employee(organisation)


def link_elsewhere(person: EidPerson) -> None:
    """Link the person in another organisation, the same one whenever this is called."""
    other = Organisation.objects.filter(slug="nordre-kommune").first() or make_organisation(
        slug="nordre-kommune", name="Nordre kommune", host="nordre-kommune.localhost"
    )
    make_link(employee=make_employee(organisation=other), whose=person.current)


def another_organisations(organisation: Organisation, person: EidPerson) -> None:
    _employee(make_organisation())


def inactive(organisation: Organisation, person: EidPerson) -> None:
    _employee(organisation, active=False)


def last_day_passed(organisation: Organisation, person: EidPerson) -> None:
    _employee(organisation, ends_on=timezone.localdate() - timedelta(days=1))


def not_begun(organisation: Organisation, person: EidPerson) -> None:
    _employee(organisation, starts_on=timezone.localdate() + timedelta(days=1))


def another_birth_date(organisation: Organisation, person: EidPerson) -> None:
    _employee(organisation, birth_date="1961-05-05")


def another_number(organisation: Organisation, person: EidPerson) -> None:
    other = some_fingerprint()
    _employee(organisation, national_id_fingerprint=other.digest, national_id_key=other.key_id)


def _names(organisation: Organisation, mismatch: str) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(name_mismatch=mismatch)
    _employee(organisation)


def another_name_refused(organisation: Organisation, person: EidPerson) -> None:
    _names(organisation, "refuse")


def another_name_to_be_approved(organisation: Organisation, person: EidPerson) -> None:
    _names(organisation, "approve")


def disputed(organisation: Organisation, person: EidPerson) -> None:
    """The employee has said «It wasn't me» about this eID."""
    Case.objects.create(
        reference="7F3K-2Q",
        organisation=organisation,
        kind=Case.Kind.NOT_ME,
        employee=_employee(organisation),
        fingerprint=person.current.digest,
        fingerprint_key=person.current.key_id,
        opened_at=timezone.now(),
    )


def employee_blocked(organisation: Organisation, person: EidPerson) -> None:
    Block.objects.create(
        budget=Block.Budget.EMPLOYEE_MONTH,
        organisation=organisation,
        employee=_employee(organisation),
        blocked_at=timezone.now(),
    )


def employees_budget_used_up(organisation: Organisation, person: EidPerson) -> None:
    guessed_at(_employee(organisation), 10)


def organisation_closed(organisation: Organisation, person: EidPerson) -> None:
    _employee(organisation)
    Block.objects.create(
        budget=Block.Budget.ORGANISATION_DAY,
        organisation=organisation,
        blocked_at=timezone.now(),
        ends_at=timezone.now() + timedelta(days=1),
    )


def mails_used_up(organisation: Organisation, person: EidPerson) -> None:
    employee = _employee(organisation)
    for _ in range(5):
        make_mail(pending_code=make_pending_code(employee=employee), state="sent")


def guessed_at(employee: Employee, times: int, *, days_ago: int = 0) -> None:
    """Wrong codes, each by somebody else."""
    for _ in range(times):
        guesser = some_fingerprint()
        CodeTry.objects.create(
            organisation=employee.organisation,
            employee=employee,
            fingerprint=guesser.digest,
            fingerprint_key=guesser.key_id,
            tried_at=timezone.now() - timedelta(days=days_ago),
        )


def nine_wrong_today(organisation: Organisation, person: EidPerson) -> None:
    guessed_at(_employee(organisation), 9)


def nineteen_wrong_this_month(organisation: Organisation, person: EidPerson) -> None:
    guessed_at(_employee(organisation), 19, days_ago=2)


def twenty_nine_wrong_in_the_organisation(organisation: Organisation, person: EidPerson) -> None:
    _employee(organisation)
    guessed_at(make_employee(organisation=organisation), 29)


def ninety_nine_wrong_in_the_organisation(organisation: Organisation, person: EidPerson) -> None:
    _employee(organisation)
    guessed_at(make_employee(organisation=organisation), 99)


KINDS: tuple[Kind, ...] = (
    known_and_free,
    linked_to_another_eid,
    waiting_for_approval_of_another_eid,
    linked_to_this_eid,
    this_eid_linked_to_another_employee,
    this_eid_linked_in_another_organisation,
    another_organisations,
    inactive,
    last_day_passed,
    not_begun,
    another_birth_date,
    another_number,
    another_name_refused,
    another_name_to_be_approved,
    disputed,
    employee_blocked,
    employees_budget_used_up,
    organisation_closed,
    mails_used_up,
)
