"""Seals a log, and exports and verifies it in turns beside a bare COPY of the same rows."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from devtools.bench import children, surroundings
from devtools.bench.administration import rows as people
from devtools.bench.administration.compare import NOT_OURS
from devtools.bench.audit_search import rows
from devtools.bench.databases import own_database
from devtools.bench.figures import Ratio, Spread
from devtools.bench.report import Limit, Report

COPIED = "bare COPY"
CSV = "CSV"
JSON_LINES = "JSON Lines"
SEALED = "with seals"
VERIFIED = "verify_audit_log"
# Of these a tenth is read as well, to see whether memory grows with the log.
EXPORTED = {CSV: "csv", JSON_LINES: "json-lines", SEALED: "sealed"}
TIME, MEMORY, SIZE = "time (s)", "memory beyond the start (MiB)", "size (MiB)"
AT_MOST_SECONDS = 60
FLAT = 1.5

type Found = dict[str, list[dict[str, float]]]


def run(*, server_url: str, events: int, runs: int) -> Report:
    """Measure, each time in a process of its own.

    Raises:
        ChildFailed: a side did not have all events, or did not find the log sound.
    """
    began = datetime.now(UTC)
    employees = max(events // 100, 1000)
    with (
        own_database(server_url, "audit_export") as url,
        own_database(server_url, "audit_export_tenth") as tenth_url,
    ):
        sealed = _fill(url, events=events, employees=employees, now=began)
        _fill(tenth_url, events=events // 10, employees=employees, now=began)
        found: Found = {side: [] for side in (COPIED, *EXPORTED, VERIFIED)}
        tenth: Found = {side: [] for side in EXPORTED}
        for _round in range(runs):
            for side, what in {COPIED: "copy", **EXPORTED, VERIFIED: "verify"}.items():
                found[side].append(_one(what, url, events))
            for side, what in EXPORTED.items():
                tenth[side].append(_one(what, tenth_url, events // 10))
        versions = surroundings.versions() | {"postgresql": surroundings.postgresql(server_url)}
    return _report(found, tenth, sealed, versions, events=events, runs=runs)


def _settings(url: str) -> dict[str, str]:
    return children.environment(
        NOT_OURS, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="portal.settings", DEBUG="1"
    )


def _fill(url: str, *, events: int, employees: int, now: datetime) -> list[float]:
    """Fill the database and have the portal seal all of it; gives the seconds of each round."""
    children.run("manage.py", "migrate", settings=_settings(url))
    people.fill(url, people=employees, now=now)
    rows.fill(url, events=events, employees=employees, now=now)
    rows.queue_for_sealing(url)
    rounds: list[float] = _answer("seal", url)["rounds"]
    return rounds


def _one(what: str, url: str, events: int) -> dict[str, float]:
    answer: dict[str, float] = _answer(what, url)
    if answer["events"] < events:
        raise children.ChildFailed(f"{what} had {answer['events']} of {events} events.")
    return answer


def _answer(what: str, url: str) -> dict[str, object]:
    with tempfile.NamedTemporaryFile("r") as answer:
        children.run(
            *("-m", "devtools.bench.audit_export.side", what, answer.name), settings=_settings(url)
        )
        found: dict[str, object] = json.load(Path(answer.name).open())
        return found
