"""Whoever enters the administration has shown more than a password."""

import json
import re

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.sessions.exceptions import SessionInterrupted
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.administrators import actions
from accounts.administrators.gate import LOCAL_BACKEND
from accounts.models import TryBudget, User, UserSession
from accounts.networks import client_network
from audit.models import AuditEvent
from tests.administrators import (
    PASSWORD,
    SECOND_FACTOR,
    SIGN_IN,
    code_of,
    enrol_app,
    enrol_passkey,
    passkey_options,
    sign_in,
    type_code,
    type_password,
)
from tests.attacks.canary import admin_pages
from tests.factories import make_administrator
from tests.passkeys import Passkey

pytestmark = pytest.mark.django_db
HOST = "127.0.0.1"
DOOR = "/admin/login/"


@pytest.fixture
def kari() -> User:
    return User.objects.create_superuser("admin", PASSWORD)


@pytest.fixture
def browser() -> Client:
    return Client(headers={"host": HOST, "accept-language": "en"})


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("id").values_list("event", "reason"))


def repr_start(text: str) -> str:
    return repr(text[:20])


def is_out(browser: Client) -> bool:
    answers = [browser.get(path) for path in admin_pages()]
    return all(
        answer.status_code == 302 and answer.headers["Location"].startswith(DOOR)
        for answer in answers
    )


def is_in(browser: Client) -> bool:
    return browser.get("/admin/").status_code == 200


# --- A password alone --------------------------------------------------------------------------


def test_a_password_alone_opens_no_page_of_the_administration(kari: User, browser: Client) -> None:
    enrol_app(kari)
    assert type_password(browser).headers["Location"] == SECOND_FACTOR
    assert is_out(browser)
    assert not UserSession.objects.filter(user=kari).exists()  # nobody is signed in by it


def test_a_session_that_something_else_made_opens_none_either(kari: User, browser: Client) -> None:
    browser.force_login(kari, backend=LOCAL_BACKEND)
    assert is_out(browser)


def test_djangos_own_door_takes_no_password(kari: User, browser: Client) -> None:
    answer = browser.post(DOOR, {"username": "admin", "password": PASSWORD, "next": "/admin/"})
    assert answer.headers["Location"] == SIGN_IN
    assert is_out(browser)


def test_what_another_user_showed_counts_for_nobody_else(kari: User, browser: Client) -> None:
    sign_in(browser, make_administrator())
    records = browser.session["account_authentication_methods"]
    other = Client(headers={"host": HOST})
    other.force_login(kari, backend=LOCAL_BACKEND)
    session = other.session
    session["account_authentication_methods"] = records
    session.save()
    assert is_out(other)


@pytest.mark.parametrize("field", ["is_staff", "is_active"])
def test_whoever_is_no_longer_an_administrator_is_out_at_once(
    kari: User, browser: Client, field: str
) -> None:
    sign_in(browser, kari)
    assert is_in(browser)
    User.objects.filter(pk=kari.pk).update(**{field: False})
    assert is_out(browser)
    assert "is wrong" in type_password(browser).content.decode()


def test_every_wrong_answer_is_the_same_page(kari: User, browser: Client) -> None:
    User.objects.create(username="clerk", is_staff=False, password=kari.password)
    pages = [
        type_password(browser, name, password).content.decode().replace(f'"{name}"', "")
        for name, password in (("admin", "x"), ("nobody", "x"), ("clerk", PASSWORD))
    ]
    without_tokens = {re.sub(r'value="[^"]{64}"|nonce="[^"]*"', "", page) for page in pages}
    assert len(without_tokens) == 1
    assert "is wrong" in pages[0]


# --- The second factor -------------------------------------------------------------------------


def test_password_and_code_let_in_and_go_on_to_where_one_was_going(
    kari: User, browser: Client
) -> None:
    secret = enrol_app(kari)
    there = reverse("admin:accounts_employee_changelist")
    door = browser.get(browser.get(there).headers["Location"]).headers["Location"]
    browser.get(door)
    fields = {"username": "admin", "password": PASSWORD, "next": there}
    browser.post(SIGN_IN, fields)
    key = browser.cookies["session"].value
    assert type_code(browser, code_of(secret)).headers["Location"] == there
    assert browser.cookies["session"].value != key
    assert is_in(browser)
    assert events() == [("administrator:sign-in:done", "")]


