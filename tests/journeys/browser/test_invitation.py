"""In a real browser: an administrator invites somebody, who links by the mail's button."""

from collections.abc import Callable, Iterator

from playwright.sync_api import StorageState, expect

from devtools.people import SAMPLE_PEOPLE
from tests.journeys.browser.driver import Driver

type Visit = Callable[..., Driver]
INVITED = SAMPLE_PEOPLE[20]


def invites(me: Driver) -> Iterator[Driver]:
    me.open(f"/admin/accounts/employee/?q={INVITED.employee_number}")
    me.page.locator(".action-select").first.check()
    me.page.locator("select[name=action]").select_option("invite")
    me.page.locator("button[name=index]").click()
    expect(me.page.locator("#content")).to_contain_text("1 ansatt i Eksempel kommune får")
    yield me
    me.page.locator("#id_note").fill("Vi bytter innlogging.")
    me.press()
    expect(me.page.locator("table.figures")).to_be_visible()
    yield me
    me.follow(me.page.get_by_role("link", name="Stans kampanjen"))
    yield me


def links(me: Driver) -> Iterator[Driver]:
    address = me.demo.address_for(INVITED.email, "/invitation/")
    me.page.goto(address)
    yield me
    me.submit()  # under the real CSRF check, and the page's own Referrer-Policy
    me.choose_eid(INVITED)
    me.page.wait_for_url("**/link/invitation/")
    yield me
    me.submit()
    expect(me.page.locator("h1")).to_have_text("Kontoen din er koblet")
    yield me
    me.page.goto(address)
    expect(me.page.locator("h1")).to_have_text("Invitasjonen kan ikke brukes")
    yield me


def test_an_invitation_from_the_list_to_the_link_is_accessible_and_fits(
    visit: Visit, administrator: StorageState
) -> None:
    problems = []
    for walk, options in ((invites, {"storage_state": administrator}), (links, {})):
        for each in walk(visit(axe=True, **options)):
            problems += each.violations()
            each.page.set_viewport_size({"width": 320, "height": 800})
            problems += [f"too wide: {each.page.url}"] if each.is_too_wide() else []
            each.page.set_viewport_size({"width": 1280, "height": 900})
    assert problems == []
