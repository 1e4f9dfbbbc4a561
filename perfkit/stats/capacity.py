"""How much can the system do, how does it grow with its users, and how far may that be extended?"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from perfkit.stats.measured import Floats, measured

Verdict = Literal["linear", "sublinear", "superlinear", "undecided"]
Ends = tuple[float, float]

MIN_STEPS = 3
"""The law has three coefficients."""
REACH = 1.2
"""How far beyond the highest tested step a prediction goes: curves that fit all steps differ by a fifth soon after."""
CONFIDENCE = 0.95
LINEAR = (0.9, 1.1)
"""Exponents of throughput in users that count as linear."""
AT_BOUND = 1e-9
"""A coherence that is smaller is none: the fit has pushed it against 0."""


@dataclass(frozen=True, slots=True)
class Usl:
    """Gunther's universal scalability law: γN / (1 + α(N-1) + βN(N-1)). The intervals are 95 % ones."""

    alpha: float
    """Share of the work that waits for a shared resource."""
    beta: float
    """Cost of keeping each pair of users coherent."""
    gamma: float
    """Throughput of one user."""
    alpha_ends: Ends | None
    """None, as for the others, where there are as many steps as coefficients."""
    beta_ends: Ends | None
    gamma_ends: Ends | None
    peak_users: float | None
    """None where throughput does not fall within reach of the tested steps."""
    peak_throughput: float | None
    highest_tested: float
    why: str | None
    """Why there is no peak."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """The exponent of throughput in users."""

    slope: float
    lo: float
    hi: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Knee:
    """Where more users no longer give more throughput: the lesser of slope × users and a ceiling."""

    users: float | None
    """None where no tested step lies beyond it."""
    lo: float | None
    hi: float | None
    ceiling: float | None
    why: str | None


def usl(users: Sequence[float] | Floats, throughput: Sequence[float] | Floats) -> Usl:
    """The law's coefficients by least squares, none of them negative."""
    n, x = _steps(users, throughput)
    found, ends = _fit(_law, n, x, [0.01, 1e-4, float((x / n).max())], [1, np.inf, np.inf])
    tested = float(n.max())
    peak, why = _peak(found[0], found[1], tested)
    height = None if peak is None else float(_law(np.array([peak]), *found)[0])
    return Usl(found[0], found[1], found[2], ends[0], ends[1], ends[2], peak, height, tested, why)


def predicted(law: Usl, users: float) -> float:
    """Throughput at so many users; beyond 1.2 times the highest tested step nobody knows."""
    if not 0 < users <= REACH * law.highest_tested:
        raise ValueError(
            f"{users:g} users cannot be predicted: the highest tested step has {law.highest_tested:g}, "
            f"and a prediction reaches to {REACH * law.highest_tested:g}. Test a higher step."
        )
    return float(_law(np.array([float(users)]), law.alpha, law.beta, law.gamma)[0])


def linear_scaling(users: Sequence[float] | Floats, throughput: Sequence[float] | Floats) -> Scaling:
    """Theil and Sen's slope of both logarithms: linear only if its whole interval is near 1."""
    from scipy.stats import theilslopes

    n, x = _steps(users, throughput)
    slope, _, lo, hi = (float(value) for value in theilslopes(np.log(x), np.log(n), alpha=CONFIDENCE))
    if LINEAR[0] <= lo and hi <= LINEAR[1]:
        return Scaling(slope, lo, hi, "linear")
    if hi < 1:
        return Scaling(slope, lo, hi, "sublinear")
    return Scaling(slope, lo, hi, "superlinear" if lo > 1 else "undecided")


def knee(users: Sequence[float] | Floats, throughput: Sequence[float] | Floats) -> Knee:
    """Where the two asymptotes of a closed system meet, with its 95 % interval."""
    n, x = _steps(users, throughput)
    each = float((x / n).max())
    (slope, where), ends = _fit(_asymptotes, n, x, [each, float(x.max()) / each], [np.inf, np.inf])
    if where >= n.max():
        return Knee(None, None, None, None, "Throughput still grows at the highest tested step.")
    lo, hi = ends[1] or (None, None)
    return Knee(where, lo, hi, slope * where, None)


def _law(n: Floats, alpha: float, beta: float, gamma: float) -> Floats:
    expected: Floats = gamma * n / (1 + alpha * (n - 1) + beta * n * (n - 1))
    return expected


def _asymptotes(n: Floats, slope: float, where: float) -> Floats:
    return slope * np.minimum(n, where)


def _peak(alpha: float, beta: float, tested: float) -> tuple[float | None, str | None]:
    if beta < AT_BOUND:
        return None, "Throughput does not fall again: there is no peak."
    peak = math.sqrt(max(1 - alpha, 0.0) / beta)
    if peak > REACH * tested:
        return None, f"There is no peak up to {REACH * tested:g} users."
    return peak, None


def _fit(curve: Callable[..., Floats], n: Floats, x: Floats, start: list[float], most: list[float]) -> tuple[list[float], list[Ends | None]]:
    """Coefficients between 0 and their most, each with its 95 % interval; None where the steps do not bound it."""
    from scipy.optimize import OptimizeWarning, curve_fit
    from scipy.stats import t

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)
        found, covariance = curve_fit(curve, n, x, p0=start, bounds=([0.0] * len(start), most), x_scale=start, max_nfev=10_000)
    freedom = len(n) - len(start)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))
    reach = errors * (float(t.ppf(0.5 + CONFIDENCE / 2, freedom)) if freedom else math.inf)
    ends = [(max(float(at - by), 0.0), float(at + by)) if math.isfinite(by) else None for at, by in zip(found, reach, strict=True)]
    return [float(value) for value in found], ends


def _steps(users: Sequence[float] | Floats, throughput: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    n, x = measured(users), measured(throughput)
    if len(n) != len(x):
        raise ValueError(f"{len(n)} numbers of users and {len(x)} throughputs: every step needs both.")
    if len(np.unique(n)) < MIN_STEPS:
        raise ValueError(f"{len(np.unique(n))} different steps show no curve: at least {MIN_STEPS} are needed.")
    if n.min() <= 0 or x.min() <= 0:
        raise ValueError("A step has users and throughput: leave out those without.")
    return n, x
