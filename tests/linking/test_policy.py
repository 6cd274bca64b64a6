from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from linking.policy import CODE_CHECKS, LINK_CHECKS, Facts, Refusal, Sent, first_refusal

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


def test_one_below_each_budget_is_let_through() -> None:
    sent = Sent(last_minute=0, last_hour=2, last_day=4)
    facts = replace(FINE, sent_to_person=sent, mailed_to_employee=sent)
    assert first_refusal(CODE_CHECKS, facts) is None
