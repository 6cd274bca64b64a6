"""Makes the README's pictures: walks the first visit in Chromium, through a demo of its own.

`python -m devtools.screenshots`; Chromium is the one that CHROMIUM names, or is found by name.
"""

import os
import re
import shutil
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from devtools.demo.launch import ROOT, free_ports, launch, read_until_ready
from devtools.demo.ports import Ports
from devtools.environment import DATA_DIR
from devtools.people import SAMPLE_PEOPLE

IMAGES = ROOT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTH, HEIGHT = 1280, 800
MAIL_SECONDS = 20
PERSON = SAMPLE_PEOPLE[0]
CODE = re.compile(r"\b(\d{3}) (\d{3})\b")


def browser_path() -> str:
    """Find Chromium.

    Raises:
        SystemExit: there is none; with a sentence.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit("There is no Chromium. Install it, or set CHROMIUM to its executable.")
    return found


def take(ports: Ports) -> None:
    """Write the pictures, from the demo that runs on these ports with fresh data."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    portal = f"http://{PERSON.organisation_slug}.localhost:{ports.portal}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path())
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, locale="nb-NO", color_scheme="light"
        )
        page = context.new_page()
        page.goto(f"{portal}/")
        _shoot(page, "sign-in")
        page.locator(
            "a[href*='/oidc/authenticate/'], form[action*='/oidc/authenticate/'] button"
        ).click()
        page.get_by_role("link", name=re.compile("^BankID(?! på)")).click()
        page.get_by_role("button", name=f"{PERSON.given_name} {PERSON.family_name}").click()
        page.locator("#id_email").fill(PERSON.email)
        page.locator("main form button[type=submit]").first.click()
        page.locator("#id_code").fill(_mailed_code(context.new_page(), ports))
        page.locator("main form button[type=submit]").first.click()
        page.wait_for_url("**/link/done/")
        page.goto(f"{portal}/me/")
        _shoot(page, "me")
        browser.close()


def _mailed_code(inbox: Page, ports: Ports) -> str:
    """Read the code in the inbox, as a person would; the worker takes a moment."""
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        inbox.goto(f"http://127.0.0.1:{ports.inbox}/")
        newest = inbox.locator("main a").first
        if newest.count():
            newest.click()
            found = CODE.search(inbox.locator("body").inner_text())
            if found:
                return found[1] + found[2]
        inbox.wait_for_timeout(200)
    sys.exit("No mail with a code came.")


def _shoot(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    page.screenshot(path=IMAGES / f"{name}.png")


def main(data: Path) -> None:
    shutil.rmtree(data, ignore_errors=True)
    ports = free_ports()
    demo = launch(ports, data)
    try:
        read_until_ready(demo)
        take(ports)
    finally:
        demo.terminate()
        demo.communicate()


if __name__ == "__main__":
    main(DATA_DIR / "screenshots")
