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


def heaviest(tree: ProfileTree, most: int) -> list[ShownPath]:
    """At most so many paths, callers before callees; the weights of roots and what is left out there add up to the whole."""
    import numpy as np

    shown = np.zeros(len(tree), bool)
    shown[np.lexsort((np.arange(len(tree)), -tree.total))[:most]] = True
    shown = _all_shown_above(tree, shown)
    rows: list[ShownPath] = []
    pending: list[ShownPath] = []
    for path in np.flatnonzero(shown).tolist():
        while pending and pending[-1].depth > tree.depth[path]:
            rows.append(pending.pop())
        rows.append(ShownPath(path, int(tree.depth[path]), float(tree.own[path]), float(tree.total[path])))
        rest = _left_out(tree, shown, path)
        if rest is not None:
            pending.append(rest)
    rows += reversed(pending)
    roots = np.flatnonzero((tree.parent < 0) & ~shown)
    if len(roots):
        count = int((tree.last[roots] - roots + 1).sum())
        weight = float(tree.total[roots].sum())
        rows.append(ShownPath(-1, 0, weight, weight, count))
    return rows


def _all_shown_above(tree: ProfileTree, shown: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Equal weights may put a callee before its caller in the ranking."""
    import numpy as np

    kept = shown.copy()
    for path in np.flatnonzero(kept).tolist():
        parent = tree.parent[path]
        kept[path] = parent < 0 or kept[parent]
    return kept


def _left_out(tree: ProfileTree, shown: NDArray[np.bool_], path: int) -> ShownPath | None:
    """The callees of a shown path that are not."""
    import numpy as np

    below = np.arange(path + 1, int(tree.last[path]) + 1)
    hidden = below[(tree.parent[below] == path) & ~shown[below]]
    if not len(hidden):
        return None
    weight = float(tree.total[hidden].sum())
    return ShownPath(path, int(tree.depth[path]) + 1, weight, weight, int((tree.last[hidden] - hidden + 1).sum()))
