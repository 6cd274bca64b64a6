"""Processes that begin at once, and a person linked by two processes whose keys stand otherwise."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.national_id import FingerprintKeys, NationalId
from audit.models import AuditEvent
from linking import actions
from linking.fingerprint_keys import KeysDoNotFit, compare_keys
from linking.models import FingerprintKey, LinkedIdentity
from linking.persons import EidPerson
from tests.factories import fingerprint_of, make_employee, make_link
from tests.journeys.visitor import INGRID
from tests.keys import keys
from tests.races.test_linking_races import confirming, granted
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def person_at(configured: FingerprintKeys) -> EidPerson:
    """The same person, as a process with these keys sees them."""
    found = NationalId.parse(INGRID.national_id).fingerprints(configured)
    return EidPerson(
        fingerprints={fingerprint.key_id: fingerprint.digest.hex() for fingerprint in found},
        birth_date="",
        given_name="",
        family_name="",
        level="high",
        eid="BankID",
    )


def test_processes_that_begin_at_once_note_each_key_once() -> None:
    now = timezone.now()
    starts: list[Callable[[], Any]] = [partial(compare_keys, keys("old", "new"), now=now)] * 4
    starts += [partial(compare_keys, keys("new", "old"), now=now)] * 4
    assert at_once(starts) == [None] * 8
    assert FingerprintKey.objects.count() == 2
    assert AuditEvent.objects.filter(event="fingerprint-key:first-used").count() == 2


def test_of_two_keys_that_begin_at_once_under_one_id_one_is_refused() -> None:
    now = timezone.now()
    starts: list[Callable[[], Any]] = [partial(compare_keys, keys("old"), now=now)] * 3
    starts += [partial(compare_keys, keys(old=b"x" * 32), now=now)] * 3
    outcomes = at_once(starts)
    assert outcomes.count(None) == 3
    assert sum(isinstance(outcome, KeysDoNotFit) for outcome in outcomes) == 3
    first_three = {outcome is None for outcome in outcomes[:3]}
    assert len(first_three) == 1


@pytest.mark.parametrize("_again", range(5))
def test_one_person_is_linked_once_by_processes_whose_keys_stand_otherwise(_again: int) -> None:
    """The unique index cannot see it: the two fingerprints differ."""
    here, there = person_at(keys("old", "new")), person_at(keys("new", "old"))
    first = make_employee()
    second = make_employee(organisation=first.organisation)
    calls = []
    for employee, who in ((first, here), (second, there)):
        request, code = granted(employee, who)
        request.fingerprint_key = who.current.key_id
        request.save()
        calls.append(confirming(request, code, who))
    outcomes = at_once(calls)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LinkRefused", "Linked"]
    assert LinkedIdentity.objects.count() == 1


def test_sign_ins_at_once_renew_a_link_once(settings: Any) -> None:
    settings.FINGERPRINT_KEYS = keys("old")
    employee = make_employee()
    make_link(employee=employee, whose=fingerprint_of(INGRID.national_id))
    sign_in = partial(
        actions.sign_in,
        person_at(keys("new", "old")),
        organisation=employee.organisation,
        now=timezone.now(),
    )
    users = at_once([sign_in] * 6)
    assert {user.employee for user in users} == {employee}
    assert LinkedIdentity.objects.get().fingerprint_key == "new"
    assert AuditEvent.objects.filter(event="fingerprint:renewed").count() == 1
