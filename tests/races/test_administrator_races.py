"""Many try to enter the administration at once (A-03, A-04)."""

from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts.administrators import actions
from accounts.administrators.totp import step_of
from accounts.models import User
from audit.models import AuditEvent
from tests.administrators import PASSWORD, code_of, enrol_app, type_code, type_password
from tests.passkeys import Passkey
from tests.races.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 60


@pytest.fixture
def kari() -> User:
    return User.objects.create_superuser("admin", PASSWORD)


@pytest.fixture
def secret(kari: User) -> str:
    return enrol_app(kari)


def browsers(count: int, *, of_one_address: bool = True) -> list[Client]:
    return [
        Client(
            headers={"host": "127.0.0.1"},
            REMOTE_ADDR="192.0.2.1" if of_one_address else f"192.0.2.{number}",
        )
        for number in range(count)
    ]


def statuses_of_code(code: str, halfway: list[Client]) -> list[int]:
    answers = at_once([partial(type_code, browser, code) for browser in halfway])
    return [answer.status_code for answer in answers]


def refused(reason: str) -> int:
    return AuditEvent.objects.filter(reason=reason).count()


@pytest.mark.parametrize(("of_one_address", "most"), [(True, 10), (False, 20)])
def test_no_more_passwords_are_compared_than_the_budget(
    secret: str, of_one_address: bool, most: int
) -> None:
    """From one address, whatever names; for one name, from sixty addresses."""
    outside = browsers(THREADS, of_one_address=of_one_address)
    answers = at_once([partial(type_password, browser, password="x") for browser in outside])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == refused("password-wrong") == most
    assert statuses.count(429) == THREADS - most
    assert refused("too-many-tries") == 1


def test_no_more_codes_are_compared_than_the_budget(secret: str) -> None:
    """Sixty browsers that all know the password."""
    halfway = browsers(THREADS, of_one_address=False)
    assert {type_password(browser).status_code for browser in halfway} == {302}
    statuses = statuses_of_code("000000", halfway)
    assert statuses.count(200) == refused("code-wrong") == 5
    assert statuses.count(429) == THREADS - 5


def test_one_code_lets_one_in(secret: str) -> None:
    halfway = browsers(5, of_one_address=False)
    for browser in halfway:
        type_password(browser)
    code = code_of(secret)
    statuses = statuses_of_code(code, halfway)
    assert sorted(statuses) == [200, 200, 200, 200, 302]
    assert AuditEvent.objects.filter(event="administrator:sign-in:done").count() == 1


def test_one_recovery_code_lets_one_in(secret: str, kari: User) -> None:
    actions.renew_recovery_codes(kari, now=timezone.now())
    code = actions.recovery_codes_of(kari)[0]
    halfway = browsers(5, of_one_address=False)
    for browser in halfway:
        type_password(browser)
    statuses = statuses_of_code(code, halfway)
    assert sorted(statuses) == [200, 200, 200, 200, 302]


def test_two_who_enrol_by_the_same_password_make_one_second_factor(kari: User) -> None:
    """The slower one has not shown the factor of the faster one."""
    now = timezone.now()

    def enrol(secret: str) -> None:
        step = step_of(secret, code_of(secret), now=now) or 0
        actions.add_app(kari, secret=secret, step=step, first=True, now=now)

    credential = Passkey().register({"publicKey": {"challenge": "AAAA"}})
    passkey = partial(
        actions.add_passkey, kari, name="Key", credential=credential, first=True, now=now
    )
    outcomes = at_once([partial(enrol, "A" * 32), partial(enrol, "B" * 32), passkey])
    assert outcomes.count(None) == 1
    assert sum(isinstance(each, actions.AlreadyEnrolled) for each in outcomes) == 2
    assert len(actions.factors_of(kari)) == 1
