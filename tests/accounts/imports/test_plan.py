"""What a file would change: told by the registry and the rows alone."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.addresses import fold_email
from accounts.admin import EmployeeAdmin
from accounts.imports.people import IDENTIFYING, Person, Row
from accounts.imports.plan import Kind, Plan, make_plan
from accounts.imports.problems import Problem, RefusedRow, RowProblem
from accounts.national_id import Fingerprint, NationalId
from tests.accounts.imports.files import INGRIDS_NUMBER, KEYS, TODAY

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
COLUMNS = ("birth_date", "national_id", "department", "starts_on", "ends_on")
BAD = (Problem(RowProblem.NOT_A_DATE, "ends_on"),)


def person(number: int, **fields: Any) -> Person:
    known = Person(
        f"{number}", "Ingrid", f"Bergtun {number}", f"{number}@k.example", id=UUID(int=number)
    )
    return known._replace(**fields)


def row(number: int, **fields: Any) -> Row:
    """Just what the registry has of `person(number)`."""
    name = ("Ingrid", f"Bergtun {number}", f"{number}@k.example")
    return Row(number + 1, f"{number}", *name, None, (), "", None, None)._replace(**fields)


def plan(registry: list[Person], rows: list[Any], columns: tuple[str, ...] = COLUMNS) -> Plan:
    """What the file has no column for its rows do not say either."""
    nothing: dict[str, Any] = {"department": "", "starts_on": None, "ends_on": None}
    absent: dict[str, Any] = {name: value for name, value in nothing.items() if name not in columns}
    rows = [each._replace(**absent) if isinstance(each, Row) else each for each in rows]
    return make_plan(registry, rows, columns=columns, today=TODAY)


def after(registry: list[Person], made: Plan) -> list[Person]:
    """The registry when the plan is carried out."""
    people = {each.employee_number: each for each in registry}
    for change in made.changes:
        number = change.after.employee_number
        people[number] = change.after._replace(id=change.after.id or UUID(int=hash(number) % 2**64))
    return list(people.values())


def kinds(made: Plan) -> dict[str, str]:
    return {change.after.employee_number: change.kind.value for change in made.changes}


def refusals(made: Plan) -> dict[int, tuple[str, ...]]:
    return {each.line: tuple(p.kind.value for p in each.problems) for each in made.refused}


def test_each_person_has_one_kind() -> None:
    registry = [
        person(1),
        person(2),
        person(3),
        person(4),
        person(5, active=False),
        person(6, ends_on=YESTERDAY),
        person(7, active=False),
    ]
    file = [row(1), row(2, first_name="Inga"), row(3, department="Skole"), row(5), row(6), row(8)]
    made = plan(registry, file)
    assert kinds(made) == {
        "2": "changed",
        "3": "moved",
        "4": "leaving",
        "5": "returning",
        "6": "returning",
        "8": "new",
    }
    assert (made.unchanged, made.refused) == (1, [])


def test_a_change_is_told_field_by_field() -> None:
    [change] = plan([person(1)], [row(1, first_name="Inga", department="Skole")]).changes
    assert change.before is not None
    assert change.fields == ("first_name", "department")
    assert (change.before.first_name, change.after.first_name) == ("Ingrid", "Inga")


def test_what_the_file_has_no_column_for_stays() -> None:
    known = person(1, department="Skole", starts_on=YESTERDAY, ends_on=TOMORROW)
    assert plan([known], [row(1)], columns=()).changes == []
    [change] = plan([known], [row(1)]).changes
    assert change.fields == ("department", "starts_on", "ends_on")


def test_an_empty_cell_takes_neither_birth_date_nor_identity_number_away() -> None:
    number = NationalId.parse(INGRIDS_NUMBER).fingerprint(KEYS)
    known = person(1, birth_date=date(1994, 11, 16), national_id=number)
    assert plan([known], [row(1)]).changes == []


def test_a_number_that_is_known_under_an_older_key_is_no_change() -> None:
    found = tuple(NationalId.parse(INGRIDS_NUMBER).fingerprints(KEYS))
    same = [person(1, national_id=found[1])]
    assert plan(same, [row(1, fingerprints=found)]).changes == []
    other = [person(1, national_id=Fingerprint("new", b"x" * 32))]
    [change] = plan(other, [row(1, fingerprints=found)]).changes
    assert (change.fields, change.after.national_id) == (("national_id",), found[0])


def test_a_leaver_is_inactive_from_today_and_a_future_last_day_is_not_waited_for() -> None:
    registry = [person(1), person(2, ends_on=TOMORROW), person(3, starts_on=TOMORROW)]
    left = [change.after for change in plan(registry, []).changes]
    assert [each.active for each in left] == [False] * 3
    assert [each.ends_on for each in left] == [TODAY, TODAY, None]


def test_who_left_and_is_in_the_file_with_a_past_last_day_stays_out() -> None:
    made = plan([person(1, active=False)], [row(1, ends_on=YESTERDAY)])
    assert kinds(made) == {"1": "changed"}
    assert not made.changes[0].after.active


def test_who_comes_back_in_a_file_without_last_days_has_none() -> None:
    [change] = plan([person(1, active=False, ends_on=TODAY)], [row(1)], columns=()).changes
    assert (change.kind, change.after.active, change.after.ends_on) == (Kind.RETURNING, True, None)


def test_a_last_day_in_the_past_is_leaving_and_counts_as_such() -> None:
    made = plan([person(1), person(2)], [row(1, ends_on=YESTERDAY), row(2)])
    assert kinds(made) == {"1": "leaving"}
    assert (made.losing_access, made.employed) == (1, 2)


def test_a_first_day_put_off_takes_access_away_and_counts_too() -> None:
    made = plan([person(1), person(2)], [row(1, starts_on=TOMORROW), row(2)])
    assert (made.losing_access, made.employed) == (1, 2)


@pytest.mark.parametrize(("leaving", "too_many"), [(0, False), (2, False), (3, True), (20, True)])
def test_more_than_the_limit_is_too_many(leaving: int, too_many: bool) -> None:
    registry = [person(number) for number in range(20)]
    made = plan(registry, [row(number) for number in range(leaving, 20)])
    assert made.loses_too_many(10) is too_many
    assert made.loses_too_many(100) is False


def test_a_file_of_another_organisation_would_let_everybody_leave_and_is_stopped() -> None:
    made = plan([person(1)], [row(number) for number in range(100, 200)])
    assert made.loses_too_many(99)


def test_two_who_swap_addresses_are_changed() -> None:
    swapped = [row(1, email="2@k.example"), row(2, email="1@K.example")]
    assert kinds(plan([person(1), person(2)], swapped)) == {"1": "changed", "2": "changed"}


@pytest.mark.parametrize("order", [1, -1])
def test_an_address_that_its_owner_keeps_is_refused_and_so_is_whoever_waited_for_another(
    order: int,
) -> None:
    """1 wants the address of 2, who wants that of 3, who is refused for want of that of 4."""
    registry = [person(number) for number in (1, 2, 3, 4)]
    file = [row(number, email=f"{number + 1}@k.example") for number in (1, 2, 3)]
    made = plan(registry, file[::order])
    assert refusals(made) == dict.fromkeys((2, 3, 4), ("email-taken",))
    assert made.changes == []
    assert made.refused[0].problems[0].names == ("2",)


def test_a_leavers_address_is_not_given_to_another() -> None:
    made = plan([person(1)], [row(2, email="1@k.example")])
    assert refusals(made) == {3: ("email-taken",)}


@pytest.mark.parametrize(
    ("column", "same"),
    [
        ("employee_number", {"employee_number": "1"}),
        ("email", {"email": "1@K.EXAMPLE"}),
        ("national_id", {"fingerprints": (Fingerprint("new", b"x" * 32),)}),
    ],
)
def test_two_rows_that_say_the_same_are_both_refused(column: str, same: dict[str, Any]) -> None:
    first = row(1, **same) if column == "national_id" else row(1)
    made = plan([person(1), person(2)], [first, row(2, **same), row(3)])
    assert refusals(made) == {2: ("twice",), 3: ("twice",)}
    problem = made.refused[0].problems[0]
    assert (problem.column, problem.names) == (column, ("3",))
    assert kinds(made) == {"3": "new"}  # and neither 1 nor 2 leaves


def test_a_kelvin_sign_is_no_k() -> None:
    made = plan([], [row(1, email="k@k.example"), row(2, email="\u212a@k.example")])
    assert not made.refused


def test_whose_row_was_refused_neither_changes_nor_leaves() -> None:
    by_number = RefusedRow(2, BAD, "1")
    by_address = RefusedRow(3, BAD, "", "2@K.example")
    made = plan([person(1), person(2), person(3)], [by_number, by_address])
    assert kinds(made) == {"3": "leaving"}


@pytest.mark.parametrize("nobodys", [RefusedRow(2, BAD), RefusedRow(2, BAD, "", "new@k.example")])
def test_nobody_leaves_while_a_refused_row_may_be_anybodys(nobodys: RefusedRow) -> None:
    made = plan([person(1), person(2)], [nobodys, row(1, first_name="Inga")])
    assert kinds(made) == {"1": "changed"}
    assert made.kept_from_leaving == 1


def test_a_last_day_before_the_registered_first_day_is_refused() -> None:
    made = plan([person(1, starts_on=TODAY)], [row(1, ends_on=YESTERDAY)], columns=("ends_on",))
    assert refusals(made) == {2: ("ends-before-start",)}


def test_the_code_tells_one_plan_from_another() -> None:
    codes = {
        plan(registry, [row(1, first_name=name)]).code()
        for registry in ([person(1)], [person(1, last_name="B")], [])
        for name in ("Inga", "Ingeborg")
    }
    assert len(codes) == 6
    assert plan([person(1, version="7")], [row(1, first_name="Inga")]).code() in codes


def numbered(file: list[Any]) -> list[Any]:
    return [
        each._replace(line=line) if isinstance(each, Row) else replace(each, line=line)
        for line, each in enumerate(file, start=2)
    ]


_days = st.sampled_from([None, YESTERDAY, TODAY, TOMORROW])
_people = st.lists(
    st.builds(
        person,
        st.integers(1, 8),
        department=st.sampled_from(["", "Skole"]),
        ends_on=_days,
        active=st.booleans(),
    ),
    unique_by=lambda each: each.employee_number,
)
_rows = st.lists(
    st.one_of(
        st.builds(
            row,
            st.integers(1, 10),
            email=st.integers(1, 10).map(lambda number: f"{number}@K.example"),
            department=st.sampled_from(["", "Skole"]),
            ends_on=_days,
        ),
        st.builds(RefusedRow, st.just(0), st.just(BAD), st.sampled_from(["", "1", "2"])),
    )
).map(numbered)
_columns = st.sampled_from([COLUMNS, (), ("ends_on",), ("department",)])


@given(_people, _rows, _columns)
def test_the_same_file_again_is_no_change(
    registry: list[Person], file: list[Any], columns: tuple[str, ...]
) -> None:
    again = plan(after(registry, plan(registry, file, columns)), file, columns)
    assert again.changes == []


@given(_people, _rows, _columns)
def test_no_two_have_one_address_afterwards(
    registry: list[Person], file: list[Any], columns: tuple[str, ...]
) -> None:
    people = after(registry, plan(registry, file, columns))
    assert len({fold_email(each.email) for each in people}) == len(people)


@given(_people, _rows, _columns)
def test_every_row_is_accounted_for_once(
    registry: list[Person], file: list[Any], columns: tuple[str, ...]
) -> None:
    made = plan(registry, file, columns)
    in_file = sum(change.line is not None for change in made.changes)
    assert in_file + made.unchanged + len(made.refused) == len(file)
    assert {r.employee_number for r in made.refused} & kinds(made).keys() == set()


@pytest.mark.parametrize("field", IDENTIFYING)
def test_nothing_that_tells_who_somebody_out_of_reach_is_changes(field: str) -> None:
    """A-27; and what the administration keeps from a registrar, the import keeps too."""
    number = NationalId.parse(INGRIDS_NUMBER).fingerprints(KEYS)
    other = {"birth_date": TODAY - timedelta(days=9000), "fingerprints": tuple(number)}
    key = "fingerprints" if field == "national_id" else field
    told = {key: other.get(key, "inga@k.example")}
    made = make_plan(
        [person(1)], [row(1, **told)], columns=COLUMNS, today=TODAY, out_of_reach={"1", "no such"}
    )
    assert refusals(made) == {2: ("out-of-reach",)}
    assert made.refused[0].problems[0].column == field
    assert made.changes == []


def test_the_import_holds_what_the_page_of_an_employee_holds() -> None:
    held = set(EmployeeAdmin.identifying) & {*Person._fields}
    assert held - {"employee_number"} <= {*IDENTIFYING}  # the number is how they are found


def test_employment_of_somebody_out_of_reach_changes_and_ends() -> None:
    told = [row(1, department="Kultur", ends_on=TOMORROW)]
    made = make_plan(
        [person(1), person(2)], told, columns=COLUMNS, today=TODAY, out_of_reach={"1", "2"}
    )
    assert kinds(made) == {"1": "moved", "2": "leaving"}


def test_whoever_was_to_get_the_address_of_somebody_out_of_reach_is_refused_too() -> None:
    file = [row(1, email="new@k.example"), row(2, email="1@k.example")]
    made = make_plan([person(1), person(2)], file, columns=COLUMNS, today=TODAY, out_of_reach={"1"})
    assert refusals(made) == {2: ("out-of-reach",), 3: ("email-taken",)}
