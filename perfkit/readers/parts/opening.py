"""Calls of one thread that open and close one after another → who called whom, and who was innermost; for all of them at once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from perfkit.readers.parts.tree_shape import sorted_by

if TYPE_CHECKING:
    from numpy import bool_, float64, int64
    from numpy.typing import NDArray


class Marks(NamedTuple):
    """In the order of the file."""

    opens: NDArray[bool_]
    """False: it closes."""
    times: NDArray[float64]
    frames: NDArray[int64]


class Opened(NamedTuple):
    """Calls, in the order in which they opened."""

    frames: NDArray[int64]
    callers: NDArray[int64]
    """-1 of a call that nothing called."""
    levels: list[NDArray[int64]]
    """The calls of each depth."""
    innermost: NDArray[int64]
    """After each mark; -1 where nothing is open."""


def first_unfit(marks: Marks) -> int | None:
    """The first mark that closes what is not the innermost open call."""
    import numpy as np

    depths = np.cumsum(np.where(marks.opens, 1, -1))
    below = np.flatnonzero(depths < 0)
    count = below[0] if len(below) else len(depths)
    whole = Marks(marks.opens[:count], marks.times[:count], marks.frames[:count])
    closing, opened_by = _pairs(whole, _levels(whole))
    wrong = closing[whole.frames[closing] != whole.frames[opened_by]]
    unfit = [*wrong.tolist(), *below[:1].tolist()]
    return min(unfit) if unfit else None


def opened(marks: Marks) -> Opened:
    """Of marks that fit together."""
    import numpy as np

    depths = _levels(marks)
    number = np.cumsum(marks.opens) - 1
    opening = np.flatnonzero(marks.opens)
    by_depth = sorted_by(depths[opening])
    bounds = np.searchsorted(depths[opening][by_depth], np.arange(int(depths.max(initial=-1)) + 2))
    levels = [by_depth[first:last] for first, last in pairwise(bounds)]
    callers = np.full(len(opening), -1)
    for above, level in pairwise(levels):
        callers[level] = above[np.searchsorted(above, level) - 1]
    closing, opened_by = _pairs(marks, depths)
    innermost = number.copy()
    innermost[closing] = callers[number[opened_by]]
    return Opened(marks.frames[opening], callers, levels, innermost)


def _levels(marks: Marks) -> NDArray[int64]:
    """How many are open around the call that each mark opens or closes."""
    import numpy as np

    levels: NDArray[int64] = np.cumsum(np.where(marks.opens, 1, -1)) - marks.opens
    return levels


def _pairs(marks: Marks, levels: NDArray[int64]) -> tuple[NDArray[int64], NDArray[int64]]:
    """Marks that close, and those that opened the same: on one level they take turns."""
    import numpy as np

    by_level = sorted_by(levels)
    closes = np.flatnonzero(~marks.opens[by_level])
    return by_level[closes], by_level[closes - 1]
