"""Does what one place or one type holds grow to the end, seen at a few moments of a run? The series of a whole process is judged in leak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfkit.stats.leak import CHANCE, HOUR, LATE, SETBACK, Verdict
from perfkit.stats.measured import Floats, measured

MIN_MOMENTS = 10
"""In fewer, three quarters of them may rise by chance."""
EVEN = 0.2
"""Of the average rise, which every quarter after the first must show at least."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is not given back, in units of the values."""

    verdict: Verdict
    late: float
    """How much more is held at the end than in the middle, and never given back in between; 0 where nothing is."""
    per_hour: float | None
    """None where there are too few moments."""
    why: str


def kept(seconds: Sequence[float] | Floats, values: Sequence[float] | Floats, *, floor: float) -> Kept:
    """A leak rises by more than the floor, in each of the last three quarters of the time, and by more than it ever fell.

    The first quarter is warm-up. What is held at a moment and at every later one counts, so that garbage that waits for its collection does not.
    """
    times, held = measured(seconds), measured(values)
    if len(times) != len(held):
        raise ValueError(f"{len(times)} times and {len(held)} values: every value needs its time.")
    if len(times) < MIN_MOMENTS:
        return Kept("undecided", 0.0, None, f"{len(times)} moments are too few: at least {MIN_MOMENTS} are needed.")
    surely = np.minimum.accumulate(held[::-1])[::-1]
    at = [surely[int((len(times) - 1) * part)] for part in (1 / 4, 1 / 2, 3 / 4, 1)]
    rises = np.diff(at)
    begin = int((len(times) - 1) / 4)
    hours = max(float(times[-1] - times[begin]), 1e-9) / HOUR
    late, per_hour = float(rises[1:].sum()), float(rises.sum()) / hours
    if rises[-1] <= floor / 2:
        return Kept("flat", late, per_hour, "In the last quarter of the time it does not grow any more.")
    if _to_the_end(rises) and _trend(held[begin:]):
        return Kept("leak", late, per_hour, "It grows to the end and is not given back.")
    return Kept("undecided", late, per_hour, "Growth is neither shown nor excluded: measure for longer.")


def _to_the_end(rises: Floats) -> bool:
    return bool(rises.min() >= EVEN * rises.mean() and rises[1:].sum() > LATE * rises.sum())


def _trend(held: Floats) -> bool:
    """Mann and Kendall's test, and a rise beyond the largest fall."""
    from pymannkendall import original_test

    fall = float((np.maximum.accumulate(held) - held).max())
    return float(held[-1] - held[0]) > SETBACK * fall and float(original_test(held).p) < CHANCE
