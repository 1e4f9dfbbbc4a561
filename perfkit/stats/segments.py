"""Where does the level of a noisy series change? Candidates first, then those that stand out of the noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from perfkit.stats.measured import Floats

Contrast = Callable[[Floats, int], float]
"""How far a stretch's two parts, divided at an index, lie apart in standard errors of noise with spread 1."""

NEIGHBOURS = 9
"""Values whose median says where a value should lie: five that moved together are their majority."""
SPIKE = 1.5
"""Spreads from that median beyond which a value counts as lying at this edge."""
MOST_ALIKE = 0.95
"""Highest correlation of neighbours that is believed: beyond it nothing could be told apart."""
SMALLEST = 1e-300
"""Stands for no noise at all."""
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
        if distances[weakest] >= threshold * noise_of_means(_undisturbed(values, found)):
            break
        del found[weakest]
    return found


def noise_of_means(left: Floats) -> float:
    """The spread that, divided by the root of n, is the standard error of a mean: more than the plain spread where neighbours are alike."""
    power = float(left @ left)
    if power == 0:
        return SMALLEST
    alike = float(left[:-1] @ left[1:]) / power
    # Kendall's correction: a short series looks less correlated than it is
    alike = min(max(alike + (1 + 4 * alike) / len(left), 0.0), MOST_ALIKE)
    return max(float(left.std()), SMALLEST) * math.sqrt((1 + alike) / (1 - alike))


def _undisturbed(values: Floats, found: list[int]) -> Floats:
    """The noise around the level that holds for most of the time, else around all of them: a curve at the beginning is no noise."""
    parts = [part - part.mean() for part in np.split(values, found)]
    longest = max(parts, key=len)
    return longest if 2 * len(longest) >= len(values) else np.concatenate(parts)


def _candidates(scaled: Floats, penalty: float, shortest: int) -> list[int]:
    from ruptures import KernelCPD

    return [int(end) for end in KernelCPD("linear", min_size=shortest).fit(scaled).predict(pen=penalty)[:-1]]
