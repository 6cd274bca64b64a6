"""One side, in a process of its own: `verify` or `read`, the log, and the public key."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from audit import verifier


def verify(log: Path) -> int:
    key = verifier.read_key((log.parent / "key.pem").read_bytes())
    with log.open("rb") as source:
        report = verifier.verify_lines(verifier.Verification([key]), source)
    if not report.sound:
        raise SystemExit(report.findings[0].sentence)
    return report.summary.events


def read(log: Path) -> int:
    with log.open("rb") as source:
        return sum(json.loads(line)["type"] == "event" for line in source)


SIDES: dict[str, Callable[[Path], int]] = {"verify": verify, "read": read}


def main() -> None:
    before = peak()
    began, used = time.perf_counter(), time.process_time()
    events = SIDES[sys.argv[1]](Path(sys.argv[2]))
    found = {
        "events": events,
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - used,
        "mebibytes": peak() - before,
    }
    print(json.dumps(found))


def peak() -> float:
    """Give the most memory this process has had so far, in MiB.

    Not by getrusage: there Linux counts what the process was before it became this program.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    main()
