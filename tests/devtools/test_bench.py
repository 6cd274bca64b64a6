"""`make bench` as a person runs it, for three rounds. What a clock says is never asked."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from devtools.bench.children import ChildFailed
from devtools.bench.figures import Ratio, Spread
from devtools.bench.report import Limit, Tally
from devtools.bench.sign_in import compare
from devtools.demo.launch import ROOT
from devtools.people import SAMPLE_PEOPLE

BENCH_SECONDS = 120
MEASURES = ["time (ms)", "own processor (ms)", "provider's processor (ms)"]


def bench(tmp_path: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devtools.bench", *arguments],
        cwd=ROOT,
        env=os.environ | {"KOBLING_DATA": str(tmp_path / "data")} | settings,
        capture_output=True,
        text=True,
        timeout=BENCH_SECONDS,
        check=False,
    )


@pytest.fixture(scope="module")
def sign_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a short run printed, and what it kept."""
    folder = tmp_path_factory.mktemp("bench")
    kept = folder / "new" / "sign-in.json"
    done = bench(folder, "sign-in", "--runs", "3", "--warm-up", "1", "--json", str(kept))
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(kept.read_text())


def test_the_portals_callback_keeps_to_one_request_and_eight_statements(
    sign_in: tuple[str, dict[str, Any]],
) -> None:
    ours = sign_in[1]["sides"]["kobling"]
    assert ours["outgoing requests"] == {"least": 1, "most": 1, "of": {"token": 1}}
    assert ours["SQL statements"]["least"] >= 1
    assert ours["SQL statements"]["most"] <= 8


def test_the_librarys_callback_is_as_it_comes(sign_in: tuple[str, dict[str, Any]]) -> None:
    bare = sign_in[1]["sides"]["mozilla-django-oidc"]
    once_each = {"token": 1, "jwks": 1, "userinfo": 1}
    assert bare["outgoing requests"] == {"least": 3, "most": 3, "of": once_each}
    # One user all along: had the library made another, this would be the INSERT.
    assert bare["SQL statements"]["of"]["UPDATE"] >= 1
    assert bare["SQL statements"]["least"] == bare["SQL statements"]["most"]


def test_the_report_has_spread_ratios_and_where_it_ran(
    sign_in: tuple[str, dict[str, Any]],
) -> None:
    text, kept = sign_in
    assert (kept["bench"], kept["runs"], kept["warm_up"]) == ("sign-in", 3, 1)
    assert {"processor", "cores", "memory_gib", "system", "architecture"} == set(kept["machine"])
    assert {"python", "django", "mozilla-django-oidc", "postgresql"} <= set(kept["versions"])
    for side in kept["sides"].values():
        for measure in MEASURES:
            spread = side[measure]
            assert 0 <= spread["lower_quartile"] <= spread["median"] <= spread["upper_quartile"]
    assert kept["ratios"]["outgoing requests"]["value"] == pytest.approx(1 / 3, abs=0.001)
    assert [limit["at_most"] for limit in kept["limits"]] == [1.0, 8, 1]
    assert f"{kept['ratios']['time (ms)']['value']:.2f}" in text
    assert "3 rounds of each in turns, after 1 to warm up" in text


def test_the_report_names_no_machine_person_or_secret(
    sign_in: tuple[str, dict[str, Any]],
) -> None:
    whole = sign_in[0] + json.dumps(sign_in[1])
    assert str(ROOT) not in whole
    assert os.uname().nodename not in whole
    assert "postgresql://" not in whole


