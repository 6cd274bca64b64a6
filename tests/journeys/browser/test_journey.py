"""The main job in a real browser."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from devtools.people import SAMPLE_PEOPLE
from tests.journeys.browser.driver import Driver

type Visit = Callable[..., Driver]
LINKER, WITHOUT_SCRIPT, BY_KEYBOARD, WATCHED = SAMPLE_PEOPLE[1:5]


def test_a_new_user_links_signs_out_and_is_recognised_at_once(visit: Visit) -> None:
    me = visit()
    me.sign_in(LINKER)
    assert me.path() == "/link/"
    code = me.ask_for_code(LINKER)
    expect(me.page.locator("main")).to_contain_text(LINKER.email)
    me.page.locator("#id_code").fill(f" {code} ")  # «123 456», as pasted
    me.page.get_by_role("button", name="Koble konto").click()
    me.page.wait_for_url("**/link/done/")
    me.open("/me/")
    expect(me.page.locator("main")).to_contain_text(LINKER.email)

    me.sign_out()
    me.open("/me/")
    assert me.path() == "/"
    me.to_idporten()  # signed out there too: it asks for an eID again
    expect(me.page.get_by_role("link", name=re.compile("^MinID"))).to_be_visible()

    me.sign_in(LINKER)
    assert me.path() == "/me/"


def test_it_works_without_javascript(visit: Visit) -> None:
    me = visit(java_script_enabled=False)
    me.link(WITHOUT_SCRIPT)
    assert me.path() == "/link/done/"
    me.page.locator("form[action='/oidc/logout/'] button").first.click()
    expect(me.page.locator("form[action='/oidc/logout/']")).to_have_count(0)  # out already
    me.page.get_by_role("button", name="Logg ut av ID-porten").click()
    me.page.wait_for_url(re.compile(rf":{me.demo.ports.idporten}/logout/"))


def test_it_works_by_keyboard(visit: Visit) -> None:
    me = visit()
    me.open("/")
    me.page.keyboard.press("Tab")
    assert me.focused("href") == "#main"
    expect(me.page.locator("a[href='#main']")).to_be_in_viewport()
    while "/oidc/authenticate/" not in (me.focused("href") or ""):
        me.page.keyboard.press("Tab")
    assert me.has_visible_focus()
    me.page.keyboard.press("Enter")
    me.page.wait_for_url(re.compile(rf":{me.demo.ports.idporten}/"))
    me.sign_in(BY_KEYBOARD)
    me.page.locator("#id_email").focus()
    me.page.keyboard.type(BY_KEYBOARD.email)
    me.page.keyboard.press("Enter")
    me.page.wait_for_url("**/link/code/")
    code = me.demo.code_for(BY_KEYBOARD.email)
    me.page.locator("#id_code").focus()
    me.page.keyboard.type(code)
    me.page.keyboard.press("Tab")
    assert me.page.evaluate("document.activeElement.textContent.trim()") == "Koble konto"
    me.page.keyboard.press("Enter")
    me.page.wait_for_url("**/link/done/")


def test_only_necessary_cookies_and_none_that_a_script_can_read(visit: Visit) -> None:
    me = visit()
    me.link(WATCHED)
    me.page.get_by_role("button", name="Nynorsk").click()
    ours = [c for c in me.context.cookies() if "eksempel-kommune" in c["domain"]]
    assert {cookie["name"] for cookie in ours} == {"session", "csrf", "language"}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in ours)
