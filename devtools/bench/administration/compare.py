"""Fills a database and lets people of three roles open the administration's pages."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from devtools.bench import children, surroundings
from devtools.bench.administration import pages, rows
from devtools.bench.administration.findings import Findings, opened
from devtools.bench.databases import own_database

NOT_OURS = ("CACHE_URL", "CELERY_BROKER_URL")


def run(*, server_url: str, people: int, runs: int, warm_up: int) -> Findings:
    """Measure with so many employees and links.

    Raises:
        ChildFailed: a page was not there, or another thing did not do what was asked.
    """
    began = datetime.now(UTC)
    with own_database(server_url, "administration") as url, tempfile.TemporaryDirectory() as logs:
        settings = children.environment(
            NOT_OURS, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="portal.settings", DEBUG="1"
        )
        children.run("manage.py", "migrate", settings=settings)
        rows.fill(url, people=people, now=began)
        module = "devtools.bench.administration.visitor"
        with children.Child(module, settings=settings, log=Path(logs) / "visitor") as visitor:
            asked = {"runs": str(runs), "warm_up": str(warm_up)}
            found = {
                viewer: {
                    page["page"]: opened(page)
                    for page in visitor.ask(viewer=viewer, **asked)["pages"]
                }
                for viewer in pages.VIEWERS
            }
    return Findings(
        bench="administration",
        what="opening the administration's pages",
        date=began.date().isoformat(),
        machine=surroundings.machine(),
        versions=surroundings.versions() | {"postgresql": surroundings.postgresql(server_url)},
        rows={
            "employees": people,
            "links": people,
            "codes": people * 3 // 10,
            "invitations": people // 10,
        },
        runs=runs,
        warm_up=warm_up,
        viewers=found,
    )