@pytest.mark.parametrize("code", ["000000", "", "abc", "١٢٣٤٥٦", "1" * 31, "\x00"])
def test_a_wrong_code_is_a_sentence_and_lets_nobody_in(
    kari: User, browser: Client, code: str
) -> None:
    enrol_app(kari)
    type_password(browser)
    answer = type_code(browser, code)
    assert answer.status_code == 200
    assert 'class="errorlist"' in answer.content.decode()
    assert is_out(browser)


def test_a_code_signs_in_once(kari: User, browser: Client) -> None:
    """RFC 6238, 5.2: also when it is typed elsewhere within its half minute."""
    secret = enrol_app(kari)
    code = code_of(secret)
    type_password(browser)
    type_code(browser, code)
    thief = Client(headers={"host": HOST})
    type_password(thief)
    type_code(thief, code)
    assert is_in(browser)
    assert is_out(thief)
    assert events()[-1] == ("administrator:sign-in:refused", "code-used-before")


def test_a_code_from_before_the_last_one_used_is_refused(kari: User, browser: Client) -> None:
    secret = enrol_app(kari)
    before, now = code_of(secret, steps=-1), code_of(secret)
    type_password(browser)
    type_code(browser, now)
    type_password(browser)
    type_code(browser, before)
    assert is_out(browser)


def test_a_recovery_code_lets_in_once_and_says_so(kari: User, browser: Client) -> None:
    enrol_app(kari)
    actions.renew_recovery_codes(kari, now=kari.date_joined)
    code = actions.recovery_codes_of(kari)[3]
    type_password(browser)
    type_code(browser, code)
    assert is_in(browser)
    assert len(actions.recovery_codes_of(kari)) == 9
    thief = Client(headers={"host": HOST})
    type_password(thief)
    type_code(thief, code)
    assert is_out(thief)
    used = AuditEvent.objects.get(event="second-factor:recovery-code:used")
    assert used.details == {"user": str(kari.pk), "left": 9}


def test_a_passkey_lets_in_and_its_answer_counts_once(kari: User, browser: Client) -> None:
    passkey = enrol_passkey(kari)
    type_password(browser)
    answer = {"credential": json.dumps(passkey.sign(passkey_options(browser)))}
    assert browser.post(SECOND_FACTOR, answer).headers["Location"] == "/admin/"
    assert is_in(browser)
    thief = Client(headers={"host": HOST})
    type_password(thief)
    passkey_options(thief)
    thief.post(SECOND_FACTOR, answer)
    assert is_out(thief)


@pytest.mark.parametrize(
    "another", [Passkey(), Passkey(host="evil.example")], ids=["other key", "other host"]
)
def test_another_key_or_another_host_lets_nobody_in(
    kari: User, browser: Client, another: Passkey
) -> None:
    passkey = enrol_passkey(kari)
    another.id = passkey.id
    if another.host != HOST:
        another.key = passkey.key
    type_password(browser)
    answer = {"credential": json.dumps(another.sign(passkey_options(browser)))}
    assert "not recognised" in browser.post(SECOND_FACTOR, answer).content.decode()
    assert is_out(browser)
    assert events()[-1] == ("administrator:sign-in:refused", "passkey-wrong")


# Nested too deep, and too long a number for Python's own reader of JSON.
UNREADABLE = ["[" * 100_000, "1" * 5_000]


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", '"x"', '{"id": 1}', "{", *UNREADABLE], ids=repr_start
)
def test_a_senseless_passkey_is_a_sentence(kari: User, browser: Client, credential: str) -> None:
    enrol_passkey(kari)
    type_password(browser)
    answer = browser.post(SECOND_FACTOR, {"credential": credential})
    assert answer.status_code == 200
    assert "not recognised" in answer.content.decode()
    assert is_out(browser)


def test_the_way_in_is_open_for_ten_minutes_and_for_that_password(
    kari: User, browser: Client
) -> None:
    secret = enrol_app(kari)
    with time_machine.travel(0, tick=False) as clock:
        type_password(browser)
        clock.shift(601)
        assert type_code(browser, code_of(secret)).headers["Location"] == SIGN_IN
        type_password(browser)
        kari.set_password("another-long-and-fine-one")
        kari.save()
        assert type_code(browser, code_of(secret)).headers["Location"] == SIGN_IN


