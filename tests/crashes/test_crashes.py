"""`make crashes` with few runs, on whatever broker the run of the tests has."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devtools.bench.children import ROOT
from devtools.crashes.points import Point

RUNS = 2  # one kills the service, one the process at work
SECONDS = 540


@pytest.fixture(scope="module")
def tallies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    kept = tmp_path_factory.mktemp("crashes") / "crashes.json"
    broker = os.environ.get("CELERY_BROKER_URL", "postgresql://")
    command = ["-m", "devtools.crashes", f"--runs={RUNS}", f"--broker={broker}", f"--json={kept}"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(Path(kept).read_text())["brokers"].values()
    return dict(found)


@pytest.mark.parametrize("point", Point, ids=lambda point: point.name.lower())
def test_a_crash_loses_no_mail_and_sends_at_most_one_copy(
    tallies: dict[str, Any], point: Point
) -> None:
    tally = tallies[point.text]
    assert (tally["runs"], tally["whole_services"]) == (RUNS, 1)
    assert (tally["lost"], tally["sent_for_rolled_back"]) == (0, 0)
    assert tally["most_copies"] <= point.copies <= 2
    assert tally["same_code"]


def test_a_crash_after_the_server_took_the_mail_sends_the_copy_that_we_expect(
    tallies: dict[str, Any],
) -> None:
    """Else the kills would not be where they say."""
    for point in (Point.ACCEPTED, Point.MARKED):
        assert tallies[point.text]["duplicates"] == RUNS
