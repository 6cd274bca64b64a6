"""`python -m devtools.bench [NAME] [--runs N] [--warm-up N] [--json FILE]`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg

from devtools import environment, postgres
from devtools.bench.children import ROOT, ChildFailed
from devtools.bench.report import Kept
from devtools.bench.same_answer import compare as same_answer
from devtools.bench.sign_in import compare
from portal import env

BENCHES: dict[str, Callable[..., Kept]] = {
    "sign-in": compare.run,
    "same-answer-time": same_answer.run,
}
RUNS = {"same-answer-time": 1000}  # where it is not 200
KEPT = ROOT / "docs" / "benchmarks"
FOLDER = environment.DATA_DIR / "bench"


def main() -> int:
    options = _options()
    environment.fill_in_settings(FOLDER / "secrets")
    cluster = None
    try:
        cluster = environment.fill_in_database(FOLDER / "postgres")
        report = BENCHES[options.bench](
            server_url=env.text("DATABASE_URL"),
            runs=options.runs or RUNS.get(options.bench, 200),
            warm_up=options.warm_up,
        )
    except (ChildFailed, postgres.PostgresUnavailable, psycopg.OperationalError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if cluster is not None:
            cluster.stop()
    print(report.text())
    report.save(options.json or KEPT / f"{options.bench}.json")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devtools.bench")
    parser.add_argument("bench", nargs="?", choices=BENCHES, default="sign-in")
    parser.add_argument("--runs", type=_at_least(2), help="rounds (200; same-answer-time: 1000)")
    parser.add_argument(
        "--warm-up", type=_at_least(0), default=20, help="rounds before, not counted (%(default)s)"
    )
    parser.add_argument("--json", type=Path, help="where to keep it (docs/benchmarks/NAME.json)")
    return parser.parse_args()


def _at_least(smallest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if int(text) < smallest:
            raise argparse.ArgumentTypeError(f"give {smallest} or more")
        return int(text)

    return number


if __name__ == "__main__":
    sys.exit(main())
