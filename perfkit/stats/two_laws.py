"""Is growth logarithmic or a power? Both have two parameters; errors are shares of the value; Akaike's criterion decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
LEAST_AIC = 2.0
"""By how much one law must beat the other."""
PERFECT = 1e-12
"""A mean square that is no more than rounding."""


@dataclass(frozen=True, slots=True)
class TwoLaws:
    """a + b·ln n against c·n^k."""

    constant: float
    per_ln: float
    """What every e-fold of the size adds."""
    power: float
    log_aic: float
    power_aic: float

    @property
    def better(self) -> str | None:
        """None when both fit alike."""
        if abs(self.log_aic - self.power_aic) < LEAST_AIC:
            return None
        return "a + b·ln n" if self.log_aic < self.power_aic else "power law"


def two_laws(sizes: Sequence[float], values: Sequence[float]) -> TwoLaws:
    """Both fitted to values above zero; needs four sizes or more."""
    from scipy import optimize

    n, t = np.asarray(sizes, dtype=float), np.asarray(values, dtype=float)
    if len(set(n.tolist())) < 4 or len(n) != len(t) or not ((n > 0).all() and (t > 0).all()):
        raise ValueError("Telling two laws apart needs four sizes with a value above zero each.")
    logs = np.log(n)
    start = np.polynomial.polynomial.polyfit(logs, t, 1, w=1 / t)

    def misses(parts: Doubles) -> Doubles:
        return np.asarray(np.log(np.maximum(parts[0] + parts[1] * logs, t * 1e-6)) - np.log(t), dtype=np.float64)

    fitted = optimize.least_squares(misses, start)
    line = np.polynomial.polynomial.polyfit(logs, np.log(t), 1)
    left = line[0] + line[1] * logs - np.log(t)
    return TwoLaws(float(fitted.x[0]), float(fitted.x[1]), float(line[1]), _aic(misses(fitted.x)), _aic(left))


def _aic(left: Doubles) -> float:
    return len(left) * float(np.log(max(float((left**2).mean()), PERFECT))) + 2 * 3
