"""A copy of what a module's tests need: cosmic-ray changes files where they lie."""

import shutil
import sys
from pathlib import Path

from devtools.environment import BASE_DIR

# Each module that is mutated, and the tests that have to see it. Plain Python: no Django, no
# database, so that a run takes about a second.
MODULES = {
    "oidc": "tests/linking/test_oidc.py",
    "jose": "tests/linking/test_jose.py",
    "authorization": "tests/linking/test_authorization.py",
}
_NEEDED = (
    *(f"linking/{name}.py" for name in ("__init__", "refusals", *MODULES)),
    *("accounts/__init__.py", "accounts/national_id.py"),
    *("tests/__init__.py", "tests/linking/__init__.py", "tests/linking/tokens.py"),
    *MODULES.values(),
)
_PYTEST_INI = """\
[pytest]
addopts = -q -x -p no:cacheprovider -p no:django -p no:playwright --import-mode=importlib
pythonpath = .
filterwarnings = error
"""


def copy(folder: Path) -> None:
    """Put the modules and their tests into a folder of their own."""
    for name in _NEEDED:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BASE_DIR / name, target)
    (folder / "pytest.ini").write_text(_PYTEST_INI)


def test_command(module: str) -> list[str]:
    """Give the command whose failure says that a mutant was seen."""
    return [sys.executable, "-B", "-m", "pytest", MODULES[module]]
