"""The processes that the demo starts, watches and ends."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import urllib3

# Linux: ask for this signal when the parent dies (prctl(2)).
PR_SET_PDEATHSIG = 1
READY_SECONDS = 60
STOP_SECONDS = 10
POLL_SECONDS = 0.05
WATCH_SECONDS = 0.3
TAIL_LINES = 15

# Loaded before any fork: the child may not load a library.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_HTTP = urllib3.PoolManager(retries=False, timeout=5.0)


class ProcessEnded(RuntimeError):
    """A process ended that should not, or was never ready; the message has the tail of its log."""


type Ready = Callable[[Path], bool]
"""Whether a process is ready, given its log."""


def answers(url: str) -> Ready:
    """Ready when a GET gives 200."""

    def ready(_log: Path) -> bool:
        try:
            return _HTTP.request("GET", url, redirect=False).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    return ready


def has_logged(text: str) -> Ready:
    """Ready when this stands in the log."""
    return lambda log: text in log.read_text(errors="replace")


@dataclass(frozen=True, slots=True)
class Part:
    """One process to start."""

    name: str
    command: Sequence[str]
    ready: Ready
    environment: Mapping[str, str] = MappingProxyType({})  # that no other part has


type Running = tuple[Part, subprocess.Popen[bytes]]


class Processes:
    """What was started, in waves; as a context manager, ended with the last wave first."""

    def __init__(self, *, logs: Path, environment: Mapping[str, str]) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._environment = dict(environment)
        self._waves: list[list[Running]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, *wave: Part) -> None:
        """Start these side by side."""
        running: list[Running] = []
        self._waves.append(running)
        # One by one, so that a failure leaves those before it known.
        running.extend((part, self._open(part)) for part in wave)

    def _open(self, part: Part) -> subprocess.Popen[bytes]:
        with self._log(part).open("wb") as log:
            return subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self._environment, **part.environment},
                start_new_session=True,  # Ctrl-C at the terminal is for us alone
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # makes one system call
            )

    def _running(self) -> Iterator[Running]:
        return chain.from_iterable(self._waves)

    def wait_until_ready(self) -> None:
        """Wait for every one that was started.

        Raises:
            ProcessEnded: one ended, or is not ready in READY_SECONDS.
        """
        deadline = time.monotonic() + READY_SECONDS
        for part, _process in self._running():
            while not part.ready(self._log(part)):
                self._refuse_ended()
                if time.monotonic() > deadline:
                    raise self._failure(part, f"was not ready in {READY_SECONDS} s")
                time.sleep(POLL_SECONDS)

    def watch(self) -> None:
        """Come back never, but for:

        Raises:
            ProcessEnded: one ended.
        """
        while True:
            self._refuse_ended()
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """End all, wave by wave; what of a wave does not end in STOP_SECONDS is killed."""
        while self._waves:
            wave = [process for _part, process in self._waves.pop()]
            for process in wave:
                process.terminate()
            deadline = time.monotonic() + STOP_SECONDS
            for process in wave:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0, deadline - time.monotonic()))
                _kill_group(process)

    def _refuse_ended(self) -> None:
        for part, process in self._running():
            if process.poll() is not None:
                raise self._failure(part, f"ended with status {process.returncode}")

    def _failure(self, part: Part, what: str) -> ProcessEnded:
        log = self._log(part)
        tail = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        quoted = "\n".join(f"  {line}" for line in tail)
        return ProcessEnded(f"The {part.name} {what}. The end of {log}:\n{quoted}")

    def _log(self, part: Part) -> Path:
        return self._logs / f"{part.name.replace(' ', '-')}.log"


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever of its group is left: children that outlived it, or the process itself."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _die_with_parent() -> None:
    """Run in the child: nothing outlives a demo that was killed. Elsewhere than on Linux it may."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
