"""axe on every page in every language, narrow screens, and the policy kept on every page."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.contrib import admin
from django.test import RequestFactory
from django.urls import reverse
from playwright.sync_api import StorageState

from accounts.models import User
from devtools.mailbox.authenticator import Authenticator
from devtools.people import SAMPLE_PEOPLE, SamplePerson
from tests.journeys.browser.driver import Driver

type Visit = Callable[..., Driver]
# Somebody else for each language: an employee gets one mail a minute.
PEOPLE = dict(zip(("nb", "nn", "en"), SAMPLE_PEOPLE[5:8], strict=True))
NARROW = SAMPLE_PEOPLE[8]
OPEN_PAGES = [
    *("/", "/help/", "/help/guide/", "/privacy/", "/accessibility/", "/nothing-here/"),
    "/oidc/callback/",
]


def admin_pages() -> Iterator[str]:
    """Every list of the administration, and every form for a new row; none can be forgotten."""
    yield reverse("admin:index")
    yield reverse("purpose")
    everything = RequestFactory().get("/")
    everything.user = User(is_superuser=True)
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if page.has_add_permission(everything):
            yield reverse(f"{name}_add")


def every_page(me: Driver, person: SamplePerson) -> Iterator[str]:
    """Walk through all pages; yields the name of each while it is open."""
    for path in OPEN_PAGES:
        me.open(path)
        yield path
    me.page.goto(f"http://nobody.localhost:{me.demo.ports.portal}/")
    yield "unknown host"
    me.to_idporten()
    yield "stand-in"
    me.page.locator("form button, a").get_by_text(re.compile("^(Avbryt|Cancel)$")).click()
    me.page.wait_for_url("**/oidc/callback/**")
    yield "cancelled"
    me.sign_in(person)
    yield "address"
    me.page.locator("#id_email").fill("no address")
    me.submit()
    yield "address with an error"
    me.open("/me/")
    yield "not linked"
    me.open("/link/")
    code = me.ask_for_code(person)
    yield "code"
    me.page.locator("#id_code").fill("000000" if code != "000 000" else "111111")
    me.submit()
    yield "wrong code"
    me.page.locator("#id_code").fill(code)
    me.submit()
    yield "done"
    for path in ("/me/", "/me/history/", "/me/looks/", "/me/data/", "/me/unlink/"):
        me.open(path)
        yield path
    me.open("/me/data/")
    me.page.locator("form[action='/me/data/page/'] button").click()
    me.page.locator(".happenings").first.wait_for()
    yield "/me/data/page/"
    me.page.route("**/sign_out.js", lambda route: route.fulfill(content_type="text/javascript"))
    with me.page.expect_navigation():
        me.page.locator("form[action='/oidc/logout/'] button").first.click()
    yield "on the way to ID-porten's sign-out"
    me.page.locator("main form button").click()
    me.page.wait_for_url("**/?state=*")
    yield "signed out"


@pytest.mark.parametrize("language", PEOPLE)
def test_axe_finds_nothing_on_any_page(visit: Visit, language: str) -> None:
    me = visit(axe=True, locale=language)
    violations = []
    for name in every_page(me, PEOPLE[language]):
        violations += [f"{name}: {violation}" for violation in me.violations()]
        if name != "stand-in":
            assert me.page.locator("html").get_attribute("lang") == language, name
    assert violations == []


def test_no_page_is_wider_than_a_narrow_screen(visit: Visit) -> None:
    """320 CSS pixels are a small telephone, and 1280 at 400 % zoom."""
    me = visit(width=320)
    assert [name for name in every_page(me, NARROW) if me.is_too_wide()] == []


@pytest.mark.parametrize("language", PEOPLE)
def test_axe_finds_nothing_in_the_administration(
    visit: Visit, administrator: StorageState, language: str
) -> None:
    me = visit(axe=True, locale=language, storage_state=administrator)
    violations = []
    for path in admin_pages():
        me.open_in_the_administration(path)
        violations += me.violations()
    me.open("/admin/accounts/employee/")
    me.follow(me.page.locator("#result_list tbody th a").first)
    me.page.locator("#id_first_name").wait_for()
    violations += me.violations()
    assert violations == []


def test_the_administration_fits_a_narrow_screen(visit: Visit, administrator: StorageState) -> None:
    me = visit(width=320, storage_state=administrator)
    too_wide = []
    for path in admin_pages():
        me.open_in_the_administration(path)
        too_wide += [path] if me.is_too_wide() else []
    assert too_wide == []


def every_page_at_the_door(me: Driver, username: str) -> Iterator[str]:
    """From the password to one's own second factors, with each thing that can go wrong."""
    me.type_password("nobody", "nothing")
    yield "wrong password"
    me.type_password("admin", me.demo.password)
    yield "second factor"
    me.type_code("000000")
    yield "wrong code"
    me.type_password(username, me.demo.new_administrator(username))
    yield "choose"
    me.open("/admin/sign-in/enrol/passkey/")
    yield "passkey"
    me.open("/admin/sign-in/enrol/app/")
    me.type_code("000000")
    yield "app, with an error"
    secret = me.page.locator("code.secret").inner_text().replace(" ", "")
    me.type_code(Authenticator(secret).code())
    yield "recovery codes"
    me.press()
    yield "in"
    me.open("/admin/sign-in/factors/")
    yield "own second factors"


@pytest.mark.parametrize("language", PEOPLE)
def test_axe_finds_nothing_at_the_door_of_the_administration(visit: Visit, language: str) -> None:
    me = visit(axe=True, locale=language)
    violations = []
    for name in every_page_at_the_door(me, f"axe-{language}"):
        violations += [f"{name}: {violation}" for violation in me.violations()]
    assert violations == []


def test_the_door_fits_a_narrow_screen(visit: Visit) -> None:
    me = visit(width=320)
    pages = every_page_at_the_door(me, "narrow")
    assert [name for name in pages if name != "in" and me.is_too_wide()] == []


def test_the_administration_keeps_the_policy(visit: Visit, administrator: StorageState) -> None:
    me = visit(storage_state=administrator)
    for path in admin_pages():
        me.open_in_the_administration(path)
        answer = me.page.goto(me.demo.portal() + path)
        assert answer is not None
        assert answer.status == 200, path
        assert "unsafe" not in answer.headers["content-security-policy"]
    me.open("/admin/accounts/employee/")
    me.follow(me.page.locator("#result_list tbody th a").first)
    me.page.locator("#id_first_name").wait_for()
