"""In a real browser: an administrator erases somebody who has left from the log, by keyboard."""

import subprocess
import sys
from collections.abc import Callable

from playwright.sync_api import StorageState, expect

from devtools.demo.launch import ROOT
from devtools.people import SAMPLE_PEOPLE
from tests.journeys.browser.driver import Demo, Driver

type Visit = Callable[..., Driver]
GONE = SAMPLE_PEOPLE[32]
LEFT = f"""
from datetime import timedelta
from django.utils import timezone
from accounts.actions import change_employee
from accounts.models import Employee
employee = Employee.objects.get(email="{GONE.email}")
employee.ends_on = timezone.localdate() - timedelta(days=1)
change_employee(employee, fields=["ends_on"], by="system", now=timezone.now())
print(employee.pk)
"""


def key_of_who_left(demo: Demo) -> str:
    command = (sys.executable, "-m", "devtools.environment", sys.executable, "manage.py", "shell")
    done = subprocess.run(
        [*command, "-v", "0", "-c", LEFT],
        cwd=ROOT,
        env=demo.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


def test_whoever_has_left_is_erased_from_the_log(
    visit: Visit, demo: Demo, administrator: StorageState
) -> None:
    me = visit(axe=True, storage_state=administrator)
    me.open_in_the_administration(f"/admin/audit/auditevent/?person={key_of_who_left(demo)}")
    me.follow(me.page.get_by_role("link", name="Slett denne personen fra loggen"))
    expect(me.page.get_by_role("heading", name="Dette blir stående")).to_be_visible()
    assert me.fits() == ([], False)

    me.page.locator("[name=reason]").first.focus()
    me.page.keyboard.press("Space")
    me.page.keyboard.press("Tab")
    assert me.focused("name") == "understood"
    me.page.keyboard.press("Space")
    with me.page.expect_navigation():
        me.page.keyboard.press("Enter")
    expect(me.page.locator(".messagelist")).to_contain_text("ble slettet")
    newest = me.page.locator(".log-event").first
    expect(newest).to_contain_text("Det loggen hadde om den ansatte, ble slettet")
    expect(newest).to_contain_text("Personen ba om det")
    assert me.fits() == ([], False)
