"""Which functions does the weight of a label go to, in one unit? The median of its runs, so that one disturbed run says nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from perfkit.analyses.call_paths import Place, ProfileTree
from perfkit.analyses.profile_tree import profile_tree
from perfkit.store import Store

QUESTION = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class UsualFunction:
    """One function, as the runs have it in the middle."""

    function: str
    module: str
    file: str
    line: int
    """0 where the profiler does not tell."""
    origin: str
    runs: int
    """How many have it; for the others it counts as 0."""
    n: float | None
    """Calls; None where the profiler takes samples."""
    own: float
    total: float
    own_share: float
    total_share: float
    per_call_ms: float | None
    """With callees; None when the profile counts no calls or no time."""
    unit: str


def usual_functions(store: Store, run_ids: Sequence[str], unit: str) -> list[UsualFunction]:
    """By own weight, largest first."""
    return store.ask(QUESTION, UsualFunction, run_ids=list(run_ids), unit=unit)


def usual_own_functions(store: Store, run_ids: Sequence[str], unit: str) -> list[UsualFunction]:
    """The application's alone: what libraries do is the work of its function that called them. Of a call graph an estimate."""
    calls = {(row.module, row.function, row.line): row.n for row in usual_functions(store, run_ids, unit)}
    weights: dict[Place, list[tuple[float, float, float]]] = defaultdict(list)
    for run_id in run_ids:
        tree = profile_tree(store, [run_id], unit=unit, mine=True)
        for place, (own, total) in _by_place(tree).items():
            weights[place].append((own, total, tree.whole or 1.0))
    rows = [_usual(place, told, len(run_ids), calls.get((place.module, place.function, place.line)), unit) for place, told in weights.items()]
    return sorted(rows, key=lambda row: (-row.own, -row.total, row.function, row.file, row.line))


def _by_place(tree: ProfileTree) -> dict[Place, tuple[float, float]]:
    """Own and total weight; a path within another one of the same function is in that one's total already."""
    sums: dict[int, tuple[float, float]] = {}
    covered: dict[int, int] = {}
    columns = (tree.place, tree.last, tree.own, tree.total)
    for path, (place, last, own, total) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        before, below = sums.get(place, (0.0, 0.0))
        outermost = path > covered.get(place, -1)
        sums[place] = (before + own, below + total if outermost else below)
        if outermost:
            covered[place] = last
    found: dict[Place, tuple[float, float]] = {}
    for number, (own, total) in sums.items():
        place_of = _without_frame(tree.places[number])
        before, below = found.get(place_of, (0.0, 0.0))
        found[place_of] = (before + own, below + total)
    return found


def _without_frame(place: Place) -> Place:
    """Equal in all runs, whatever number the profiler's name for it has."""
    return Place(0, place.function, place.module, place.file, place.line, place.origin)


def _usual(place: Place, told: Sequence[tuple[float, float, float]], runs: int, n: float | None, unit: str) -> UsualFunction:
    lacking = [(0.0, 0.0, 1.0)] * (runs - len(told))
    padded = [*told, *lacking]
    own, total = (median(row[part] for row in padded) for part in (0, 1))
    shares = [median(row[part] / row[2] for row in padded) for part in (0, 1)]
    where = (place.function, place.module, place.file, place.line, place.origin)
    return UsualFunction(*where, len(told), n, own, total, shares[0], shares[1], None, unit)
