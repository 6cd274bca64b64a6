"""How the suite is spread over the cores."""

import os
import subprocess
import sys

import pytest

from devtools.environment import BASE_DIR
from portal.celery import app
from tests.workers import LONGEST, ONE_DEMO, WholeFiles


@pytest.fixture
def scheduler() -> WholeFiles:
    return WholeFiles.__new__(WholeFiles)  # it wants a whole run of pytest-xdist


@pytest.mark.parametrize("path", LONGEST)
def test_what_is_named_is_there(path: str) -> None:
    assert (BASE_DIR / path).exists()


def test_a_file_stays_whole(scheduler: WholeFiles) -> None:
    one, other = "tests/races/test_key_races.py", "tests/races/test_sweep_races.py"
    assert scheduler._split_scope(f"{one}::test_a[x::y]") == scheduler._split_scope(
        f"{one}::test_b"
    )
    assert scheduler._split_scope(f"{one}::test_a") != scheduler._split_scope(f"{other}::test_a")


def test_those_who_look_at_the_demo_are_with_one_worker(scheduler: WholeFiles) -> None:
    one, other = (f"{ONE_DEMO}test_{name}.py::test_a" for name in ("journey", "import"))
    assert scheduler._split_scope(one) == scheduler._split_scope(other)


def test_each_process_has_a_queue_of_its_own() -> None:
    """Those that it starts have the same; another run's workers would take its messages."""
    assert app.conf.task_default_queue == os.environ["CELERY_QUEUE"]
    command = "import os, tests.environment; print(os.environ['CELERY_QUEUE'])"
    other = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, cwd=BASE_DIR, check=True
    )
    assert other.stdout.strip() not in ("", "celery", os.environ["CELERY_QUEUE"]), other.stderr
