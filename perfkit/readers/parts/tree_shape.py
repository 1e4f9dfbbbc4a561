"""What a tree as a whole tells of its nodes: place in preorder, depth, what is below; for all nodes at once, from their parents alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy import bool_, float64, int64
    from numpy.typing import NDArray


class Shape(NamedTuple):
    """By the order in which the nodes were made; order itself is preorder."""

    order: NDArray[int64]
    places: NDArray[int64]
    sizes: NDArray[int64]
    depths: NDArray[int64]
    owners: NDArray[int64]
    totals: NDArray[float64]


def shape_of(parents: NDArray[int64], weights: NDArray[float64]) -> Shape:
    """A node is made after its parent; the parent of a root is -1 for the first owner, -2 for the second and so on."""
    import numpy as np

    roots = int(-parents.min())
    above = np.concatenate([np.arange(-roots, 0), parents]) + roots
    above[:roots] = np.arange(roots)
    depths, owners = _depths(above)
    totals, sizes = np.concatenate([np.zeros(roots), weights]), np.ones(len(above), np.int64)
    _add_up(above, depths, totals, sizes)
    places = _preorder(above, sizes, roots)
    order = np.empty(len(parents), np.int64)
    order[places] = np.arange(len(parents))
    return Shape(order, places, sizes[roots:], depths[roots:] - 1, roots - 1 - owners[roots:], totals[roots:])


def _depths(above: NDArray[int64]) -> tuple[NDArray[int64], NDArray[int64]]:
    """How far the top is, and which: every step doubles how far a node sees."""
    import numpy as np

    seen, depths = above, (above != np.arange(len(above))).astype(np.int64)
    while (farther := depths[seen]).any():
        depths, seen = depths + farther, seen[seen]
    return depths, seen


def _add_up(above: NDArray[int64], depths: NDArray[int64], *columns: NDArray[Any]) -> None:
    """To each node what is below it, the deepest first."""
    import numpy as np

    by_depth = sorted_by(depths)
    bounds = np.searchsorted(depths[by_depth], np.arange(int(depths.max()) + 2))
    for depth in range(len(bounds) - 2, 0, -1):
        level = by_depth[bounds[depth] : bounds[depth + 1]]
        for column in columns:
            np.add.at(column, above[level], column[level])


def _preorder(above: NDArray[int64], sizes: NDArray[int64], roots: int) -> NDArray[int64]:
    """Behind its parent and its elder siblings with all that is below them; summed up along the way to the top."""
    import numpy as np

    siblings = np.argsort(above[roots:], kind="stable") + roots
    before = np.cumsum(sizes[siblings]) - sizes[siblings]
    callers = above[siblings]
    first = np.concatenate([[True], callers[1:] != callers[:-1]])
    begins = np.maximum.accumulate(np.where(first, np.arange(len(siblings)), 0))
    way = np.zeros(len(above), np.int64)
    way[siblings] = before - before[begins] + 1
    tops = np.arange(roots - 1, -1, -1)
    # owners follow one another, and have no row of their own
    way[tops] = np.cumsum(sizes[tops] - 1) - sizes[tops]
    seen = above
    while (inside := seen >= roots).any():
        way, seen = way + np.where(inside, way[seen], 0), seen[seen]
    return (way + way[seen])[roots:]


def recursive(last: NDArray[int64], frames: NDArray[Any]) -> NDArray[bool_]:
    """Whether a caller is the same frame, for nodes in preorder with their frames' numbers: of one frame, one before reaches as far as this."""
    import numpy as np

    by_frame = sorted_by(frames)
    of_frame = frames[by_frame]
    group = np.concatenate([[0], np.cumsum(of_frame[1:] != of_frame[:-1])]) * len(frames)
    reach = np.maximum.accumulate(last[by_frame] + group)
    found = np.zeros(len(frames), bool)
    found[by_frame[1:]] = reach[:-1] >= (by_frame + group)[1:]
    return found


def sorted_by(numbers: NDArray[int64]) -> NDArray[int64]:
    """Their order; short integers are sorted without a comparison."""
    import numpy as np

    short = numbers.astype(np.uint16) if numbers.max(initial=0) < 2**16 else numbers
    return np.argsort(short, kind="stable")
