"""Paths of calls: what all threads and runs have in common is one path, and what is below a path follows it without a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OUTSIDE = "(outside the application)"
"""Where the weight goes that no function of the application is responsible for, when only those are looked at."""
LEAST_SHARE = 1e-5
"""Of the whole: what is lighter has no width on any screen, and deep recursions have millions of such ways."""


@dataclass(frozen=True, slots=True)
class Place:
    """A function, named the same at any place of the checkout."""

    frame_id: int
    function: str
    module: str
    file: str
    line: int
    origin: str

    @property
    def name(self) -> str:
        """With its module where the file is one; other files are no names."""
        return f"{self.module}.{self.function}" if self.module not in ("", "~", self.file) else self.function


@dataclass(frozen=True, slots=True)
class ProfileTree:
    """Paths of calls, numbered so that what is below a path follows it without a gap; of siblings the heaviest comes first."""

    unit: str
    estimated: bool
    """True: the profiler counted who calls whom, and the paths are what follows if every caller's calls cost the same."""
    runs: int
    """How many runs are added up in it."""
    places: Sequence[Place]
    place: NDArray[np.int64]
    """Of each path the number of the function that it ends in."""
    parent: NDArray[np.int64]
    """The path without its last call; -1 at a root."""
    last: NDArray[np.int64]
    """The last path that begins with this one."""
    depth: NDArray[np.int64]
    own: NDArray[np.float64]
    total: NDArray[np.float64]
    turned: bool = False
    """True: functions stand above their callers, and total is the own weight of the function that the path begins with."""

    @property
    def whole(self) -> float:
        return float(self.own.sum())

    def __len__(self) -> int:
        return len(self.place)


class Merge:
    """Adds up equal paths."""

    def __init__(self, places: Sequence[Place], *, mine: bool = False) -> None:
        self._places: list[Place] = []
        self._numbers: dict[tuple[str, str, int], int] = {}
        self._place_of: Mapping[int, int | None] = {
            item.frame_id: None if mine and item.origin not in ("application", "unknown") else self._number(item) for item in places
        }
        self._paths: dict[tuple[int, int], int] = {}
        self._own: list[float] = []

    def add(self, nodes: Sequence[int], parents: Sequence[int], frames: Sequence[int], weights: Sequence[float]) -> None:
        """Callers before callees."""
        merged = {-1: -1}
        paths, own, place_of = self._paths, self._own, self._place_of
        for node, parent, frame, weight in zip(nodes, parents, frames, weights, strict=True):
            above, place = merged[parent], place_of[frame]
            if place is None:
                path = above
                if weight and above < 0:
                    path = self._path(-1, self._number(Place(0, OUTSIDE, "", "", 0, "unknown")))
                    own[path] += weight
                    path = above
                elif weight:
                    own[path] += weight
            else:
                path = paths.get((above, place), -1)
                if path < 0:
                    path = self._path(above, place)
                own[path] += weight
            merged[node] = path

    def tree(self, unit: str, *, estimated: bool, runs: int) -> ProfileTree:
        """Every path that was added."""
        import numpy as np

        parents = np.array([parent for parent, _ in self._paths], np.int64)
        places = np.array([place for _, place in self._paths], np.int64)
        own = np.array(self._own)
        total = _totals(parents, own)
        order, depth = _preorder(parents, total)
        number = np.empty(len(order) + 1, np.int64)
        number[order], number[-1] = np.arange(len(order)), -1
        parent = number[parents[order]]
        last = np.arange(len(order))
        for path in range(len(order) - 1, 0, -1):
            if parent[path] >= 0:
                last[parent[path]] = max(last[parent[path]], last[path])
        return ProfileTree(unit, estimated, runs, self._places, places[order], parent, last, depth, own[order], total[order])

    def _path(self, parent: int, place: int) -> int:
        key = (parent, place)
        known = self._paths.get(key)
        if known is None:
            known = self._paths[key] = len(self._own)
            self._own.append(0.0)
        return known

    def _number(self, place: Place) -> int:
        """Functions that the profilers name alike are one, wherever the checkout was."""
        key = (place.module, place.function, place.line)
        if key not in self._numbers:
            self._numbers[key] = len(self._places)
            self._places.append(place)
        return self._numbers[key]


def _totals(parents: NDArray[np.int64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Callers were added before callees: from the end every path is complete before it is added to its caller's."""
    totals, above = own.tolist(), parents.tolist()
    for path in range(len(totals) - 1, -1, -1):
        if above[path] >= 0:
            totals[above[path]] += totals[path]
    import numpy as np

    return np.array(totals)


def _preorder(parents: NDArray[np.int64], total: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Paths in their new order, and how deep each is."""
    import numpy as np

    children: dict[int, list[int]] = {}
    for path in np.lexsort((np.arange(len(total)), total)).tolist():  # the heaviest is taken off the end first
        children.setdefault(int(parents[path]), []).append(path)
    order, depths, waiting = [], [], [(path, 0) for path in children.get(-1, ())]
    while waiting:
        path, depth = waiting.pop()
        order.append(path)
        depths.append(depth)
        waiting += [(child, depth + 1) for child in children.get(path, ())]
    return np.array(order, np.int64), np.array(depths, np.int64)


def turned_round(tree: ProfileTree, least: float = LEAST_SHARE) -> ProfileTree:
    """Bottom up: functions by their own weight, and below each the callers that it came from.

    least: callers of a smaller share of the whole are not followed; their weight stays with the way that leads to them.
    """
    import numpy as np

    from perfkit.analyses.path_order import Level, ordered

    step = np.flatnonzero(tree.own)
    weight, functions = tree.own[step], len(tree.places)
    way = np.zeros(len(step), np.int64)
    levels = []
    while len(step):
        known, way = np.unique(way * functions + tree.place[step], return_inverse=True)
        total = np.bincount(way, weights=weight, minlength=len(known))
        step = tree.parent[step]
        followed = (step >= 0) & (total[way] >= least * tree.whole)
        ended = np.bincount(way, weights=np.where(followed, 0.0, weight), minlength=len(known)).astype(float)
        levels.append(Level(*np.divmod(known, functions), ended[np.newaxis]))
        step, weight, way = step[followed], weight[followed], way[followed]
    columns = ordered(levels)
    return replace(
        tree,
        place=columns.place,
        parent=columns.parent,
        last=columns.last,
        depth=columns.depth,
        own=columns.own[0],
        total=columns.total[0],
        turned=True,
    )
