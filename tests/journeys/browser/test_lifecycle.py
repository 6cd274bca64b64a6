"""In a real browser: several employers, and an employment that ends, begins again and moves."""

import subprocess
import sys
from collections.abc import Callable, Iterator

from playwright.sync_api import StorageState, expect

from devtools.demo.launch import ROOT
from devtools.people import SAMPLE_PEOPLE
from tests.journeys.browser.driver import Demo, Driver

type Visit = Callable[..., Driver]
PERSON = SAMPLE_PEOPLE[23]
# As if they had linked at both; whoever left is to be employed again, or deleted.
BOTH = f"""
from django.conf import settings
from accounts.models import Organisation
from accounts.national_id import NationalId
from tests.factories import make_employee, make_link
whose = NationalId.parse("{PERSON.national_id}").fingerprint(settings.FINGERPRINT_KEYS)
for slug in ("eksempel-kommune", "fjordvik-kommune"):
    there = Organisation.objects.get(slug=slug)
    make_link(employee=make_employee(organisation=there, employee_number="both"), whose=whose)
make_employee(organisation=there, first_name="Tuva", last_name="Sluttet", active=False,
    employee_number="left")
"""


def prepare(demo: Demo) -> None:
    command = (sys.executable, "-m", "devtools.environment", sys.executable, "manage.py", "shell")
    subprocess.run([*command, "-c", BOTH], cwd=ROOT, env=demo.environment, check=True)


def chooses(visit: Visit, demo: Demo) -> Iterator[Driver]:
    me = visit(axe=True)
    me.sign_in(PERSON)
    assert me.path() == "/choose/"
    yield me
    me.page.get_by_role("link", name="Gå til Fjordvik kommune").click()
    me.page.wait_for_url(f"{demo.portal('fjordvik-kommune')}/me/")
    expect(me.page.locator("#employers")).to_be_visible()
    yield me


def keeps_the_people(me: Driver) -> Iterator[Driver]:
    me.open("/admin/accounts/employee/?q=Sluttet")
    me.follow(me.page.locator("#result_list tbody th a").first)
    yield me
    left = me.path()
    me.follow(me.page.get_by_role("link", name="Ansett på nytt"))
    yield me
    me.open_in_the_administration(left.replace("change", "delete"))
    yield me
    me.open("/admin/accounts/employee/?q=both")
    me.follow(me.page.locator("#result_list tbody th a").first)
    me.follow(me.page.get_by_role("link", name="Flytt til en annen organisasjon"))
    yield me
    me.press()  # what is missing is marked
    expect(me.page.locator(".errornote")).to_be_visible()
    yield me


def test_employers_are_chosen_and_employments_begin_again_and_move(
    visit: Visit, demo: Demo, administrator: StorageState
) -> None:
    """Each page without a violation, and no wider than a small telephone."""
    prepare(demo)
    violations, too_wide = [], []
    hr = visit(axe=True, storage_state=administrator)
    for story in (chooses(visit, demo), keeps_the_people(hr)):
        for me in story:
            violations += me.violations()
            me.page.set_viewport_size({"width": 320, "height": 700})
            too_wide += [me.page.url] if me.is_too_wide() else []
            me.page.set_viewport_size({"width": 1280, "height": 900})
    assert violations == []
    assert too_wide == []
