"""`python -m devtools.crashes [--runs N] [--broker URL] [--json FILE]`."""

import argparse
import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

from devtools import environment, postgres
from devtools.bench import children, surroundings
from devtools.bench.databases import own_database
from portal import env

KEPT = children.ROOT / "docs" / "benchmarks" / "crashes.json"
FOLDER = environment.DATA_DIR / "bench"
EMBEDDED = "postgresql://"
# As `make test-services` looks for them.
ON_THIS_MACHINE = {6379: "redis://127.0.0.1:6379/1", 5672: "amqp://guest:guest@127.0.0.1:5672//"}
PACKAGES = ("django", "celery", "kombu", "psycopg", "gunicorn")

type Tallies = Mapping[str, Mapping[str, Any]]


def main() -> int:
    options = _options()
    environment.fill_in_settings(FOLDER / "secrets")
    cluster = None
    try:
        cluster = environment.fill_in_database(FOLDER / "postgres")
        server_url = env.text("DATABASE_URL")
        brokers = [options.broker] if options.broker else [EMBEDDED, *_answering()]
        # Side by side: they mostly wait.
        with ThreadPoolExecutor(len(brokers)) as pool:
            tallies = pool.map(lambda url: _crash_on(url, server_url, options.runs), brokers)
            found = dict(zip(map(_name, brokers), tallies, strict=True))
        report = _report(found, server_url=server_url, runs=options.runs)
    except (children.ChildFailed, postgres.PostgresUnavailable, psycopg.OperationalError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if cluster is not None:
            cluster.stop()
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(report, indent=2) + "\n")
    broken = [line for broker, tallies in found.items() for line in _broken(broker, tallies)]
    print("\n".join([*_text(found), "", *(broken or ["Every promise held."])]))
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devtools.crashes")
    parser.add_argument("--runs", type=int, choices=range(1, 201), default=50, metavar="N")
    parser.add_argument("--broker", help="one broker's URL (all that answer on this machine)")
    parser.add_argument("--json", type=Path, default=KEPT, help="where to keep the result")
    return parser.parse_args()


def _answering() -> list[str]:
    def answers(port: int) -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 2).close()
        except OSError:
            print(f"crashes: no {_name(ON_THIS_MACHINE[port])} on this machine.")
            return False
        return True

    return [url for port, url in ON_THIS_MACHINE.items() if answers(port)]


def _name(url: str) -> str:
    return {"amqp": "RabbitMQ", "redis": "Redis"}.get(url.partition(":")[0], "embedded")


def _crash_on(broker: str, server_url: str, runs: int) -> Tallies:
    """Crash everything on one broker, in a database of its own.

    Raises:
        ChildFailed: a run could not be made.
    """
    with ExitStack() as stack:
        url = stack.enter_context(own_database(server_url, f"crashes_{_name(broker).lower()}"))
        settings = children.environment(
            ("CACHE_URL",),
            DATABASE_URL=url,
            CELERY_BROKER_URL=broker,
            DJANGO_SETTINGS_MODULE="portal.settings",
            DEBUG="1",
            ALLOWED_HOSTS=".localhost,127.0.0.1",
            IDPORTEN_ISSUER="http://127.0.0.1:9",
        )
        children.run("manage.py", "migrate", "--verbosity=0", settings=settings)
        done = subprocess.run(
            [sys.executable, "-m", "devtools.crashes.scenario", str(runs)],
            cwd=children.ROOT,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise children.ChildFailed(f"The crashes on {_name(broker)} failed:\n{done.stderr[-9000:]}")
    tallies: Tallies = json.loads(done.stdout)
    return tallies


def _report(found: Mapping[str, Tallies], *, server_url: str, runs: int) -> dict[str, Any]:
    versions = {"python": surroundings.versions()["python"]}
    versions |= {name: version(name) for name in PACKAGES}
    return {
        "bench": "crashes",
        "what": "kill -9 at each step of a mail's way",
        "date": datetime.now(UTC).date().isoformat(),
        "machine": surroundings.machine(),
        "versions": versions
        | {"postgresql": surroundings.postgresql(server_url)}
        | _servers(found),
        "runs": runs,
        "brokers": found,
    }


def _servers(found: Mapping[str, Tallies]) -> dict[str, str]:
    """Ask the installed servers for their versions; one elsewhere than here is not known."""
    commands = {"Redis": ["redis-server", "--version"], "RabbitMQ": ["rabbitmqctl", "version"]}
    told = {}
    for name in found.keys() & commands.keys():
        try:
            done = subprocess.run(commands[name], capture_output=True, text=True, check=False)
        except OSError:
            continue
        words = [word.removeprefix("v=") for word in done.stdout.split()]
        told[name.lower()] = next((word for word in words if word[:1].isdigit()), "unknown")
    return told


def _broken(broker: str, tallies: Tallies) -> list[str]:
    return [
        f"BROKEN on {broker}, {point}: {dict(tally)}"
        for point, tally in tallies.items()
        if tally["lost"]
        or tally["sent_for_rolled_back"]
        or tally["most_copies"] > tally["allowed_copies"]
        or not tally["same_code"]
    ]


def _text(found: Mapping[str, Tallies]) -> list[str]:
    lines = []
    for broker, tallies in found.items():
        lines += ["", f"{broker:<50} runs  lost  rolled back  twice  most  same code"]
        lines += [
            f"{point:<50} {tally['runs']:>4} {tally['lost']:>5} "
            f"{tally['sent_for_rolled_back']:>12} {tally['duplicates']:>6} "
            f"{tally['most_copies']:>5}  {'yes' if tally['same_code'] else 'NO'}"
            for point, tally in tallies.items()
        ]
    return lines


if __name__ == "__main__":
    sys.exit(main())
