"""The two-sample test of Kolmogorov and Smirnov, and Holm's correction for many of them.

N. Smirnov, "Table for estimating the goodness of fit of empirical distributions", 1948; S. Holm,
"A simple sequentially rejective multiple test procedure", 1979.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Give D: how far apart the two empirical distributions are at most."""
    first, second = sorted(one), sorted(other)
    return max(
        abs(bisect_right(first, value) / len(first) - bisect_right(second, value) / len(second))
        for value in (*first, *second)
    )


def p_value(found: float, *, sizes: tuple[int, int]) -> float:
    """Give how often two samples of one distribution lie this far apart, for large samples."""
    one, other = sizes
    return tail(found * math.sqrt(one * other / (one + other)))


def tail(scaled: float) -> float:
    """Give the limit of P(D·√n > `scaled`) for large samples: 1 less Smirnov's tabled L."""
    if scaled < 0.2:  # the series does not converge near 0; L is below 1e-12 there
        return 1.0
    terms = ((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


def holm[Name](found: Mapping[Name, float]) -> dict[Name, float]:
    """Give p by name, corrected for how many there are: chance alone brings any below α with α."""
    corrected, least = {}, 0.0
    for place, name in enumerate(sorted(found, key=lambda name: found[name])):
        least = max(least, min(1.0, (len(found) - place) * found[name]))
        corrected[name] = least
    return {name: corrected[name] for name in found}
