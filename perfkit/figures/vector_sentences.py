"""Trials of a vector search for people: every setting as a line, the one to take and the law of growth in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from perfkit.units import format_quantity

if TYPE_CHECKING:
    from perfkit.analyses.vector_choice import VectorChoice
    from perfkit.analyses.vector_growth import VectorGrowth
    from perfkit.analyses.vector_trials import VectorTrial

TRIAL_COLUMNS = {
    "setting": "left",
    "rows": "right",
    "recall": "right",
    "returned": "right",
    "P50": "right",
    "P95": "right",
    "P99": "right",
    "mean": "right",
    "queries/s": "right",
    "buffers": "right",
    "build": "right",
    "size": "right",
}


def trial_cells(trial: VectorTrial) -> tuple[str, ...]:
    """One setting."""
    notes = [*(["in place"] if trial.in_place and trial.method != "exact" else []), *(["index not used"] if trial.index_used is False else [])]
    times = [format_quantity(ms, "ms") for ms in (trial.p50_ms, trial.p95_ms, trial.p99_ms, trial.mean_ms)]
    buffers = format_quantity(trial.buffers, "count") if trial.buffers is not None else "–"
    build = format_quantity(trial.build_ms, "ms") if trial.build_ms is not None else "–"
    size = format_quantity(trial.bytes, "bytes") if trial.bytes is not None else "–"
    name = trial.setting + (f" ({', '.join(notes)})" if notes else "")
    recall, rows = format_quantity(trial.recall, "ratio"), format_quantity(trial.row_count, "count")
    return (name, rows, recall, format_quantity(trial.returned, "count"), *times, format_quantity(trial.queries_per_s, "count"), buffers, build, size)


def vector_advice(choice: VectorChoice) -> Iterator[str]:
    """The setting to take, and what the next cheaper one costs."""
    trial, place = choice.chosen, " in place" if choice.chosen.in_place else ""
    recall, median = format_quantity(trial.recall, "ratio"), format_quantity(trial.p50_ms, "ms")
    if trial.is_exact:
        yield f"{choice.method}{place} compares every vector: P50 {median} a query, recall {recall}, and nothing to set."
        return
    if not choice.reached:
        yield f"{choice.method}{place}: no setting reaches recall {choice.wanted:g}; the best, {trial.setting}, has {recall} at P50 {median} a query."
        return
    exact = _against_exact(choice)
    yield f"Recall {choice.wanted:g} with {choice.method}{place}: {trial.setting}: recall {recall} at P50 {median} a query{exact}."
    cheaper = choice.cheaper
    if cheaper is None:
        yield "  No tried setting is faster and finds less."
    else:
        found, takes = format_quantity(cheaper.recall, "ratio"), format_quantity(cheaper.p50_ms, "ms")
        yield f"  The next cheaper, {cheaper.setting}, takes {takes} and finds {found}."


def _against_exact(choice: VectorChoice) -> str:
    if choice.exact is None or choice.times_faster is None:
        return ""
    exact = format_quantity(choice.exact.p50_ms, "ms")
    if choice.times_faster >= 1:
        return f", {choice.times_faster:.1f}× as fast as exact search ({exact})"
    return f", slower than exact search ({exact}): so few rows need no index"


def growth_sentence(growth: VectorGrowth) -> str:
    """The law that the cost follows at equal recall."""
    bounds = f" ({growth.lo:.2f} … {growth.hi:.2f})" if growth.lo is not None and growth.hi is not None else ""
    exponent = f"n^{growth.exponent:.2f}{bounds} in {growth.cost}" if growth.exponent is not None else "no exponent"
    law = f"; {growth.law} fits best" if growth.law else ""
    sizes = f"{len(growth.points)} sizes, n = {growth.n} queries each"
    return f"Growth of {growth.method} at recall ≥ {growth.wanted:g}: {exponent} ({sizes}){law}. {growth.verdict.capitalize()}: {growth.why}."
