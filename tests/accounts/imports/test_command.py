"""`import_employees` as somebody at the terminal has it."""

import csv as reader
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.imports.report import safe
from accounts.imports.values import FORMULA
from accounts.models import Employee, Organisation
from linking.fingerprint_keys import compare_keys
from tests.accounts.imports.files import INGRID, REQUIRED, SOLVEIG, TORBJORN, csv, xlsx
from tests.keys import keys

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path: Path, organisation: Organisation) -> Path:
    return tmp_path / "people.csv"


def run(file: Path, *options: str) -> None:
    call_command("import_employees", str(file), "--organisation", "eksempel-kommune", *options)


def test_the_changes_are_counted_and_refused_rows_told_in_words(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = (*REQUIRED, "ends_on")
    file.write_bytes(csv((*INGRID, ""), (*SOLVEIG, "31.12.26"), header=header))
    run(file)
    out, err = capsys.readouterr()
    assert ["1", "new"] in [line.split() for line in out.splitlines()]
    assert ["1", "refused"] in [line.split() for line in out.splitlines()]
    assert err == "Row 3: ends_on: write the year with four digits («31.12.26»)\n"
    assert out.endswith("Applied.\n")


def test_a_dry_run_changes_nothing_and_its_code_applies_just_that(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(csv(INGRID))
    run(file, "--dry-run")
    assert not Employee.objects.exists()
    code = capsys.readouterr().out.split()[-1]
    file.write_bytes(csv(INGRID, SOLVEIG))
    with pytest.raises(CommandError, match="Look again with --dry-run"):
        run(file, "--reviewed", code)
    assert not Employee.objects.exists()
    file.write_bytes(csv(INGRID))
    run(file, "--reviewed", code)
    assert Employee.objects.get().employee_number == "1001"


def test_the_same_file_again_is_nothing_to_do(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(xlsx(INGRID))
    run(file)
    run(file)
    assert capsys.readouterr().out.endswith("Nothing to do.\n")


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_too_many_leavers_are_refused_with_the_way_on(file: Path, options: tuple[str, ...]) -> None:
    file.write_bytes(csv(INGRID, SOLVEIG))
    run(file)
    file.write_bytes(csv(INGRID))
    with pytest.raises(CommandError, match=r"1 of 2 employed would lose their access.*10 %"):
        run(file, *options)
    assert Employee.objects.filter(active=True).count() == 2
    run(file, "--leave-limit", "50", *options)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no row with a person"),
        (csv(header=REQUIRED[:3]), "lacks the columns: email"),
        (csv(), "no row with a person"),
        (csv(("1", "", "", "")), "Every row was refused"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        run(file)


def test_a_file_or_an_organisation_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run(file)
    with pytest.raises(CommandError, match="no organisation “nowhere”"):
        call_command("import_employees", str(file), "--organisation", "nowhere")


@pytest.mark.parametrize("limit", ["-1", "101", "ten", "²"])
def test_a_senseless_limit_is_refused(file: Path, limit: str) -> None:
    with pytest.raises(CommandError, match="whole number from 0 to 100"):
        run(file, f"--leave-limit={limit}")


def test_keys_that_do_not_fit_import_nobody(file: Path, settings: Any) -> None:
    compare_keys(settings.FINGERPRINT_KEYS, now=timezone.now())
    settings.FINGERPRINT_KEYS = keys(**{settings.FINGERPRINT_KEYS.current_id: b"x" * 32})
    file.write_bytes(csv(INGRID, SOLVEIG))
    with pytest.raises(CommandError, match="fingerprint keys do not fit"):
        run(file)
    assert not Employee.objects.exists()


def test_the_report_tells_field_by_field_and_has_no_formula(file: Path, tmp_path: Path) -> None:
    file.write_bytes(csv(INGRID))
    run(file)
    refused = ("=1+1", *SOLVEIG[1:], "")
    changed = ("1001", "Inga", *INGRID[2:], "Skole")
    file.write_bytes(csv(changed, (*TORBJORN, ""), refused, header=(*REQUIRED, "department")))
    report = tmp_path / "report.csv"
    run(file, "--report", str(report))
    written = report.read_text(encoding="utf-8-sig")
    lines = list(reader.reader(written.splitlines(), delimiter=";"))
    moved = ["2", "1001", "Inga Bergtun", "moved to another department"]
    assert [*moved, "first_name", "Ingrid", "Inga"] in lines
    assert [*moved, "department", "", "Skole"] in lines
    assert ["3", "1003", "Torbjørn Biegganjárga", "new", "email", "", TORBJORN[3]] in lines
    assert [line[:5] for line in lines if line[3] == "refused"] == [
        ["4", "", "", "refused", "employee_number"]
    ]
    assert not [cell for line in lines for cell in line if cell.startswith(FORMULA)]


@pytest.mark.parametrize("first", [*FORMULA, " =", '"=', "\n="])
def test_no_cell_of_a_report_begins_a_formula(first: str) -> None:
    assert safe(f"{first}1+1").startswith("'")
    assert safe("1+1") == "1+1"
