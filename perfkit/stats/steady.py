"""Is one run in balance, and from when on?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfkit.stats.measured import Floats, measured
from perfkit.stats.segments import cuts, noise_of_means, without_spikes

TOO_SHORT = 20
"""Seconds below which a level cannot be told from noise."""
SHORTEST = 10
"""Seconds that a level lasts at least: a queue is longer for some seconds without a change."""
SURPLUS = 26.0
"""Squared standard errors beyond 2·ln n: at most one of twenty simulated steady queues, busy for 80 % of the time, is called not steady."""
TENTHS = 10
CHANCE = 0.001
"""Of a trend where there is none."""
LEAST = 0.10
"""Change of a level, or over the rest of the run, that matters."""


@dataclass(frozen=True, slots=True)
class Steady:
    """From when on a run kept one level."""

    start: int
    """The first second that counts; 0 where that is not known."""
    steady: bool
    """True also where it is not known: nothing speaks against it."""
    known: bool
    """False where the run is too short to tell."""
    why: str | None
    """Why it is not steady, or not known."""


def steady_from(latency_per_second: Sequence[float] | Floats, throughput_per_second: Sequence[float] | Floats) -> Steady:
    """Cut after the last change of either series; what changes in its second half, or still drifts after that, is not steady."""
    series = {"latency": measured(latency_per_second), "throughput": measured(throughput_per_second)}
    seconds = min(len(values) for values in series.values())
    if seconds < TOO_SHORT:
        return Steady(0, True, False, "too short to tell")
    levels = {name: _levels(values[:seconds]) for name, values in series.items()}
    start = max(_last_change(values) for values in levels.values())
    if start > seconds / 2:
        return Steady(start, False, True, f"the level still changed after {start} of {seconds} seconds")
    for name, values in levels.items():
        if _drifts(values[start:]) or _climbs(values[start:]):
            return Steady(start, False, True, f"{name} drifts to the end")
    return Steady(start, True, True, None)


def lag1(values: Sequence[float] | Floats) -> float:
    """Correlation of each value with the next; 0 where nothing varies."""
    centred = np.asarray(values, dtype=float)
    centred = centred - centred.mean() if len(centred) else centred
    spread = float(centred @ centred)
    return float(centred[:-1] @ centred[1:]) / spread if spread > 0 else 0.0


def _levels(values: Floats) -> Floats:
    return without_spikes(np.log(values) if values.min() > 0 else values / (abs(float(np.median(values))) or 1.0))


def _last_change(levels: Floats) -> int:
    found = cuts(levels, _shift, math.sqrt(2 * math.log(len(levels)) + SURPLUS), SHORTEST)
    ends = [0, *found, len(levels)]
    for begin, cut, end in reversed(list(zip(ends, ends[1:], ends[2:], strict=False))):
        if abs(levels[cut:end].mean() - levels[begin:cut].mean()) >= LEAST:
            return cut
    return 0


def _shift(stretch: Floats, cut: int) -> float:
    """Distance of the means of both parts."""
    distance = float(stretch[cut:].mean() - stretch[:cut].mean())
    return distance / math.sqrt(1 / cut + 1 / (len(stretch) - cut))


def _climbs(levels: Floats) -> bool:
    """Tenths that rise (or fall) one after another: in a short run the noise around a trend is not known well, their order is.

    Of simulated steady queues and of noise with memory, 30 to 300 seconds long, one of two hundred does.
    """
    from scipy.stats import kendalltau

    tenths = np.array([float(np.median(part)) for part in np.array_split(levels, TENTHS)])
    order = kendalltau(np.arange(TENTHS), tenths)
    return bool(order.pvalue < CHANCE) and abs(float(tenths[-3:].mean() - tenths[:3].mean())) >= LEAST


def _drifts(levels: Floats) -> bool:
    from scipy.stats import t

    times = np.arange(len(levels)) - (len(levels) - 1) / 2
    slope = float(times @ levels) / float(times @ times)
    left = levels - levels.mean() - slope * times
    noise = noise_of_means(left)
    independent = len(left) * (float(left.std()) / noise) ** 2
    error = noise / math.sqrt(float(times @ times))
    return abs(slope) * len(levels) >= LEAST and abs(slope) > error * float(t.ppf(1 - CHANCE / 2, max(independent - 2, 1)))
