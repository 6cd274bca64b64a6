"""In a real browser: a link that waits, a blocked eID, «Det var ikke meg», and who decides."""

from collections.abc import Callable, Iterator

from playwright.sync_api import StorageState, expect

from devtools.people import SAMPLE_PEOPLE
from tests.journeys.browser.driver import Driver

type Visit = Callable[..., Driver]
# Of the one who is asked for HR has no birth date: else no code would be sent at all.
ASKER, ASKED_FOR, GUESSER, SURPRISED = SAMPLE_PEOPLE[15:19]


def waits_for_approval(visit: Visit) -> Iterator[Driver]:
    """Somebody of another name has read the code in the mailbox."""
    me = visit(axe=True)
    me.sign_in(ASKER)
    me.page.locator("#id_code").fill(me.ask_for_code(ASKED_FOR))
    me.submit()
    assert me.path() == "/link/"
    expect(me.page.locator("h1")).to_have_text("Koblingen din venter på godkjenning")
    yield me


def guesses_until_blocked(visit: Visit) -> Iterator[Driver]:
    me = visit(axe=True)
    me.sign_in(GUESSER)
    right = me.ask_for_code(GUESSER)
    for _ in range(5):
        me.page.locator("#id_code").fill("111111" if right != "111 111" else "222222")
        me.submit()
    expect(me.page.locator("h1")).to_have_text("For mange feil koder")
    yield me


def says_it_was_not_me(visit: Visit) -> Iterator[Driver]:
    somebody = visit()
    somebody.sign_in(SURPRISED)
    somebody.ask_for_code(SURPRISED)
    me = visit(axe=True)
    me.page.goto(me.demo.address_for(SURPRISED.email, "/link/not-me/"))
    yield me
    me.page.get_by_role("button", name="Det var ikke meg").click()
    expect(me.page.locator("h1")).to_have_text("Takk for at du sa fra")
    yield me
    me.open("/link/not-me/half-an-address/")
    yield me


def looks_them_up(me: Driver) -> Iterator[Driver]:
    """Support types who is on the telephone, by keyboard, and reads what to say."""
    for typed, told in (
        (ASKED_FOR.email, "Kan ikke logge inn ennå: venter på godkjenning."),
        (GUESSER.employee_number, "Kan ikke logge inn ennå: ikke koblet."),
    ):
        me.open("/admin/")
        me.page.locator("#find").fill(typed)
        me.page.keyboard.press("Enter")
        expect(me.page.locator(".answer h2")).to_have_text(told)
        yield me
    for typed in ("Ingen Slik", "Zz9"):
        me.page.locator("#find").fill(typed)
        me.page.keyboard.press("Enter")
        expect(me.page.locator("[role=alert]")).to_be_visible()
        yield me


def decides(me: Driver) -> Iterator[Driver]:
    """An administrator looks at each case and block, and says what shall be."""
    for rows in ("case", "block"):
        me.open(f"/admin/linking/{rows}/")
        yield me
        me.follow(me.page.locator("#result_list tbody th a").first)
        yield me
    me.follow(me.page.get_by_role("link", name="Opphev sperren"))
    me.page.locator("#id_reason").fill("Ringte og legitimerte seg")
    yield me
    me.press()
    me.open("/admin/linking/case/?kind__exact=name-mismatch")
    me.follow(me.page.locator("#result_list tbody th a").first)
    me.follow(me.page.get_by_role("link", name="Avgjør denne saken"))
    me.page.locator("input[value=approved]").check()
    me.page.locator("#id_reason").fill("Har byttet navn")
    yield me
    me.press()
    expect(me.page.locator(".messagelist .success")).to_be_visible()
    me.open("/admin/linking/fingerprintkey/")
    yield me


def test_who_waits_is_blocked_or_was_not_asked_is_helped_by_somebody_who_decides(
    visit: Visit, administrator: StorageState
) -> None:
    """Each page without a violation, and no wider than a small telephone."""
    violations, too_wide = [], []
    stories = [
        waits_for_approval(visit),
        guesses_until_blocked(visit),
        says_it_was_not_me(visit),
        looks_them_up(visit(axe=True, storage_state=administrator)),
        decides(visit(axe=True, storage_state=administrator)),
    ]
    for story in stories:
        for me in story:
            violations += me.violations()
            me.page.set_viewport_size({"width": 320, "height": 900})
            too_wide += [me.page.url] if me.is_too_wide() else []
            me.page.set_viewport_size({"width": 1280, "height": 900})
    assert (violations, too_wide) == ([], [])
    approved = visit()
    approved.sign_in(ASKER)
    assert approved.path() == "/me/"
