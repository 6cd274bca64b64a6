"""What many measurements say together: quantiles, and the ratio of two medians with its doubt."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

RESAMPLES = 4000
SEED = 20260101  # the same interval from the same measurements


@dataclass(frozen=True, slots=True)
class Spread:
    """How measurements of one thing lie, in their own unit."""

    median: float
    lower_quartile: float
    upper_quartile: float
    percentile_95: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """From two values or more."""
        quarters = quantiles(values, n=4, method="inclusive")
        return cls(
            median=round(median(values), 3),
            lower_quartile=round(quarters[0], 3),
            upper_quartile=round(quarters[2], 3),
            percentile_95=round(quantiles(values, n=20, method="inclusive")[-1], 3),
        )


@dataclass(frozen=True, slots=True)
class Ratio:
    """One median over another, and where 95 % of the resampled runs have it."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> "Ratio":
        """From rounds that were measured side by side: the nth of both belong together."""
        pairs = list(zip(ours, theirs, strict=True))
        chance = random.Random(SEED)  # noqa: S311  statistics, no secret
        resampled = sorted(
            _ratio(chance.choices(pairs, k=len(pairs))) for _resample in range(RESAMPLES)
        )
        return cls(
            value=round(_ratio(pairs), 3),
            low=round(resampled[int(RESAMPLES * 0.025)], 3),
            high=round(resampled[int(RESAMPLES * 0.975)], 3),
        )


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    ours, theirs = zip(*pairs, strict=True)
    return float(median(ours) / median(theirs))
