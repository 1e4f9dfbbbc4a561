"""Many subjects, one value a run of each: which of them changed? All intervals of a family hold together in 19 of 20 comparisons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfkit.stats.comparison import CHANCE, CONSTANT, FLOOR, MIN_RUNS, rank_chance, ranks_agree

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_SHARE = 0.005
"""Of the whole: what is smaller on both sides is shown, not judged, so that what matters is judged more sharply."""
EQUIVALENCE = 0.10
PACED_BY = 8
"""So many subjects tell the machine's pace from a change in one of them."""
SLOWER, FASTER, SAME, OPEN = "slower", "faster", "same", "inconclusive"


@dataclass(frozen=True, slots=True)
class Family:
    """A row a subject, in the order given."""

    base: Matrix
    """Mean over the runs."""
    candidate: Matrix
    change: Matrix
    shift: Matrix
    """Difference of the medians: one disturbed run does not move it far."""
    lo: Matrix
    """Not a number where a side has one run."""
    hi: Matrix
    verdicts: tuple[str, ...]
    judged: int
    """How many of them the intervals allow for."""


def judged_together(base: Matrix, candidate: Matrix, judged: Flags, *, family: int | None = None, counts: Matrix | None = None) -> Family:
    """Welch's interval of each row's change, as wide as so many looks need; counts: what a row's values cannot vary less than, as a variance."""
    from scipy import stats

    size = max(int(judged.sum()) if family is None else family, 1)
    n, m = base.shape[1], candidate.shape[1]
    before, after = base.mean(axis=1), candidate.mean(axis=1)
    change, shift = after - before, np.median(candidate, axis=1) - np.median(base, axis=1)
    if min(n, m) < 2:
        nothing = np.full(len(change), np.nan)
        return Family(before, after, change, shift, nothing, nothing, (OPEN,) * len(change), size)
    variances = [side.var(axis=1, ddof=1) for side in (base, candidate)]
    if counts is not None:
        variances = [np.maximum(variance, counts) for variance in variances]
    errors = [variance / runs for variance, runs in zip(variances, (n, m), strict=True)]
    error = errors[0] + errors[1]
    steady = error <= (CONSTANT * np.maximum(before, after)) ** 2
    parts = errors[0] ** 2 / (n - 1) + errors[1] ** 2 / (m - 1)
    freedom = np.where(steady, 1e9, error**2 / np.where(steady, 1.0, parts))
    reach = np.where(steady, 0.0, stats.t.ppf(1 - CHANCE / (2 * size), freedom) * np.sqrt(error))
    change = np.where(steady & (np.abs(change) <= CONSTANT * np.maximum(before, after)), 0.0, change)
    lo, hi = change - reach, change + reach
    decided = _verdicts((base, candidate), judged, before, change, (lo, hi)) if min(n, m) >= MIN_RUNS else (OPEN,) * len(change)
    return Family(before, after, change, shift, lo, hi, decided, size)


def _verdicts(sides: tuple[Matrix, Matrix], judged: Flags, before: Matrix, change: Matrix, bounds: tuple[Matrix, Matrix]) -> tuple[str, ...]:
    """A change leaves no room for none, is worth a name, and the order of the runs does not speak against it."""
    lo, hi = bounds
    claimed = judged & ((lo > 0) | (hi < 0)) & (np.abs(change) > FLOOR * before)
    same = judged & ~claimed & (lo >= -EQUIVALENCE * before) & (hi <= EQUIVALENCE * before) & (before > 0)
    found = np.where(same, SAME, OPEN).tolist()
    for row in np.flatnonzero(claimed).tolist():
        base, candidate = sides[0][row], sides[1][row]
        if ranks_agree(rank_chance(base.tolist(), candidate.tolist()), len(base), len(candidate)):
            found[row] = SLOWER if change[row] > 0 else FASTER
    return tuple(found)


def paces(base: Matrix, candidate: Matrix) -> tuple[Matrix, Matrix] | None:
    """How fast the machine was in each run, as most subjects tell it: 1.1 means that all took 10 % longer.

    None where there are too few subjects or runs to tell, or where the pace differs between the sides: that is a change, not noise.
    """
    from scipy import stats

    values = np.hstack([base, candidate])
    steady = (values > 0).all(axis=1)
    n, m = base.shape[1], candidate.shape[1]
    if min(n, m) < MIN_RUNS or int(steady.sum()) < PACED_BY:
        return None
    logarithms = np.log(values[steady])
    pace = np.median(logarithms - logarithms.mean(axis=1, keepdims=True), axis=0)
    if np.ptp(pace) < CONSTANT or stats.ttest_ind(pace[:n], pace[n:], equal_var=False).pvalue < CHANCE:
        return None
    return np.exp(pace[:n]), np.exp(pace[n:])
