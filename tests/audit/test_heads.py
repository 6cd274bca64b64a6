"""Heads go outside, and what is there is what the verifier reads."""

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command
from django.test import override_settings

from audit import heads
from audit.events import Event
from audit.heads import HeadNotTold
from audit.tasks import seal_audit_log, tell_audit_head
from audit.verifier import read_heads
from devtools.mailbox import Mailbox
from tests.audit.sealed import KEY, seal
from tests.factories import make_event

pytestmark = pytest.mark.django_db


def test_a_file_gets_a_line_each_time(tmp_path: Path) -> None:
    place = urlsplit(f"file://{tmp_path}/heads%20kept.jsonl")
    heads.tell([place])  # before the first seal there is nothing to tell
    seal()
    heads.tell([place])
    seal()
    with override_settings(AUDIT_HEADS_TO=[place]):
        tell_audit_head()
    kept = list(read_heads((tmp_path / "heads kept.jsonl").read_bytes().splitlines()))
    assert [head.number for head in kept] == [1, 2]
    assert kept[1] == heads.newest()


def test_a_mail_has_the_line(mailbox: Mailbox) -> None:
    seal()
    heads.tell([urlsplit("mailto:security@x.example")])
    (mail,) = mailbox.mails
    line = next(line for line in mail.text.splitlines() if line.startswith("{"))
    assert list(read_heads([line.encode()])) == [heads.newest()]


def test_syslog_has_the_line() -> None:
    seal()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        heads.tell([urlsplit(f"syslog://127.0.0.1:{server.getsockname()[1]}")])
        datagram = server.recv(4096).decode()
    assert datagram.startswith("<86>kobling: {")
    assert json.loads(datagram[datagram.index("{") :].rstrip("\0"))["chain"] == "portal"


@pytest.mark.parametrize(
    "away",
    [
        "file:///nowhere/heads",
        pytest.param("syslog://255.255.255.255:514", id="the system refuses to send there"),
        pytest.param(f"syslog://{'x' * 64}.example:514", id="a name that no host has"),
    ],
)
def test_a_place_that_is_away_is_named_and_the_others_have_the_head(
    tmp_path: Path, away: str
) -> None:
    seal()
    with pytest.raises(HeadNotTold, match=away):
        heads.tell([urlsplit(away), urlsplit(f"file://{tmp_path}/heads")])
    assert (tmp_path / "heads").exists()


@pytest.fixture
def public_key(tmp_path: Path) -> str:
    path = tmp_path / "seal.pub"
    path.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(path)


def test_the_command_compares_the_log_with_a_head(
    public_key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_event(Event.LINK_MADE)
    seal()
    heads.tell([urlsplit(f"file://{tmp_path}/heads")])
    call_command("verify_audit_log", "--public-key", public_key, "--head", f"{tmp_path}/heads")
    assert "sound" in capsys.readouterr().out
    line = json.loads((tmp_path / "heads").read_text())
    (tmp_path / "heads").write_text(json.dumps(line | {"hash": "0" * 64}))
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit_log", "--public-key", public_key, "--head", f"{tmp_path}/heads")
    assert ended.value.code == 1


def test_the_command_wants_a_key_that_is_one(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--public-key") as ended:
        call_command("verify_audit_log")
    assert ended.value.returncode == 2
    (tmp_path / "x.pem").write_text("x")
    with pytest.raises(CommandError) as ended:
        call_command("verify_audit_log", "--public-key", str(tmp_path / "x.pem"))
    assert ended.value.returncode == 2


def test_a_worker_without_the_key_says_that_nothing_is_sealed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_event(Event.LINK_MADE)
    seal_audit_log()
    assert heads.newest() is None
    assert "AUDIT_SEAL_KEY" in caplog.text
    with override_settings(AUDIT_SEAL_KEY=KEY):
        seal_audit_log()
    assert heads.newest() is not None