@pytest.fixture(scope="module")
def stale_links(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What expiring a hundred links told."""
    folder = tmp_path_factory.mktemp("bench")
    kept = folder / "stale-links.json"
    done = bench(folder, "stale-links", "--links", "100", "--runs", "4", "--json", str(kept))
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(kept.read_text())


def test_every_stale_link_expires_with_one_event_unless_it_was_used(
    stale_links: tuple[str, dict[str, Any]],
) -> None:
    variants = stale_links[1]["variants"]
    assert [variant["stale"] for variant in variants.values()] == [30, 100]
    for variant in variants.values():
        assert variant["links"] == 100
        assert variant["expired"] == variant["events"] > 0
        assert variant["expired"] + variant["kept_by_sign_in"] == variant["stale"]
        assert variant["batches"] >= 1
    assert [limit["at_most"] for limit in stale_links[1]["limits"]] == [1000, 1000, 0] * 2


def test_what_people_wait_is_told_with_and_without_expiring_links(
    stale_links: tuple[str, dict[str, Any]],
) -> None:
    text, kept = stale_links
    for variant in kept["variants"].values():
        assert variant["at_rest"]["sign_ins"] == 4
        assert variant["while_expiring"]["sign_ins"] >= 1
        for times in (variant["at_rest"], variant["while_expiring"]):
            assert 0 < times["median"] <= times["percentile_99"] <= times["longest"]
        assert variant["looks_for_lock_waits"] >= 1
        assert f"{variant['while_expiring']['longest']}" in text
    assert str(ROOT) not in text + json.dumps(kept)
    assert os.uname().nodename not in text + json.dumps(kept)


def test_a_sign_in_that_fails_ends_it_loudly_and_its_databases_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compare, "PERSON", SAMPLE_PEOPLE[1])  # the children know another
    server_url = os.environ["DATABASE_URL"]
    with pytest.raises(ChildFailed, match="did not sign in") as failure:
        compare.run(server_url=server_url, runs=2, warm_up=0)
    assert SAMPLE_PEOPLE[1].national_id not in str(failure.value)
    with psycopg.connect(server_url) as connection:
        names = connection.execute("SELECT datname FROM pg_database").fetchall()
    assert not [name for (name,) in names if name.startswith(f"kobling_bench_{os.getpid()}_")]


def test_a_server_that_does_not_answer_is_no_traceback(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = bench(tmp_path, DATABASE_URL=f"postgresql://kobling:hidden@127.0.0.1:{port}/kobling")
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


@pytest.fixture
def long_bench(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A bench that goes on for minutes unless killed; what it could not clear away is cleared."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devtools.bench", "--runs=1000", f"--json={tmp_path / 'kept'}"],
        cwd=ROOT,
        env=os.environ | {"KOBLING_DATA": str(tmp_path)},
    )
    yield process
    process.kill()
    process.wait()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        for purpose in ("portal", "bare"):
            name = sql.Identifier(f"kobling_bench_{process.pid}_{purpose}")
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_bench_leaves_no_process_behind(long_bench: subprocess.Popen[bytes]) -> None:
    wait_for(lambda: len(sides_of(long_bench)) == 2)
    sides = sides_of(long_bench)
    long_bench.kill()
    long_bench.wait()
    wait_for(lambda: not any(is_running(pid) for pid in sides))


def sides_of(process: subprocess.Popen[bytes]) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task").glob("*/children")
    children = [int(pid) for each in listed for pid in each.read_text().split()]
    return [pid for pid in children if b"sign_in.callback" in command_of(pid)]


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def is_running(pid: int) -> bool:
    return command_of(pid) != b""  # a zombie has none


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + BENCH_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("runs", ["1", "0", "-3", "many"])
def test_too_few_rounds_are_refused(runs: str, tmp_path: Path) -> None:
    done = bench(tmp_path, f"--runs={runs}")
    assert done.returncode == 2
    assert "--runs" in done.stderr


def test_a_spread_is_read_off_the_values() -> None:
    assert Spread.of([4.0, 1.0, 3.0, 2.0, 5.0]) == Spread(3.0, 2.0, 4.0, 4.8)


def test_a_ratio_is_of_medians_with_an_interval_that_holds_it() -> None:
    ours, theirs = [1.0, 2.0, 3.0, 4.0, 9.0], [2.0, 4.0, 6.0, 8.0, 10.0]
    ratio = Ratio.of(ours, theirs)
    assert ratio.value == 0.5
    assert ratio.low <= 0.5 <= ratio.high
    assert ratio.high > ratio.low
    assert Ratio.of(ours, theirs) == ratio  # the same from the same measurements


def test_a_tally_tells_of_what_and_how_far_apart() -> None:
    assert Tally.count([{"a": 2, "b": 1}, {"a": 2}]) == Tally(2, 3, {"a": 2.0, "b": 0.5})


def test_a_limit_is_met_up_to_itself() -> None:
    assert Limit("x", 8, 8).met
    assert not Limit("x", 8.001, 8).met
