"""What became of each mutant."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtools.mutants.copies import copy, test_command

SECONDS = 60  # for one mutant: some never end
_LISTED_CHECK = re.compile(r"^    (check_\w+),\n", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """One change, and whether a test went red."""

    module: str
    before: str
    after: str
    killed: bool

    @property
    def key(self) -> tuple[str, str, str]:
        return self.module, self.before, self.after


def mutants_of(module: str, folder: Path) -> list[Mutant]:
    """Make every mutant of a module in a copy, and run its tests on each.

    Raises:
        CalledProcessError: the tests are red as it is, or cosmic-ray failed.
    """
    copy(folder)
    subprocess.run(test_command(module), cwd=folder, check=True, capture_output=True)
    return [*_without_a_check(module, folder), *_by_cosmic_ray(module, folder)]


def _without_a_check(module: str, folder: Path) -> Iterator[Mutant]:
    path = folder / f"linking/{module}.py"
    source = path.read_text()
    for found in _LISTED_CHECK.finditer(source):
        path.write_text(source[: found.start()] + source[found.end() :])
        run = subprocess.run(test_command(module), cwd=folder, check=False, capture_output=True)
        yield Mutant(module, f"{found[1]},", "", killed=run.returncode != 0)
    path.write_text(source)


def _by_cosmic_ray(module: str, folder: Path) -> Iterator[Mutant]:
    command = shlex.join(test_command(module))
    (folder / "session.toml").write_text(
        f'[cosmic-ray]\nmodule-path = "linking/{module}.py"\ntimeout = {SECONDS}.0\n'
        f'excluded-modules = []\ntest-command = "{command}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
    )
    for step in ("init", "exec"):
        _cosmic_ray(folder, step, "session.toml", "session.sqlite")
    for line in _cosmic_ray(folder, "dump", "session.sqlite").splitlines():
        _item, result = json.loads(line)
        before, after = _changed_lines(result["diff"])
        yield Mutant(module, before, after, killed=result["test_outcome"] == "killed")


def _cosmic_ray(folder: Path, *arguments: str) -> str:
    command = [test_command("oidc")[0], "-m", "cosmic_ray.cli", *arguments]
    run = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return run.stdout


def _changed_lines(diff: str) -> tuple[str, str]:
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
    before = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    after = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return before, after
