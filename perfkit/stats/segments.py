"""Where does the level of a noisy series change? Candidates first, then those that stand out of the noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from perfkit.stats.measured import Floats
from perfkit.stats.steady import lag1

Contrast = Callable[[Floats, int], float]
"""How far a stretch's two parts, divided at an index, lie apart in standard errors of noise with spread 1."""

NEIGHBOURS = 9
"""Values whose median says where a value should lie: five that moved together are their majority."""
SPIKE = 1.5
"""Spreads from that median beyond which a value counts as lying at this edge."""
NORMAL = 1.4826
"""Standard deviations of a normal distribution in one median absolute deviation."""


def spread(values: Floats) -> float:
    """Standard deviation of the noise, from the differences of neighbours: a change of level hardly moves it."""
    steps = np.diff(values)
    if not len(steps):
        return 0.0
    typical = NORMAL * float(np.median(np.abs(steps)))
    # most neighbours are equal where a clock or a counter is coarse
    return (typical or float(steps.std())) / math.sqrt(2)


def without_spikes(values: Floats) -> Floats:
    """Single values far from their neighbours are moved nearer, so that none of them makes a level."""
    from scipy.ndimage import median_filter

    middle = median_filter(values, size=min(NEIGHBOURS, len(values)), mode="mirror")
    edge = SPIKE * spread(values)
    return np.clip(values, middle - edge, middle + edge)


def cuts(values: Floats, contrast: Contrast, threshold: float, shortest: int) -> list[int]:
    """Indices at which a new level begins, each at least `threshold` standard errors of correlated noise from its neighbours."""
    noise = spread(values)
    if len(values) < 2 * shortest or noise == 0:
        return []
    found = _candidates(values / noise, threshold**2, shortest)

    @cache
    def apart(begin: int, cut: int, end: int) -> float:
        return abs(contrast(values[begin:end], cut - begin))

    while found:
        ends = [0, *found, len(values)]
        distances = [apart(*ends[place : place + 3]) for place in range(len(found))]
        weakest = int(np.argmin(distances))
        if distances[weakest] >= threshold * noise_of_means(residuals(values, found)):
            break
        del found[weakest]
    return found


def residuals(values: Floats, found: list[int]) -> Floats:
    """What is left when every stretch's mean is taken off."""
    return np.concatenate([part - part.mean() for part in np.split(values, found)])


def noise_of_means(left: Floats) -> float:
    """The spread that, divided by the root of n, is the standard error of a mean: more than the plain spread where neighbours are alike."""
    alike = min(max(lag1(left), 0.0), 0.95)
    return max(float(left.std()), 1e-300) * math.sqrt((1 + alike) / (1 - alike))


def _candidates(scaled: Floats, penalty: float, shortest: int) -> list[int]:
    from ruptures import KernelCPD

    return [int(end) for end in KernelCPD("linear", min_size=shortest).fit(scaled).predict(pen=penalty)[:-1]]
