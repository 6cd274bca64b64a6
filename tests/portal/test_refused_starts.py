"""Real processes: web, worker and beat do not begin with a key that is not the data's (A-33)."""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection

from accounts.national_id import FingerprintKeys
from audit.events import Event
from audit.models import AuditEvent
from devtools.environment import BASE_DIR
from linking.models import FingerprintKey
from portal import start
from tests.audit.sealed import KEY
from tests.factories import make_link
from tests.keys import as_setting, keys

GUNICORN = ("gunicorn", "portal.wsgi", "--bind", "127.0.0.1:0", "--no-control-socket")
CELERY = ("celery", "-A", "portal")
PROCESSES = {
    "web": GUNICORN,
    "web, loaded before the fork": (*GUNICORN, "--preload"),
    "worker": (*CELERY, "worker", "--concurrency=1"),
    "beat": (*CELERY, "beat", "--schedule=beat", "--pidfile="),
}
WSGI = "import portal.wsgi"
LEFT_BEHIND = """
import threading
import portal.wsgi
from django.db import connections
wrapper = connections["default"]
print(threading.active_count(), wrapper.connection, wrapper._connection_pools)
"""

pytestmark = pytest.mark.django_db(transaction=True)


def database(**parts: str) -> str:
    settings = {name: str(value) for name, value in connection.settings_dict.items()} | parts
    user, password = quote(settings["USER"]), quote(settings["PASSWORD"])
    host, name = quote(settings["HOST"], safe=""), settings["NAME"]
    return f"postgresql://{user}:{password}@{host}:{settings['PORT']}/{name}"


def run(
    *command: str, configured: FingerprintKeys, folder: Path, url: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "FINGERPRINT_KEYS_FILE"}
    return subprocess.run(
        [sys.executable, *command],
        env=environment
        | {
            "FINGERPRINT_KEYS": as_setting(configured),
            "DATABASE_URL": url or database(),
            "PYTHONPATH": str(BASE_DIR),
            **more,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def told_of() -> list[str]:
    """Give which processes have begun, as the audit log has it."""
    started = AuditEvent.objects.filter(event=Event.SYSTEM_STARTED)
    return list(started.values_list("details__process", flat=True))


def test_the_web_does_not_begin_with_the_key_that_seals_the_log(tmp_path: Path) -> None:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    stopped = run("-c", WSGI, configured=keys("old"), folder=tmp_path, AUDIT_SEAL_KEY=pem)
    assert stopped.returncode == 3, stopped.stderr
    assert "AUDIT_SEAL_KEY is set for the web." in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert pem.splitlines()[1] not in stopped.stderr
    assert not told_of()


def test_a_worker_of_production_that_lacks_that_key_has_not_begun(tmp_path: Path) -> None:
    production = {"DEBUG": "0", "SECRET_KEY": "s" * 50, "ALLOWED_HOSTS": "portal.example"}
    production |= {"IDPORTEN_ISSUER": "https://idporten.no", "CELERY_BROKER_URL": "memory://"}
    worker = ("-m", *PROCESSES["worker"])
    stopped = run(*worker, configured=keys("old"), folder=tmp_path, **production)
    assert stopped.returncode == 3, stopped.stderr
    assert "AUDIT_SEAL_KEY is not set for the worker" in stopped.stderr
    assert not told_of()


@pytest.mark.parametrize(("development", "refused"), [(False, True), (True, False)])
def test_a_worker_without_that_key_begins_in_development_alone(
    settings: Any, capsys: pytest.CaptureFixture[str], development: bool, refused: bool
) -> None:
    settings.DEVELOPMENT, settings.AUDIT_SEAL_KEY = development, None
    with pytest.raises(SystemExit) if refused else nullcontext():
        start._refuse_to_work_without_the_seal_key()
    assert ("AUDIT_SEAL_KEY is not set" in capsys.readouterr().err) is refused


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_does_not_begin_with_another_key(process: str, tmp_path: Path) -> None:
    run("-c", WSGI, configured=keys("old"), folder=tmp_path)
    wrong = keys(old=b"x" * 32)
    stopped = run("-m", *PROCESSES[process], configured=wrong, folder=tmp_path)
    assert stopped.returncode == 3, stopped.stderr
    assert "“old” is not the key that was first used under this id" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert told_of() == ["web"]  # the one with the right key


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_does_not_begin_without_a_key_that_rows_need(
    process: str, tmp_path: Path
) -> None:
    make_link(fingerprint_key="old")
    stopped = run("-m", *PROCESSES[process], configured=keys("new"), folder=tmp_path)
    assert stopped.returncode == 3, stopped.stderr
    assert "lacks the key “old”, under which there are 1 standing links" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not FingerprintKey.objects.exists()
    assert not told_of()


def test_a_process_with_the_right_key_begins_and_leaves_nothing_to_its_children(
    tmp_path: Path,
) -> None:
    make_link(fingerprint_key="old")
    started = run("-c", LEFT_BEHIND, configured=keys("old"), folder=tmp_path)
    assert (started.returncode, started.stdout.strip()) == (0, "1 None {}"), started.stderr
    assert FingerprintKey.objects.get().key_id == "old"


def test_commands_run_whatever_the_key(tmp_path: Path) -> None:
    make_link(fingerprint_key="old")
    manage = str(BASE_DIR / "manage.py")
    migrated = run(manage, "migrate", configured=keys("new"), folder=tmp_path)
    assert migrated.returncode == 0, migrated.stderr
    listed = run(manage, "fingerprint_keys", configured=keys("new"), folder=tmp_path)
    assert "missing" in listed.stdout, listed.stderr


@pytest.mark.parametrize("parts", [{"PORT": "1"}, {"NAME": "postgres"}], ids=["away", "empty"])
def test_a_database_that_cannot_tell_does_not_stop_the_start(
    parts: dict[str, str], tmp_path: Path
) -> None:
    url = database(**parts)
    started = run("-c", WSGI, configured=keys("old"), folder=tmp_path, url=url)
    assert started.returncode == 0, started.stderr
    assert "could not be compared with the data" in started.stderr
    assert "Traceback" not in started.stderr
