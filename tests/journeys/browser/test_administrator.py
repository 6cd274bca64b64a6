"""An administrator's way in, in a real browser: by an app, and by a passkey."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.browser.driver import Driver

type Visit = Callable[..., Driver]
PASSKEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_the_first_sign_in_enrols_an_app_and_shows_recovery_codes(visit: Visit) -> None:
    me = visit()
    me.enrol_app("kari")
    assert me.path() == "/admin/sign-in/recovery-codes/"
    recovery = me.page.locator(".codes code").first.inner_text()
    me.press()
    assert me.path() == "/admin/"

    me.page.locator("#logout-form button").click()
    me.open("/admin/")
    assert me.path() == "/admin/sign-in/"
    other = visit()
    other.open("/admin/accounts/employee/")
    assert other.path() == "/admin/sign-in/"
    me.type_password("kari", me.demo.new_administrator("kari-2"))
    expect(me.page.locator(".errornote")).to_be_visible()  # somebody else's password
    assert re.fullmatch(r"\d{8}", recovery)


def test_the_demos_telephone_signs_in(visit: Visit, administrator: dict[str, object]) -> None:
    me = visit(storage_state=administrator)
    me.open("/admin/")
    assert me.path() == "/admin/"


@pytest.mark.parametrize("works", [True, False])
def test_a_passkey_is_made_and_used(visit: Visit, works: bool) -> None:
    me = visit()
    device = me.context.new_cdp_session(me.page)
    device.send("WebAuthn.enable")
    added = device.send("WebAuthn.addVirtualAuthenticator", {"options": PASSKEY})
    username = f"passkey-{works}".lower()
    password = me.demo.new_administrator(username)
    me.type_password(username, password)
    me.follow(me.page.locator("a[href$='/enrol/passkey/']"))
    me.press()
    assert me.path() == "/admin/sign-in/recovery-codes/"
    me.press()
    me.page.locator("#logout-form button").click()

    me.type_password(username, password)
    if works:
        with me.page.expect_navigation():
            me.page.locator("form[data-passkey] input[type=submit]").click()
        assert me.path() == "/admin/"
    else:
        device.send("WebAuthn.removeVirtualAuthenticator", added)
        device.send("WebAuthn.addVirtualAuthenticator", {"options": PASSKEY | {"transport": "usb"}})
        me.page.locator("form[data-passkey] input[type=submit]").click()
        expect(me.page.locator("form[data-passkey] [role=alert]")).to_be_visible()
        me.open("/admin/")
        assert me.path() == "/admin/sign-in/"
