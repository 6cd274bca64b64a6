"""An administrator's first day, in a real browser and with no shell.

Skogdal kommune is set up, HR's export is taken in, everybody is invited, three link, somebody else
wants one of their accounts, and one of them leaves.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, StorageState, expect

from devtools import hr_export
from devtools.people import SAMPLE_PEOPLE
from tests.journeys.browser.driver import Driver

type Visit = Callable[..., Driver]
SWEEPS = 240  # seconds: invitations go out thirty at a time
WORKER = 20  # seconds
BETWEEN_MAILS = 61  # seconds: nobody makes the portal mail an employee more often
PEOPLE = {each.employee_number: each for each in hr_export.good_rows()}
FIRST, SECOND = PEOPLE["1"], PEOPLE["2"]
UNKNOWN_TO_HR = PEOPLE["5"]  # without number and birth date
OWN_NUMBER, ANOTHERS_NUMBER = (person.national_id for person in SAMPLE_PEOPLE[30:32])


@pytest.fixture
def me(visit: Visit, administrator: StorageState) -> Driver:
    """Came in with a password and a second factor."""
    return visit(storage_state=administrator)


@pytest.fixture
def colleague(visit: Visit) -> Callable[[], Driver]:
    return lambda: visit(slug=hr_export.SLUG)


def set_up_the_organisation(me: Driver) -> None:
    me.open_in_the_administration("/admin/accounts/organisation/add/")
    me.page.locator("#id_name").fill(hr_export.NAME)
    me.page.locator("#id_slug").fill(hr_export.SLUG)
    host = me.demo.portal(hr_export.SLUG).removeprefix("http://")
    me.page.locator("#id_host").fill(host)
    me.page.locator("#id_support_email").fill("hjelp@skogdal-kommune.example")
    me.page.locator("input[name=_save]").click()
    expect(me.page.locator(".addresses")).to_contain_text(f"http://{host}/oidc/callback/")


def import_from_hr(me: Driver, file: Path) -> None:
    hr_export.write(file)
    me.open_in_the_administration("/admin/accounts/employee/")
    me.follow(me.page.locator(".object-tools a[href$='/import/add/']"))
    me.page.locator("#id_organisation").select_option(label=hr_export.NAME)
    me.page.locator("#id_file").set_input_files(file)
    me.press()
    new = me.page.locator(".figures a[href='?kind=new'] b")
    expect(new).to_have_text("500", timeout=60_000)
    me.page.locator(".figures a[href='?kind=refused']").click()
    expect(me.page.locator(".problems")).to_have_count(len(hr_export.bad_rows()))
    me.follow(me.page.locator(".deeds a.default"))
    me.press()
    expect(me.page.locator(".facts")).to_contain_text("Gjennomført", timeout=60_000)


def invite_everybody(me: Driver) -> str:
    """Gives the campaign's page."""
    me.open_in_the_administration("/admin/accounts/employee/")
    me.follow(me.page.locator(".object-tools a[href$='/campaign/add/']"))
    me.page.locator("#id_organisation").select_option(label=hr_export.NAME)
    me.press()
    me.page.locator("input[name=confirm]").click()
    expect(me.page.locator(".messagelist .success")).to_contain_text("500")
    return me.path()


def open_the_invitation(who: Driver, invited: hr_export.Exported, number: str) -> None:
    """Up to the question whether the account is theirs."""
    who.page.goto(who.demo.address_for(invited.email, "/invitation/", seconds=SWEEPS))
    who.page.locator("main form button").first.click()
    who.type_number(number)
    who.submit()


def link_by_invitation(who: Driver, invited: hr_export.Exported) -> None:
    open_the_invitation(who, invited, invited.national_id)
    assert who.path() == "/link/done/"


def link_by_invitation_and_code(who: Driver, invited: hr_export.Exported) -> None:
    """HR knows nothing that could be compared with this eID."""
    open_the_invitation(who, invited, OWN_NUMBER)
    who.page.locator("#id_code").fill(who.demo.code_for(invited.email))
    who.submit()
    assert who.path() == "/link/done/"


def see_how_many_are_linked(me: Driver, campaign: str) -> None:
    me.open(campaign)
    linked = me.page.locator("table.figures tr").filter(has_text=re.compile("^\\s*Kobl"))
    expect(linked.locator("td").first).to_have_text("3")


def want_the_account_of(who: Driver, owner: hr_export.Exported) -> None:
    """Somebody else, who gets no code, and is not told why."""
    who.to_idporten()
    who.type_number(ANOTHERS_NUMBER)
    who.page.locator("#id_email").fill(owner.email)
    who.submit()
    assert who.path() == "/link/code/"


def expect_soon(me: Driver, path: str, row: Locator) -> None:
    """Look until the worker has made it."""
    deadline = time.monotonic() + WORKER
    me.open(path)
    while not row.count() and time.monotonic() < deadline:
        me.open(path)
    expect(row).to_be_visible()


def keep_the_link(me: Driver) -> None:
    """The conflict is decided; both sides are told by mail."""
    page = me.page
    case = page.locator("#result_list tbody tr").filter(has_text=hr_export.NAME)
    expect_soon(me, "/admin/linking/case/?kind__exact=employee-linked", case)
    me.follow(case.locator("th a"))
    me.follow(page.locator("a[href$='/decide/']"))
    page.locator("input[value=kept]").check()
    page.locator("#id_reason").fill("Ringte eieren, som kjente seg igjen")
    me.press()
    expect(page.locator(".messagelist .success")).to_be_visible()


def revoke_the_link_of(me: Driver, leaver: hr_export.Exported) -> None:
    me.open(f"/admin/linking/linkedidentity/?q={leaver.family_name}")
    row = me.page.locator("#result_list tbody tr")
    named = row.filter(has_text=f"{leaver.given_name} {leaver.family_name}")
    me.follow(named.locator("th a"))
    me.follow(me.page.locator("a[href$='/revoke/']"))
    me.page.locator("#id_reason").fill("Sluttet i dag")
    me.press()
    expect(me.page.locator(".messagelist .success")).to_be_visible()


def stop_inviting(me: Driver, campaign: str) -> None:
    """What has not been sent is not sent: it would stand before other tests' invitations."""
    me.open(campaign)
    me.follow(me.page.locator(".object-tools a[href$='/stop/']"))
    me.press()
    expect(me.page.locator(".messagelist .success")).to_be_visible()


def test_an_administrators_first_day(
    me: Driver, colleague: Callable[[], Driver], tmp_path: Path
) -> None:
    set_up_the_organisation(me)
    import_from_hr(me, tmp_path / "hr.csv")
    campaign = invite_everybody(me)
    first, second, third, other = (colleague() for _ in range(4))
    link_by_invitation_and_code(third, UNKNOWN_TO_HR)
    mailed_at = time.monotonic()
    link_by_invitation(first, FIRST)
    link_by_invitation(second, SECOND)
    see_how_many_are_linked(me, campaign)
    other.page.wait_for_timeout(1000 * max(0, mailed_at + BETWEEN_MAILS - time.monotonic()))
    want_the_account_of(other, UNKNOWN_TO_HR)
    keep_the_link(me)
    revoke_the_link_of(me, FIRST)
    first.open("/me/")
    assert first.path() == "/"
    second.open("/me/")
    assert second.path() == "/me/"
    stop_inviting(me, campaign)
