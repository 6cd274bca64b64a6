"""The portal's management commands."""

import csv
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command
from django.utils import timezone

from audit.events import Event as E  # noqa: N817  # a table
from audit.models import AuditForwarding
from linking.models import (
    FingerprintKey,
)
from tests.administrators import (
    enrol_app,
)
from tests.audit.deeds.rows import (
    Nothing,
    Row,
    deed,
)
from tests.audit.scene import Scene
from tests.audit.sealed import seal


def _command(*words: str) -> Callable[[Scene], object]:
    return lambda _scene: call_command(*words, stdout=StringIO(), stderr=StringIO())


def _import_employees(scene: Scene) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        with file.open("w", newline="", encoding="utf-8") as writable:
            write = csv.writer(writable).writerow
            write(["employee_number", "first_name", "last_name", "email"])
            write(["9999", "Ny", "Nilsen", "ny@x.example"])
        _command(
            "import_employees",
            str(file),
            "--organisation",
            scene.organisation.slug,
            "--leave-limit",
            "100",
        )(scene)


def _give_up_key(scene: Scene) -> Iterator[None]:
    FingerprintKey.objects.create(
        key_id="lost", check_value=b"x" * 32, first_used_at=timezone.now()
    )
    scene.change(scene.row("linking_linkedidentity"), fingerprint_key="lost")
    yield
    _command("give_up_fingerprint_key", "lost", "--yes")(scene)


def _reset_by_command(scene: Scene) -> Iterator[None]:
    enrol_app(scene.root)
    yield
    _command("reset_second_factor", "root")(scene)


def _export(scene: Scene) -> None:
    _command("export_audit_log", "--organisation", str(scene.organisation.pk))(scene)


def _erase(scene: Scene) -> None:
    _command("erase_from_audit_log", str(scene.linked.pk), "--yes")(scene)


def _pass_over(scene: Scene) -> Iterator[None]:
    seal()
    AuditForwarding.objects.create(receiver="http://127.0.0.1:9/v1/logs")
    yield
    _command("audit_forwarding", "--pass-over", "all")(scene)


COMMANDS: dict[str, Row] = {
    "audit_forwarding": deed(_pass_over, E.FORWARDING_PASSED_OVER),
    "create_organisation": deed(
        _command(
            *("create_organisation", "ny", "--name", "Ny kommune", "--host", "ny.localhost"),
            *("--support-email", "hjelp@x.example"),
        ),
        E.ORGANISATION_CREATED,
    ),
    "create_administrator": deed(_command("create_administrator", "ny"), E.ADMINISTRATOR_CREATED),
    "reset_second_factor": deed(_reset_by_command, E.SECOND_FACTOR_RESET, E.SESSION_ENDED),
    "import_employees": deed(
        _import_employees, E.EMPLOYEE_CREATED, E.EMPLOYEE_CHANGED, E.IMPORT_APPLIED
    ),
    "give_up_fingerprint_key": deed(_give_up_key, E.LINK_REVOKED, E.KEY_GIVEN_UP),
    "export_audit_log": deed(_export, E.AUDIT_EXPORTED),
    "erase_from_audit_log": deed(_erase, E.EMPLOYEE_ERASED),
    "verify_audit_log": Nothing("reads the log, and says whether it is as it was sealed"),
    "fingerprint_keys": Nothing("shows how far a change of keys has come"),
}
