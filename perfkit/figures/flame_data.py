"""What a flame graph draws, as columns of JSON: both views of a profile or of two, cut to what a browser can walk through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from perfkit.analyses.call_paths import Place, ProfileTree, turned_round
from perfkit.analyses.path_cut import Cut, cut, worth_showing
from perfkit.analyses.tree_difference import TreeDifference, turned
from perfkit.figures.amounts import how_many, measured, weight_text
from perfkit.figures.profile_text import ESTIMATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

View = Literal["top-down", "bottom-up"]
MOST_PATHS = 50_000
MOST_RUNS_NAMED = 4
ORIGINS = ("application", "library", "standard", "native", "unknown")


@dataclass(frozen=True, slots=True)
class Side:
    """One profile of a flame graph."""

    name: str
    runs: tuple[str, ...]
    tree: ProfileTree
    by: str = ""
    """Who measured, and of memory at which moment."""


@dataclass(frozen=True, slots=True)
class Flame:
    """One profile, or a base and a candidate whose trees have the same paths."""

    title: str
    sides: tuple[Side, ...]
    view: View = "top-down"
    only: str = ""
    """What is left away on purpose, in words: a thread, the code of others. Empty: nothing."""

    @property
    def unit(self) -> str:
        return self.sides[-1].tree.unit

    @property
    def estimated(self) -> bool:
        return any(side.tree.estimated for side in self.sides)

    def trees(self, view: View) -> tuple[ProfileTree, ...]:
        """Of each side its paths as one looks at them, from the callers down or from the functions up."""
        trees = tuple(side.tree for side in self.sides)
        if view == "top-down":
            return trees
        if len(trees) == 1:
            return (turned_round(trees[0]),)
        both = turned(TreeDifference(*trees))
        return both.base, both.candidate

    def about(self) -> str:
        """What was measured, how much of it, and in which runs."""
        by = dict.fromkeys(side.by for side in self.sides if side.by)
        parts = [", ".join(filter(None, [" ".join([measured(self.unit), " and ".join(by)]).strip(), self.only]))]
        for side in self.sides:
            named = ", ".join(side.runs[:MOST_RUNS_NAMED])
            more = f" and {len(side.runs) - MOST_RUNS_NAMED} more" if len(side.runs) > MOST_RUNS_NAMED else ""
            amount = weight_text(side.tree.whole, self.unit)
            each = " each on average" if len(self.sides) > 1 and len(side.runs) > 1 else ""
            parts.append(f"{side.name + ': ' if len(self.sides) > 1 else ''}{amount} in {how_many(len(side.runs), 'run')}{each} ({named}{more})")
        return "; ".join(parts)

    def notes(self) -> list[str]:
        """What a reader must know before believing a width."""
        return [f"The paths are {ESTIMATE}."] if self.estimated else []


def flame_data(flame: Flame, most: int = MOST_PATHS) -> dict[str, Any]:
    """At most so many paths in each view; the rest stands there as other, with number and weight."""
    trees = {view: flame.trees(view) for view in ("top-down", "bottom-up")}
    rows = {view: _rows(sides, most) for view, sides in trees.items()}
    numbers: dict[tuple[str, str, int], int] = {}
    places: list[Place] = []
    views = {view: _view(rows[view], trees[view][-1], numbers, places) for view in rows}
    return {
        "title": flame.title,
        "about": flame.about(),
        "notes": flame.notes(),
        "unit": flame.unit,
        "estimated": flame.estimated,
        "view": flame.view,
        "sides": [{"name": side.name, "runs": list(side.runs)} for side in flame.sides],
        "origins": list(ORIGINS),
        **_texts(places),
        "views": views,
    }


def _rows(trees: Sequence[ProfileTree], most: int) -> list[Cut]:
    """The sides have the same paths and show the same ones: those that are heavy on either side, as shares."""
    import numpy as np

    shown = worth_showing(trees[0], np.max([tree.total / (tree.whole or 1.0) for tree in trees], axis=0), most)
    return [cut(tree, shown) for tree in trees]


def _view(sides: Sequence[Cut], tree: ProfileTree, numbers: dict[tuple[str, str, int], int], places: list[Place]) -> dict[str, Any]:
    import numpy as np

    rows = sides[0]
    kept = rows.left_out == 0
    of_tree = np.array([_number(place, numbers, places) for place in tree.places] or [0], np.int64)
    place = np.where(kept, of_tree[tree.place[np.maximum(rows.path, 0)]] if len(rows) else rows.path, -1)
    left = np.flatnonzero(~kept)
    return {
        "depth": np.diff(rows.depth, prepend=0).tolist(),
        "place": place.tolist(),
        "left": np.column_stack([left, rows.left_out[left]]).ravel().tolist(),
        "own": [_short(side.own) for side in sides],
    }


def _short(weights: NDArray[np.float64]) -> list[float | int]:
    """Nine digits; most paths have no own weight, and a 0 is shorter than a 0.0."""
    return [float(f"{weight:.9g}") if weight else 0 for weight in weights.tolist()]


def _number(place: Place, numbers: dict[tuple[str, str, int], int], places: list[Place]) -> int:
    key = (place.module, place.function, place.line)
    if key not in numbers:
        numbers[key] = len(places)
        places.append(place)
    return numbers[key]


def _texts(places: Sequence[Place]) -> Mapping[str, Any]:
    """Each text once: modules and files are those of many functions."""
    strings: dict[str, int] = {}
    columns = {name: [strings.setdefault(getattr(place, name), len(strings)) for place in places] for name in ("function", "module", "file")}
    origin = [ORIGINS.index(place.origin) for place in places]
    return {"strings": list(strings), "places": columns | {"line": [place.line for place in places], "origin": origin}}
