"""A value held against a limit: met only if its bad end is inside, missed if its good end is not."""

from __future__ import annotations

from typing import Literal

from perfkit.stats.intervals import Interval

Verdict = Literal["met", "missed", "inconclusive", "no_data"]


def judge(interval: Interval, comparator: str, limit: float) -> Verdict:
    """The verdict of an interval."""
    if interval.n == 0:
        return "no_data"
    below = comparator.startswith("<")
    bad, good = (interval.hi, interval.lo) if below else (interval.lo, interval.hi)
    if bad is not None and _inside(bad, comparator, limit):
        return "met"
    if good is not None and not _inside(good, comparator, limit):
        return "missed"
    return "inconclusive"


def _inside(value: float, comparator: str, limit: float) -> bool:
    return {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[comparator]
