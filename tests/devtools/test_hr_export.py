"""The demo's HR export is what it says: 500 who can be taken in, and seven bad rows."""

from datetime import date
from pathlib import Path

from accounts.imports.plan import Plan, make_plan
from accounts.imports.rows import Reader
from accounts.national_id import FingerprintKeys
from devtools import hr_export
from devtools.idporten.synthetic_numbers import parse_synthetic_number

TODAY = date(2026, 11, 25)
KEYS = FingerprintKeys({"key": b"k" * 32})


def plan_of(path: Path) -> Plan:
    reader = Reader(KEYS, TODAY, lambda address: "@" in address and " " not in address)
    with path.open("rb") as file:
        people = reader.read(file)
        return make_plan([], people.rows, columns=people.columns, today=TODAY)


def test_the_file_has_500_good_rows_and_seven_bad_ones(tmp_path: Path) -> None:
    hr_export.write(tmp_path / "hr.csv")
    plan = plan_of(tmp_path / "hr.csv")
    assert len(plan.changes) == hr_export.PEOPLE
    assert len(plan.refused) == len(hr_export.bad_rows())


def test_each_bad_row_is_refused_for_another_thing(tmp_path: Path) -> None:
    hr_export.write(tmp_path / "hr.csv")
    refused = plan_of(tmp_path / "hr.csv").refused
    things = {(problem.kind, problem.column) for row in refused for problem in row.problems}
    assert len(things) == len(refused)


def test_the_numbers_are_synthetic() -> None:
    numbers = [row.national_id for row in hr_export.good_rows() if row.national_id]
    assert [parse_synthetic_number(number) for number in numbers] == numbers
    assert len(set(numbers)) == len(numbers) == hr_export.PEOPLE * 4 // 5
