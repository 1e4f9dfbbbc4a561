"""Which curve do a few costs follow: a + b·ln n, a + b·n or c·n^k? Each has two parameters; errors are shares; Akaike's criterion decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from perfkit.stats.measured import Floats

LOGARITHM, LINE, POWER = "a + b·ln n", "a + b·n", "power law"
SHAPES: dict[str, Callable[[Floats], Floats]] = {LOGARITHM: np.log, LINE: lambda n: n}
LEAST_SIZES = 4
LEAST_AIC = 2.0
"""By how much one curve must beat another."""
PERFECT = 1e-12
"""A mean square that is no more than rounding."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Akaike's criterion of each curve: less is better."""

    scores: dict[str, float]

    @property
    def best(self) -> str | None:
        """None when two fit alike."""
        first, second = sorted(self.scores, key=lambda name: self.scores[name])[:2]
        return first if self.scores[second] - self.scores[first] >= LEAST_AIC else None

    @property
    def line_excluded(self) -> bool:
        """Whether another curve fits clearly better than a constant part with linear growth."""
        return self.scores[LINE] - min(self.scores.values()) >= LEAST_AIC


def growth_curves(sizes: Sequence[float], values: Sequence[float]) -> Curves:
    """All three fitted to values above zero."""
    n, t = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    if len(set(n.tolist())) < LEAST_SIZES or len(n) != len(t) or not ((n > 0).all() and (t > 0).all()):
        raise ValueError(f"Telling curves apart needs {LEAST_SIZES} sizes with a value above zero each.")
    slope, start = np.polyfit(np.log(n), np.log(t), 1)
    scores = {name: _aic(_misses(shape(n), t)) for name, shape in SHAPES.items()}
    return Curves({**scores, POWER: _aic(start + slope * np.log(n) - np.log(t))})


def _misses(shape: Floats, t: Floats) -> Floats:
    """What the best a + b·shape leaves, as logarithms of ratios."""
    from scipy import optimize

    def left(parts: Floats) -> Floats:
        return np.asarray(np.log(np.maximum(parts[0] + parts[1] * shape, t * 1e-6)) - np.log(t), dtype=np.float64)

    slope, start = np.polyfit(shape, t, 1, w=1 / t)
    return left(optimize.least_squares(left, np.array([start, slope])).x)


def _aic(left: Floats) -> float:
    """Two parameters and the scatter, the same for each curve."""
    return len(left) * float(np.log(max(float((left**2).mean()), PERFECT))) + 2 * 3
