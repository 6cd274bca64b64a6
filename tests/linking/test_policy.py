from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from linking.policy import (
    CODE_CHECKS,
    GUESS_CHECKS,
    LINK_CHECKS,
    Facts,
    Refusal,
    Sent,
    Wrong,
    first_refusal,
)

FINE = Facts(employed=True)


def test_nothing_stands_in_the_way_of_an_employee_without_further_facts() -> None:
    assert first_refusal(CODE_CHECKS, FINE) is None


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"employed": None}, Refusal.ADDRESS_UNKNOWN),
        ({"employed": False}, Refusal.NOT_EMPLOYED),
        ({"number_fits": False}, Refusal.NUMBER_MISMATCH),
        ({"registered_birth_date": date(1990, 1, 1)}, Refusal.BIRTH_DATE_MISMATCH),
        ({"name_fits": False, "refuse_other_names": True}, Refusal.NAME_MISMATCH),
        ({"disputed": True}, Refusal.DISPUTED),
        ({"mailed_to_another_address": True}, Refusal.ADDRESS_CHANGED),
        ({"employee_linked": True}, Refusal.EMPLOYEE_LINKED),
        ({"person_linked": True}, Refusal.PERSON_LINKED),
    ],
)
def test_each_fact_against_has_its_reason(facts: dict[str, Any], refusal: Refusal) -> None:
    assert first_refusal(LINK_CHECKS, replace(FINE, **facts)) is refusal


@pytest.mark.parametrize("sent", [Sent(last_hour=3), Sent(last_day=6)])
def test_an_eid_gets_three_codes_an_hour_and_six_a_day(sent: Sent) -> None:
    assert first_refusal(CODE_CHECKS, replace(FINE, sent_to_person=sent)) is (
        Refusal.TOO_MANY_FOR_PERSON
    )
    assert first_refusal(LINK_CHECKS, replace(FINE, sent_to_person=sent)) is None


@pytest.mark.parametrize("sent", [Sent(last_minute=1), Sent(last_hour=3), Sent(last_day=5)])
def test_an_employee_gets_one_mail_a_minute_three_an_hour_and_five_a_day(sent: Sent) -> None:
    assert first_refusal(CODE_CHECKS, replace(FINE, mailed_to_employee=sent)) is (
        Refusal.TOO_MANY_FOR_EMPLOYEE
    )


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"wrong": Wrong(person_day=5)}, Refusal.PERSON_BLOCKED),
        ({"wrong": Wrong(person=10)}, Refusal.PERSON_BLOCKED),
        ({"person_blocked": True}, Refusal.PERSON_BLOCKED),
        ({"wrong": Wrong(employee_day=10)}, Refusal.EMPLOYEE_BLOCKED),
        ({"wrong": Wrong(employee_month=20)}, Refusal.EMPLOYEE_BLOCKED),
        ({"employee_blocked": True}, Refusal.EMPLOYEE_BLOCKED),
        ({"wrong": Wrong(organisation_day=100)}, Refusal.ORGANISATION_CLOSED),
        ({"organisation_closed": True}, Refusal.ORGANISATION_CLOSED),
    ],
)
def test_each_budget_of_wrong_codes_stops_the_code_and_its_comparison(
    facts: dict[str, Any], refusal: Refusal
) -> None:
    assert first_refusal(GUESS_CHECKS, replace(FINE, **facts)) is refusal
    assert first_refusal(CODE_CHECKS, replace(FINE, **facts)) is refusal


def test_an_eid_may_ask_for_three_employees_a_day() -> None:
    facts = replace(FINE, other_employees_today=3)
    assert first_refusal(CODE_CHECKS, facts) is Refusal.TOO_MANY_EMPLOYEES


def test_one_below_each_budget_is_let_through() -> None:
    sent = Sent(last_minute=0, last_hour=2, last_day=4)
    wrong = Wrong(person_day=4, person=9, employee_day=9, employee_month=19, organisation_day=99)
    facts = replace(
        FINE,
        sent_to_person=sent,
        mailed_to_employee=sent,
        other_employees_today=2,
        wrong=wrong,
    )
    assert first_refusal(CODE_CHECKS, facts) is None
