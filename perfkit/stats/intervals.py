"""A value with the range that the data allow, and how the range was found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from perfkit.stats.student import t_quantile

if TYPE_CHECKING:
    from perfkit.stats.measured import Floats

AT_LEAST = "at least"
"""The method of a share that may be larger than what was counted."""
MIN_BATCHES = 10
ROUNDING = 1e-9
LEAST_BEYOND = 5.0
"""Samples beyond the percentile in a stretch, on average, and half as many in each.

Intervals of independent samples then cover the truth in 88 of 100 cases or more.
"""
MAX_LAG1 = 0.5
"""Batches that resemble their neighbours more than this are too few independent ones for a t interval."""
DIFFERENT = 0.01
"""Chance that the tenths of a run of independent rounds are called different."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate; None bounds mean that the data cannot bound it."""

    value: float
    """0 without a meaning where n is 0."""
    lo: float | None
    hi: float | None
    n: int
    method: str
    """runs-t-log, runs-t, batches-t, order-statistics, exact, at least, too few; or batches correlated and tenths differ, which have no bounds."""
    lag1: float | None = None
    """Correlation of neighbouring batches; None for everything else."""


def percentile(samples: Sequence[float] | Floats, q: float) -> float:
    """Type 7, the rule of numpy and of DuckDB's quantile_cont; q is a share such as 0.95."""
    import numpy as np

    return float(np.quantile(_some(samples), _share(q)))


def percentile_interval(samples: Sequence[float] | Floats, q: float, confidence: float = 0.95) -> Interval:
    """Sampling error of a percentile if samples are independent, which requests of a load test are not."""
    import numpy as np
    from scipy import stats

    array = _some(samples)
    n, value = len(array), float(np.quantile(array, _share(q)))
    lower, upper = _tails(n, q, 1 - confidence)
    # ranks from 1: a bound fails when too many or too few of the n samples lie below the true percentile
    ranks = (
        None if lower is None else max(int(stats.binom.ppf(lower, n, q)), 1),
        None if upper is None else min(int(stats.binom.ppf(1 - upper, n, q)) + 1, n),
    )
    if ranks == (None, None):
        return Interval(value, None, None, n, "too few")
    places = [rank - 1 for rank in ranks if rank is not None]
    placed = np.partition(array, places)
    lo, hi = (None if rank is None else float(placed[rank - 1]) for rank in ranks)
    # type 7 lies between two samples, in a handful of them even beyond a bound
    return Interval(value, None if lo is None else min(lo, value), None if hi is None else max(hi, value), n, "order-statistics")


def over_runs(values: Sequence[float] | Floats, confidence: float = 0.95, *, sums: bool = False) -> Interval:
    """Student's t over one value a run, around the geometric mean where all are positive.

    Around the plain mean where sums have to stay sums: geometric means of parts and of their whole do not add up.
    """
    plain = _plain(values)
    if len(plain) == 1:
        return Interval(plain[0], None, None, 1, "too few")
    if sums or min(plain) <= 0:
        value, lo, hi = _student(plain, confidence)
        return Interval(value, _finite(_never_below(plain, lo)), _finite(hi), len(plain), "runs-t")
    value, lo, hi = map(_exponential, _student([math.log(one) for one in plain], confidence))
    return Interval(value, lo, _finite(hi), len(plain), "runs-t-log")


def centre_of_runs(values: Sequence[float] | Floats, *, sums: bool = False) -> float:
    """The value that over_runs bounds, alone."""
    plain = _plain(values)
    if len(plain) == 1:
        return plain[0]
    return math.fsum(plain) / len(plain) if sums or min(plain) <= 0 else _exponential(math.fsum(map(math.log, plain)) / len(plain))


def over_batches(values: Sequence[float] | Floats, confidence: float = 0.95) -> Interval:
    """Student's t over the values of at least ten equal stretches of one run, in order of time; correlated ones have no bounds."""
    from perfkit.stats.steady import lag1

    array = _some(values)
    correlation = lag1(array)
    value, lo, hi = _student(array.tolist(), confidence) if len(array) >= MIN_BATCHES else (float(array.mean()), None, None)
    if lo is None:
        return Interval(value, None, None, len(array), "too few", correlation)
    if correlation > MAX_LAG1:
        return Interval(value, None, None, len(array), "batches correlated", correlation)
    return Interval(value, _never_below(array, lo), hi, len(array), "batches-t", correlation)


def _never_below(values: Sequence[float] | Floats, lo: float | None) -> float | None:
    """What is never negative has no negative bound."""
    return max(lo, 0.0) if lo is not None and min(values) >= 0 else lo


