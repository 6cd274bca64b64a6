"""Verifies a log and merely reads it, in turns, and tells what came of it."""

import json
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from devtools.bench import children, surroundings
from devtools.bench.audit_verify import logs
from devtools.bench.children import ChildFailed
from devtools.bench.figures import Ratio, Spread
from devtools.bench.report import Limit, Report

VERIFIED, READ, TENTH, MANY_SEALS = "verified", "read and parsed", "a tenth", "a seal an event"
TIME, PROCESSOR, MEMORY = "time (s)", "processor (s)", "memory beyond the start (MiB)"
AT_MOST_SECONDS = 60
FLAT = 1.5

type Found = dict[str, list[dict[str, float]]]


def run(*, events: int, runs: int) -> Report:
    """Measure, each time in a process of its own.

    Raises:
        ChildFailed: a side did not find the log sound, or not all of it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for log, count, each_round, organisations in (
            ("log.jsonl", events, 1000, 10),
            ("tenth.jsonl", events // 10, 1000, 10),
            ("seals.jsonl", events // 10, 2, 1),
        ):
            logs.write(
                folder / log, events=count, each_round=each_round, organisations=organisations
            )
        sides = {
            READ: ("read", folder / "log.jsonl", events),
            VERIFIED: ("verify", folder / "log.jsonl", events),
            TENTH: ("verify", folder / "tenth.jsonl", events // 10),
            MANY_SEALS: ("verify", folder / "seals.jsonl", events // 10),
        }
        found: Found = {side: [] for side in sides}
        for _round in range(runs):
            for side, (what, log_path, count) in sides.items():
                found[side].append(_one(what, log_path, count))
    return _report(found, events=events, runs=runs)


def _one(what: str, log: Path, events: int) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "devtools.bench.audit_verify.side", what, str(log)],
        cwd=children.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ChildFailed(f"{what} failed:\n{done.stderr[-2000:]}")
    answer: dict[str, float] = json.loads(done.stdout)
    if answer["events"] != events:
        raise ChildFailed(f"{what} found {answer['events']} events, and there are {events}.")
    return answer


def _report(found: Found, *, events: int, runs: int) -> Report:
    spreads = {
        side: {
            TIME: Spread.of([each["seconds"] for each in rounds]),
            PROCESSOR: Spread.of([each["processor"] for each in rounds]),
            MEMORY: Spread.of([each["mebibytes"] for each in rounds]),
        }
        for side, rounds in found.items()
    }
    seconds = {side: [each["seconds"] for each in rounds] for side, rounds in found.items()}
    slowest = max(seconds[VERIFIED])
    processor = max(each["processor"] for each in found[VERIFIED])
    growth = spreads[VERIFIED][MEMORY].median / max(spreads[TENTH][MEMORY].median, 1)
    return Report(
        bench="audit-verify",
        what=f"verifying a log of {events} events, 1000 a round, beside reading it as JSON",
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=surroundings.machine(),
        versions={"python": platform.python_version(), "cryptography": version("cryptography")},
        runs=runs,
        warm_up=0,
        sides=spreads,
        ratios={"verified to read": Ratio.of(seconds[VERIFIED], seconds[READ])},
        limits=[
            Limit("seconds, the slowest run", round(slowest, 1), AT_MOST_SECONDS),
            Limit("seconds of processor, the slowest run", round(processor, 1), AT_MOST_SECONDS),
            Limit("memory, as a ratio to a tenth of the log", round(growth, 2), FLAT),
        ],
    )
