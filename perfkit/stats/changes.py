"""Did the level of a history change, and since when? A slow drift is told apart from a change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from perfkit.stats.measured import Floats, measured
from perfkit.stats.segments import cuts, noise_of_means, spread, without_spikes

SHORTEST = 5
"""Values a level needs: fewer are a run of bad luck, more would find a change too late."""
SURPLUS = 8.0
"""Squared standard errors beyond 2·ln n: simulated series of 10 to 300 values without a change give an alarm in less than one of a hundred."""
CONFIDENCE = 0.99
"""Of a drift's interval: a history is looked at often."""


@dataclass(frozen=True, slots=True)
class Change:
    """A new level."""

    index: int
    """Of the first value after the change."""
    before: float
    """Median from the change before, or from the beginning."""
    after: float
    """Median up to the next change, or to the end."""


@dataclass(frozen=True, slots=True)
class Drift:
    """A slope beside the changes of level."""

    per_point: float
    over_series: float
    """From the first value to the last."""
    lo: float
    """Of over_series, as hi: its interval."""
    hi: float
    relative: bool
    """Shares of the level; False where a value is not positive, and the slope is in units of the values."""


def change_points(values: Sequence[float] | Floats, *, least: float = 0.05) -> list[Change]:
    """New levels of at least five values, `least` away from the one before as a share of it; single spikes and slow drifts make none.

    Where a value is not positive a change is also larger than the noise, because a share of next to nothing is not much.
    """
    array = measured(values)
    found = _breaks(array)
    floor = 0.0 if _positive(array) else spread(array)
    while found:
        levels = [float(np.median(part)) for part in np.split(array, found)]
        surplus = [abs(after - before) - max(least * abs(before), floor) for before, after in pairwise(levels)]
        smallest = int(np.argmin(surplus))
        if surplus[smallest] >= 0:
            return [Change(index, before, after) for index, before, after in zip(found, levels, levels[1:], strict=False)]
        del found[smallest]
    return []


def drift(values: Sequence[float] | Floats, *, least: float = 0.05) -> Drift | None:
    """The slope beside all changes of level; None where it may be none, or is less than `least` (or than the noise) over the series."""
    array = measured(values)
    if len(array) < 2 * SHORTEST:
        return None
    relative, levels = _positive(array), _levels(array)
    slope, margin = _slope(levels, _breaks(array))
    length = len(array) - 1
    over, lo, hi = slope * length, (slope - margin) * length, (slope + margin) * length
    smallest = math.log1p(least) if relative else spread(array)
    if lo <= 0 <= hi or abs(over) < smallest:
        return None
    share = _expm1 if relative else float
    return Drift(share(slope), share(over), share(lo), share(hi), relative)


def _positive(array: Floats) -> bool:
    return bool(len(array)) and float(array.min()) > 0


def _levels(array: Floats) -> Floats:
    """On logarithms a share is the same distance everywhere."""
    return without_spikes(np.log(array) if _positive(array) else array)


def _breaks(array: Floats) -> list[int]:
    if len(array) < 2 * SHORTEST:
        return []
    return cuts(_levels(array), _jump, math.sqrt(2 * math.log(len(array)) + SURPLUS), SHORTEST)


def _jump(stretch: Floats, cut: int) -> float:
    """Distance of the two parts beside a trend that both share: what only drifts does not jump."""
    time = np.arange(len(stretch)) - (len(stretch) - 1) / 2
    step = np.where(np.arange(len(stretch)) < cut, 0.0, 1.0)
    step = step - step.mean()
    step = step - time * (step @ time) / (time @ time)
    return float(step @ stretch) / math.sqrt(float(step @ step))


def _slope(levels: Floats, found: list[int]) -> tuple[float, float]:
    """Slope and half its interval, every change of level being free."""
    from scipy import stats

    times = np.arange(len(levels), dtype=float)
    inside = np.concatenate([part - part.mean() for part in np.split(times, found)])
    heights = np.concatenate([part - part.mean() for part in np.split(levels, found)])
    slope = float(inside @ heights / (inside @ inside))
    error = noise_of_means(heights - slope * inside) / math.sqrt(float(inside @ inside))
    return slope, error * float(stats.t.ppf(0.5 + CONFIDENCE / 2, len(levels) - 2 - len(found)))


def _expm1(distance: float) -> float:
    return math.expm1(min(distance, 700.0))
