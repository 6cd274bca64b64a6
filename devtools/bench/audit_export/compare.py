"""Seals a log, and exports and verifies it in turns beside a bare COPY of the same rows."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from devtools.bench import children, surroundings
from devtools.bench.administration import rows as people
from devtools.bench.administration.compare import NOT_OURS
from devtools.bench.audit_search import rows
from devtools.bench.databases import own_database
from devtools.bench.figures import Ratio, Spread
from devtools.bench.report import Limit, Report

COPIED, VERIFIED = "bare COPY", "verify_audit_log"
OURS = {
    "CSV": "csv",
    "JSON Lines": "json-lines",
    "with seals": "sealed",
    VERIFIED: "verify",
}
TIME, MEMORY, SIZE = "time (s)", "memory beyond the start (MiB)", "written (MiB)"
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
        found: Found = {side: [] for side in (COPIED, *OURS)}
        tenth: Found = {side: [] for side in OURS}
        for _round in range(runs):
            found[COPIED].append(_one("copy", url, events))
            for side, what in OURS.items():
                found[side].append(_one(what, url, events))
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
    rounds: list[float] = _answer("seal", url)["rounds"]
    return rounds


def _one(what: str, url: str, events: int) -> dict[str, float]:
    answer: dict[str, float] = _answer(what, url)
    if answer["events"] < events:
        raise children.ChildFailed(f"{what} had {answer['events']} of {events} events.")
    return answer


def _answer(what: str, url: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        module = ("-m", "devtools.bench.audit_export.side")
        children.run(*module, what, str(answer), settings=_settings(url))
        found: dict[str, Any] = json.loads(answer.read_text())
        return found


def _report(
    found: Found,
    tenth: Found,
    sealed: list[float],
    versions: dict[str, str],
    *,
    events: int,
    runs: int,
) -> Report:
    seconds = {side: [each["seconds"] for each in rounds] for side, rounds in found.items()}
    memory = {side: [each["mebibytes"] for each in rounds] for side, rounds in found.items()}
    growth = {
        side: median(memory[side]) / max(median(each["mebibytes"] for each in tenth[side]), 1)
        for side in OURS
    }
    return Report(
        bench="audit-export",
        what=f"taking {events} sealed events out of the database, and verifying them there",
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=surroundings.machine(),
        versions=versions,
        runs=runs,
        warm_up=0,
        sides={
            side: {
                TIME: Spread.of(seconds[side]),
                MEMORY: Spread.of(memory[side]),
                SIZE: Spread.of([each["size"] for each in rounds]),
            }
            for side, rounds in found.items()
        },
        ratios={f"{side} to {COPIED}": Ratio.of(seconds[side], seconds[COPIED]) for side in OURS},
        limits=[
            Limit("the slowest round of sealing (s)", round(max(sealed), 1), AT_MOST_SECONDS),
            Limit(
                "verifying, the slowest run (s)", round(max(seconds[VERIFIED]), 1), AT_MOST_SECONDS
            ),
            *(
                Limit(f"{side}: memory, as a ratio to a tenth", round(growth[side], 2), FLAT)
                for side in OURS
            ),
        ],
    )
