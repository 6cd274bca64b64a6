"""HR imports a file in a real browser, with a real worker: read, looked at, applied, undone."""

from collections.abc import Callable

from playwright.sync_api import FilePayload, StorageState, expect

from devtools.people import SAMPLE_PEOPLE
from tests.accounts.imports.files import csv
from tests.journeys.browser.driver import Driver

type Visit = Callable[..., Driver]
HEADER = ("Ressursnr", "Fornavn", "Etternavn", "E-post", "Avdeling", "Stilling")


def rows(*, without: int = 0) -> list[tuple[str, ...]]:
    """The demo's own people, one of them moved and one of them new."""
    people = [each for each in SAMPLE_PEOPLE if each.organisation_slug == "eksempel-kommune"]
    file = [
        (
            each.employee_number,
            each.given_name,
            each.family_name,
            each.email,
            each.department,
            "Rådgiver",
        )
        for each in people[without:]
    ]
    file[-1] = (*file[-1][:4], "Vann og avløp", "Leder")
    return [
        *file,
        ("2001", "Nora", "Nyland", "nora.nyland@eksempel-kommune.example", "Skole", "Lærer"),
        ("2002", "Ukjent", "", "ukjent", "Skole", ""),
    ]


def look(me: Driver) -> None:
    """No violation, and no wider than a small telephone."""
    assert me.violations() == []
    me.page.set_viewport_size({"width": 320, "height": 900})
    assert not me.is_too_wide()
    me.page.set_viewport_size({"width": 1280, "height": 900})


def choose(me: Driver, content: bytes) -> None:
    file: FilePayload = {"name": "ansatte.csv", "mimeType": "text/csv", "buffer": content}
    me.page.locator("#id_organisation").select_option(label="Eksempel kommune")
    me.page.locator("#id_file").set_input_files(file)


def wait_until(me: Driver, state: str) -> None:
    """Loaded anew by the page itself."""
    expect(me.page.locator(".facts dd").first).to_have_text(state, timeout=30_000)


def test_hr_reads_a_file_looks_applies_and_undoes(
    visit: Visit, administrator: StorageState
) -> None:
    me = visit(storage_state=administrator, axe=True)
    me.open_in_the_administration("/admin/accounts/import/add/")
    look(me)
    choose(me, csv(*rows(), header=HEADER))
    me.press()
    look(me)
    choose(me, csv(*rows(), header=HEADER))
    me.page.locator("#id_column-0").select_option("employee_number")
    me.page.locator("#id_column-5").select_option("ignored")
    me.press()
    wait_until(me, "Til gjennomgang")
    look(me)
    me.follow(me.page.locator(".deeds a").first)
    look(me)
    me.press()
    wait_until(me, "Gjennomført")
    look(me)
    me.follow(me.page.locator(".deeds a[href$='/undo/']"))
    look(me)
    me.press()
    wait_until(me, "Angret")
    me.open("/admin/accounts/import/add/")
    choose(me, csv(*rows(without=4), header=HEADER))
    me.press()
    wait_until(me, "Til gjennomgang")
    look(me)
    me.follow(me.page.locator(".deeds a").first)
    look(me)
    me.open("/admin/accounts/import/")
    look(me)
    assert not me.complaints
