"""What the bench found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from devtools.bench.figures import Spread
from devtools.bench.report import Limit, keep, listed

WANTED_MS = 100


@dataclass(frozen=True, slots=True)
class Opened:
    """One page, as one viewer opens it. Times in milliseconds."""

    times: Spread
    statements: int
    in_the_database_ms: float
    """Of the last round."""
    slowest: str
    """The statement that took longest; empty where the page is as fast as wanted."""


@dataclass(frozen=True, slots=True)
class Findings:
    """By viewer and page."""

    bench: str
    what: str
    date: str
    machine: Mapping[str, str | int | float]
    versions: Mapping[str, str]
    rows: Mapping[str, int]
    runs: int
    warm_up: int
    viewers: Mapping[str, Mapping[str, Opened]]

    @property
    def limits(self) -> list[Limit]:
        return [
            Limit(f"{viewer}: {page}: 95 % (ms)", opened.times.percentile_95, WANTED_MS)
            for viewer, opened_pages in self.viewers.items()
            for page, opened in opened_pages.items()
        ]

    def save(self, path: Path) -> None:
        keep(asdict(self), self.limits, path)

    def text(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.bench}: {self.what}"
        yield f"{self.date}, on {listed(self.machine)}"
        yield listed(self.versions)
        yield f"{listed(self.rows)}; {self.runs} rounds of each page"
        for viewer, opened_pages in self.viewers.items():
            yield from ("", viewer)
            for page, opened in opened_pages.items():
                yield (
                    f"  {page:<46}{opened.times.median:9.1f}{opened.times.percentile_95:9.1f} ms, "
                    f"{opened.statements} statements {opened.in_the_database_ms:.1f} ms"
                )
        missed = [limit.text() for limit in self.limits if not limit.met]
        yield from ("", f"{len(missed)} of {len(self.limits)} above {WANTED_MS} ms", *missed)


def opened(found: Mapping[str, Sequence[float] | float | str | int]) -> Opened:
    """Make sense of what the child measured of one page."""
    times = Spread.of(found["times"])  # type: ignore[arg-type]  # JSON
    slow = times.percentile_95 > WANTED_MS
    return Opened(
        times=times,
        statements=int(found["statements"]),  # type: ignore[arg-type]
        in_the_database_ms=round(float(found["in_the_database_ms"]), 2),  # type: ignore[arg-type]
        slowest=str(found["slowest"]) if slow else "",
    )
