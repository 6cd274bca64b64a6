"""What the bench found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

from devtools.bench.report import Limit, keep, listed


@dataclass(frozen=True, slots=True)
class Times:
    """How long sign-ins lasted, in milliseconds."""

    sign_ins: int
    median: float
    percentile_99: float
    longest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Times":
        """From two values or more."""
        last = quantiles(values, n=100, method="inclusive")[-1]
        return cls(len(values), round(median(values), 3), round(last, 3), round(max(values), 3))


@dataclass(frozen=True, slots=True)
class Variant:
    """One database from full to expired."""

    links: int
    stale: int
    expired: int
    events: int
    kept_by_sign_in: int
    found_their_link_gone: int
    seconds: float
    links_per_second: float
    turns: int
    batches: int
    longest_batch_ms: float
    looks_for_lock_waits: int
    lock_waits_seen: int
    longest_lock_wait_ms: float
    at_rest: Times
    while_expiring: Times

    @property
    def ratios(self) -> dict[str, float]:
        return {
            "median": round(self.while_expiring.median / self.at_rest.median, 2),
            "percentile_99": round(
                self.while_expiring.percentile_99 / self.at_rest.percentile_99, 2
            ),
            "longest": round(self.while_expiring.longest / self.at_rest.longest, 2),
        }

    def limits(self, name: str) -> list[Limit]:
        return [
            Limit(f"{name}: longest sign-in (ms)", self.while_expiring.longest, 1000),
            Limit(f"{name}: longest lock wait (ms)", self.longest_lock_wait_ms, 1000),
            Limit(f"{name}: links without exactly one event", abs(self.expired - self.events), 0),
        ]


@dataclass(frozen=True, slots=True)
class Findings:
    """Times in milliseconds; ratios are while expiring over at rest."""

    bench: str
    what: str
    date: str
    machine: Mapping[str, str | int | float]
    versions: Mapping[str, str]
    variants: Mapping[str, Variant]

    @property
    def limits(self) -> list[Limit]:
        return [limit for name, each in self.variants.items() for limit in each.limits(name)]

    def save(self, path: Path) -> None:
        variants = {name: asdict(v) | {"ratios": v.ratios} for name, v in self.variants.items()}
        keep(asdict(self) | {"variants": variants}, self.limits, path)

    def text(self) -> str:
        lines = [f"{self.bench}: {self.what}", f"{self.date}, on {listed(self.machine)}"]
        lines.append(listed(self.versions))
        for name, variant in self.variants.items():
            lines += ["", name, *_told(variant)]
        return "\n".join([*lines, "", *(limit.text() for limit in self.limits)])


def _told(variant: Variant) -> Iterator[str]:
    facts = asdict(variant)
    for side in ("at_rest", "while_expiring"):
        yield f"  sign-ins {side.replace('_', ' ')} (ms): {listed(facts.pop(side))}"
    yield f"  ratios: {listed(variant.ratios)}"
    yield from (f"  {name.replace('_', ' ')}: {value}" for name, value in facts.items())
