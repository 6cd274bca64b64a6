"""The way back after a lost key, and how far a change of keys has come."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User, UserSession
from audit.models import AuditEvent
from linking import actions
from linking.fingerprint_keys import compare_keys
from linking.key_rows import Rows
from linking.models import Block, Case, FingerprintKey, LinkedIdentity
from tests.administrators import sign_in
from tests.factories import make_administrator, make_block, make_employee, make_link
from tests.keys import keys

pytestmark = pytest.mark.django_db
PAGE = "/admin/linking/fingerprintkey/"


@pytest.fixture(autouse=True)
def _old_is_lost(settings: Any) -> None:
    compare_keys(keys("old"), now=timezone.now())
    settings.FINGERPRINT_KEYS = keys("new")


def something_under(key_id: str) -> LinkedIdentity:
    """A link with a session and a case, a registered number and a block."""
    link = make_link(fingerprint_key=key_id, state="pending")
    user = User.objects.get(employee=link.employee)
    UserSession.objects.create(
        session_key=f"s{link.pk.hex}"[:32], user=user, expire_date=timezone.now()
    )
    Case.objects.create(
        kind="approval", organisation=link.organisation, link=link, opened_at=timezone.now()
    )
    make_employee(national_id_fingerprint=b"f" * 32, national_id_key=key_id)
    make_block(fingerprint_key=key_id)
    return link


def test_all_under_a_lost_key_ends_with_an_event_each_and_nothing_else() -> None:
    lost = [something_under("old") for _ in range(3)]
    kept = something_under("new")
    before = AuditEvent.objects.count()
    ended = actions.give_up_key("old", by="test", now=timezone.now(), batch=2)
    assert ended == Rows(links=3, registered_numbers=3, blocks=3)
    for link in lost:
        link.refresh_from_db()
        assert (link.state, link.ended_by) == ("revoked", "test")
        assert link.end_reason == "The fingerprint key was given up."
        assert not UserSession.objects.filter(user__employee=link.employee).exists()
        assert link.cases.get().decision == "overtaken"
    assert LinkedIdentity.objects.standing().get() == kept
    assert UserSession.objects.get().user.employee == kept.employee  # type: ignore[union-attr]
    assert Block.objects.filter(Block.in_force(timezone.now())).get().fingerprint_key == "new"
    events = sorted(AuditEvent.objects.order_by("id").values_list("event", flat=True)[before:])
    each = ["block:lifted", "case:decided", "employee:changed"] * 3
    each += ["link:revoked", "session:ended"] * 3 + ["fingerprint-key:given-up"]
    assert events == sorted(each)
    assert FingerprintKey.objects.get().given_up_at is not None


def test_the_portal_starts_again_after_that() -> None:
    something_under("old")
    actions.give_up_key("old", by="test", now=timezone.now())
    compare_keys(keys("new"), now=timezone.now())


def test_the_command_asks_and_says_what_follows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    something_under("old")
    monkeypatch.setattr("builtins.input", lambda _prompt: "no")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("give_up_fingerprint_key", "old")
    assert LinkedIdentity.objects.standing().count() == 1
    monkeypatch.setattr("builtins.input", lambda _prompt: "old")
    call_command("give_up_fingerprint_key", "old")
    assert "must link again" in capsys.readouterr().out
    assert LinkedIdentity.objects.standing().count() == 0


@pytest.mark.parametrize(
    ("key_id", "words"), [("new", "it is not lost"), ("older", "There is no fingerprint key")]
)
def test_a_key_that_is_not_lost_cannot_be_given_up(key_id: str, words: str) -> None:
    link = make_link(fingerprint_key="new")
    with pytest.raises(CommandError, match=words):
        call_command("give_up_fingerprint_key", key_id, "--yes")
    assert LinkedIdentity.objects.standing().get() == link


def test_a_key_is_given_up_once(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("give_up_fingerprint_key", "old", "--yes")
    with pytest.raises(CommandError, match="has been given up already"):
        call_command("give_up_fingerprint_key", "old", "--yes")
    assert AuditEvent.objects.filter(event="fingerprint-key:given-up").count() == 1


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    call_command("fingerprint_keys")
    lines = capsys.readouterr().out.splitlines()[1:]
    return {line.split()[0]: line.split()[1:] for line in lines}


def test_the_command_tells_when_a_key_may_be_taken_out(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    link = something_under("old")
    assert listed(capsys)["old"][0] == "missing"
    settings.FINGERPRINT_KEYS = keys("old", "new")
    compare_keys(settings.FINGERPRINT_KEYS, now=timezone.now())
    settings.FINGERPRINT_KEYS = keys("new", "old")
    today = f"{timezone.now():%Y-%m-%d}"
    assert listed(capsys)["new"] == ["current", today, "0", "0", "0"]
    assert listed(capsys)["old"] == ["live", today, "1", "1", "1", "no"]
    LinkedIdentity.objects.filter(pk=link.pk).update(fingerprint_key="new")
    Block.objects.all().delete()
    assert listed(capsys)["old"][-1] == "no"
    type(link.employee).objects.update(national_id_fingerprint=None, national_id_key="")
    assert listed(capsys)["old"] == ["live", today, "0", "0", "0", "yes"]
    settings.FINGERPRINT_KEYS = keys("new")
    assert listed(capsys)["old"][:2] == ["taken", "out"]


def admin_for(user: User) -> Client:
    client = Client(headers={"host": "127.0.0.1", "accept-language": "en"})
    sign_in(client, user)
    return client


def test_the_admin_page_shows_the_same_at_the_same_cost_however_many_rows() -> None:
    admin = admin_for(make_administrator())
    something_under("old")
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = admin.get(PAGE)
        costs.append(len(queries))
        something_under("old")
    assert page.status_code == 200
    for words in ("missing", "current", "standing links", "<td>2</td>"):
        assert words in page.content.decode()
    assert costs[0] == costs[1]


def test_the_admin_page_is_to_read_and_for_those_who_may() -> None:
    admin = admin_for(make_administrator())
    assert admin.get(f"{PAGE}old/change/").status_code == 200
    assert admin.get(f"{PAGE}add/").status_code == 403
    assert admin.post(f"{PAGE}old/change/", {"key_id": "x"}).status_code == 403
    assert admin.post(f"{PAGE}old/delete/", {"post": "yes"}).status_code == 403
    clerk = User.objects.create(username="clerk", is_staff=True)
    assert admin_for(clerk).get(PAGE).status_code == 403
