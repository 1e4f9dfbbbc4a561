"""Did the load generator wait with the system? What it did not send it did not measure, and the worst is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfkit.stats.measured import Floats, measured

MICROSECONDS = 1000
"""A histogram counts whole numbers: its unit is the microsecond."""
HIGHEST_MS = 24 * 3600 * 1000.0
"""A day: what took longer counts as a day."""
DIGITS = 3
"""Digits that the histogram keeps: the corrected times are exact to about a thousandth."""
MOST_HELD_BACK = 100_000
"""Requests that one of them can have held back: beyond it the interval is in another unit than the durations."""


def coverage(starts_s: Sequence[float] | Floats, interval_s: float) -> float:
    """Requests sent over slots intended, from the first start to the last; well below 1 where a closed loop stood still."""
    _positive(interval_s)
    starts = measured(starts_s)
    if not len(starts):
        raise ValueError("Without a request there are no slots to cover.")
    return len(starts) / (round(float(np.ptp(starts)) / interval_s) + 1)


def longest_gap(starts_s: Sequence[float] | Floats) -> float:
    """Longest time between one start and the next; 0 for fewer than two."""
    return float(np.diff(np.sort(measured(starts_s))).max(initial=0.0))


def corrected_percentiles(durations_ms: Sequence[float] | Floats, interval_ms: float, qs: Sequence[float]) -> list[float]:
    """Response times as if a request had been sent every interval: each long one stands for those that it held back.

    The quantiles are shares such as 0.95, and come from a histogram.
    """
    from hdrh.histogram import HdrHistogram

    _positive(interval_ms)
    durations = measured(durations_ms)
    if not len(durations) or durations.min() < 0:
        raise ValueError("Percentiles need durations, and none is negative.")
    if not all(0 < q < 1 for q in qs):
        raise ValueError("A quantile is a share between 0 and 1: the 95th percentile is 0.95.")
    if durations.max() > MOST_HELD_BACK * interval_ms:
        raise ValueError(f"A request of {durations.max()} ms cannot have held back one every {interval_ms} ms: are both in milliseconds?")
    histogram = HdrHistogram(1, int(HIGHEST_MS * MICROSECONDS), DIGITS)
    step = max(round(interval_ms * MICROSECONDS), 1)
    for time, count in _counted(durations):
        histogram.record_corrected_value(time, step, count)
    return [histogram.get_value_at_percentile(100 * q) / MICROSECONDS for q in qs]


def response_times(starts_s: Sequence[float] | Floats, intended_s: Sequence[float] | Floats, durations_ms: Sequence[float] | Floats) -> Floats:
    """From the intended start to the end, in milliseconds: what a user waits who does not know of the generator's queue."""
    starts, intended, durations = measured(starts_s), measured(intended_s), measured(durations_ms)
    if not len(starts) == len(intended) == len(durations):
        raise ValueError(f"{len(starts)} starts, {len(intended)} intended starts and {len(durations)} durations: each request needs all three.")
    return (starts - intended) * 1000 + durations


def _positive(interval: float) -> None:
    if not interval > 0:
        raise ValueError(f"An interval of {interval} has no slots: it must be longer than 0.")


def _counted(durations_ms: Floats) -> list[tuple[int, int]]:
    """Microseconds and how many took them; one digit more than the histogram keeps, so that a million requests are a few thousand records."""
    times = np.minimum(durations_ms, HIGHEST_MS) * MICROSECONDS
    unit = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(times, 1))) - DIGITS, 0)
    rounded, counts = np.unique((np.round(times / unit) * unit).astype(np.int64), return_counts=True)
    return list(zip(rounded.tolist(), counts.tolist(), strict=True))
