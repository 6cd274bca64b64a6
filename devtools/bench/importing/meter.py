"""How long a piece of work takes, and how much more memory its process has had at the most."""

import json
import resource
import sys
import time
from collections.abc import Callable

_KIB = 1024 if sys.platform == "darwin" else 1  # where the system counts in bytes


def measured(work: Callable[[], object]) -> None:
    """Do the work and print what it took, as JSON."""
    before = _peak()
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "mebibytes": _peak() - before}), flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB / 1024
