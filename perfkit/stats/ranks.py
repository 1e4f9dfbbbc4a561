"""Mann and Whitney's exact test, by counting orders: few runs have few of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import ge, le


def exact_chance(a: Sequence[float], b: Sequence[float]) -> float:
    """Two-sided p-value of two samples in which no value comes twice."""
    above = sum(x > y for x in a for y in b)
    return _chance(len(a), len(b), max(above, len(a) * len(b) - above))


def tied_chance(a: Sequence[float], b: Sequence[float]) -> float:
    """The same where values come twice: equal ones share their ranks, and every way to deal the ranks out is counted."""
    values = sorted([*a, *b])
    ranks = [bisect_left(values, value) + bisect_right(values, value) + 1 for value in values]
    seen = sum(bisect_left(values, value) + bisect_right(values, value) + 1 for value in a)
    sums = _sums(tuple(ranks), len(a))
    below, above = (sum(ways for total, ways in sums.items() if beyond(total, seen)) for beyond in (le, ge))
    return min(1.0, 2 * min(below, above) / sum(sums.values()))


@lru_cache(maxsize=256)
def _sums(ranks: tuple[int, ...], some: int) -> Mapping[int, int]:
    """In how many ways so many of the doubled ranks add up to what."""
    ways: list[dict[int, int]] = [{0: 1}, *({} for _ in range(some))]
    for rank in ranks:
        for taken in range(some, 0, -1):
            for total, count in ways[taken - 1].items():
                ways[taken][total + rank] = ways[taken].get(total + rank, 0) + count
    return ways[some]


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