def test_secrets_are_encrypted_under_a_key_from_outside_the_database(
    kari: User, browser: Client, settings: pytest.FixtureRequest
) -> None:
    """A-32; and after a change of SECRET_KEY the page says what to do, and nobody is let in."""
    secret = enrol_app(kari)
    assert secret not in str(Authenticator.objects.get().data)
    settings.SECRET_KEY = "n" * 50  # type: ignore[attr-defined]
    type_password(browser)
    assert "Ask another" in type_code(browser, code_of(secret)).content.decode()
    assert events()[-1] == ("administrator:sign-in:refused", "secret-unreadable")


# --- Enrolling ---------------------------------------------------------------------------------


def start_enrolling(browser: Client) -> str:
    """Give the secret that the page shows."""
    assert type_password(browser).headers["Location"] == "/admin/sign-in/enrol/"
    page = browser.get("/admin/sign-in/enrol/app/").content.decode()
    return page.partition('class="secret">')[2].partition("<")[0].replace(" ", "")


def test_whoever_has_no_second_factor_enrols_before_anything_else(
    kari: User, browser: Client
) -> None:
    secret = start_enrolling(browser)
    assert is_out(browser)
    assert "not the one" in (
        browser.post("/admin/sign-in/enrol/app/", {"code": "000000"}).content.decode()
    )
    answer = browser.post("/admin/sign-in/enrol/app/", {"code": code_of(secret)})
    assert answer.headers["Location"] == "/admin/sign-in/recovery-codes/"
    page = browser.get("/admin/sign-in/recovery-codes/").content.decode()
    assert all(code in page for code in actions.recovery_codes_of(kari))
    assert browser.post("/admin/sign-in/recovery-codes/").headers["Location"] == "/admin/"
    assert is_in(browser)
    again = browser.get("/admin/sign-in/recovery-codes/")
    assert again.headers["Location"] == "/admin/sign-in/factors/"  # not shown twice
    assert events() == [("second-factor:added", ""), ("administrator:sign-in:done", "")]


def test_a_passkey_is_enrolled_and_opens_the_door(kari: User, browser: Client) -> None:
    type_password(browser)
    passkey = Passkey()
    options = passkey_options(browser, "/admin/sign-in/enrol/passkey/")
    fields = {"name": "My key", "credential": json.dumps(passkey.register(options))}
    answer = browser.post("/admin/sign-in/enrol/passkey/", fields)
    assert answer.headers["Location"] == "/admin/sign-in/recovery-codes/"
    assert is_in(browser)
    assert "My key" in browser.get("/admin/sign-in/factors/").content.decode()


@pytest.mark.parametrize(
    "credential",
    ["", "{}", "[]", "null", '"x"', '{"rawId": "x"}', "{", *UNREADABLE],
    ids=repr_start,
)
def test_a_senseless_new_passkey_is_a_sentence(
    kari: User, browser: Client, credential: str
) -> None:
    type_password(browser)
    passkey_options(browser, "/admin/sign-in/enrol/passkey/")
    answer = browser.post("/admin/sign-in/enrol/passkey/", {"credential": credential})
    assert answer.status_code == 200
    assert "errornote" in answer.content.decode()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("beside", ["\0", "\ud800", float("inf")], ids=ascii)
def test_a_new_passkey_with_what_no_column_takes_is_a_sentence(
    kari: User, browser: Client, beside: object
) -> None:
    type_password(browser)
    answered = Passkey().register(passkey_options(browser, "/admin/sign-in/enrol/passkey/"))
    answered["clientExtensionResults"] = {"x": beside}
    fields = {"credential": json.dumps(answered)}
    answer = browser.post("/admin/sign-in/enrol/passkey/", fields)
    assert "errornote" in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_the_code_that_enrolled_does_not_sign_in_as_well(kari: User, browser: Client) -> None:
    code = code_of(start_enrolling(browser))
    browser.post("/admin/sign-in/enrol/app/", {"code": code})
    thief = Client(headers={"host": HOST})
    type_password(thief)
    type_code(thief, code)
    assert is_out(thief)


