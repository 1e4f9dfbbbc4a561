"""A value held against a limit: met only if its bad end is inside, missed if its good end is not."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Literal

from perfkit.stats.intervals import Interval

Verdict = Literal["met", "missed", "inconclusive", "no_data"]
Comparator = Literal["<", "<=", ">", ">="]

INSIDE: dict[Comparator, Callable[[float, float], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def judge(interval: Interval | None, comparator: Comparator, limit: float) -> Verdict:
    """The verdict of an interval; a bound at the limit is inside only where the comparator says or equal."""
    if interval is None or interval.n == 0:
        return "no_data"
    inside = INSIDE[comparator]
    bad, good = (interval.hi, interval.lo) if comparator in ("<", "<=") else (interval.lo, interval.hi)
    if bad is not None and inside(bad, limit):
        return "met"
    if good is not None and not inside(good, limit):
        return "missed"
    return "inconclusive"
