"""Two sides, one value a run: the ratio with its interval and what may be said about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidate over base."""

    ratio: float | None
    lo: float | None
    hi: float | None
    p_value: float | None
    p_exact: float | None
    verdict: str
    detectable: float | None
    runs_base: int
    runs_candidate: int


def compare(
    base: Sequence[float], candidate: Sequence[float], *, direction: str, floor: float = 0.05, equivalence: float = 0.10, noise: float | None = None
) -> Comparison:
    a, b = np.asarray(base, float), np.asarray(candidate, float)
    if (a <= 0).any() or (b <= 0).any():
        same = bool((a == a[0]).all() and (b == a[0]).all())
        return Comparison(None, None, None, None, None, "same" if same and min(len(a), len(b)) >= 3 else "inconclusive", None, len(a), len(b))
    x, y = np.log(a), np.log(b)
    ratio = float(np.exp(y.mean() - x.mean()))
    if min(len(a), len(b)) < 3 or x.std() + y.std() == 0:
        return Comparison(ratio, None, None, None, None, "inconclusive", None, len(a), len(b))
    test = stats.ttest_ind(y, x, equal_var=False)
    ci = test.confidence_interval(0.95)
    lo, hi = float(np.exp(ci.low)), float(np.exp(ci.high))
    margin = math.log1p(max(floor, 2 * (noise or 0)))
    effect = y.mean() - x.mean()
    verdict = "inconclusive"
    if (lo > 1 or hi < 1) and abs(effect) > margin:
        verdict = "faster" if (effect < 0) == (direction == "lower") else "slower"
    elif lo > 1 - equivalence and hi < 1 + equivalence:
        verdict = "same"
    sd = math.sqrt((x.var(ddof=1) + y.var(ddof=1)) / 2)
    detectable = math.expm1((1.96 + 0.84) * sd * math.sqrt(1 / len(x) + 1 / len(y)))
    p_exact = float(stats.mannwhitneyu(a, b, method="exact").pvalue)
    return Comparison(ratio, lo, hi, float(test.pvalue), p_exact, verdict, detectable, len(a), len(b))
