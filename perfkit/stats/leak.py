"""Does memory leak, or does it only warm up and breathe?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from perfkit.stats.measured import Floats, measured

Verdict = Literal["leak", "flat", "undecided"]

MIN_SECONDS = 10.0
"""Start-up and the measuring tool's own buffers move a process by a few pages, which a shorter look makes a steep growth an hour."""
MIN_SAMPLES = 120
"""Six in each of the ten stretches of the second half: in fewer the lowest is no floor."""
CHANCE = 0.005
"""Of a trend where there is none; both tests together call less than 3 of 100 simulated warm-ups a leak."""
SETBACK = 1.25
"""How often a rise must exceed the largest fall: in simulations the last tooth of a slow collector's saw stays below."""
LATE = 1 / 3
"""Share of the climb over the last three quarters that falls into the second half: of a leak two thirds, of a warm-up next to nothing."""
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Leak:
    """How fast the memory grows that is never given back, in units of the values."""

    verdict: Verdict
    per_hour: float | None
    """None, as its 95 % bounds, where there are too few samples."""
    lo: float | None
    hi: float | None
    why: str


@dataclass(frozen=True, slots=True)
class _Trend:
    per_hour: float
    lo: float
    hi: float
    chance: float
    rise: float
    """From the first stretch to the last."""


@dataclass(frozen=True, slots=True)
class _Stretches:
    """A series in equal parts, each with its middle time and one level."""

    times: Floats
    levels: Floats

    def trend(self) -> _Trend:
        """Theil and Sen's slope with Mann and Kendall's test."""
        from pymannkendall import original_test
        from scipy.stats import theilslopes

        slope, _, lo, hi = theilslopes(self.levels, self.times)
        chance = float(original_test(self.levels).p)
        return _Trend(float(slope) * HOUR, float(lo) * HOUR, float(hi) * HOUR, chance, float(slope * np.ptp(self.times)))

    def climb(self) -> float:
        """From the first levels to the last."""
        return float(self.levels[-3:].mean() - self.levels[:3].mean())

    def fall(self) -> float:
        """The most that a later level lies below an earlier one."""
        return float((np.maximum.accumulate(self.levels) - self.levels).max())


def leak(seconds: Sequence[float] | Floats, values: Sequence[float] | Floats, *, floor_per_hour: float) -> Leak:
    """A leak surely rises by more than the floor, still in the second half, and by more than memory ever fell.

    Of samples at the same time the first counts.
    """
    given, sizes = measured(seconds), measured(values)
    if len(given) != len(sizes):
        raise ValueError(f"{len(given)} times and {len(sizes)} values: every value needs its time.")
    times, first = np.unique(given, return_index=True)
    if len(times) < MIN_SAMPLES:
        return Leak("undecided", None, None, None, f"{len(times)} samples are too few: at least {MIN_SAMPLES} are needed.")
    if np.ptp(times) < MIN_SECONDS:
        return Leak("undecided", None, None, None, f"{np.ptp(times):.1f} seconds are too short: at least {MIN_SECONDS:.0f} are needed.")
    return _judge(times, sizes[first], floor_per_hour)


def _judge(times: Floats, sizes: Floats, floor: float) -> Leak:
    floors = _stretches(times, sizes, 1 / 2, 10, np.min).trend()
    for trend, shown in ((floors, _floors_rise), (_stretches(times, sizes, 1 / 4, 20, np.median).trend(), _middles_rise)):
        if trend.lo > floor and trend.chance < CHANCE and shown(trend, times, sizes):
            return Leak("leak", trend.per_hour, trend.lo, trend.hi, "Memory grows to the end and is not given back.")
    if floors.hi <= floor:
        return Leak("flat", floors.per_hour, floors.lo, floors.hi, "Growth above the floor is excluded.")
    return Leak("undecided", floors.per_hour, floors.lo, floors.hi, "Growth is neither shown nor excluded: measure for longer.")


def _floors_rise(floors: _Trend, times: Floats, sizes: Floats) -> bool:
    """The lowest of every stretch is what a collector of garbage could not free."""
    later = _stretches(times, sizes, 1 / 4, 15, np.min)
    return floors.rise > max(LATE * later.climb(), SETBACK * later.fall())


def _middles_rise(middles: _Trend, times: Floats, sizes: Floats) -> bool:
    """Medians see a leak that is small beside the noise, but a warm-up too: so the second half alone must rise."""
    late, later = _stretches(times, sizes, 1 / 2, 10, np.median).trend(), _stretches(times, sizes, 1 / 4, 20, np.median)
    return late.lo > 0 and late.rise > LATE * later.climb() and middles.rise > SETBACK * later.fall()


def _stretches(times: Floats, sizes: Floats, after: float, count: int, level: Callable[[Floats], np.float64]) -> _Stretches:
    begin = int(len(times) * after)
    parts = zip(np.array_split(times[begin:], count), np.array_split(sizes[begin:], count), strict=True)
    pairs = np.array([(np.median(when), level(what)) for when, what in parts])
    return _Stretches(pairs[:, 0], pairs[:, 1])
