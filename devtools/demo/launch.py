"""A demo as a child process, for scripts and tests."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from devtools.demo.ports import NAMES, Ports, variable

ROOT = Path(__file__).resolve().parents[2]
LAST_LINE = "Ctrl-C ends everything."
# What a demo finds out by itself, whatever is set where it is started from.
FILLED_IN = (
    *("DATABASE_URL", "CELERY_BROKER_URL", "CACHE_URL", "EMAIL_URL", "DEFAULT_FROM_EMAIL"),
    *("SECRET_KEY", "FINGERPRINT_KEYS"),
    *("IDPORTEN_ISSUER", "IDPORTEN_CLIENT_ID", "IDPORTEN_CLIENT_JWK"),
)


def free_ports() -> Ports:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in NAMES]
        return Ports(*(taken.getsockname()[1] for taken in sockets))


def launch(ports: Ports, data: Path, **services: str) -> subprocess.Popen[str]:
    """Start a demo that keeps everything in `data`; SIGTERM ends it.

    `services` are settings such as DATABASE_URL, for servers it shall use instead of its own.
    """
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env=surroundings(ports, data, **services),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def surroundings(ports: Ports, data: Path, **services: str) -> dict[str, str]:
    """Give the environment of a demo, for a command beside it too."""
    filled_in = {name for base in FILLED_IN for name in (base, f"{base}_FILE")}
    kept = {name: value for name, value in os.environ.items() if name not in filled_in}
    chosen = {variable(name): str(getattr(ports, name)) for name in NAMES}
    return kept | chosen | services | {"KOBLING_DATA": str(data), "DEBUG": "1"}


def read_until_ready(process: subprocess.Popen[str]) -> str:
    """Give what the demo wrote until it was ready.

    Raises:
        RuntimeError: it ended instead; the message is what it wrote.
    """
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        if LAST_LINE in line:
            return "".join(lines)
    raise RuntimeError("The demo ended:\n" + "".join(lines))
