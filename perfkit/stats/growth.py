"""How does a measurement grow with size: by which power, in which family, and from which size on does it break a limit?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from perfkit.stats.measured import Floats

Family = Literal["1", "log n", "√n", "n", "n²", "n³", "undecidable"]

EXPONENTS: Floats = np.arange(0.05, 6.0, 0.01)
"""Candidates for the power of the growing part."""
LEAST_SIZES = 7
LEAST_DECADES = 2.5
"""Fewer sizes or a shorter range cannot tell the families apart."""
LEAST_AICC = 2.0
"""By how much the best family must beat the next one."""
FASTER_THAN_LINEAR = 1.1
LIKELY, SURELY = 0.98, 0.99
"""Nominal confidence of the exponent's interval, which few repeats of a skewed clock bring down to 95 %, and of a linear fit's exclusion."""
OUTLIER_MADS = 10.0
SMALLEST = 1e-60
"""Stands for 0 among the values: a weight is its square's inverse, and weights are multiplied."""
LEAST_SPREAD = 0.1
"""Of the median: below it nothing is an outlier."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How values grow with size, as a + b·n^exponent and as a family."""

    family: Family
    """`n` stands for n and n log n, which a constant part makes indistinguishable."""
    exponent: float
    """Of the growing part. 0 when no growth shows."""
    lo: float | None
    hi: float | None
    """None: too few values to bound the exponent."""
    slope: float
    """Of log value on log size; a large constant part hides the growth from it."""
    slope_lo: float | None
    slope_hi: float | None
    constant: float
    """The part that does not grow."""
    r2: float
    """Share of the weighted spread that the fit explains."""
    decidable: bool
    """Whether the family could be told."""
    why: str
    """What decides, or why nothing does."""
    linear_fits: bool
    """Whether n or n log n fits as well as the best exponent."""

    @property
    def faster_than_linear(self) -> bool:
        """Proved, not only likely."""
        return self.lo is not None and self.lo > FASTER_THAN_LINEAR and not self.linear_fits


@dataclass(frozen=True, slots=True)
class Break:
    """The size at which a limit is reached, as the fit says."""

    size: float | None
    """None: see why."""
    lo: float | None
    hi: float | None
    """None: no upper end within what the data allow."""
    extrapolated: bool
    """True beyond the largest measured size."""
    why: str


