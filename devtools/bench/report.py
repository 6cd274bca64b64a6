"""What a bench found: one page of text for a person, the same as JSON to keep."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from devtools.bench.figures import Ratio, Spread

_WIDTH = 36


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of something a round had."""

    least: int
    most: int
    of: Mapping[str, float]
    """By kind, on average of the rounds."""

    @classmethod
    def count(cls, rounds: Sequence[Mapping[str, int]]) -> "Tally":
        totals = [sum(each.values()) for each in rounds]
        kinds = sorted({kind for each in rounds for kind in each})
        means = {k: round(sum(each.get(k, 0) for each in rounds) / len(rounds), 3) for k in kinds}
        return cls(min(totals), max(totals), means)


type Measures = Mapping[str, Spread | Tally]


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure that we want to stay below. It is told, and decides nothing."""

    what: str
    value: float
    at_most: float

    @property
    def met(self) -> bool:
        return self.value <= self.at_most

    def text(self) -> str:
        verdict = "met" if self.met else "NOT MET"
        return f"{self.what}: {self.value:g}, wanted at most {self.at_most:g}: {verdict}"


class Kept(Protocol):
    """What any bench gives."""

    def save(self, path: Path) -> None: ...

    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Report:
    """Times in milliseconds; ratios are ours over theirs."""

    bench: str
    what: str
    date: str
    machine: Mapping[str, str | int | float]
    versions: Mapping[str, str]
    runs: int
    warm_up: int
    sides: Mapping[str, Measures]
    ratios: Mapping[str, Ratio]
    limits: Sequence[Limit]

    def save(self, path: Path) -> None:
        keep(asdict(self), self.limits, path)

    def text(self) -> str:
        return "\n".join(
            [
                f"{self.bench}: {self.what}",
                f"{self.date}, on {listed(self.machine)}",
                listed(self.versions),
                f"{self.runs} rounds of each in turns, after {self.warm_up} to warm up",
                "",
                *self._sides(),
                "",
                *self._ratios(),
                "",
                *(limit.text() for limit in self.limits),
            ]
        )

    def _sides(self) -> Iterator[str]:
        yield _row("", *self.sides)
        for measure in next(iter(self.sides.values())):
            yield _row(measure, *(_shown(side[measure]) for side in self.sides.values()))

    def _ratios(self) -> Iterator[str]:
        yield " / ".join(self.sides)
        for name, ratio in self.ratios.items():
            doubt = f"(95 % interval {ratio.low:.2f}–{ratio.high:.2f})"
            yield _row(name, f"{ratio.value:.2f}  {doubt}")


def keep(found: Mapping[str, Any], limits: Sequence[Limit], path: Path) -> None:
    """Write what was found as JSON, with the limits and whether they were met."""
    path.parent.mkdir(parents=True, exist_ok=True)
    met = [asdict(each) | {"met": each.met} for each in limits]
    document = {**found, "limits": met}
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _row(name: str, *cells: str) -> str:
    return f"{name:<36}" + "".join(f"{cell:<{_WIDTH}}" for cell in cells).rstrip()


def _shown(value: Spread | Tally) -> str:
    if isinstance(value, Spread):
        quartiles = f"{value.lower_quartile:.2f}–{value.upper_quartile:.2f}"
        return f"{value.median:.2f}  ({quartiles}, 95 %: {value.percentile_95:.2f})"
    number = f"{value.least}" if value.least == value.most else f"{value.least}–{value.most}"
    kinds = ", ".join(f"{kind} {mean:g}" for kind, mean in value.of.items())
    return f"{number}  ({kinds})"


def listed(facts: Mapping[str, str | int | float]) -> str:
    """Give names and values in one line."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