def test_a_password_adds_no_second_factor_beside_another(kari: User, browser: Client) -> None:
    thief = Client(headers={"host": HOST, "accept-language": "en"})
    mine, theirs = start_enrolling(browser), start_enrolling(thief)
    browser.post("/admin/sign-in/enrol/app/", {"code": code_of(mine)})
    for page in ("app/", "passkey/", ""):
        assert thief.get(f"/admin/sign-in/enrol/{page}").headers["Location"] == SIGN_IN
    thief.post("/admin/sign-in/enrol/app/", {"code": code_of(theirs)})
    assert is_out(thief)
    assert Authenticator.objects.filter(type="totp").count() == 1


def test_nor_does_it_where_the_pages_were_opened_in_time(kari: User) -> None:
    enrol_app(kari)
    with pytest.raises(actions.AlreadyEnrolled):
        actions.add_passkey(kari, name="x", credential={}, first=True, now=kari.date_joined)


def test_the_secret_being_set_up_is_not_readable_in_the_session(
    kari: User, browser: Client
) -> None:
    secret = start_enrolling(browser)
    assert secret not in str(dict(browser.session.items()))


def test_the_only_second_factor_stays_and_one_of_two_goes(kari: User, browser: Client) -> None:
    enrol_app(kari)
    sign_in(browser, kari)
    app = Authenticator.objects.get()
    page = browser.post("/admin/sign-in/factors/", {"remove": app.pk}, follow=True)
    assert "only second factor" in page.content.decode()
    enrol_passkey(kari)
    browser.post("/admin/sign-in/factors/", {"remove": app.pk})
    assert [row.type for row in Authenticator.objects.all()] == ["webauthn"]
    assert events()[-1][0] == "second-factor:removed"


def test_whoever_is_in_by_a_factor_that_is_removed_is_out(kari: User, browser: Client) -> None:
    enrol_app(kari)
    lost = enrol_passkey(kari)
    thief = Client(headers={"host": HOST, "accept-language": "en"})
    type_password(thief)
    thief.post(SECOND_FACTOR, {"credential": json.dumps(lost.sign(passkey_options(thief)))})
    assert is_in(thief)
    sign_in(browser, kari)
    key = Authenticator.objects.get(type="webauthn")
    browser.post("/admin/sign-in/factors/", {"remove": key.pk})
    assert is_out(thief)
    assert is_in(browser)


def test_a_session_that_was_ended_is_not_made_anew_by_a_new_password(
    kari: User, browser: Client
) -> None:
    sign_in(browser, kari)
    under_way = browser.session
    assert under_way.items()  # as it stood when the request began
    actions.reset_second_factor(kari, by="user:other", now=timezone.now())
    with pytest.raises(SessionInterrupted):
        under_way.cycle_key()  # as Django does where a password is changed
    assert not UserSession.objects.exists()


def test_a_sessions_key_is_not_what_it_is_called(kari: User, browser: Client) -> None:
    sign_in(browser, kari)
    session = UserSession.objects.get()
    assert session.session_key not in f"{session} {session!r}"


def test_nobody_removes_anothers_second_factor(kari: User, browser: Client) -> None:
    other = make_administrator()
    enrol_app(other)
    enrol_app(kari)
    sign_in(browser, kari)
    theirs = Authenticator.objects.get(user=other)
    browser.post("/admin/sign-in/factors/", {"remove": theirs.pk})
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


def test_new_recovery_codes_replace_the_old_ones(kari: User, browser: Client) -> None:
    enrol_app(kari)
    actions.renew_recovery_codes(kari, now=kari.date_joined)
    old = actions.recovery_codes_of(kari)
    sign_in(browser, kari)
    page = browser.post("/admin/sign-in/factors/", {"renew": "1"}, follow=True).content.decode()
    new = actions.recovery_codes_of(kari)
    assert not set(old) & set(new)
    assert all(code in page for code in new)


# --- Another administrator ---------------------------------------------------------------------


def test_another_administrator_resets_a_second_factor_and_ends_the_sessions(
    kari: User, browser: Client
) -> None:
    other = make_administrator(username="other")
    enrol_app(other)
    theirs = Client(headers={"host": HOST})
    sign_in(theirs, other)
    sign_in(browser, kari)
    form = {"action": "reset_second_factor", "_selected_action": [str(other.pk), str(kari.pk)]}
    browser.post(reverse("admin:accounts_user_changelist"), form)
    assert is_out(theirs)
    assert not actions.factors_of(other)
    reset = AuditEvent.objects.get(event="second-factor:reset")
    assert (reset.actor, reset.details) == (kari.actor, {"user": str(other.pk)})
    assert is_in(browser)  # nobody resets their own