@dataclass(frozen=True, slots=True)
class Fit:
    """a + b·n^k for every candidate k, and how well each one fits."""

    constants: Floats
    factors: Floats
    """Of (n / largest)^k."""
    misfits: Floats
    """Weighted sums of squares."""
    flat_misfit: float
    """Of the best constant."""
    best: int
    allowed: npt.NDArray[np.bool_]
    """Exponents that the scatter of the values does not exclude."""
    freedom: int
    largest: float
    surely: float
    """Above this misfit a shape is excluded with much confidence."""

    @property
    def grows(self) -> bool:
        """Whether the best power fits significantly better than a constant, and by more than rounding."""
        from scipy import stats

        best = float(self.misfits[self.best])
        if self.freedom < 1:
            return self.flat_misfit > best and bool(self.factors[self.best] > LEAST_SPREAD * self.constants[self.best])
        needed = 1 + 2 * float(stats.f.ppf(0.95, 2, self.freedom)) / self.freedom
        return self.flat_misfit > max(best * needed, 1e-9)

    def sizes_at(self, limit: float) -> Floats:
        """For every candidate the size at which it reaches the limit; infinite where it never does, 0 where it starts above."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            share = (limit - self.constants) / self.factors
            reached = self.largest * np.power(np.maximum(share, 0), 1 / EXPONENTS)
        return np.where(self.factors > 0, reached, np.inf)


def growth(sizes: Sequence[float] | Floats, values: Sequence[float] | Floats) -> Growth:
    """How the values grow; sizes repeat where a size was measured several times."""
    n, t = _points(sizes, values)
    fit = _fit(n, t)
    slope, slope_lo, slope_hi = _slope(n, t)
    family, why = _family(n, t, fit)
    exponent, lo, hi = _exponent(fit) if fit.grows else (0.0, slope_lo, slope_hi)
    r2 = 1 - float(fit.misfits[fit.best]) / fit.flat_misfit if fit.flat_misfit > 0 else 1.0
    constant = float(fit.constants[fit.best]) if fit.grows else float(np.median(t))
    linear_fits = min(_misfit_of_shape(n, t, n), _misfit_of_shape(n, t, _n_log_n(n))) <= fit.surely
    return Growth(family, exponent, lo, hi, slope, slope_lo, slope_hi, constant, r2, family != "undecidable", why, linear_fits)


def break_size(sizes: Sequence[float] | Floats, values: Sequence[float] | Floats, limit: float) -> Break:
    """The size at which the fitted growth reaches the limit, with the range that the scatter allows."""
    n, t = _points(sizes, values)
    fit = _fit(n, t)
    smallest = float(n.min())
    if float(np.median(t[n == smallest])) >= limit:
        return Break(None, None, None, False, f"the limit is broken at the smallest size, {smallest:g}, already")
    if not fit.grows:
        return Break(None, None, None, False, "the values do not grow by more than they scatter, so no size is known to break the limit")
    reached = fit.sizes_at(limit)
    size = float(reached[fit.best])
    if not np.isfinite(size):
        return Break(None, None, None, True, "the fitted growth never reaches the limit")
    lo, hi = _range_of(fit, reached, n)
    extrapolated = size > fit.largest
    how = f"extrapolated to {size / fit.largest:.1f}× the largest size" if extrapolated else "between measured sizes"
    return Break(size, lo, hi, extrapolated, how)


def crossing(sizes: Sequence[float], values: Sequence[float], limit: float) -> float | None:
    """The size at which the medians cross the limit for good, between two measured sizes on logarithmic scales; None when they do not."""
    medians = _medians(*_points(sizes, values))
    above = [(size, value) for size, value in medians if value >= limit]
    below = [(size, value) for size, value in medians if value < limit and (not above or size < above[-1][0])]
    if not above or not below:
        return None
    for (left, low), (right, high) in pairwise(medians):
        if low < limit <= high and left == below[-1][0]:
            # a coarse clock may say 0, which has no logarithm
            share = math.log(limit / low) / math.log(high / low) if low > 0 else limit / high
            return float(left * (right / left) ** share)
    return None


def _points(sizes: Sequence[float] | Floats, values: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    n, t = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    if len(n) != len(t):
        raise ValueError(f"{len(n)} sizes but {len(t)} values: each value needs the size it was measured at.")
    if len(set(n.tolist())) < 3:
        raise ValueError("Growth needs at least three sizes.")
    if not (np.isfinite(n).all() and np.isfinite(t).all() and (n > 0).all() and (t >= 0).all()):
        raise ValueError("Sizes must be positive and values finite and not negative.")
    keep = np.ones(len(n), dtype=bool)
    for size in set(n.tolist()):
        keep[n == size] = _near(t[n == size])
    return n[keep], t[keep]


def _near(values: Floats) -> npt.NDArray[np.bool_]:
    """Without what lies far off: one pause of the machine must not bend the curve."""
    if len(values) < 4:
        return np.ones(len(values), dtype=bool)
    middle = float(np.median(values))
    spread = max(float(np.median(np.abs(values - middle))) * 1.4826, LEAST_SPREAD * middle)
    return np.abs(values - middle) <= OUTLIER_MADS * spread


def _medians(n: Floats, t: Floats) -> list[tuple[float, float]]:
    return [(size, float(np.median(t[n == size]))) for size in sorted(set(n.tolist()))]


def _weights(n: Floats, t: Floats) -> Floats:
    """1/t²: errors are shares of the time, and one long pause, the usual error of a clock, weighs little."""
    medians = dict(_medians(n, t))
    least = max(max(medians.values()) * 1e-6, SMALLEST)
    floors = np.array([max(medians[size] / 2, least) for size in n.tolist()])
    weights: Floats = 1 / np.maximum(t, floors) ** 2
    return weights


def _fit(n: Floats, t: Floats) -> Fit:
    """Weighted least squares with neither part negative, in closed form for all candidates at once."""
    largest, weights = float(n.max()), _weights(n, t)
    shapes = np.power(n / largest, EXPONENTS[:, None])
    constants, factors, misfits = _solve(shapes, t, weights)
    best, freedom = int(misfits.argmin()), len(n) - 3
    flat = float((weights * (t - (weights @ t) / weights.sum()) ** 2).sum())
    allowed, surely = (_bound(float(misfits[best]), share, freedom, len(n)) for share in (LIKELY, SURELY))
    return Fit(constants, factors, misfits, flat, best, misfits <= allowed, freedom, largest, surely)


def _bound(misfit: float, confidence: float, freedom: int, count: int) -> float:
    """The largest misfit that scatter alone explains; numbers that are equal but for rounding fit alike."""
    from scipy import stats

    if freedom < 1:
        return np.inf
    return misfit * (1 + float(stats.f.ppf(confidence, 1, freedom)) / freedom) + 1e-12 * count


def _solve(shapes: Floats, t: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    s0, s1, s2 = weights.sum(), shapes @ weights, (shapes * shapes) @ weights
    t0, t1 = weights @ t, shapes @ (weights * t)
    factors = (s0 * t1 - s1 * t0) / np.maximum(s0 * s2 - s1 * s1, 1e-300)
    constants = (t0 - factors * s1) / s0
    factors = np.where(constants < 0, t1 / s2, factors)
    constants = np.where(factors < 0, t0 / s0, np.maximum(constants, 0))
    factors = np.maximum(factors, 0)
    left = t - constants[:, None] - factors[:, None] * shapes
    return constants, factors, (left * left) @ weights


def _misfit_of_shape(n: Floats, t: Floats, shape: Floats) -> float:
    return float(_solve((shape / shape.max())[None, :], t, _weights(n, t))[2][0])


def _exponent(fit: Fit) -> tuple[float, float | None, float | None]:
    best = float(EXPONENTS[fit.best])
    if fit.freedom < 1:
        return best, None, None
    allowed = EXPONENTS[fit.allowed]
    return best, float(allowed.min()), float(allowed.max())


def _range_of(fit: Fit, reached: Floats, n: Floats) -> tuple[float | None, float | None]:
    """Over all allowed exponents, each one's own scatter added."""
    from scipy import stats

    if fit.freedom < 1:
        return None, None
    per_size = len(n) / len(set(n.tolist()))
    scatter = float(np.sqrt(fit.misfits[fit.best] / fit.freedom / per_size)) * float(stats.t.ppf(0.975, fit.freedom))
    widths = scatter / EXPONENTS[fit.allowed]
    lo, hi = float((reached[fit.allowed] * np.exp(-widths)).min()), float((reached[fit.allowed] * np.exp(widths)).max())
    return lo, hi if np.isfinite(hi) else None


