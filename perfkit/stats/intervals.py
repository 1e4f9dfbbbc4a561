"""A value with the range that the data allow, and how the range was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate; None bounds mean that the data cannot bound it."""

    value: float
    lo: float | None
    hi: float | None
    n: int
    method: str


def over_runs(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Student's t over one value a run, on logarithms where all are positive."""
    array = np.asarray(values, dtype=float)
    logs = bool((array > 0).all())
    centred = np.log(array) if logs else array
    middle = float(centred.mean())
    if len(array) < 2:
        return Interval(float(array[0]), None, None, len(array), "one run")
    half = float(stats.t.ppf(0.5 + confidence / 2, len(array) - 1) * centred.std(ddof=1) / np.sqrt(len(array)))
    ends = (middle, middle - half, middle + half)
    value, lo, hi = (float(np.exp(end)) for end in ends) if logs else ends
    return Interval(value, lo, hi, len(array), "runs-t-log" if logs else "runs-t")


def over_batches(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Student's t over the values of equal stretches of time within one run."""
    within = over_runs(values, confidence)
    return Interval(within.value, within.lo, within.hi, within.n, "batches-t")


def proportion_interval(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Clopper and Pearson's exact interval of a share."""
    if n == 0:
        return Interval(0.0, None, None, 0, "too few")
    exact = stats.binomtest(successes, n).proportion_ci(confidence, method="exact")
    return Interval(successes / n, float(exact.low), float(exact.high), n, "exact")
