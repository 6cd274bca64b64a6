"""Loaded before Django's settings (`-p tests.environment`): gives the tests their surroundings.

Without DATABASE_URL an embedded PostgreSQL starts, and ends with the run. The network is off, but
for loopback.
"""

import atexit
import os
import secrets
import socket
from typing import Any

import pytest

from devtools import environment

TEST_DATA = environment.DATA_DIR / "tests"
DATABASE_LOG = "KOBLING_TEST_DATABASE_LOG"

os.environ["DEBUG"] = "1"
# One for each process, a worker of pytest-xdist too: real workers would take others' messages.
os.environ["CELERY_QUEUE"] = f"tests-{secrets.token_hex(4)}"
environment.fill_in_settings(TEST_DATA / "secrets")
_cluster = environment.fill_in_test_database(TEST_DATA / "postgres")
if _cluster is not None:
    atexit.register(_cluster.stop)
    # A worker of pytest-xdist inherits this beside DATABASE_URL, and so starts no server.
    os.environ[DATABASE_LOG] = str(_cluster.folder / "log")


class NetworkUsed(Exception):
    """A test tried to reach something that is not this machine."""


_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    host = address[0] if isinstance(address, tuple) else ""
    if host and not (host in ("localhost", "::1") or str(host).startswith("127.")):
        raise NetworkUsed(str(host))
    _connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _network_is_off() -> Any:
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _loopback_only)
    yield
    patch.undo()
