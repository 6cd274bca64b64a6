"""Imports the same people in three ways in turns, and tells what came of it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from devtools.bench import children, surroundings
from devtools.bench.children import ChildFailed
from devtools.bench.databases import own_database
from devtools.bench.figures import Ratio, Spread
from devtools.bench.importing import files
from devtools.bench.report import Limit, Report

KOBLING, AGAIN, BARE, LIBRARY = "kobling", "the same again", "bare COPY", "django-import-export"
SIDES = {BARE: "bare", KOBLING: "kobling", AGAIN: "kobling", LIBRARY: "library"}
TIME, MEMORY = "time (s)", "memory beyond the start (MiB)"
NOT_OURS = ("CACHE_URL", "CELERY_BROKER_URL")

type Found = dict[str, list[dict[str, float]]]


def run(*, server_url: str, people: int, runs: int) -> Report:
    """Measure, each time in a process of its own.

    Raises:
        ChildFailed: a side did not import everybody, or django-import-export is not installed.
    """
    try:
        library = version(LIBRARY)
    except PackageNotFoundError:
        raise ChildFailed(
            'It is run by `make bench ARGS="import"`, which installs the other side.'
        ) from None
    found: Found = {name: [] for name in SIDES}
    with (
        own_database(server_url, "import") as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = children.environment(
            NOT_OURS, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="portal.settings", DEBUG="1"
        )
        children.run("manage.py", "migrate", settings=settings)
        files.write(Path(folder), people)
        for _round in range(runs):
            for name, module in SIDES.items():
                if name != AGAIN:  # it follows the portal's first
                    files.prepare(url)
                found[name].append(_one(module, folder, settings))
                if files.count(url) != people:
                    raise ChildFailed(f"{name} did not import everybody.")
    return _report(found, server_url=server_url, people=people, runs=runs, library=library)


def _one(module: str, folder: str, settings: Mapping[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", f"devtools.bench.importing.{module}", folder],
        cwd=children.ROOT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ChildFailed(f"{module} failed:\n{done.stderr[-2000:]}")
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _report(found: Found, *, server_url: str, people: int, runs: int, library: str) -> Report:
    times = {name: [each["seconds"] for each in rounds] for name, rounds in found.items()}
    memory = {name: [each["mebibytes"] for each in rounds] for name, rounds in found.items()}
    to_copy = {
        f"time of {name}": Ratio.of(times[name], times[BARE]) for name in SIDES if name != BARE
    }
    ours = to_copy[f"time of {KOBLING}"].value
    return Report(
        bench="import",
        what=f"taking {people} people in; ratios are to bare COPY",
        date=datetime.now(UTC).date().isoformat(),
        machine=surroundings.machine(),
        versions=surroundings.versions()
        | {LIBRARY: library, "postgresql": surroundings.postgresql(server_url)},
        runs=runs,
        warm_up=0,
        sides={
            name: {TIME: Spread.of(times[name]), MEMORY: Spread.of(memory[name])} for name in SIDES
        },
        ratios=to_copy,
        limits=[Limit(f"time, as a ratio of medians to {BARE}", ours, 5)],
    )
