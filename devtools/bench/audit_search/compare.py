"""Fills a database with events and lets people of three roles search them."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from devtools.bench import children, surroundings
from devtools.bench.administration import rows as people
from devtools.bench.administration.compare import NOT_OURS
from devtools.bench.administration.findings import Findings, opened
from devtools.bench.audit_search import rows
from devtools.bench.audit_search.searches import VIEWERS
from devtools.bench.databases import own_database


def run(*, server_url: str, events: int, runs: int, warm_up: int) -> Findings:
    """Measure with so many events, of a hundredth as many employees.

    Raises:
        ChildFailed: a page was not there, or another thing did not do what was asked.
    """
    began = datetime.now(UTC)
    employees = max(events // 100, 1000)
    with own_database(server_url, "audit_search") as url, tempfile.TemporaryDirectory() as logs:
        settings = children.environment(
            NOT_OURS, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="portal.settings", DEBUG="1"
        )
        children.run("manage.py", "migrate", settings=settings)
        people.fill(url, people=employees, now=began)
        rows.fill(url, events=events, employees=employees, now=began)
        module = "devtools.bench.audit_search.visitor"
        with children.Child(module, settings=settings, log=Path(logs) / "visitor") as visitor:
            asked = {"runs": str(runs), "warm_up": str(warm_up)}
            found = {
                viewer: {
                    page["page"]: opened(page)
                    for page in visitor.ask(viewer=viewer, **asked)["pages"]
                }
                for viewer in VIEWERS
            }
    return Findings(
        bench="audit-search",
        what="searching the audit log",
        date=began.date().isoformat(),
        machine=surroundings.machine(),
        versions=surroundings.versions() | {"postgresql": surroundings.postgresql(server_url)},
        rows={"events": events, "employees": employees, "months": rows.MONTHS},
        runs=runs,
        warm_up=warm_up,
        viewers=found,
    )
