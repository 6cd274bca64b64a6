"""CSV and XLSX as they come, and what is refused as a whole."""

import io
import struct
import time
import tracemalloc
import zipfile
from datetime import date, datetime

import openpyxl
import pytest

from accounts.imports import spreadsheets, tables
from accounts.imports.people import Row
from accounts.imports.problems import FileProblem, RefusedRow, RowProblem
from tests.accounts.imports.files import (
    INGRID,
    REQUIRED,
    SOLVEIG,
    TORBJORN,
    csv,
    problems_of,
    read,
    read_one,
    refusal_of,
    xlsx,
)

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", [b"", BOM])
def test_each_delimiter_is_found_with_excels_bom_and_without(delimiter: str, bom: bytes) -> None:
    assert read_one(bom + csv(INGRID, delimiter=delimiter))[1:5] == INGRID


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_norwegian_letters_are_read_in_each_encoding(encoding: str) -> None:
    person = ("7", "Åse", "Sjøfløt Værnes", "ase@kommune.example")
    assert read_one(csv(person).decode().encode(encoding))[1:5] == person


def test_letters_put_together_and_apart_are_the_same() -> None:
    apart = ("7", "A\u030ase", "Vik", "ase@kommune.example")
    assert read_one(csv(apart)).first_name == "Åse"


def test_quotes_hold_delimiters_and_columns_may_come_in_any_order() -> None:
    content = b'email;last_name;first_name;employee_number\r\nx@k.example;"Li; Vik";Ola;5\r\n'
    assert read_one(content)[1:5] == ("5", "Ola", "Li; Vik", "x@k.example")


def test_rows_are_numbered_as_the_spreadsheet_shows_them() -> None:
    content = csv(INGRID, ("", "", "", ""), SOLVEIG).replace(b"\r\n1002", b"\r\n\r\n1002")
    assert [row.line for row in read(content)] == [2, 5]
    content = xlsx(INGRID, (), SOLVEIG)
    assert [row.line for row in read(content)] == [2, 4]


@pytest.mark.parametrize("cells", [("1",), ("1", "A", "B"), (*INGRID, "more")])
def test_a_row_that_lost_its_columns_is_nobodys(cells: tuple[str, ...]) -> None:
    [row] = read(csv(cells))
    assert isinstance(row, RefusedRow)
    assert (row.problems[0].kind, row.employee_number) == (RowProblem.WRONG_NUMBER_OF_CELLS, "")


def test_excel_gives_numbers_dates_and_empty_ends_as_they_are_shown() -> None:
    header = (*REQUIRED, "birth_date", "starts_on", "department")
    content = xlsx((1001.0, *INGRID[1:], datetime(1994, 11, 16), date(2020, 8, 1)), header=header)  # noqa: DTZ001
    row = read_one(content)
    assert (row.employee_number, row.birth_date) == ("1001", date(1994, 11, 16))
    assert (row.starts_on, row.department) == (date(2020, 8, 1), "")


def test_excel_gives_what_a_formula_came_to_and_no_formula() -> None:
    assert problems_of(xlsx(("=1+1", *INGRID[1:])))[0].kind == RowProblem.MISSING


@pytest.mark.parametrize(
    ("header", "refusal"),
    [
        (REQUIRED[:3], (FileProblem.MISSING_COLUMNS, ("email",))),
        ((*REQUIRED, "end_date"), (FileProblem.UNKNOWN_COLUMNS, ("end_date",))),
        ((*REQUIRED, ""), None),
        ((*REQUIRED, "", "department"), (FileProblem.UNKNOWN_COLUMNS, ("–",))),
        ((*REQUIRED, "email"), (FileProblem.DOUBLE_COLUMNS, ("email",))),
        ((" Employee_Number", *REQUIRED[1:]), None),
    ],
)
def test_a_header_is_right_or_told(header: tuple[str, ...], refusal: object) -> None:
    content = csv((*INGRID, *[""] * (len(header) - 4)), header=header)
    assert refusal is None or refusal_of(content) == refusal
    assert refusal is not None or read_one(content)


def test_a_norwegian_hr_systems_names_are_known() -> None:
    header = ("Ansattnr.", "FORNAVN", "Etternamn", "E-post", "Fødselsdato", "Sluttdato")
    content = csv((*INGRID, "16.11.1994", "31.12.2099"), header=header, delimiter=";")
    row = read_one(content.decode().encode("cp1252"))
    assert row[1:5] == INGRID
    assert (row.birth_date, row.ends_on) == (date(1994, 11, 16), date(2099, 12, 31))


