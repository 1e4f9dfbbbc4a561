"""Two profiles path by path: the same paths on both sides, each with what a run of its side spends there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from perfkit.analyses.call_paths import Place, ProfileTree, turned_round
from perfkit.analyses.path_order import Level, Ordered, ordered
from perfkit.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TreeDifference:
    """Two trees of equal shape: path n is the same path on both sides. Weights are those of one run, on average."""

    base: ProfileTree
    candidate: ProfileTree


def difference(base: ProfileTree, candidate: ProfileTree) -> TreeDifference:
    """Paths are the same when their functions are: by module and name, since lines move with every edit."""
    if base.unit != candidate.unit:
        raise UsageError(
            f"The base was measured in {base.unit} and the candidate in {candidate.unit}: their paths cannot be set against each other. "
            "--by names a unit that both have."
        )
    places, numbers = _shared_places(base.places, candidate.places)
    columns = ordered(_levels(base, candidate, numbers))
    sides = [_side(tree, places, columns, number) for number, tree in enumerate((base, candidate))]
    return TreeDifference(*sides)


def turned(both: TreeDifference) -> TreeDifference:
    """Bottom up: functions by their own weight, and below each the callers that it came from."""
    return difference(turned_round(both.base), turned_round(both.candidate))


def _side(tree: ProfileTree, places: Sequence[Place], columns: Ordered, number: int) -> ProfileTree:
    own, total = (column[number] / max(tree.runs, 1) for column in (columns.own, columns.total))
    return replace(
        tree, places=places, place=columns.place, parent=columns.parent, last=columns.last, depth=columns.depth, own=own, total=total, runs=1
    )


def _shared_places(*sides: Sequence[Place]) -> tuple[list[Place], list[NDArray[np.int64]]]:
    """The functions of both sides, the candidate's description of those that both have; and the number of each side's functions among them."""
    import numpy as np

    known: dict[tuple[str, str], int] = {}
    places: list[Place] = []
    numbers = []
    for side in sides:
        of_side = []
        for place in side:
            number = known.setdefault((place.module, place.function), len(places))
            places[number : number + 1] = [place]
            of_side.append(number)
        numbers.append(np.array(of_side, np.int64))
    return places, numbers


def _levels(base: ProfileTree, candidate: ProfileTree, numbers: Sequence[NDArray[np.int64]]) -> list[Level]:
    """Depth by depth: paths with the same path above them and the same function are one."""
    import numpy as np

    trees = (base, candidate)
    side = np.repeat([0, 1], [len(base), len(candidate)])
    place = np.concatenate([numbers[number][tree.place] for number, tree in enumerate(trees)])
    parent = np.concatenate([base.parent, np.where(candidate.parent < 0, -1, candidate.parent + len(base))])
    own = np.concatenate([base.own, candidate.own])
    depth = np.concatenate([base.depth, candidate.depth])
    by_depth = np.argsort(depth, kind="stable")
    bounds = np.searchsorted(depth[by_depth], np.arange(int(depth.max()) + 2)) if len(depth) else [0]
    merged = np.full(len(place) + 1, 0)
    levels = []
    for start, end in pairwise(bounds):
        paths = by_depth[start:end]
        keys = merged[parent[paths]] * (int(place.max()) + 1) + place[paths]
        known, number = np.unique(keys, return_inverse=True)
        merged[paths] = number
        weights = [np.bincount(number, weights=np.where(side[paths] == which, own[paths], 0.0), minlength=len(known)) for which in (0, 1)]
        above, place_of = np.divmod(known, int(place.max()) + 1)
        levels.append(Level(above, place_of, np.array(weights)))
    return levels