def _slope(n: Floats, t: Floats) -> tuple[float, float | None, float | None]:
    """Slope on logarithmic scales with its t interval."""
    from scipy import stats

    positive = t > 0
    if len(set(n[positive].tolist())) < 2:
        return 0.0, None, None
    line = stats.linregress(np.log(n[positive]), np.log(t[positive]))
    freedom = int(positive.sum()) - 2
    if freedom < 1:
        return float(line.slope), None, None
    half = float(stats.t.ppf(0.975, freedom)) * float(line.stderr)
    return float(line.slope), float(line.slope) - half, float(line.slope) + half


def _n_log_n(n: Floats) -> Floats:
    return n * np.log(np.maximum(n, np.e))


def _family(n: Floats, t: Floats, fit: Fit) -> tuple[Family, str]:
    """The complexity family by AICc, or why there is none."""
    sizes, decades = len(set(n.tolist())), float(np.log10(n.max() / n.min()))
    if sizes < LEAST_SIZES or decades < LEAST_DECADES:
        return "undecidable", f"{sizes} sizes over {decades:.1f} decades; a family needs {LEAST_SIZES} sizes over {LEAST_DECADES} decades"
    if not fit.grows:
        return "1", "the values do not grow by more than they scatter"
    scores = _scores(n, t)
    (first, best), (second, next_best) = sorted(scores.items(), key=lambda item: item[1])[:2]
    if next_best - best < LEAST_AICC:
        return "undecidable", f"{first} and {second} fit alike"
    return first, f"fits better than {second} by {next_best - best:.0f} AICc"


def _scores(n: Floats, t: Floats) -> dict[Family, float]:
    """AICc of the constant and of every family that grows; the better of n and n log n counts for both."""
    from statsmodels.regression.linear_model import WLS
    from statsmodels.tools.eval_measures import aicc

    shapes: dict[Family, tuple[Floats, ...]] = {
        "log n": (np.log(n),),
        "√n": (np.sqrt(n),),
        "n": (n, _n_log_n(n)),
        "n²": (n**2,),
        "n³": (n**3,),
    }
    weights, ones = _weights(n, t), np.ones(len(n))
    flat = WLS(t, ones, weights=weights).fit()
    scores: dict[Family, float] = {"1": float(aicc(flat.llf, len(n), 2))}
    for family, forms in shapes.items():
        fitted = [WLS(t, np.column_stack([ones, form / form.max()]), weights=weights).fit() for form in forms]
        growing = [float(aicc(model.llf, len(n), 3)) for model in fitted if model.params[1] > 0]
        if growing:
            scores[family] = min(growing)
    return scores