def test_one_column_by_two_names_is_there_twice() -> None:
    header = (*REQUIRED, "E-post")
    assert refusal_of(csv(header=header)) == (FileProblem.DOUBLE_COLUMNS, ("email",))


def test_a_first_row_with_a_person_repeats_no_identity_number() -> None:
    refusal = refusal_of(csv(header=(*REQUIRED, "16919408131", "169194 08131")))
    assert refusal == (FileProblem.UNKNOWN_COLUMNS, ("***", "***"))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", FileProblem.NO_PEOPLE),
        (BOM, FileProblem.NO_PEOPLE),
        (csv(), FileProblem.NO_PEOPLE),
        (xlsx(), FileProblem.NO_PEOPLE),
        (csv(INGRID).decode().encode("utf-16"), FileProblem.UTF_16),
        (csv(INGRID).replace(b"Ingrid", b"Ing\x00rid"), FileProblem.NUL),
        (csv(INGRID).replace(b"Ingrid", b"Ing\x81rid"), FileProblem.UNKNOWN_ENCODING),
        (csv(INGRID).replace(b"Ingrid", b'"Ingrid'), FileProblem.BROKEN_CSV),
        (csv(INGRID).replace(b"Ingrid", b"I" * 200_000), FileProblem.BROKEN_CSV),
        (csv(INGRID, ("1",) * 101), FileProblem.TOO_MANY_COLUMNS),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, FileProblem.OLD_OR_LOCKED_EXCEL),
        (b"PK\x03\x04 and nothing more", FileProblem.BROKEN_EXCEL),
        (xlsx(INGRID)[:-40], FileProblem.BROKEN_EXCEL),
        (b"x" * (tables.MAX_BYTES + 1), FileProblem.TOO_LARGE),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_for_its_reason(
    content: bytes, problem: FileProblem
) -> None:
    assert refusal_of(content)[0] == problem


@pytest.mark.parametrize("make", [csv, xlsx])
def test_the_last_row_that_is_allowed_is_read_and_the_next_is_not(
    make: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_ROWS", 2)
    assert len(read(make(INGRID, SOLVEIG))) == 2  # type: ignore[operator]
    refusal = refusal_of(make(INGRID, SOLVEIG, TORBJORN))  # type: ignore[operator]
    assert refusal == (FileProblem.TOO_MANY_ROWS, ())


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = _packed(bytes(tables.MAX_BYTES * 20))
    assert len(bomb) < tables.MAX_BYTES
    tracemalloc.start()
    assert refusal_of(bomb)[0] == FileProblem.UNPACKS_TOO_LARGE
    assert tracemalloc.get_traced_memory()[1] < 2 * tables.MAX_BYTES
    tracemalloc.stop()


def test_what_is_packed_too_tightly_is_refused_though_it_is_not_large() -> None:
    assert refusal_of(_packed(bytes(4 * 2**20)))[0] == FileProblem.UNPACKS_TOO_LARGE


def test_thousands_of_packed_files_are_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for number in range(spreadsheets.MAX_FILES + 1):
            archive.writestr(f"{number}", "")
    assert refusal_of(written.getvalue())[0] == FileProblem.UNPACKS_TOO_LARGE


def test_a_bomb_that_lies_about_its_size_ends_where_it_said() -> None:
    lie = _packed(_sheet(200_000)).replace(struct.pack("<I", len(_sheet(200_000))), b"\x00\x08\0\0")
    assert refusal_of(lie)[0] == FileProblem.BROKEN_EXCEL


def test_entities_of_xml_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + _sheet(1)
    assert refusal_of(_packed(bomb))[0] == FileProblem.BROKEN_EXCEL


def test_a_cell_in_the_farthest_corner_costs_neither_memory_nor_minutes() -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(REQUIRED)
    book.worksheets[0]["XFD1048576"] = "far"
    book.worksheets[0]["A1048576"] = "1"
    written = io.BytesIO()
    book.save(written)
    began = time.process_time()
    [row] = read(written.getvalue())
    assert (row.line, type(row)) == (1_048_576, RefusedRow)
    assert time.process_time() - began < 20


def test_only_the_first_sheet_is_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(INGRID)))
    book.create_sheet("Notes").append(("something", "else"))
    written = io.BytesIO()
    book.save(written)
    assert [type(row) for row in read(written.getvalue())] == [Row]


def _sheet(rows: int) -> bytes:
    return b"<worksheet><sheetData>" + b"<row/>" * rows + b"</sheetData></worksheet>"


def _packed(sheet: bytes) -> bytes:
    """A workbook whose first sheet is this."""
    whole = xlsx(INGRID)
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, sheet if name.endswith("sheet1.xml") else old.read(name))
    return written.getvalue()
