"""A plot as SVG: its shapes are attributes, since the policy allows no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 600, 160
type Day = tuple[date, int, int]


@dataclass(frozen=True, slots=True)
class Plot:
    """How many were employed, and how many of them linked, day by day."""

    days: Sequence[Day]
    employed: str
    linked: str

    @classmethod
    def of(cls, days: Sequence[Day]) -> "Plot | None":
        """From two days or more: one is a figure, and no line."""
        if len(days) < 2:
            return None
        highest = max(employed for _day, employed, _linked in days) or 1
        return cls(
            days,
            _points([(day, employed / highest) for day, employed, _linked in days]),
            _points([(day, linked / highest) for day, _employed, linked in days]),
        )

    @property
    def area(self) -> str:
        """What lies under the line of those linked."""
        return f"0,{HEIGHT} {self.linked} {WIDTH},{HEIGHT}"

    @property
    def first(self) -> Day:
        return self.days[0]

    @property
    def last(self) -> Day:
        return self.days[-1]

    @property
    def newest_first(self) -> Sequence[Day]:
        return self.days[::-1]


def _points(days: Sequence[tuple[date, float]]) -> str:
    begin, end = days[0][0], days[-1][0]
    return " ".join(
        f"{(day - begin).days * WIDTH / (end - begin).days:.1f},{HEIGHT - share * (HEIGHT - 4):.1f}"
        for day, share in days
    )
