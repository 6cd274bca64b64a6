"""How a child of ours gives up root, as PostgreSQL wants it, and dies with its parent."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

NOBODY = 65534
# Linux: ask for this signal when the parent dies (prctl(2)).
PR_SET_PDEATHSIG = 1


def child_setup() -> Callable[[], None]:
    """Give what the child shall run before its program (`preexec_fn`)."""
    as_nobody = needs_nobody()

    def become() -> None:
        if as_nobody:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        elif os.geteuid() == 0:
            os.unshare(os.CLONE_NEWUSER)  # not root any more in there, with the same files
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)

    return become


@cache
def needs_nobody() -> bool:
    """Whether we are root and may not make a user namespace, as in some containers."""
    if os.geteuid() != 0:
        return False
    probe = "import os; os.unshare(os.CLONE_NEWUSER)"
    tried = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False)
    return tried.returncode != 0


def give_to_nobody(folder: Path) -> None:
    """Make the user `nobody` the owner of the folder and all in it.

    Raises:
        PermissionError: that user cannot get there.
    """
    for parent in folder.parents:
        if not parent.stat().st_mode & 0o001:
            raise PermissionError(f"other users may not enter {parent}")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
