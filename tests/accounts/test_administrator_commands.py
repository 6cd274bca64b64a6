"""The first administrator, and the last way back in."""

import getpass
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from accounts.administrators import actions, budgets
from accounts.models import TryBudget, User
from audit.models import AuditEvent
from linking.tasks import clear_sessions
from tests.administrators import enrol_app, sign_in, type_password
from tests.factories import make_administrator

pytestmark = pytest.mark.django_db


def output_of(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_the_first_administrator_signs_in_with_what_was_printed_and_enrols() -> None:
    password = output_of("create_administrator", "kari").split()[-1]
    browser = Client(headers={"host": "127.0.0.1"})
    answer = type_password(browser, "kari", password)
    assert answer.headers["Location"] == "/admin/sign-in/enrol/"
    event = AuditEvent.objects.get()
    assert (event.event, event.actor) == ("administrator:created", "command:create_administrator")


def test_a_password_of_ones_own_is_asked_for_and_not_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: "a-long-and-fine-one")
    assert "a-long-and-fine-one" not in output_of("create_administrator", "kari", "--ask")
    assert User.objects.get().check_password("a-long-and-fine-one")


@pytest.mark.parametrize("typed", [("short", "short"), ("a-long-and-fine-one", "another")])
def test_a_weak_or_mistyped_password_makes_nobody(
    monkeypatch: pytest.MonkeyPatch, typed: tuple[str, str]
) -> None:
    answers = iter(typed)
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(answers))
    with pytest.raises(CommandError):
        output_of("create_administrator", "kari", "--ask")
    assert not User.objects.exists()


@pytest.mark.parametrize("username", ["kari", "", "x" * 151])
def test_a_name_that_is_taken_or_senseless_is_a_sentence(username: str) -> None:
    make_administrator(username="kari")
    with pytest.raises(CommandError):
        output_of("create_administrator", username)
    assert User.objects.count() == 1


def test_a_lost_second_factor_is_reset_from_the_shell() -> None:
    kari = make_administrator(username="kari")
    enrol_app(kari)
    browser = Client(headers={"host": "127.0.0.1"})
    sign_in(browser, kari)
    output_of("reset_second_factor", "kari")
    assert not actions.factors_of(kari)
    assert browser.get("/admin/").status_code == 302
    with pytest.raises(CommandError):
        output_of("reset_second_factor", "nobody")


def test_budgets_whose_time_is_over_are_forgotten() -> None:
    now = timezone.now()
    budgets.take(budgets.for_password("x", network="y"), now=now - budgets.A_DAY)
    budgets.take(budgets.for_password("z", network="y"), now=now)
    clear_sessions()
    assert TryBudget.objects.count() == 2
