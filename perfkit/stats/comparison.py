"""Two sides, one value a run: the ratio with its interval and what may be said about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from perfkit.stats.ranks import exact_chance, tied_chance
from perfkit.stats.student import t_chance, t_quantile

Direction = Literal["lower", "higher"]
Verdict = Literal["faster", "slower", "same", "inconclusive"]

MIN_RUNS = 3
FLOOR = 0.05
"""Smaller relative changes are not worth a name."""
CONFIDENCE = 0.975
"""Of the interval that a change must exclude: five runs of a busy queue are so skewed that at 95 % more than one of twenty equal pairs may differ."""
EQUIVALENCE_CONFIDENCE = 0.90
"""Two one-sided tests at 5 % are one interval at 90 %."""
POWER = 0.80
CHANCE = 0.05
"""Of a difference where there is none: in ranks, and among many subjects."""
CONSTANT = 1e-12
"""Values that differ by less than this share do not vary: it is the arithmetic that differs."""
MAX_ORDERS = 20_000
"""Ties need every order of the runs; beyond this there are too many."""
MOST_COUNTED = 2_500
"""Pairs of runs up to which orders without ties are counted."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidate over base."""

    ratio: float | None
    """Of geometric means, or of means where sums have to stay sums or a value is not positive; None when the base is 0."""
    lo: float | None
    hi: float | None
    """None: one run a side has no spread. The ratio itself where neither side varies."""
    p_value: float | None
    """Welch's; 0 or 1 where neither side varies."""
    p_exact: float | None
    """Mann and Whitney's; None where ties leave no exact answer: in one run, or in very many."""
    verdict: Verdict
    """faster means better and slower means worse, whatever the metric."""
    detectable: float | None
    """The relative change that so many runs with such a spread show four times out of five."""
    runs_base: int
    runs_candidate: int


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where the two sides are subtracted: logarithms, or the plain values where one is not positive."""

    base: Sequence[float]
    candidate: Sequence[float]
    distance: Callable[[float], float]
    """What a relative change is on this scale."""
    change: Callable[[float], float | None]
    """The way back; None where it has no finite answer."""


@dataclass(frozen=True, slots=True)
class _Difference:
    """Candidate less base on a scale, with the interval for a change."""

    value: float
    lo: float
    hi: float
    error: float
    """Its standard error; 0 where neither side varies."""
    p_value: float
    freedom: float
    """Welch's degrees of freedom; infinite where neither side varies."""

    def lies_within(self, distance: float) -> bool:
        """Whether the narrower interval, for equivalence, is no farther from zero."""
        reach = self.error * t_quantile(0.5 + EQUIVALENCE_CONFIDENCE / 2, self.freedom)
        return -distance <= self.value - reach and self.value + reach <= distance


def compare(
    base: Sequence[float],
    candidate: Sequence[float],
    *,
    direction: Direction,
    floor: float = FLOOR,
    equivalence: float = 0.10,
    noise: float | None = None,
    sums: bool = False,
) -> Comparison:
    """Welch's test on logarithms; a change must also exceed the floor and twice the noise, and "same" must be shown, too.

    Runs of a busy queue are skewed, so the exact test of ranks must agree where there are enough runs for it to do so.
    The ratio is that of the values which `over_runs` gives each side, so `sums` means here what it means there.

    Where neither side varies the difference is known exactly and only its size decides. A value that is not finite decides nothing.
    """
    a, b = [float(value) for value in base], [float(value) for value in candidate]
    if not a or not b or not all(map(math.isfinite, a + b)):
        return Comparison(None, None, None, None, None, "inconclusive", None, len(a), len(b))
    scale = _scale(a, b, _tangents if sums else _logarithms)
    difference, fewest = _difference(scale), min(len(a), len(b))
    smallest = scale.distance(max(floor, 2 * (noise or 0.0)))
    exact = rank_chance(a, b)
    needed = smallest if ranks_agree(exact, len(a), len(b)) else math.inf
    decided = _decide(difference, needed, scale.distance(equivalence), direction) if difference and fewest >= MIN_RUNS else "inconclusive"
    return Comparison(
        ratio=_ratio(scale, difference.value if difference else _mean(scale.candidate) - _mean(scale.base)),
        lo=_ratio(scale, difference.lo) if difference else None,
        hi=_ratio(scale, difference.hi) if difference else None,
        p_value=difference.p_value if difference else None,
        p_exact=exact,
        verdict=decided,
        detectable=_visible(scale, difference, smallest, noise) if difference else None,
        runs_base=len(a),
        runs_candidate=len(b),
    )


