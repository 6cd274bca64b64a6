"""`python -m devtools.guides`: walks the invitation in Chromium, in each language, and prints it.

Chromium is the one that CHROMIUM names, or is found by name.
"""

import base64
import json
import re
import shutil
import subprocess
import sys
import time

import django
import urllib3
from playwright.sync_api import Browser, Page, sync_playwright

from devtools.demo.launch import ROOT, free_ports, launch, read_until_ready, surroundings
from devtools.demo.ports import Ports
from devtools.environment import DATA_DIR
from devtools.guides.sources import OUT, print_page, write_digests
from devtools.people import SAMPLE_PEOPLE, SamplePerson
from devtools.screenshots import browser_path
from linking.guides import PICTURES

MAIL_SECONDS = 40
# Somebody else for each language, of the same organisation.
PEOPLE = dict(zip(("nb", "nn", "en"), SAMPLE_PEOPLE[:3], strict=True))
INVITE = """
from django.utils import timezone
from accounts.models import Employee
from linking.actions import invite
for language, address in {people!r}.items():
    chosen = Employee.objects.filter(email=address)
    chosen.update(language=language)
    invite(chosen, organisation=chosen.get().organisation, note="", deadline=None,
           reminders=True, by="command:guides", now=timezone.now())
"""


def invite_all(environment: dict[str, str]) -> None:
    script = INVITE.format(people={language: who.email for language, who in PEOPLE.items()})
    command = (sys.executable, "-m", "devtools.environment", sys.executable, "manage.py", "shell")
    subprocess.run([*command, "-v", "0", "-c", script], cwd=ROOT, env=environment, check=True)


def mailed(ports: Ports, address: str) -> tuple[str, str]:
    """Wait for the invitation; gives its id in the inbox, and the personal address."""
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        mails = json.loads(urllib3.request("GET", f"http://127.0.0.1:{ports.inbox}/api/mails").data)
        for mail in mails:
            found = re.search(r"http://\S+/invitation/\S+", mail["text"])
            if address in mail["to"] and found:
                return mail["id"], found[0]
        time.sleep(0.3)
    sys.exit(f"No invitation came to {address}.")


def walk(browser: Browser, ports: Ports, language: str, person: SamplePerson) -> None:
    """Take the four pictures, as the person goes through."""
    mail_id, address = mailed(ports, person.email)
    locale = "en-GB" if language == "en" else f"{language}-NO"
    context = browser.new_context(
        viewport={"width": 660, "height": 900},
        device_scale_factor=1.5,
        locale=locale,
        color_scheme="light",
    )
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{ports.inbox}/mails/{mail_id}/html")
    button = page.locator("a[href*='/invitation/']").first.bounding_box()
    bottom = button["y"] + button["height"] + 24 if button else 600
    clip = {"x": 0, "y": 0, "width": 660, "height": bottom}
    page.screenshot(path=OUT / f"{language}-mail.png", clip=clip)  # type: ignore[arg-type]
    page.goto(address)
    _shoot(page, f"{language}-open")
    page.locator("main form button").first.click()
    page.get_by_role("link", name=re.compile("^BankID(?! på| on)")).click()
    page.get_by_role("button", name=f"{person.given_name} {person.family_name}").click()
    page.wait_for_url("**/link/invitation/")
    _shoot(page, f"{language}-confirm")
    page.locator("main form button").first.click()
    page.wait_for_url("**/link/done/")
    _shoot(page, f"{language}-done")
    context.close()


def _shoot(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    page.mouse.move(0, 0)
    page.locator("main .ds-card").first.screenshot(path=OUT / f"{name}.png")


def print_pdf(browser: Browser, language: str) -> None:
    """Print the guide as a tagged PDF: headings, texts of the pictures and the language in it."""
    pictures = [_inlined(f"{language}-{name}.png") for name in PICTURES]
    page = browser.new_page()
    page.set_content(print_page(language, pictures))
    page.pdf(path=OUT / f"guide-{language}.pdf", format="A4", tagged=True, outline=True)
    page.close()


def _inlined(name: str) -> str:
    return "data:image/png;base64," + base64.b64encode((OUT / name).read_bytes()).decode()


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    data = DATA_DIR / "guides"
    shutil.rmtree(data, ignore_errors=True)
    ports = free_ports()
    demo = launch(ports, data)
    try:
        read_until_ready(demo)
        invite_all(surroundings(ports, data))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path())
            for language, person in PEOPLE.items():
                walk(browser, ports, language, person)
                print_pdf(browser, language)
            browser.close()
    finally:
        demo.terminate()
        demo.communicate()
    write_digests()


if __name__ == "__main__":
    django.setup()
    main()
