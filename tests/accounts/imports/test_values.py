"""What stands in a cell: dates, identity numbers, formulas, and what nobody sees."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.imports.problems import RefusedRow, RowProblem
from accounts.imports.words import problem_in_words
from accounts.national_id import NationalId
from tests.accounts.imports.files import (
    INGRID,
    INGRIDS_NUMBER,
    KEYS,
    REQUIRED,
    csv,
    problems_of,
    read,
    read_one,
    with_column,
)

LAST_DAY = date(2026, 12, 31)


@pytest.mark.parametrize(
    "written",
    ["31.12.2026", "31/12/2026", "2026-12-31", "2026-12-31 00:00:00", "2026-12-31T00:00:00"],
)
def test_a_date_is_read_as_norwegians_and_machines_write_it(written: str) -> None:
    assert read_one(with_column("ends_on", written)).ends_on == LAST_DAY


def test_one_digit_is_enough_for_day_and_month() -> None:
    assert read_one(with_column("starts_on", "1.8.2020")).starts_on == date(2020, 8, 1)


@pytest.mark.parametrize(
    ("column", "written", "kind"),
    [
        ("ends_on", "31.12.26", RowProblem.SHORT_YEAR),
        ("ends_on", "31-12-26", RowProblem.SHORT_YEAR),
        ("ends_on", "12.31.2026", RowProblem.NOT_A_DATE),
        ("ends_on", "29.02.2025", RowProblem.NOT_A_DATE),
        ("ends_on", "46387", RowProblem.NOT_A_DATE),
        ("ends_on", "i morgen", RowProblem.NOT_A_DATE),
        ("ends_on", "٣١.12.2026", RowProblem.NOT_A_DATE),
        ("starts_on", "31.12.1899", RowProblem.DATE_OUT_OF_RANGE),
        ("birth_date", "26.11.2026", RowProblem.DATE_OUT_OF_RANGE),
    ],
)
def test_a_senseless_date_is_refused_and_shown(column: str, written: str, kind: RowProblem) -> None:
    [problem] = problems_of(with_column(column, written))
    assert (problem.kind, problem.column, problem.read) == (kind, column, written)


def test_a_last_day_before_the_first_is_refused() -> None:
    days = (*INGRID, "01.02.2026", "31.01.2026")
    [problem] = problems_of(csv(days, header=(*REQUIRED, "starts_on", "ends_on")))
    assert problem.kind == RowProblem.ENDS_BEFORE_START


@pytest.mark.parametrize(
    "written", [INGRIDS_NUMBER, "169194 08131", "169194\u00a008131", " 16919408131 "]
)
def test_an_identity_number_becomes_fingerprints_under_each_key(written: str) -> None:
    row = read_one(with_column("national_id", written))
    assert list(row.fingerprints) == NationalId.parse(INGRIDS_NUMBER).fingerprints(KEYS)
    assert "08131" not in repr(row)


@pytest.mark.parametrize("kind", [int, float, str])
def test_an_identity_number_is_read_from_a_number_cell_of_excel(kind: Any) -> None:
    cell = kind(INGRIDS_NUMBER)
    assert read_one(with_column("national_id", cell, in_excel=True)).fingerprints


@pytest.mark.parametrize(
    ("written", "kind", "told"),
    [
        ("3896943633", RowProblem.LOST_ZERO, "zero in front"),
        ("1.6919E+10", RowProblem.ROUNDED, "rounded"),
        ("1,6919E+10", RowProblem.ROUNDED, "rounded"),
        ("16919408132", RowProblem.CHECK_DIGITS, "check digits"),
        ("1691940813", RowProblem.NOT_ELEVEN_DIGITS, "eleven digits"),
        ("１６９１９４０８１３１", RowProblem.NOT_ELEVEN_DIGITS, "eleven digits"),
    ],
    ids=["lost zero", "rounded", "rounded in Norwegian", "slip", "short", "full width"],
)
def test_a_wrong_identity_number_is_told_in_words_and_never_repeated(
    written: str, kind: RowProblem, told: str
) -> None:
    [problem] = problems_of(
        csv((*INGRID, written), header=(*REQUIRED, "national_id"), delimiter="\t")
    )
    assert (problem.kind, problem.read) == (kind, "")
    with translation.override("en"):
        assert told in problem_in_words(problem)
        assert written not in problem_in_words(problem)


def test_excel_that_ate_the_zero_is_told_so() -> None:
    [problem] = problems_of(with_column("national_id", 3896943633, in_excel=True))
    assert problem.kind == RowProblem.LOST_ZERO


def test_a_number_that_excel_takes_for_a_date_is_told_to_nobody(
    recwarn: pytest.WarningsRecorder,
) -> None:
    """openpyxl warns with the value; as an error the warning would be a broken file."""
    book = openpyxl.load_workbook(
        io.BytesIO(with_column("national_id", int(INGRIDS_NUMBER), in_excel=True))
    )
    book.worksheets[0]["E2"].number_format = "dd.mm.yyyy"
    written = io.BytesIO()
    book.save(written)
    [problem] = problems_of(written.getvalue())
    assert (problem.kind, problem.column) == (RowProblem.CELL_ERROR, "national_id")
    assert not recwarn.list


def test_a_birth_date_that_the_number_denies_is_refused() -> None:
    header = (*REQUIRED, "birth_date", "national_id")
    [problem] = problems_of(csv((*INGRID, "17.11.1994", INGRIDS_NUMBER), header=header))
    assert (problem.kind, problem.read) == (RowProblem.OTHER_BIRTH_DATE, "")


def test_an_identity_number_in_full_width_digits_is_found_too() -> None:
    wide = INGRIDS_NUMBER.translate({ord("0") + n: ord("０") + n for n in range(10)})
    [problem] = problems_of(with_column("department", wide))
    assert problem.kind == RowProblem.IDENTITY_NUMBER_HERE


@pytest.mark.parametrize("column", ["employee_number", "first_name", "last_name", "department"])
@pytest.mark.parametrize(
    "around", ["{}{}", "{} {}", "Ingrid {}{}", "({}-{})", "nr{}{}", "{}\u2009{}"]
)
def test_an_identity_number_in_another_column_is_neither_kept_nor_repeated(
    column: str, around: str
) -> None:
    text = around.format(INGRIDS_NUMBER[:6], INGRIDS_NUMBER[6:])
    person = dict(zip(REQUIRED, INGRID, strict=True)) | {"department": "Skole"} | {column: text}
    [problem] = problems_of(csv(tuple(person.values()), header=tuple(person)))
    assert (problem.kind, problem.column, problem.read) == (
        RowProblem.IDENTITY_NUMBER_HERE,
        column,
        "",
    )


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "＝", "  =", "\u00a0="])
@pytest.mark.parametrize("index", range(4))
def test_a_formula_is_refused_in_every_text(first: str, index: int) -> None:
    cells = list(INGRID)
    cells[index] = first + cells[index]
    [problem] = problems_of(csv(tuple(cells)))
    assert (problem.kind, problem.column) == (RowProblem.FORMULA, REQUIRED[index])


@pytest.mark.parametrize("hidden", ["\n", "\r", "\x1b", "\u200b", "\u202e", "\u2066", "\u00ad"])
def test_what_breaks_lines_or_hides_is_refused_and_marked(hidden: str) -> None:
    [problem] = problems_of(with_column("department", f'"Sko{hidden}le"'))
    assert (problem.kind, problem.read) == (RowProblem.INVISIBLE, "Sko␣le")


def test_all_that_is_wrong_in_a_row_is_told_at_once() -> None:
    content = csv(("", "Ingrid", "B" * 151, "nowhere", "x"), header=(*REQUIRED, "ends_on"))
    kinds = [problem.kind for problem in problems_of(content)]
    assert kinds == ["missing", "too-long", "not-an-email", "not-a-date"]


@pytest.mark.parametrize("shown", ["#REF!", "#N/A", "#VERDI!"])
def test_an_error_that_the_spreadsheet_shows_is_no_value(shown: str) -> None:
    [problem] = problems_of(with_column("department", shown))
    assert problem.kind == RowProblem.CELL_ERROR


@given(st.lists(st.text(), min_size=9, max_size=9))
def test_whatever_stands_in_a_row_it_is_a_row_or_refused(cells: list[str]) -> None:
    header = (*REQUIRED, "birth_date", "national_id", "department", "starts_on", "ends_on")
    quoted = [f'"{cell.replace('"', '""')}"' for cell in cells]
    content = ",".join(header) + "\r\n" + ",".join(quoted)
    encoded = content.encode(errors="replace").replace(b"\x00", b"0")
    for row in read(encoded + b"\r\n1,A,B,a@b.example,,,,,"):
        assert not isinstance(row, RefusedRow) or all(map(problem_in_words, row.problems))
