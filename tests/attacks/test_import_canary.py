"""An import that goes well, one that goes wrong, and one that breaks: no number is left (A-30)."""

import io
import logging
import tempfile
import traceback
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from accounts.models import Employee, Organisation, User
from accounts.national_id import NationalId
from accounts.roles import Role
from linking import tasks
from tests.accounts.imports.files import INGRID, REQUIRED, SOLVEIG, TORBJORN, csv, xlsx
from tests.accounts.worlds import browser_of, make_local
from tests.attacks import sinks
from tests.attacks.spellings import found_in, number_spellings
from tests.factories import fingerprint_of
from tests.journeys import visitor

pytestmark = pytest.mark.django_db
NUMBER = visitor.INGRID.national_id
SLIP = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)
HEADER = (*REQUIRED, "national_id", "department")


def imported(
    file: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> list[tuple[str, bytes]]:
    """Import the file, and give all that it leaves anywhere."""
    report, thrown = file.with_suffix(".report.csv"), ""
    connection.force_debug_cursor = True  # every statement is logged, with its values
    try:
        with caplog.at_level(logging.DEBUG, "django.db.backends"):
            call_command(
                "import_employees",
                file,
                organisation="eksempel-kommune",
                report=report,
                leave_limit=100,
            )
    except Exception:  # noqa: BLE001  # whatever it is, it is searched
        thrown = traceback.format_exc()
    finally:
        connection.force_debug_cursor = False
    out, err = capsys.readouterr()
    written = report.read_bytes() if report.exists() else b""
    texts = {"output": out, "errors": err, "exception": thrown, "log": caplog.text}
    assert "accounts_employee" in caplog.text or thrown
    left = [(name, text.encode()) for name, text in texts.items()]
    return [*left, ("report", written), *sinks.database()]


def places(left: list[tuple[str, bytes]], number: str) -> set[str]:
    return {place for place, content in left if found_in(content, number_spellings(number))}


ROWS = (
    (*INGRID, NUMBER, "Skole"),
    (*SOLVEIG, SLIP, "Skole"),
    (*TORBJORN, "", f"Skole {NUMBER}"),
    (NUMBER, "A", "B", "a@k.example", "", ""),
    ("5", "A", "B", f"{NUMBER} a@k.example", "", ""),
    ("6", "A", "B", "b@k.example", "", "", NUMBER),
)


def uploaded(
    organisation: Organisation,
    content: bytes,
    caplog: pytest.LogCaptureFixture,
    *,
    name: str,
) -> list[tuple[str, bytes]]:
    """Upload the file in the administration, look, apply; and give all that it leaves anywhere."""
    client = browser_of(make_local("hr", role=Role.REGISTRAR, organisation=organisation))
    connection.force_debug_cursor = True
    pages = []
    try:
        with caplog.at_level(logging.DEBUG, "django.db.backends"):
            file = SimpleUploadedFile(name, content)
            data = {"organisation": str(organisation.pk), "file": file}
            pages.append(client.post("/admin/accounts/import/add/", data))
            changeset = organisation.imports.first()
            for page in ("change", "approve", "report", "undo"):
                if changeset is None:
                    break
                tasks.work_on_import(str(changeset.pk))
                changeset.refresh_from_db()
                address = f"/admin/accounts/import/{changeset.pk}/{page}/"
                pages += [client.get(address), client.post(address, {"code": changeset.code})]
    finally:
        connection.force_debug_cursor = False
    left = [(f"page {at}", page.content) for at, page in enumerate(pages)]
    assert "accounts_importrow" in caplog.text or not changeset
    return [*left, ("log", caplog.text.encode()), *sinks.database()]


@pytest.mark.parametrize("make", [csv, xlsx])
def test_an_upload_in_the_administration_leaves_no_number(
    organisation: Organisation,
    make: object,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = make(*ROWS, header=HEADER)  # type: ignore[operator]
    if make is csv:
        content += b"\r\n" * 1_400_000  # so large that Django would have it on the disk
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))  # no file can be made
    left = uploaded(organisation, content, caplog, name=f"{NUMBER}.csv")
    assert places(left, NUMBER) == places(left, SLIP) == set()
    ingrid = Employee.objects.get()
    assert bytes(ingrid.national_id_fingerprint or b"") == fingerprint_of(NUMBER).digest


def test_an_upload_with_strange_columns_or_broken_leaves_no_number(
    organisation: Organisation, caplog: pytest.LogCaptureFixture
) -> None:
    strange = (*REQUIRED, "Fnr", "Avdeling")
    for at, content in enumerate(
        (
            csv(*ROWS, header=strange),
            xlsx(*ROWS, header=strange),
            csv((*INGRID, NUMBER), header=(*REQUIRED, NUMBER)),
            csv((*INGRID, NUMBER, '"open'), header=HEADER),
        )
    ):
        User.objects.all().delete()
        left = uploaded(organisation, content, caplog, name=f"{at}.csv")
        assert places(left, NUMBER) == places(left, SLIP) == set()


@pytest.mark.parametrize("make", [csv, xlsx])
def test_numbers_right_wrong_and_in_the_wrong_place_are_left_nowhere(
    organisation: Organisation,
    make: object,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "people"
    file.write_bytes(make(*ROWS, header=HEADER))  # type: ignore[operator]
    left = imported(file, capsys, caplog)
    assert places(left, NUMBER) == places(left, SLIP) == set()
    ingrid = Employee.objects.get()
    assert bytes(ingrid.national_id_fingerprint or b"") == fingerprint_of(NUMBER).digest


def test_a_number_in_the_header_or_in_a_broken_file_is_left_nowhere(
    organisation: Organisation,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "people"
    for content in (
        csv(header=(*REQUIRED, NUMBER)),
        csv((*INGRID, NUMBER, '"open'), header=HEADER),
        csv((*INGRID, NUMBER, "x"), header=HEADER).replace(b",x", b"\x81"),
        xlsx((*INGRID, NUMBER, "x"), header=HEADER)[:-50],
    ):
        file.write_bytes(content)
        left = imported(file, capsys, caplog)
        assert b"CommandError" in dict(left)["exception"]
        assert places(left, NUMBER) == set()


def test_a_defect_while_a_number_is_read_does_not_quote_it(
    organisation: Organisation,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(NationalId, "has_valid_check_digits", None)
    monkeypatch.delattr(NationalId, "fingerprints")
    file = tmp_path / "people"
    file.write_bytes(csv((*INGRID, NUMBER, ""), header=HEADER))
    left = imported(file, capsys, caplog)
    assert places(left, NUMBER) == set()


def test_the_search_would_find_it(
    organisation: Organisation,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A search is worth what it searched: a name that is no number is in each of the sinks."""
    file = tmp_path / "people"
    odd = NUMBER.replace("1", "7")  # no day has that date
    file.write_bytes(csv((odd, "A", "B", "a@k.example"), ("", "C", f"x{odd}", "c@k.example")))
    left = imported(file, capsys, caplog)
    found = places(left, odd)
    assert {"report", "accounts_employee.employee_number"} <= found
    assert io.BytesIO(dict(left)["log"]).read()
