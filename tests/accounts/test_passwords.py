"""A password that is changed inside: an event, after a fresh sign-in, and the old sessions end."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import AuditEvent
from tests.accounts.worlds import browser_of
from tests.administrators import PASSWORD, sign_in
from tests.factories import make_administrator

pytestmark = pytest.mark.django_db
NEW = "another-long-and-fine-one"
OWN = reverse("admin:password_change")


@pytest.fixture
def kari() -> User:
    return User.objects.create_superuser("admin", PASSWORD)


def changes() -> list[tuple[str, object]]:
    rows = AuditEvent.objects.filter(event="administrator:changed")
    return [(row.actor, row.details) for row in rows]


def test_anothers_new_password_is_an_event_and_ends_their_session(kari: User) -> None:
    other = make_administrator()
    theirs = browser_of(other)
    page = reverse("admin:auth_user_password_change", args=[other.pk])
    fields = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert browser_of(kari).post(page, fields).status_code == 302
    assert changes() == [(kari.actor, {"user": str(other.pk), "fields": ["password"]})]
    assert theirs.get("/admin/").status_code == 302


def test_ones_own_new_password_is_an_event(kari: User) -> None:
    browser = browser_of(kari)
    elsewhere = browser_of(kari)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browser.post(OWN, fields).headers["Location"] == reverse("admin:password_change_done")
    assert changes() == [(kari.actor, {"user": str(kari.pk), "fields": ["password"]})]
    assert (browser.get("/admin/").status_code, elsewhere.get("/admin/").status_code) == (200, 302)


def test_ones_own_password_is_asked_for_after_a_fresh_sign_in_only(kari: User) -> None:
    browser = Client(headers={"host": "127.0.0.1"})
    sign_in(browser, kari, ago=910)
    for answer in (browser.get(OWN), browser.post(OWN, {"old_password": PASSWORD})):
        assert answer.headers["Location"].startswith("/admin/sign-in/second-factor/")
