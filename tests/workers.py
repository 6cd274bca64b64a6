"""The whole suite is spread over the cores (`-p tests.workers`); a part of it runs in one process.

A part starts sooner that way, and so does the debugger (`--pdb`). `-n 0` and `-n 3` say otherwise.
"""

import os
import random
from collections.abc import Generator
from typing import Any

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

AT_MOST = 4
"""Workers, unless `-n` asks for more: each has a database, and the slowest files take as long."""

ONE_DEMO = "tests/journeys/browser/"
"""All look at the same demo: a second one would take longer than they do."""

LONGEST = (
    "tests/attacks/test_canary.py",
    ONE_DEMO,
    "tests/crashes/",
    "tests/devtools/",
    "tests/races/",
)
"""Come first, so that no core waits at the end for one long file. Nothing else hangs on it."""

# One seed for all workers, another in each run: they must find the tests in the same order.
os.environ.setdefault("PYTHONHASHSEED", str(random.randrange(2**32)))


class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]  # published without types
    """Give a worker whole files, in order: what a file sets up for its tests is set up once."""

    def _split_scope(self, nodeid: str) -> str:
        return ONE_DEMO if nodeid.startswith(ONE_DEMO) else nodeid.partition("::")[0]


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    cores = yield
    return 0 if cores == 1 or _is_a_part(config) else min(cores, AT_MOST)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WholeFiles | None:
    if config.getoption("dist") != "load":
        return None
    config.option.loadscopereorder = False  # it would be by the number of tests
    return WholeFiles(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def _is_a_part(config: pytest.Config) -> bool:
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    chosen = ("keyword", "markexpr", "deselect", "lf", "stepwise")
    return named or any(config.getoption(name) for name in chosen)
