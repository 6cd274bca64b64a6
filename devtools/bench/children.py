"""The processes that a bench measures in: one for each Django configuration.

They are asked by a line of JSON and answer by one. A child ends when its parent does: its standard
input is over then.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

ROOT = Path(__file__).resolve().parents[2]
END_SECONDS = 10
TAIL_LINES = 15


class ChildFailed(RuntimeError):
    """A child ended, or did not do what was asked; the message has the tail of its log."""


def environment(without: tuple[str, ...] = (), **settings: str) -> dict[str, str]:
    """Give this process's environment with these settings, and without those.

    Proxies are left out: a library that heeds them would leave this machine, or pay for asking.
    """
    dropped = {*without, *settings}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.removesuffix("_FILE") not in dropped and not name.lower().endswith("_proxy")
    }
    return kept | settings


def run(*command: str, settings: Mapping[str, str]) -> None:
    """Run a Python command to its end.

    Raises:
        ChildFailed: with what it wrote.
    """
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ChildFailed(f"{' '.join(command)} failed:\n{_tail(done.stderr)}")


class Child:
    """`python -m` a module that answers on its standard output; a context manager."""

    def __init__(self, *module: str, settings: Mapping[str, str], log: Path) -> None:
        self._module = module
        self._settings = settings
        self._log = log

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._module],
                cwd=ROOT,
                env=self._settings,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._questions = cast("IO[str]", self._process.stdin)
        self._answers = cast("IO[str]", self._process.stdout)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._process.communicate(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def ask(self, **question: str) -> dict[str, Any]:
        """Give the answer.

        Raises:
            ChildFailed: there is none.
        """
        try:
            print(json.dumps(question), file=self._questions, flush=True)
            answer: dict[str, Any] = json.loads(self._answers.readline())
        except (BrokenPipeError, ValueError):
            raise self.failure("gave no answer") from None
        return answer

    def failure(self, what: str) -> ChildFailed:
        """Give the exception that tells what went wrong here."""
        log = _tail(self._log.read_text(errors="replace"))
        return ChildFailed(f"{' '.join(self._module)} {what}. The end of its log:\n{log}")


def _tail(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines()[-TAIL_LINES:])
