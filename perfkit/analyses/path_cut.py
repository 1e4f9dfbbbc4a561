"""Which paths of a profile are worth a place on a page? The heaviest, and what is left out stands there as one row with its weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfkit.analyses.call_paths import ProfileTree

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ShownPath:
    """A path that is shown, or what is left out below one."""

    path: int
    """Of what is left out the path that it is below; -1 where whole roots are left out."""
    depth: int
    own: float
    total: float
    left_out: int = 0
    """How many paths this row stands for; 0 where it is a path of its own."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The same rows as columns, callers before callees; what is left out below a path follows all that is shown below it."""

    path: NDArray[np.int64]
    depth: NDArray[np.int64]
    own: NDArray[np.float64]
    total: NDArray[np.float64]
    left_out: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.path)


def heaviest(tree: ProfileTree, most: int) -> list[ShownPath]:
    """At most so many paths, callers before callees; the weights of roots and what is left out there add up to the whole.

    Bottom up one function's callers do not push the next function off the page: the further from it, the less a caller counts.
    """
    rows = cut(tree, worth_showing(tree, tree.total / (tree.depth + 1) if tree.turned else tree.total, most))
    return [
        ShownPath(*row)
        for row in zip(rows.path.tolist(), rows.depth.tolist(), rows.own.tolist(), rows.total.tolist(), rows.left_out.tolist(), strict=True)
    ]


def worth_showing(tree: ProfileTree, weights: NDArray[np.float64], most: int) -> NDArray[np.bool_]:
    """The heaviest paths; a path weighs at least as much as what it is a beginning of, so their beginnings are among them."""
    import numpy as np

    if len(tree) <= most:
        return np.ones(len(tree), bool)
    # of equal weights the caller comes first: it has the smaller number
    shown = np.zeros(len(tree), bool)
    shown[np.lexsort((np.arange(len(tree)), -weights))[:most]] = True
    while True:
        complete = shown & ((tree.parent < 0) | shown[tree.parent])
        if (complete == shown).all():
            return shown
        shown = complete


def cut(tree: ProfileTree, shown: NDArray[np.bool_]) -> Cut:
    """The paths that are shown, and one row for what is not below each of them."""
    import numpy as np

    kept = np.flatnonzero(shown)
    hidden = np.flatnonzero(~shown & ((tree.parent < 0) | shown[tree.parent]))
    above, of_above = np.unique(tree.parent[hidden], return_inverse=True)
    weight = np.bincount(of_above, weights=tree.total[hidden], minlength=len(above))
    count = np.bincount(of_above, weights=tree.last[hidden] - hidden + 1, minlength=len(above)).astype(np.int64)
    depth = np.where(above < 0, 0, tree.depth[above] + 1) if len(tree) else above
    end = np.where(above < 0, len(tree), tree.last[above]) if len(tree) else above
    # where several rows of left-out paths follow one path, the deepest comes first
    order = np.lexsort(
        (
            np.concatenate([np.zeros(len(kept), np.int64), -depth]),
            np.concatenate([np.zeros(len(kept), np.int64), np.ones(len(above), np.int64)]),
            np.concatenate([kept, end]),
        )
    )
    columns = ((kept, above), (tree.depth[kept], depth), (tree.own[kept], weight), (tree.total[kept], weight), (np.zeros(len(kept), np.int64), count))
    return Cut(*(np.concatenate(pair)[order] for pair in columns))
