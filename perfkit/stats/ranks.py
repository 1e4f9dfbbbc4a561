"""Mann and Whitney's exact test without ties, by counting orders: few runs have few of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache


def exact_chance(a: Sequence[float], b: Sequence[float]) -> float:
    """Two-sided p-value of two samples in which no value comes twice."""
    above = sum(x > y for x in a for y in b)
    return _chance(len(a), len(b), max(above, len(a) * len(b) - above))


@lru_cache(maxsize=4096)
def _chance(n: int, m: int, above: int) -> float:
    orders = _orders(n, m)
    return min(1.0, 2 * sum(orders[above:]) / sum(orders))


@lru_cache(maxsize=256)
def _orders(n: int, m: int) -> tuple[int, ...]:
    """In how many orders so many pairs have the first sample above: the coefficients of a Gaussian binomial."""
    counts = [1] + [0] * (n * m)
    for step in range(1, n + 1):
        for place in range(n * m, m + step - 1, -1):
            counts[place] -= counts[place - m - step]
        for place in range(step, n * m + 1):
            counts[place] += counts[place - step]
    return tuple(counts)
