"""How the suite is spread over the cores."""

import pytest

from devtools.environment import BASE_DIR
from tests.workers import LONGEST, WholeFiles

CANARY = "tests/attacks/test_canary.py::test_a"
BROWSER = "tests/journeys/browser/test_journey.py::test_a"


@pytest.fixture
def scheduler() -> WholeFiles:
    return WholeFiles.__new__(WholeFiles)  # it wants a whole run of pytest-xdist


@pytest.mark.parametrize("path", LONGEST)
def test_what_is_named_is_there(path: str) -> None:
    """Else tests that were renamed would meet each other on the broker, now and then."""
    assert (BASE_DIR / path).exists()


def test_a_file_stays_whole(scheduler: WholeFiles) -> None:
    one, other = "tests/races/test_key_races.py", "tests/races/test_sweep_races.py"
    assert scheduler._split_scope(f"{one}::test_a[x::y]") == scheduler._split_scope(
        f"{one}::test_b"
    )
    assert scheduler._split_scope(f"{one}::test_a") != scheduler._split_scope(f"{other}::test_a")


def test_those_on_the_runs_broker_are_with_one_worker(scheduler: WholeFiles) -> None:
    assert scheduler._split_scope(CANARY) == scheduler._split_scope(BROWSER)