def false_discovery(p_values: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg's adjusted p-values, in the order given: for many endpoints tested at once."""
    adjusted, least, many = [1.0] * len(p_values), 1.0, len(p_values)
    falling = sorted(range(many), key=p_values.__getitem__, reverse=True)
    for rank, place in zip(range(many, 0, -1), falling, strict=True):
        least = min(least, p_values[place] * many / rank)
        adjusted[place] = least
    return adjusted


def _scale(a: Sequence[float], b: Sequence[float], logarithms: Callable[[Sequence[float]], list[float]]) -> _Scale:
    smallest = min(*a, *b)
    if smallest > 0:
        return _Scale(logarithms(a), logarithms(b), math.log1p, lambda distance: math.expm1(distance) if distance < 700 else None)
    middle, least = _mean(a), -1.0 if smallest >= 0 else -math.inf
    return _Scale(a, b, lambda change: change * abs(middle), lambda distance: _share(distance, middle, least))


def _logarithms(values: Sequence[float]) -> list[float]:
    """Their mean is the logarithm of the geometric mean."""
    return [math.log(value) for value in values]


def _tangents(values: Sequence[float]) -> list[float]:
    """On the line that touches the logarithm at the plain mean: their mean is the logarithm of that."""
    middle = _mean(values)
    return [math.log(middle) + (value - middle) / middle for value in values]


def _share(distance: float, middle: float, least: float) -> float | None:
    """None also where the middle is so small that no number holds the answer."""
    share = distance / middle if middle > 0 else math.inf
    return max(share, least) if math.isfinite(share) else None


def _ratio(scale: _Scale, distance: float) -> float | None:
    change = scale.change(distance)
    return None if change is None else 1 + change


def _difference(scale: _Scale) -> _Difference | None:
    """None where a side has one run, and so no spread, or values whose spread no number holds."""
    x, y = scale.base, scale.candidate
    if min(len(x), len(y)) < 2:
        return None
    value = _mean(y) - _mean(x)
    if _constant(x) and _constant(y):
        value = 0.0 if _constant([*x, *y]) else value
        return _Difference(value, value, value, 0.0, 0.0 if value else 1.0, math.inf)
    # around one of its own values: squares of far smaller numbers lose nothing
    before, after = (_variance([one - side[0] for one in side]) / len(side) for side in (x, y))
    error = math.sqrt(before + after)
    if not math.isfinite(error):
        return None
    share = before / (before + after)
    freedom = 1 / (share**2 / (len(x) - 1) + (1 - share) ** 2 / (len(y) - 1))
    reach = error * t_quantile(0.5 + CONFIDENCE / 2, freedom)
    return _Difference(value, value - reach, value + reach, error, t_chance(value / error, freedom), freedom)


def _constant(values: Sequence[float]) -> bool:
    return max(values) - min(values) <= CONSTANT * max(1.0, *map(abs, values))


def _mean(values: Sequence[float]) -> float:
    """Infinite where the sum is."""
    return sum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    middle = _mean(values)
    return sum((value - middle) * (value - middle) for value in values) / (len(values) - 1)


def ranks_agree(exact: float | None, n: int, m: int) -> bool:
    """Few runs have no order so rare that the test of ranks could agree."""
    return exact is None or exact < CHANCE or 2 / math.comb(n + m, n) >= CHANCE


def _decide(difference: _Difference, smallest: float, equivalent: float, direction: Direction) -> Verdict:
    excludes_none = difference.lo > 0 or difference.hi < 0
    if excludes_none and abs(difference.value) > smallest:
        return "faster" if (difference.value < 0) == (direction == "lower") else "slower"
    return "same" if difference.lies_within(equivalent) else "inconclusive"


def log_spread(values: Sequence[float]) -> float:
    """Standard deviation of the logarithms of positive values: about the relative one."""
    return math.sqrt(_variance([math.log(value) for value in values]))


def detectable_change(spread: float, runs_base: int, runs_candidate: int) -> float:
    """The relative change that so many runs a side show four times out of five when the same code varies so much."""
    return math.expm1(_seen(spread, runs_base, runs_candidate, runs_base + runs_candidate - 2, math.log1p(FLOOR)))


def _visible(scale: _Scale, difference: _Difference, smallest: float, noise: float | None) -> float | None:
    """No less than what is large enough to be called a change; a known noise floor counts where these runs happen to agree better."""
    n, m = len(scale.base), len(scale.candidate)
    pooled = math.sqrt(((n - 1) * _variance(scale.base) + (m - 1) * _variance(scale.candidate)) / (n + m - 2))
    known = scale.distance(noise) if noise else 0.0
    freedom = n + m - 2.0 if known > pooled else difference.freedom
    return scale.change(smallest if math.isinf(freedom) else _seen(max(pooled, known), n, m, freedom, smallest))


def _seen(spread: float, n: int, m: int, freedom: float, smallest: float) -> float:
    """Large enough, four times out of five, to leave no difference outside the interval and to exceed the smallest that counts."""
    error = spread * math.sqrt(1 / n + 1 / m)
    return t_quantile(POWER, freedom) * error + max(t_quantile(0.5 + CONFIDENCE / 2, freedom) * error, smallest)


def rank_chance(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Mann and Whitney's exact p-value; None where ties leave none."""
    untied = len({*a, *b}) == len(a) + len(b)
    if untied and len(a) * len(b) <= MOST_COUNTED:
        return exact_chance(a, b)
    if untied:
        from scipy import stats

        return float(stats.mannwhitneyu(a, b, method="exact").pvalue)
    if min(len(a), len(b)) < 2 or math.comb(len(a) + len(b), len(a)) > MAX_ORDERS:
        return None
    return tied_chance(a, b)
