"""Mann and Whitney's exact test, by counting orders: few runs have few of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

ROUNDING = 1e-9


def exact_chance(a: Sequence[float], b: Sequence[float]) -> float:
    """Two-sided p-value of two samples in which no value comes twice."""
    above = sum(x > y for x in a for y in b)
    return _chance(len(a), len(b), max(above, len(a) * len(b) - above))


def tied_chance(a: Sequence[float], b: Sequence[float]) -> float:
    """The same where values come twice: equal ones share their ranks, and every way to deal the ranks out is looked at."""
    _, place, times = np.unique(np.concatenate([a, b]), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]
    sums = ranks[_ways(len(ranks), len(a))].sum(axis=1)
    seen = ranks[: len(a)].sum()
    return float(min(1.0, 2 * min((sums <= seen + ROUNDING).mean(), (sums >= seen - ROUNDING).mean())))


@lru_cache(maxsize=16)
def _ways(of: int, some: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Each choice of so many places, one a row."""
    return np.array(list(combinations(range(of), some)), np.int64)


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
