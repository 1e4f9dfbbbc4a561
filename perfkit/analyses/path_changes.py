"""Which paths of calls changed between two sides of profiles? Equal paths of all runs are one; each run has its weight of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfkit.analyses.call_paths import ProfileTree
from perfkit.analyses.matched_functions import BASE, CANDIDATE
from perfkit.analyses.profile_changes import CLAIMS, Basis, Change, Sides, Weight, change_of, judged_pair, presence_of, scaled_for
from perfkit.analyses.profile_tree import profile_tree
from perfkit.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

LEAST_FOLLOWED = 0.0002
"""Of the whole: finer than what is judged, so that where an estimate ends does not look like a change."""
LEAST_SHOWN = 0.001
OUTSIDE = -1
"""Stands for what no function of the application is responsible for."""


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path of calls on both sides."""

    path: tuple[str, ...]
    """Names, outermost call first."""
    file: str
    line: int
    parent: int
    """Place of the path without its last call among these paths; -1 at a root."""
    presence: str
    """new, vanished, or empty where both sides have it."""
    own: Change
    total: Change
    unit: str
    estimated: bool
    """True: the profiler counted who calls whom, and the paths are what follows if every caller's calls cost the same."""


def path_changes(store: Store, sides: Sides, *, mine: bool = False) -> tuple[Basis, list[PathChange]]:
    """Paths of at least a thousandth of the whole, callers before callees."""
    import numpy as np

    paths = _Paths(len(sides.base) + len(sides.candidate))
    estimated = False
    for number, run in enumerate((*sides.base, *sides.candidate)):
        tree = profile_tree(store, [run.run_id], unit=sides.unit, mine=mine, least=LEAST_FOLLOWED)
        names = sides.functions.subjects_by_name(BASE if number < sides.before else CANDIDATE)
        paths.add(number, tree, [names.get((place.module, place.function, place.line), OUTSIDE) for place in tree.places])
        estimated |= tree.estimated
    basis, scaled = scaled_for(sides)
    own, total, parents = paths.weights()
    wholes = np.maximum(own.sum(axis=0), 1e-300)
    changes = judged_pair(sides, basis, scaled(own), scaled(total), wholes)
    seen = paths.seen
    kept = np.flatnonzero((total / wholes).max(axis=1) >= LEAST_SHOWN).tolist()
    rows: dict[int, int] = {-1: -1}
    found: list[PathChange] = []
    for path in kept:
        rows[path] = len(found)
        parent, subject = rows[parents[path]], paths.subjects[path]
        place = sides.functions.place(subject) if subject != OUTSIDE else None
        above = found[parent].path if parent >= 0 else ()
        named = (*above, place.name if place else "(outside the application)")
        file, line = (place.file, place.line) if place else ("", 0)
        presence, (without_calls, with_calls) = presence_of(seen[path], sides.before), (change_of(family, path) for family in changes)
        found.append(PathChange(named, file, line, parent, presence, without_calls, with_calls, basis.unit, estimated))
    return replace(basis, judged=changes[0].judged), found


def ranked_paths(paths: Sequence[PathChange], *, by: Weight = "own") -> list[PathChange]:
    """Certain changes first, the largest first."""
    return sorted(paths, key=lambda item: (_weight(item, by).verdict not in CLAIMS, -abs(_weight(item, by).change), item.path))


def shown_paths(paths: Sequence[PathChange], most: int, *, by: Weight = "own") -> list[int]:
    """Numbers of the paths that changed most, and of those above them, in their order."""
    numbers = {id(item): number for number, item in enumerate(paths)}
    shown: set[int] = set()
    for item in ranked_paths(paths, by=by):
        way, number = set(), numbers[id(item)]
        while number >= 0:
            way.add(number)
            number = paths[number].parent
        if len(shown | way) > most and shown:
            break
        shown |= way
    return _callees_below(paths, shown)


def _callees_below(paths: Sequence[PathChange], shown: set[int]) -> list[int]:
    """Depth first: paths were found run by run, and what only a later run has stands at the end."""
    children: dict[int, list[int]] = {}
    for number in sorted(shown, key=lambda number: max(paths[number].total.base, paths[number].total.candidate)):
        children.setdefault(paths[number].parent, []).append(number)
    order, waiting = [], list(children.get(-1, ()))
    while waiting:
        number = waiting.pop()
        order.append(number)
        waiting += children.get(number, ())
    return order


def _weight(item: PathChange, by: Weight) -> Change:
    return item.own if by == "own" else item.total


class _Paths:
    """Paths of matched functions, with a weight a run."""

    def __init__(self, runs: int) -> None:
        self.subjects: list[int] = []
        self._parents: list[int] = []
        self._numbers: dict[tuple[int, int], int] = {}
        self._own: list[list[float]] = [[] for _ in range(runs)]
        self._seen: list[list[int]] = [[] for _ in range(runs)]

    def add(self, run: int, tree: ProfileTree, subject_of: Sequence[int]) -> None:
        """The paths of one run, callers before callees."""
        numbers: list[int] = []
        for place, parent in zip(tree.place.tolist(), tree.parent.tolist(), strict=True):
            key = (numbers[parent] if parent >= 0 else -1, subject_of[place])
            number = self._numbers.get(key, -1)
            if number < 0:
                number = self._numbers[key] = len(self.subjects)
                self._parents.append(key[0])
                self.subjects.append(key[1])
            numbers.append(number)
        self._seen[run] = numbers
        self._own[run] = tree.own.tolist()

    def weights(self) -> tuple[Matrix, Matrix, list[int]]:
        """Own and total weight of each path in each run, and the number of the path above."""
        import numpy as np

        sums = (np.bincount(seen, weights=weights, minlength=len(self.subjects)) for seen, weights in zip(self._seen, self._own, strict=True))
        own: Matrix = np.stack(list(sums), 1).astype(float)
        total = own.copy()
        for path in range(len(self._parents) - 1, -1, -1):
            if self._parents[path] >= 0:
                total[self._parents[path]] += total[path]
        return own, total, self._parents

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Which run has which path."""
        import numpy as np

        return np.stack([np.bincount(seen, minlength=len(self.subjects)) > 0 for seen in self._seen], 1)
