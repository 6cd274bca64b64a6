"""On what a bench ran: the kind of machine and the versions, and nothing that names either."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psycopg

PACKAGES = ("django", "mozilla-django-oidc", "joserfc", "psycopg")


def machine() -> dict[str, str | int | float]:
    """Give processor, cores, memory and system."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "architecture": platform.machine(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(memory / 2**30, 1),
        "system": _system(),
    }


def versions() -> dict[str, str]:
    """Give Python's version and those of the packages that a bench is about."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def postgresql(url: str) -> str:
    """Give the server's version, and whether it waits for the disk."""
    with psycopg.connect(url) as connection:
        number, fsync, commit = (
            _shown(connection, name) for name in ("server_version", "fsync", "synchronous_commit")
        )
    return f"{number.split()[0]} (fsync {fsync}, synchronous_commit {commit})"


def _shown(connection: psycopg.Connection, setting: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
    return str(row[0]) if row else ""


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):  # not a Linux
        return f"{platform.system()} {platform.release()}"
