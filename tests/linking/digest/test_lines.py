"""What a day's look-ups come to for each member of staff, and when they are many."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from linking.digest.lines import ENOUGH, HANDFUL, MANY, Line, Looked, is_bulk, lines_of, usual_of

KARI, OLA = uuid4(), uuid4()


def looked(employee: UUID | None = KARI, **fields: Any) -> Looked:
    return Looked(**{"actor": "user:siri", "employee": employee} | fields)


def line(*rows: Looked, usual: int | None = None) -> Line:
    [only] = lines_of(rows, usual=usual)
    return only


def test_people_are_counted_once_each_however_often() -> None:
    assert line(looked(), looked(), looked(OLA)).people == 2


def test_a_look_at_ones_own_record_is_flagged_and_is_none_of_the_people() -> None:
    found = line(looked(), looked(OLA, oneself=True), looked(OLA, oneself=True))
    assert (found.people, found.own, found.flagged) == (1, 2, True)


def test_a_usual_day_is_not_flagged() -> None:
    assert not line(looked(), looked(None)).flagged


def test_searches_and_exports_are_no_people() -> None:
    found = line(looked(None), looked(None), looked(None, export=True))
    assert (found.people, found.searches, found.exports) == (0, 2, 1)


def test_each_look_is_explained_once_at_most() -> None:
    found = line(
        looked(purpose=True),
        looked(purpose=True, reference=True),
        looked(reference=True),
        looked(),
        looked(None),
        looked(oneself=True),
    )
    assert (found.with_purpose, found.quoted, found.unexplained) == (2, 1, 1)


def test_looks_are_counted_by_purpose() -> None:
    rows = [looked(purpose=True, kind=kind) for kind in ("case", "asked", "asked", "")]
    assert line(*rows, looked()).purposes == {"asked": 2, "case": 1}


def test_whoever_looked_at_most_stands_first() -> None:
    rows = [looked(), looked(actor="user:arne"), looked(OLA, actor="user:arne")]
    assert [each.actor for each in lines_of(rows, usual=None)] == ["user:arne", "user:siri"]


@pytest.mark.parametrize(
    ("people", "usual", "bulk"),
    [
        (MANY - 1, None, False),
        (MANY, None, True),
        (MANY, MANY, True),  # whatever is usual
        (HANDFUL, 1, False),  # a handful is little anywhere
        (HANDFUL + 1, 1, True),
        (12, 4, False),
        (13, 4, True),
        (13, None, False),
    ],
)
def test_many_is_by_number_and_by_what_is_usual(
    people: int, usual: int | None, *, bulk: bool
) -> None:
    assert is_bulk(people, usual=usual) == bulk


def test_bulk_is_flagged() -> None:
    found = line(*(looked(uuid4()) for _number in range(MANY)))
    assert (found.bulk, found.flagged) == (True, True)


def test_what_is_usual_is_the_median_of_days_on_which_somebody_was_looked_at() -> None:
    days = [2] * ENOUGH + [500]
    assert usual_of([*days, 0, 0, 0]) == 2
    assert usual_of([2] * (ENOUGH - 1) + [0] * 20) is None
