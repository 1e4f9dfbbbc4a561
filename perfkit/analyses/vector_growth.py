"""How does a vector search grow with the rows, at equal recall? Buffers are the cost: they do not depend on the machine's mood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from perfkit.analyses.vector_choice import WANTED
from perfkit.analyses.vector_trials import VectorTrial, vector_trials
from perfkit.stats.growth import growth
from perfkit.stats.growth_curves import LEAST_SIZES as LEAST_SIZES_OF_CURVE
from perfkit.stats.growth_curves import growth_curves
from perfkit.store import Store

SUB_LINEAR = 0.5
"""The largest exponent that is called sub-linear."""
LEAST_SIZES, LEAST_QUERIES = 6, 30
LINEAR = (0.9, 1.1)

Verdict = Literal["sub-linear", "linear", "not decided"]


@dataclass(frozen=True, slots=True)
class Fit:
    """What the costs say of their growth."""

    exponent: float
    lo: float | None
    hi: float | None
    law: str | None
    line_excluded: bool


@dataclass(frozen=True, slots=True)
class VectorGrowth:
    """One method over growing numbers of rows."""

    run_id: str
    subject: str
    """Source and method."""
    method: str
    wanted: float
    cost: str
    """buffers, or ms where the engine counts none."""
    points: tuple[tuple[int, float, str], ...]
    """Rows, cost and the cheapest setting that reached the recall."""
    n: int
    """Queries at each size, at least."""
    exponent: float | None
    """Slope on logarithmic scales. None: too few sizes."""
    lo: float | None
    hi: float | None
    law: str | None
    """The best one of a + b·ln n, a + b·n and a power law. None: two fit alike, or too few sizes."""
    verdict: Verdict
    why: str


def vector_growth(store: Store, run_ids: Sequence[str], wanted: float | None = None) -> list[VectorGrowth]:
    """Every method of runs over several sizes."""
    return growths(vector_trials(store, run_ids), wanted)


def growths(trials: Sequence[VectorTrial], wanted: float | None = None) -> list[VectorGrowth]:
    """The same over trials that are known already."""
    grouped: dict[tuple[str, str, str, bool], list[VectorTrial]] = defaultdict(list)
    for trial in trials:
        grouped[trial.run_id, trial.source, trial.method, trial.in_place].append(trial)
    several = (of_method for of_method in grouped.values() if len({trial.row_count for trial in of_method}) > 1)
    return [_growth(of_method, wanted or of_method[0].wanted_recall or WANTED) for of_method in several]


def _growth(trials: Sequence[VectorTrial], wanted: float) -> VectorGrowth:
    first, sizes = trials[0], sorted({trial.row_count for trial in trials})
    counted = all(trial.buffers for trial in trials)
    chosen = [found for size in sizes if (found := _cheapest([trial for trial in trials if trial.row_count == size], wanted, counted))]
    points = tuple((trial.row_count, _cost(trial, counted), trial.setting) for trial in chosen)
    missed = [size for size in sizes if size not in {trial.row_count for trial in chosen}]
    n, cost = min((trial.n for trial in chosen), default=0), "buffers" if counted else "ms"
    fit = _fit(points)
    verdict, why = _verdict(missed, len(points), n, wanted, fit)
    return VectorGrowth(
        run_id=first.run_id,
        subject=f"{first.source} {first.method}",
        method=first.method,
        wanted=wanted,
        cost=cost,
        points=points,
        n=n,
        exponent=fit.exponent if fit else None,
        lo=fit.lo if fit else None,
        hi=fit.hi if fit else None,
        law=fit.law if fit else None,
        verdict=verdict,
        why=why,
    )


def _cheapest(trials: Sequence[VectorTrial], wanted: float, counted: bool) -> VectorTrial | None:
    """The setting with the least cost that reaches the recall: what users of the index would choose there."""
    good = [trial for trial in trials if trial.recall >= wanted and trial.index_used is not False]
    return min(good, key=lambda trial: _cost(trial, counted), default=None)


def _cost(trial: VectorTrial, counted: bool) -> float:
    return float(trial.buffers) if counted and trial.buffers is not None else trial.p50_ms


def _fit(points: Sequence[tuple[int, float, str]]) -> Fit | None:
    if len(points) < LEAST_SIZES_OF_CURVE:
        return None
    sizes, costs = [float(size) for size, _, _ in points], [cost for _, cost, _ in points]
    grown, curves = growth(sizes, costs), growth_curves(sizes, costs)
    return Fit(grown.slope, grown.slope_lo, grown.slope_hi, curves.best, curves.line_excluded)


def _verdict(missed: Sequence[int], sizes: int, n: int, wanted: float, fit: Fit | None) -> tuple[Verdict, str]:
    if missed:
        return "not decided", f"no setting reached recall {wanted:g} at {', '.join(map(str, missed))} rows; try more probes or a larger ef_search"
    if sizes < LEAST_SIZES:
        return "not decided", f"{sizes} sizes were measured; a law needs {LEAST_SIZES}"
    if n < LEAST_QUERIES:
        return "not decided", f"{n} queries were asked; a law needs {LEAST_QUERIES}"
    if fit is None or fit.hi is None:
        return "not decided", "too few costs to bound the exponent"
    if LINEAR[0] <= fit.exponent <= LINEAR[1]:
        return "linear", "the cost grows with the rows"
    if not fit.line_excluded:
        return "not decided", "a constant part with linear growth fits as well, and would be linear beyond these sizes"
    if fit.exponent <= SUB_LINEAR and fit.hi < LINEAR[0]:
        return "sub-linear", f"the exponent is at most {SUB_LINEAR:g}, and linear growth with a constant part fits worse"
    return "not decided", f"an exponent of {fit.exponent:.2f} is neither at most {SUB_LINEAR:g} nor that of linear growth"