def test_no_page_shows_what_allauth_keeps() -> None:
    labels = {model._meta.app_label for model in admin.site._registry}
    assert not labels & {"mfa", "account"}


# --- Limits ------------------------------------------------------------------------------------


def test_passwords_from_one_address_are_limited_and_another_address_is_not(
    kari: User, browser: Client
) -> None:
    enrol_app(kari)
    for _ in range(10):
        assert type_password(browser, password="x").status_code == 200
    refused = type_password(browser)
    assert refused.status_code == 429
    assert "Too many tries" in refused.content.decode()
    assert events()[-1] == ("administrator:sign-in:refused", "too-many-tries")
    elsewhere = Client(headers={"host": HOST}, REMOTE_ADDR="192.0.2.7")
    assert type_password(elsewhere).headers["Location"] == SECOND_FACTOR


def test_passwords_for_one_name_are_limited_from_everywhere(kari: User) -> None:
    for number in range(21):
        somewhere = Client(headers={"host": HOST}, REMOTE_ADDR=f"192.0.2.{number}")
        answer = type_password(somewhere, password="x")
    assert answer.status_code == 429
    assert events().count(("administrator:sign-in:refused", "password-wrong")) == 20


def test_a_limit_is_over_after_a_quarter_of_an_hour(kari: User, browser: Client) -> None:
    with time_machine.travel(0, tick=False) as clock:
        for _ in range(11):
            type_password(browser, password="x")
        clock.shift(901)
        assert type_password(browser).status_code == 302


def test_codes_are_limited_and_signing_in_often_is_not(kari: User, browser: Client) -> None:
    secret = enrol_app(kari)
    with time_machine.travel(10**9, tick=False) as clock:
        for _ in range(12):
            clock.shift(30)
            type_password(browser)
            assert type_code(browser, code_of(secret)).status_code == 302
        type_password(browser)
        assert [type_code(browser, "000000").status_code for _ in range(6)] == [*[200] * 5, 429]
        assert type_code(browser, code_of(secret)).status_code == 429
        clock.shift(901)
        type_password(browser)
        for _ in range(5):
            type_code(browser, "000000")
        clock.shift(901)
        type_password(browser)
        assert type_code(browser, code_of(secret)).status_code == 429  # ten a day


def test_nothing_that_a_stranger_typed_is_kept(kari: User, browser: Client) -> None:
    """People type their password into the field of the user name."""
    type_password(browser, "my-secret-password", "my-other-secret")
    kept = [*TryBudget.objects.values_list("key", flat=True)]
    kept += [str(event.__dict__) for event in AuditEvent.objects.all()]
    assert kept
    assert "secret" not in " ".join(kept)


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("198.51.100.9", "203.0.113.1", "198.51.100.9"),  # nobody's proxy: what it says is nothing
        ("10.0.0.5", "203.0.113.1", "203.0.113.1"),
        ("10.0.0.5", "1.2.3.4, 203.0.113.1", "203.0.113.1"),  # the client wrote the first itself
        ("10.0.0.5", "203.0.113.1, 10.0.0.6", "203.0.113.1"),
        ("10.0.0.5", "junk", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.9", "", "198.51.100.9"),
        ("", "203.0.113.1", ""),
    ],
)
def test_whose_tries_they_are_is_not_the_clients_to_say(
    settings: pytest.FixtureRequest, peer: str, forwarded: str, network: str
) -> None:
    import ipaddress

    from django.test import RequestFactory

    settings.TRUSTED_PROXIES = [ipaddress.ip_network("10.0.0.0/24")]  # type: ignore[attr-defined]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"x-forwarded-for": forwarded})
    assert client_network(request) == network


# --- Signing out -------------------------------------------------------------------------------


def test_signing_out_is_an_event_and_ends_the_session(kari: User, browser: Client) -> None:
    sign_in(browser, kari)
    browser.post("/admin/logout/")
    assert is_out(browser)
    assert events() == [("administrator:sign-in:ended", "")]
