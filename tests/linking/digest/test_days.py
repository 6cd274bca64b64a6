"""Which moments are one day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from linking.digest.days import bounds_of


@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        (date(2026, 7, 2), datetime(2026, 7, 1, 22, tzinfo=UTC), 24),
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
    ],
    ids=["summer", "clocks go forward", "clocks go back"],
)
def test_a_day_is_as_long_as_norways_clocks_make_it(
    day: date, begins: datetime, hours: int
) -> None:
    first, next_one = (bound.astimezone(UTC) for bound in bounds_of(day))
    assert (first, next_one - first) == (begins, timedelta(hours=hours))
