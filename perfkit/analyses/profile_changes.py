"""Which functions changed between two sides of profiles? The run is the unit: every change stands with the interval that the runs allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from perfkit.analyses.comparison import differing
from perfkit.analyses.matched_functions import BASE, CANDIDATE, Bodies, MatchedFunctions, matched_functions, nobody_knows
from perfkit.analyses.profile_tree import preference, profile_units
from perfkit.errors import UsageError
from perfkit.model.run import Run
from perfkit.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfkit.stats.family import Family

    Matrix = NDArray[np.float64]

WEIGHTS = Path(__file__).with_name("change_weights.sql")
TIMES = ("cpu_s", "wall_s")
SAME_TOTALS = 1.05
"""Sample counts of runs that differ by more are compared as shares."""
CLAIMS = ("slower", "faster")
Weight = Literal["own", "total"]


@dataclass(frozen=True, slots=True)
class Change:
    """One weight of one function or path on both sides."""

    base: float
    """Mean over the runs."""
    candidate: float
    change: float
    lo: float | None
    """None where a side has one run."""
    hi: float | None
    verdict: str
    """slower, faster, same or inconclusive; for memory slower means more."""


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """One function on both sides."""

    function: str
    module: str
    file: str
    line: int
    origin: str
    presence: str
    """new, vanished, or empty where both sides have it."""
    was: str | None
    """Its name in the base where it was another and the body is the same."""
    own: Change
    total: Change
    unit: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What the two sides are compared in."""

    unit: str
    """ratio where shares of the whole are compared."""
    measured_in: str
    paced: bool
    """True: how fast the machine was in each run is taken out, as most functions tell it."""
    whole: Change
    """Of all functions, as measured."""
    runs: tuple[tuple[str, ...], tuple[str, ...]]
    judged: int
    """Weights that are judged together: functions of at least half a percent of the whole, or the paths that are."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sides:
    """The functions of all runs: a row a function, a column a run, those of the base first."""

    base: Sequence[Run]
    candidate: Sequence[Run]
    unit: str
    functions: MatchedFunctions
    own: Matrix
    total: Matrix
    seen: NDArray[np.bool_]
    unlike: str | None
    """Why nothing may be judged; None where like is compared with like."""

    @property
    def before(self) -> int:
        return len(self.base)


def sides_of(
    store: Store, base: Sequence[Run], candidate: Sequence[Run], *, unit: str | None = None, bodies: Bodies = nobody_knows, force: bool = False
) -> Sides:
    """What both sides measured, function by function."""
    import numpy as np

    _refuse_overlap(base, candidate)
    functions = matched_functions(store, base, candidate, bodies)
    run_ids = [run.run_id for run in (*base, *candidate)]
    chosen = _common_unit(store, base, candidate, unit)
    weights = store.columns(WEIGHTS, run_ids=run_ids, unit=chosen)
    runs, frame_ids = weights["run"].astype(np.int64), weights["frame_id"]
    border = int(np.searchsorted(runs, len(base)))
    subjects = np.concatenate([functions.subjects(BASE, frame_ids[:border]), functions.subjects(CANDIDATE, frame_ids[border:])])
    cells, shape = subjects * len(run_ids) + runs, (len(functions), len(run_ids))
    own, total = (_matrix(cells, weights[name], shape) for name in ("own", "total"))
    seen = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape) > 0
    unlike = None if force or base[0].fingerprint == candidate[0].fingerprint else differing(base[0], candidate[0])
    return Sides(base, candidate, chosen, functions, own, total, seen, unlike)


def _matrix(cells: NDArray[np.int64], weights: NDArray[np.float64], shape: tuple[int, int]) -> Matrix:
    import numpy as np

    sums: Matrix = np.bincount(cells, weights=np.asarray(weights, float), minlength=shape[0] * shape[1]).astype(float)
    return sums.reshape(shape)


def function_changes(sides: Sides, *, by: Weight = "own", most: int | None = None) -> tuple[Basis, list[FunctionChange]]:
    """Functions whose change is certain, the largest first, then the others by the change of their medians."""
    import numpy as np

    basis, scaled = scaled_for(sides)
    own, total = judged_pair(sides, basis, scaled(sides.own), scaled(sides.total), _wholes(sides))
    ranked = own if by == "own" else total
    claimed = np.array([verdict in CLAIMS for verdict in ranked.verdicts])
    size = np.abs(np.where(claimed, ranked.change, ranked.shift))
    named = np.any(sides.seen, axis=1).tolist()
    order = [row for row in np.lexsort((np.arange(len(named)), -size, ~claimed)).tolist() if named[row]]
    return replace(basis, judged=own.judged), [_function(sides, basis.unit, own, total, row) for row in order[:most]]


def scaled_for(sides: Sides) -> tuple[Basis, Scaling]:
    """In what the sides are compared, and what turns weights into it."""
    import numpy as np

    from perfkit.stats.family import LEAST_SHARE, paces

    wholes = _wholes(sides)
    totals_differ = sides.unit == "samples" and wholes.max() > SAME_TOTALS * max(wholes.min(), 1.0)
    as_share = totals_differ or sides.unlike is not None
    large: Matrix = sides.own[np.flatnonzero(np.max(sides.own / wholes, axis=1) >= LEAST_SHARE)]
    pace = paces(large[:, : sides.before], large[:, sides.before :]) if sides.unit in TIMES and not as_share else None
    runs = tuple(tuple(run.run_id for run in side) for side in (sides.base, sides.candidate))
    whole = _whole(sides, wholes)
    basis = Basis("ratio" if as_share else sides.unit, sides.unit, pace is not None, whole, (runs[0], runs[1]), 0, _notes(sides, totals_differ))
    return basis, Scaling(wholes if as_share else None, pace)


class Scaling:
    """Weights as they are compared: as measured, at a common pace or as shares of the whole."""

    def __init__(self, wholes: Matrix | None, pace: tuple[Matrix, Matrix] | None) -> None:
        import numpy as np

        self._divisor = wholes if wholes is not None else np.concatenate(pace) if pace else None

    def __call__(self, weights: Matrix) -> Matrix:
        return weights if self._divisor is None else weights / self._divisor


def judged_pair(sides: Sides, basis: Basis, own: Matrix, total: Matrix, wholes: Matrix) -> tuple[Family, Family]:
    """Own and total weights of the same rows, judged together."""
    import numpy as np

    from perfkit.stats.family import LEAST_SHARE, judged_together

    middle = 1.0 if basis.unit == "ratio" else float(np.mean(wholes))
    before = sides.before
    large = [np.maximum(part[:, :before].mean(axis=1), part[:, before:].mean(axis=1)) >= LEAST_SHARE * middle for part in (own, total)]
    judgeable = sides.unlike is None
    family = int(large[0].sum() + large[1].sum())
    found = []
    for part, judged in zip((own, total), large, strict=True):
        counts = _counting_noise(part, sides.unit, basis.unit, float(np.mean(wholes)))
        found.append(judged_together(part[:, :before], part[:, before:], judged & judgeable, family=family, counts=counts))
    return found[0], found[1]


def change_of(family: Family, row: int) -> Change:
    """One row of a family."""
    import math

    lo, hi = float(family.lo[row]), float(family.hi[row])
    unknown = math.isnan(lo) or math.isnan(hi)
    base, candidate, change = (float(side[row]) for side in (family.base, family.candidate, family.change))
    return Change(base, candidate, change, None if unknown else lo, None if unknown else hi, family.verdicts[row])


def presence_of(seen: NDArray[np.bool_], before: int) -> str:
    """Whether a row is of one side only: in every run of it, and in none of the other."""
    if seen[before:].all() and not seen[:before].any():
        return "new"
    return "vanished" if seen[:before].all() and not seen[before:].any() else ""


def _function(sides: Sides, unit: str, own: Family, total: Family, row: int) -> FunctionChange:
    place = sides.functions.place(row)
    presence = presence_of(sides.seen[row], sides.before)
    was = sides.functions.was(row)
    changes = change_of(own, row), change_of(total, row)
    return FunctionChange(place.function, place.module, place.file, place.line, place.origin, presence, was, *changes, unit)


def _wholes(sides: Sides) -> Matrix:
    import numpy as np

    sums = sides.own.sum(axis=0)
    return np.where(sums > 0, sums, 1.0)


def _whole(sides: Sides, wholes: Matrix) -> Change:
    import numpy as np

    from perfkit.stats.family import judged_together

    line = wholes[np.newaxis, :]
    judged = np.array([sides.unlike is None])
    return change_of(judged_together(line[:, : sides.before], line[:, sides.before :], judged), 0)


def _counting_noise(weights: Matrix, unit: str, compared_in: str, whole: float) -> Matrix | None:
    """Counts of samples vary at least as counts do, however well a few runs happen to agree."""
    import numpy as np

    if unit != "samples":
        return None
    means: Matrix = np.asarray(weights.mean(axis=1))
    return means / whole if compared_in == "ratio" else means


def _common_unit(store: Store, base: Sequence[Run], candidate: Sequence[Run], asked: str | None) -> str:
    units = {item.unit for item in profile_units(store, [run.run_id for run in base])}
    others = {item.unit for item in profile_units(store, [run.run_id for run in candidate])}
    common = sorted(units & others, key=lambda unit: (preference(unit), unit))
    if not common:
        told = [", ".join(sorted(side)) or "no functions" for side in (units, others)]
        raise UsageError(f"The two sides have no unit in common: {told[0]} and {told[1]}. Profile both with the same tool.")
    if asked is not None and asked not in common:
        raise UsageError(f"Not both sides are measured in {asked}. In common: {', '.join(common)}.")
    return asked or common[0]


def _refuse_overlap(base: Sequence[Run], candidate: Sequence[Run]) -> None:
    twice = sorted({run.run_id for run in base} & {run.run_id for run in candidate})
    if twice:
        raise UsageError(f"A profile cannot be compared with itself: {', '.join(twice)} is on both sides. Name two labels or two runs.")


def _notes(sides: Sides, totals_differ: bool) -> tuple[str, ...]:
    from perfkit.stats.comparison import MIN_RUNS

    found = []
    if min(len(sides.base), len(sides.candidate)) < MIN_RUNS:
        found.append(f"{len(sides.base)} and {len(sides.candidate)} runs: the run is the unit, and fewer than three a side decide nothing")
    if sides.unlike:
        found.append(f"the runs differ in {sides.unlike}, so shares are shown and nothing is judged; --force judges all the same")
    if totals_differ:
        found.append("the runs hold different numbers of samples, so shares of the whole are compared")
    if sides.functions.unknown:
        found.append("functions under another name are found only where both commits are known, without changes on top, and the checkout is here")
    return tuple(found)
