"""A real Chromium at the real demo: web server, worker, beat, PostgreSQL, SMTP and the stand-in."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright
from psycopg import sql

from devtools.demo.launch import free_ports, launch, read_until_ready, surroundings
from devtools.screenshots import browser_path
from tests.journeys.browser.driver import Demo, Driver


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium; without one the tests fail, they are not skipped.

    Ends with these tests: Django opens no database where Playwright's loop is running.
    """
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=browser_path(),
            args=[
                *("--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update"),
            ],
        )


@pytest.fixture(scope="package")
def services() -> Iterator[dict[str, str]]:
    """The servers that the run was asked to use: a database of its own, and the broker."""
    if "CELERY_BROKER_URL" not in os.environ:
        yield {}
        return
    name = f"browser_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield {
            "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}",
            "CELERY_BROKER_URL": os.environ["CELERY_BROKER_URL"],
        }
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory, services: dict[str, str]) -> Iterator[Demo]:
    """One demo for all, on free ports with data of its own."""
    ports, data = free_ports(), tmp_path_factory.mktemp("demo")
    process = launch(ports, data, **services)
    read_until_ready(process)
    try:
        yield Demo(
            ports=ports,
            password=(data / "secrets" / "administrator_password").read_text(),
            environment=surroundings(ports, data, **services),
        )
    finally:
        process.terminate()
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="package")
def administrator(demo: Demo, chromium: Browser) -> StorageState:
    """The cookies of the demo's administrator, who has come in by password and app.

    Once for all tests: a code signs in once, and the next one takes half a minute. What they look
    at people for is told for all.
    """
    driver = Driver(demo, chromium)
    driver.type_password("admin", demo.password)
    driver.type_code(demo.unused_app_code())
    driver.open("/admin/purpose/")
    driver.tell_purpose("control")
    state = driver.context.storage_state()
    driver.close()
    return state


@pytest.fixture
def visit(demo: Demo, chromium: Browser) -> Iterator[Callable[..., Driver]]:
    """Open browsers of people who have not been here; each is watched, and must have been good."""
    opened: list[Driver] = []

    def open_one(**options: Any) -> Driver:
        driver = Driver(demo, chromium, **options)
        opened.append(driver)
        return driver

    yield open_one
    for driver in opened:
        driver.close()
        assert driver.complaints == []
