"""Calls of one thread by their beginnings and ends → who called whom, and who was innermost when; for all calls at once, where they nest."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from perfkit.readers.parts.tree_shape import sorted_by

if TYPE_CHECKING:
    from numpy import bool_, float64, int64
    from numpy.typing import NDArray


class Nesting(NamedTuple):
    """Of calls in the order of their beginnings, the longest first."""

    callers: NDArray[int64]
    """-1 of a call that nothing called."""
    levels: list[NDArray[int64]]
    """The calls of each depth; callers are one level above."""
    depths: NDArray[int64]
    crossing: NDArray[bool_]
    """True: it is one of several that run at the same time, and one of them outlives what it began in; its caller means nothing."""


class Moments(NamedTuple):
    """What was innermost, from when on and for how long."""

    whats: NDArray[int64]
    since: NDArray[float64]
    lasted: NDArray[float64]


def nested(starts: NDArray[float64], ends: NDArray[float64]) -> Nesting:
    """A call that ends when another one begins did not call it."""
    import numpy as np

    depths = _depths(starts, ends)
    by_depth = sorted_by(depths)
    bounds = np.searchsorted(depths[by_depth], np.arange(int(depths.max(initial=-1)) + 2))
    levels = [by_depth[first:last] for first, last in pairwise(bounds)]
    callers = np.full(len(starts), -1)
    for above, level in pairwise(levels):
        # the last one before it that is one level up is still running
        callers[level] = above[np.searchsorted(above, level) - 1]
    outlives = (callers >= 0) & (ends > ends[callers])
    together = np.cumsum(depths == 0)
    return Nesting(callers, levels, depths, np.isin(together, together[outlives]))


def innermost(starts: NDArray[float64], ends: NDArray[float64], nesting: Nesting) -> Moments:
    """Between two moments at which something begins or ends; of calls none of which cross."""
    import numpy as np

    calls = np.arange(len(starts))
    begun = 2 * calls - nesting.depths
    ended = begun + 2 * np.maximum(np.searchsorted(starts, ends) - calls, 1) - 1
    moments, running = np.empty(2 * len(calls)), np.empty(2 * len(calls), np.int64)
    moments[begun], running[begun] = starts, calls
    moments[ended], running[ended] = ends, nesting.callers
    lasted = np.diff(moments)
    told = np.flatnonzero((lasted > 0) & (running[:-1] >= 0))
    return Moments(running[told], moments[told], lasted[told])


def _depths(starts: NDArray[float64], ends: NDArray[float64]) -> NDArray[int64]:
    """Those that began before, without those that have ended; what takes no time has not ended before it began."""
    import numpy as np

    calls = np.arange(len(starts))
    ended = np.searchsorted(np.sort(ends), starts, side="right")
    instant = np.concatenate([[0], np.cumsum(starts == ends)])
    to_come = instant[np.searchsorted(starts, starts, side="right")] - instant[calls]
    depths: NDArray[int64] = calls - (ended - to_come)
    return depths
