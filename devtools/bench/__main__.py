"""`python -m devtools.bench [NAME] [--runs N] [--json FILE]`, and more: `--help`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg

from devtools import environment, postgres
from devtools.bench.administration import compare as administration
from devtools.bench.audit_export import compare as audit_export
from devtools.bench.audit_search import compare as audit_search
from devtools.bench.audit_verify import compare as audit_verify
from devtools.bench.children import ROOT, ChildFailed
from devtools.bench.importing import compare as importing
from devtools.bench.report import Kept
from devtools.bench.same_answer import compare as same_answer
from devtools.bench.sign_in import compare as sign_in
from devtools.bench.stale_links import compare as stale_links
from portal import env

KEPT = ROOT / "docs" / "benchmarks"
FOLDER = environment.DATA_DIR / "bench"


def _sign_in(server_url: str, options: argparse.Namespace) -> Kept:
    runs = options.runs or 200
    return sign_in.run(server_url=server_url, runs=runs, warm_up=options.warm_up)


def _same_answer(server_url: str, options: argparse.Namespace) -> Kept:
    runs = options.runs or 1000
    return same_answer.run(server_url=server_url, runs=runs, warm_up=options.warm_up)


def _stale_links(server_url: str, options: argparse.Namespace) -> Kept:
    at_rest = max(options.runs or 200, options.links // 200)
    return stale_links.run(server_url=server_url, links=options.links, at_rest=at_rest)


def _import(server_url: str, options: argparse.Namespace) -> Kept:
    return importing.run(server_url=server_url, people=options.people, runs=options.runs or 3)


def _administration(server_url: str, options: argparse.Namespace) -> Kept:
    runs, warm_up = options.runs or 30, min(options.warm_up, 3)
    return administration.run(
        server_url=server_url, people=options.links, runs=runs, warm_up=warm_up
    )


def _audit_verify(_server_url: str, options: argparse.Namespace) -> Kept:
    return audit_verify.run(events=options.events or 1_000_000, runs=options.runs or 5)


def _audit_export(server_url: str, options: argparse.Namespace) -> Kept:
    events = options.events or 1_000_000
    return audit_export.run(server_url=server_url, events=events, runs=options.runs or 3)


def _audit_search(server_url: str, options: argparse.Namespace) -> Kept:
    runs, warm_up = options.runs or 30, min(options.warm_up, 3)
    events = options.events or 10_000_000
    return audit_search.run(server_url=server_url, events=events, runs=runs, warm_up=warm_up)


BENCHES: dict[str, Callable[[str, argparse.Namespace], Kept]] = {
    "sign-in": _sign_in,
    "same-answer-time": _same_answer,
    "stale-links": _stale_links,
    "import": _import,
    "administration": _administration,
    "audit-verify": _audit_verify,
    "audit-export": _audit_export,
    "audit-search": _audit_search,
}


def main() -> int:
    options = _options()
    environment.fill_in_settings(FOLDER / "secrets")
    cluster = None
    try:
        cluster = environment.fill_in_database(FOLDER / "postgres")
        report = BENCHES[options.bench](env.text("DATABASE_URL"), options)
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
    parser.add_argument(
        "--runs",
        type=_at_least(2),
        help="rounds (200; same-answer-time: 1000; import, audit-export: 3; "
        "administration, audit-search: 30; audit-verify: 5)",
    )
    parser.add_argument(
        "--warm-up", type=_at_least(0), default=20, help="rounds before, not counted (%(default)s)"
    )
    parser.add_argument(
        "--links",
        type=_at_least(10),
        default=1_000_000,
        help="of stale-links and administration (%(default)s)",
    )
    parser.add_argument(
        "--people", type=_at_least(10), default=100_000, help="of import (%(default)s)"
    )
    parser.add_argument(
        "--events",
        type=_at_least(100),
        help="of audit-verify and audit-export (1000000), and audit-search (10000000)",
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
