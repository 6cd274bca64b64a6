"""In a real browser: somebody is refused and quotes the reference; support says what to do."""

import re
import subprocess
import sys
from collections.abc import Callable

from playwright.sync_api import expect

from devtools.demo.launch import ROOT
from devtools.people import SAMPLE_PEOPLE
from tests.journeys.browser.driver import Demo, Driver

type Visit = Callable[..., Driver]
CALLER, SUPPORTER = SAMPLE_PEOPLE[21:23]
LOG = "/admin/audit/auditevent/"
# HR has written the wrong first day of somebody who is linked; and support comes in by a role.
PREPARED = f"""
from datetime import timedelta
from django.conf import settings
from django.utils import timezone
from accounts.actions import change_employee
from accounts.models import Employee
from accounts.national_id import NationalId
from tests.factories import make_grant, make_link
for number, email in (
    ("{CALLER.national_id}", "{CALLER.email}"), ("{SUPPORTER.national_id}", "{SUPPORTER.email}")
):
    whose = NationalId.parse(number).fingerprint(settings.FINGERPRINT_KEYS)
    employee = Employee.objects.get(email=email)
    make_link(employee=employee, whose=whose)
    if email == "{CALLER.email}":
        employee.starts_on = timezone.localdate() + timedelta(days=30)
        change_employee(employee, fields=["starts_on"], by="system", now=timezone.now())
    else:
        make_grant(employee=employee, role="support", organisation=employee.organisation)
"""


def prepare(demo: Demo) -> None:
    command = (sys.executable, "-m", "devtools.environment", sys.executable, "manage.py", "shell")
    subprocess.run([*command, "-c", PREPARED], cwd=ROOT, env=demo.environment, check=True)


def is_refused(me: Driver) -> str:
    """Give the reference on the page, as one reads it aloud."""
    me.sign_in(CALLER)
    reference = me.page.locator(".reference").inner_text()
    return reference.replace("-", " ").lower()


def test_support_finds_the_reason_in_one_search_and_says_what_to_do(
    visit: Visit, demo: Demo
) -> None:
    prepare(demo)
    quoted = is_refused(visit())
    me = visit(axe=True)
    me.sign_in(SUPPORTER)
    me.open(LOG)
    me.page.locator("#id_q").fill(quoted)
    me.page.keyboard.press("Enter")
    me.page.wait_for_url(re.compile(r"\?reference="))
    answer = me.page.locator(".answer")
    expect(answer).to_contain_text("Det finnes en kobling, men den ansatte er inaktiv")
    expect(answer.get_by_role("heading", name="Hva du kan gjøre")).to_be_visible()
    expect(answer).to_contain_text("Slå opp personen på navn")
    expect(me.page.locator(".log-event")).to_contain_text("Innlogging avvist")
    assert me.fits() == ([], False)

    me.page.locator("#id_q").fill(CALLER.email)
    me.page.keyboard.press("Enter")
    me.page.wait_for_url(re.compile(r"\?person="))
    asks = me.page.get_by_role("heading", name="Hva trenger du dette til?")
    expect(asks).to_be_visible()
    assert CALLER.family_name not in me.page.content()
    me.page.get_by_label("Annen grunn").check()
    expect(me.page.get_by_label("Hvilken grunn?")).to_be_visible()
    assert me.fits() == ([], False)
    me.tell_purpose("sign-in")
    expect(asks).to_be_hidden()
    expect(me.page.locator(".purpose-line")).to_contain_text("Hjelp til å logge inn")
    assert CALLER.family_name.lower() not in me.page.url.lower()
    assert me.fits() == ([], False)
    me.page.locator(".log-event summary").first.click()
    me.follow(me.page.get_by_role("link", name="Alt som har hendt med denne personen").first)
    expect(me.page.locator(".answer h2").first).to_have_text("Kan ikke logge inn.")


def merge_two(me: Driver) -> None:
    me.open_in_the_administration("/admin/accounts/employee/")
    chosen = me.page.locator("#result_list tbody tr").filter(has_text="@eksempel-kommune")
    for row in (0, 1):
        chosen.nth(row).locator(".action-select").check()
    me.page.locator("select[name=action]").first.select_option("merge")
    with me.page.expect_navigation():
        me.page.locator("#changelist-form button[name=index]").first.click()


def test_two_who_are_chosen_in_a_list_come_through_the_question_by_keyboard(
    visit: Visit, administrator: object
) -> None:
    """They are posted, and posted on; for those who share the session, all stands as before."""
    me = visit(axe=True, storage_state=administrator)
    me.open("/admin/purpose/")
    me.follow(me.page.get_by_role("button", name="Avslutt, og spør meg på nytt"))
    me.open("/admin/sign-in/second-factor/")  # what is asked to confirm would not be posted on
    me.confirm()
    merge_two(me)
    me.page.locator("[name=purpose-kind]").first.focus()
    me.page.keyboard.press("ArrowDown")
    me.page.keyboard.press("Tab")
    assert me.focused("name") == "purpose-everybody"
    assert me.fits() == ([], False)
    me.page.keyboard.press("Space")
    with me.page.expect_navigation():
        me.page.keyboard.press("Enter")
    expect(me.page.get_by_role("heading", name="Slå sammen")).to_be_visible()
    expect(me.page.locator(".purpose-line")).to_contain_text("Henvendelse fra den ansatte")


def test_a_search_is_kept_and_an_event_opened_by_keyboard(
    visit: Visit, administrator: object
) -> None:
    me = visit(axe=True, storage_state=administrator)
    me.open(LOG)
    me.page.locator("form.log-search summary").focus()
    me.page.keyboard.press("Enter")
    me.page.locator("#id_what").select_option("group=roles")
    me.page.locator("#id_days").select_option("7")
    me.page.locator(".log-search details button").focus()
    me.page.keyboard.press("Enter")
    me.page.wait_for_url(re.compile(r"group=roles"))
    assert me.fits() == ([], False)
    me.page.locator("#id_name").fill("Roller")
    me.page.keyboard.press("Enter")
    expect(me.page.get_by_role("link", name="Roller", exact=True)).to_be_visible()
    me.page.locator(".log-event h3 a").first.focus()
    assert me.has_visible_focus()
    me.page.keyboard.press("Enter")
    me.page.locator(".log-raw summary").click()
    assert me.fits() == ([], False)
    me.open(f"{LOG}saved/")
    assert me.fits() == ([], False)
    me.page.get_by_role("button", name=re.compile("^Fjern")).click()
    expect(me.page.locator(".hits")).to_have_count(0)
