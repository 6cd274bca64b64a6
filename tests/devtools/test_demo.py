"""The demo as a person meets it: from the command line to the pages, and nothing left after."""

import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from django.core.management.base import CommandError

from accounts.models import Organisation
from devtools import hr_export
from devtools.demo import ports
from devtools.demo.gunicorn_settings import without_query
from devtools.demo.launch import free_ports, launch, read_until_ready
from devtools.management.commands.demo import refuse_real_data
from tests.factories import make_organisation

START_SECONDS = 60
GONE_SECONDS = 20

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="looks for processes in /proc, and needs a parent-death signal"
)


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo, and what it wrote until it was ready."""

    process: subprocess.Popen[str]
    ports: ports.Ports
    output: str
    data: Path

    def get(self, number: int, path: str = "/", host: str = "") -> urllib3.BaseHTTPResponse:
        headers = {"Host": f"{host}:{number}"} if host else {}
        return urllib3.request("GET", f"http://127.0.0.1:{number}{path}", headers=headers)

    def family(self) -> list[int]:
        """The processes below the demo, also the children's children."""
        found = [self.process.pid]
        for parent in found:
            for listed in Path(f"/proc/{parent}/task").glob("*/children"):
                found += [int(pid) for pid in listed.read_text().split()]
        return found[1:]


type Start = Callable[[], Demo]


def wait_until_gone(pids: list[int]) -> list[int]:
    """Give those that are still there when the time is up."""
    deadline = time.monotonic() + GONE_SECONDS
    while (left := [pid for pid in pids if is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a demo on free ports; ends it after the test."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> Demo:
        chosen = free_ports()
        process = launch(chosen, tmp_path / "data")
        started.append(process)
        return Demo(process, chosen, read_until_ready(process), tmp_path / "data")

    # A run in the background (`make test &`) ignores Ctrl-C, and whatever it starts inherits that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield begin
    signal.signal(signal.SIGINT, before)
    for process in started:
        process.terminate()
        process.communicate(timeout=GONE_SECONDS)


def test_it_answers_everywhere_and_ctrl_c_ends_everything(start: Start) -> None:
    demo = start()
    page = demo.get(demo.ports.portal, host="eksempel-kommune.localhost")
    assert page.status == 200
    assert "Eksempel kommune" in page.data.decode()
    assert demo.get(demo.ports.portal, host="fjordvik-kommune.localhost").status == 200
    assert demo.get(demo.ports.inbox).status == 200
    discovery = demo.get(demo.ports.idporten, "/.well-known/openid-configuration")
    assert discovery.json()["issuer"] == f"http://127.0.0.1:{demo.ports.idporten}"
    family = demo.family()
    assert len(family) >= 6  # PostgreSQL, stand-in, mailbox, worker, beat, web
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(GONE_SECONDS) == 0
    assert wait_until_gone(family) == []


def test_it_tells_where_to_click_and_as_whom_and_remembers(start: Start) -> None:
    first = start()
    assert f"http://eksempel-kommune.localhost:{first.ports.portal}/" in first.output
    assert "@fjordvik-kommune.example" in first.output
    password = re.search(r"password (\S+)", first.output)
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(GONE_SECONDS) == 0
    second = start()
    assert password is not None
    assert f"user admin   password {password[1]}" in second.output
    host = "eksempel-kommune.localhost"  # on the new port now
    assert second.get(second.ports.portal, host=host).status == 200


def test_a_killed_demo_leaves_no_process_behind(start: Start) -> None:
    demo = start()
    family = demo.family()
    demo.process.kill()
    assert wait_until_gone(family) == []


def test_a_part_that_dies_ends_the_demo_with_the_tail_of_its_log(start: Start) -> None:
    demo = start()
    family = demo.family()
    beat = next(pid for pid in family if b"\0beat\0" in Path(f"/proc/{pid}/cmdline").read_bytes())
    os.kill(beat, signal.SIGKILL)
    rest, _ = demo.process.communicate(timeout=GONE_SECONDS)
    assert demo.process.returncode == 1
    assert "The beat ended with status -9" in rest
    assert "beat: Starting" in rest
    assert wait_until_gone(family) == []


def test_a_busy_port_is_a_sentence_and_nothing_starts(tmp_path: Path) -> None:
    chosen = free_ports()
    with socket.create_server(("127.0.0.1", chosen.inbox)):
        process = launch(chosen, tmp_path / "data")
        output, _ = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 1
    assert output.startswith(
        f"Port {chosen.inbox} is busy, and the demo wants it for the mail inbox page."
    )
    assert "make demo INBOX_PORT=" in output
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--smtp-port=mail", "SMTP_PORT is 'mail', not a port"),
        ("--smtp-port=70000", "SMTP_PORT is '70000', not a port"),
        ("--smtp-port=9", "Port 9 is"),
    ],
)
def test_a_senseless_port_is_a_sentence(
    option: str, sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> socket.socket:
        raise PermissionError

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(SystemExit, match=re.escape(sentence)):
        ports.refuse_busy([option])
    assert capsys.readouterr().out == ""


def test_two_uses_of_one_port_are_refused() -> None:
    options = {f"{name}_port": "8000" for name in ports.NAMES}
    with pytest.raises(ValueError, match="PORTAL_PORT and IDPORTEN_PORT are both 8000"):
        ports.read(options)


def test_the_web_log_has_no_query() -> None:
    record = logging.LogRecord(
        "gunicorn.error",
        logging.ERROR,
        __file__,
        1,
        "Error handling request %s",
        ("/oidc/callback/?code=abc&state=def",),
        None,
    )
    assert without_query(record)
    assert record.getMessage() == "Error handling request /oidc/callback/?…"


def test_a_database_that_holds_others_is_left_alone(db: None) -> None:
    make_organisation(slug=hr_export.SLUG)  # which whoever tries the demo may set up
    refuse_real_data()
    Organisation.objects.create(
        slug="another", name="Another", host="another.example", support_email="help@another.example"
    )
    with pytest.raises(CommandError, match="other organisations than the demo's"):
        refuse_real_data()