def within_run(value: float, n: int, parts: Sequence[tuple[float, int]], share: float | None = None) -> Interval:
    """The value of a whole run, bounded by its (value, n) in equal stretches of time; share is the percentile's, None for a mean.

    A percentile of few samples lies too near the middle: a stretch needs five samples beyond it, and the bounds must hold the whole run's value.
    """
    beyond = 1.0 if share is None else min(share, 1 - share)
    counts = [count for _, count in parts]
    if len(parts) < MIN_BATCHES or sum(counts) / len(parts) * beyond < LEAST_BEYOND - ROUNDING or min(counts) * beyond < LEAST_BEYOND / 2:
        return Interval(value, None, None, n, "too few")
    within = over_batches([part for part, _ in parts])
    if within.lo is not None and within.hi is not None and not within.lo <= value <= within.hi:
        return Interval(value, None, None, n, "too few", within.lag1)
    return Interval(value, within.lo, within.hi, n, within.method, within.lag1)


def within_rounds(rounds: Sequence[float] | Floats, q: float) -> Interval:
    """A percentile of rounds in the order in which they ran, by order statistics; rounds that change in the course of the run have no bounds."""
    import numpy as np
    from scipy import stats

    interval = percentile_interval(rounds, q)
    if interval.hi is None:
        return replace(interval, lo=None, method="too few")
    if np.ptp(rounds) > 0 and stats.kruskal(*np.array_split(rounds, MIN_BATCHES)).pvalue < DIFFERENT:
        return replace(interval, lo=None, hi=None, method="tenths differ")
    return interval


def proportion_interval(successes: int, n: int, confidence: float = 0.95, *, unseen: int | None = 0) -> Interval:
    """Clopper and Pearson's exact interval of a share; so many more successes may be beside the n, None if nobody knows how many."""
    if n == 0:
        return Interval(0.0, None, None, 0, "too few")
    low, high = _exact_share(successes, n, confidence)
    if unseen == 0:
        return Interval(successes / n, low, high, n, "exact")
    most = None if unseen is None else _exact_share(successes + unseen, n + unseen, confidence)[1]
    return Interval(successes / n, low, most, n, AT_LEAST)


@lru_cache(maxsize=4096)
def _exact_share(successes: int, n: int, confidence: float) -> tuple[float, float]:
    """Quantiles of the beta distribution: what a search over the binomial one finds, at a hundredth of its cost."""
    tail = (1 - confidence) / 2
    # of none or all a power is the quantile
    if successes == 0:
        return 0.0, -math.expm1(math.log(tail) / n)
    if successes == n:
        return math.exp(math.log(tail) / n), 1.0
    from scipy import special

    return float(special.betaincinv(successes, n - successes + 1, tail)), float(special.betaincinv(successes + 1, n - successes, 1 - tail))


def _tails(n: int, q: float, alpha: float) -> tuple[float | None, float | None]:
    """Chance of error that the lower and the upper bound may have; None where n samples cannot keep to it.

    Few samples leave little for the lower bound, or none: the upper one comes first, because most targets are limits from above.
    """
    least_lower, least_upper = (1 - q) ** n, q**n
    if least_upper > alpha:
        return (alpha if least_lower <= alpha else None), None
    if least_lower + least_upper > alpha:
        return None, alpha
    upper = min(max(alpha / 2, least_upper), alpha - least_lower)
    return alpha - upper, upper


def _student(values: Sequence[float], confidence: float) -> tuple[float, float, float]:
    """In plain numbers: reports ask for thousands of intervals over a handful of runs."""
    n = len(values)
    middle = math.fsum(values) / n
    spread = math.sqrt(math.fsum((value - middle) * (value - middle) for value in values) / (n - 1))
    half = t_quantile(0.5 + confidence / 2, n - 1) * spread / math.sqrt(n)
    return middle, middle - half, middle + half


def _exponential(power: float) -> float:
    """Infinite where no number is as large."""
    try:
        return math.exp(power)
    except OverflowError:
        return math.inf


def _finite(bound: float | None) -> float | None:
    return bound if bound is not None and math.isfinite(bound) else None


def _plain(values: Sequence[float] | Floats) -> list[float]:
    """The same as plain numbers: of the handful that runs are, an array costs more than it saves."""
    plain = [float(value) for value in values]
    return plain if plain and all(map(math.isfinite, plain)) else _some(plain).tolist()


def _some(values: Sequence[float] | Floats) -> Floats:
    from perfkit.stats.measured import measured

    array = measured(values)
    if not len(array):
        raise ValueError("There is no value to bound: leave out what nobody measured.")
    return array


def _share(q: float) -> float:
    if not 0 < q < 1:
        raise ValueError(f"{q} is no share between 0 and 1: the 95th percentile is 0.95.")
    return q
