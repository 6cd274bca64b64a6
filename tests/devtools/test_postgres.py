"""The embedded PostgreSQL: started, joined, killed, recovered. On folders of its own."""

import importlib.util
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from devtools import postgres

ROOT = Path(__file__).resolve().parents[2]
# Starts the server of a folder, says who it is, and goes on until it is told to end.
OWNER = """
import sys
from pathlib import Path
from devtools import postgres
with postgres.start(Path(sys.argv[1]), fast=True) as cluster:
    print(cluster.is_owner, cluster.ensure_database("kept"), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the tests that leave it in order; making a cluster costs a second."""
    return tmp_path_factory.mktemp("postgres") / "data"


@pytest.fixture
def cluster(folder: Path) -> Iterator[postgres.Cluster]:
    with postgres.start(folder, fast=True) as running:
        yield running


def owner(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def close(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)


def test_makes_a_database_in_utf8_and_keeps_it(folder: Path) -> None:
    with postgres.start(folder, fast=True) as cluster:
        url = cluster.ensure_database("kobling")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE places AS SELECT 'Ålesund' AS name")
    with (
        postgres.start(folder, fast=True) as again,
        psycopg.connect(again.ensure_database("kobling")) as connection,
    ):
        assert connection.execute("SELECT lower(name) FROM places").fetchone() == ("ålesund",)


def test_only_who_knows_the_password_gets_in(cluster: postgres.Cluster) -> None:
    stranger = f"postgresql://{postgres.USER}:guess@127.0.0.1:{cluster.port}/postgres"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stranger)


def test_password_and_data_are_the_owners_alone(cluster: postgres.Cluster) -> None:
    assert stat.S_IMODE((cluster.folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700
    assert cluster.password not in repr(cluster)


def test_listens_on_loopback_only(cluster: postgres.Cluster) -> None:
    with psycopg.connect(cluster.url("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)


def test_a_second_process_joins_and_does_not_stop_it(cluster: postgres.Cluster) -> None:
    second = owner(cluster.folder)
    assert first_line(second).startswith("False")
    close(second)
    psycopg.connect(cluster.url("kept")).close()


def test_the_server_ends_with_an_owner_that_is_killed_and_the_next_recovers(folder: Path) -> None:
    killed = owner(folder)
    url = first_line(killed).split()[1]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE survivors ()")
    os.kill(killed.pid, signal.SIGKILL)
    close(killed)
    with postgres.start(folder, fast=True) as cluster:
        assert cluster.is_owner
        with psycopg.connect(cluster.url("kept")) as connection:
            connection.execute("SELECT FROM survivors")


def test_a_left_pid_that_is_another_program_by_now_is_left_alone(folder: Path) -> None:
    postgres.start(folder, fast=True).stop()
    (folder / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    with postgres.start(folder, fast=True) as cluster:
        assert cluster.is_owner


def test_an_interrupted_first_start_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "cluster.new").mkdir(parents=True)
    (folder / "cluster.new" / "PG_VERSION").touch()
    with postgres.start(folder, fast=True) as cluster:
        psycopg.connect(cluster.ensure_database("kobling")).close()


def test_data_of_another_major_version_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(postgres.PostgresUnavailable, match="is of PostgreSQL 16, and this is 18"):
        postgres.start(tmp_path)


def test_a_machine_without_the_binaries_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(postgres.PostgresUnavailable, match="Set DATABASE_URL"):
        postgres.start(tmp_path)


def test_a_server_that_ends_at_its_start_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    postgres.start(folder, fast=True).stop()
    (folder / "cluster" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(postgres.PostgresUnavailable, match="no_such_setting"):
        postgres.start(folder, fast=True)
