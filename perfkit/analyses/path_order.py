"""Paths of calls, level by level, in the order that a ProfileTree has: all at once for each level, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Level(NamedTuple):
    """The paths of one depth: which path of the level above each continues, by its place there, and what ends in it."""

    above: NDArray[np.int64]
    place: NDArray[np.int64]
    own: NDArray[np.float64]
    """One row for each side that is weighed."""


class Ordered(NamedTuple):
    """The columns of a ProfileTree; own and total with one row for each side."""

    place: NDArray[np.int64]
    parent: NDArray[np.int64]
    last: NDArray[np.int64]
    depth: NDArray[np.int64]
    own: NDArray[np.float64]
    total: NDArray[np.float64]


def ordered(levels: Sequence[Level]) -> Ordered:
    """What is below a path follows it without a gap; of siblings the one heaviest on its heavier side comes first."""
    import numpy as np

    totals, sizes = _below(levels)
    positions: list[NDArray[np.int64]] = []
    for level, total, size in zip(levels, totals, sizes, strict=True):
        before = positions[-1] if positions else np.array([-1])
        above = level.above if positions else np.zeros(len(level.above), np.int64)
        order = np.lexsort((level.place, -total.max(axis=0), above))
        running = np.cumsum(size[order]) - size[order]
        first = np.r_[True, above[order][1:] != above[order][:-1]] if len(order) else np.zeros(0, bool)
        start = running[first][np.cumsum(first) - 1] if len(order) else running
        position = np.empty(len(order), np.int64)
        position[order] = before[above[order]] + 1 + running - start
        positions.append(position)
    return _columns(levels, totals, sizes, positions)


def _below(levels: Sequence[Level]) -> tuple[list[NDArray[np.float64]], list[NDArray[np.int64]]]:
    """Of each path its weight with all that continues it, and how many paths that are."""
    import numpy as np

    totals = [level.own.astype(np.float64) for level in levels]  # a count of nothing is an integer
    sizes = [np.ones(len(level.place), np.int64) for level in levels]
    for number in range(len(levels) - 1, 0, -1):
        above, count = levels[number].above, len(sizes[number - 1])
        sizes[number - 1] += np.bincount(above, weights=sizes[number], minlength=count).astype(np.int64)
        totals[number - 1] += [np.bincount(above, weights=total, minlength=count) for total in totals[number]]
    return totals, sizes


def _columns(
    levels: Sequence[Level], totals: Sequence[NDArray[np.float64]], sizes: Sequence[NDArray[np.int64]], positions: Sequence[NDArray[np.int64]]
) -> Ordered:
    import numpy as np

    if not levels:
        none = np.zeros(0, np.int64)
        return Ordered(none, none, none, none, np.zeros((1, 0)), np.zeros((1, 0)))
    position = np.concatenate(positions)
    order = np.argsort(position)
    parents = [np.full(len(levels[0].place), -1)] + [above[level.above] for above, level in zip(positions, levels[1:], strict=False)]
    depth = np.repeat(np.arange(len(levels)), [len(level.place) for level in levels])
    return Ordered(
        np.concatenate([level.place for level in levels])[order],
        np.concatenate(parents)[order],
        (position + np.concatenate(sizes) - 1)[order],
        depth[order],
        np.concatenate([level.own for level in levels], axis=1)[:, order],
        np.concatenate(totals, axis=1)[:, order],
    )
