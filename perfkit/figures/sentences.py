"""Answers as sentences: the same in a terminal and at the end of a notebook."""

from __future__ import annotations

from perfkit.analyses.capacity import Capacity
from perfkit.analyses.trend import Trend
from perfkit.stats.capacity import Knee, Scaling, Usl
from perfkit.units import format_quantity

SCALINGS = {"linear": "linear", "sublinear": "less than linear", "superlinear": "more than linear", "undecided": "not decided whether linear"}
LEAST_POINTS = 10
"""Two levels of five runs each: fewer show no change of level."""
READY = {"met": "ready", "missed": "not ready", "inconclusive": "not decided", "no_data": "not decided"}


def capacity_sentences(found: Capacity) -> list[str]:
    """What a ladder says: the verdict first, then what is only a model."""
    limit = f"P95 < {format_quantity(found.limit_ms, 'ms')}, errors < {format_quantity(found.error_limit, 'ratio')}"
    highest = f"{found.users} {found.step_is}" if found.users is not None else "none of the tested ones"
    why = f"{found.why[:1].upper()}{found.why[1:]}."
    first = f"Highest step that passes ({limit}): {highest}."
    answer = f"For {found.asked} {found.step_is}: {READY[found.verdict]}. {why}" if found.asked and found.verdict else why
    fits = [
        _scaling(found.scaling, found.step_is) if found.scaling else None,
        _knee(found.knee, found.step_is) if found.knee else None,
        _law(found.law) if found.law else None,
    ]
    return [first, answer, *(fit for fit in fits if fit)]


def trend_sentence(found: Trend) -> str:
    """How a history went."""
    span = f"{len(found.points)} run{'s' if len(found.points) != 1 else ''} of {found.metric}, {found.subject}"
    if found.points and found.points[0].started_at and found.points[-1].started_at:
        span += f", {found.points[0].started_at:%Y-%m-%d} to {found.points[-1].started_at:%Y-%m-%d}"
    if len(found.points) < LEAST_POINTS:
        return f"{span}: too few to tell, {LEAST_POINTS} are needed."
    level = f"{len(found.changes)} change{'s' if len(found.changes) != 1 else ''} of level" if found.changes else "no change of level"
    left_out = f" {found.left_out} runs of another machine or workload, or not valid, are left out." if found.left_out else ""
    return f"{span}: {level}, {_creep(found)}.{left_out}"


def change_sentences(found: Trend) -> list[str]:
    """Each new level, with the run and the commit that began it."""
    return [
        f"{'Slower' if item.verdict == 'slower' else 'Better'} since run {item.run_id}"
        + (f" (commit {item.commit[:12]})" if item.commit else "")
        + f": {format_quantity(item.before, found.unit)} → {format_quantity(item.after, found.unit)}."
        for item in found.changes
    ]


def _scaling(scaling: Scaling, step_is: str) -> str:
    interval = f"{scaling.lo:.2f} … {scaling.hi:.2f}"
    return f"Throughput grows with the power {scaling.slope:.2f} of {step_is} (95 % interval {interval}): {SCALINGS[scaling.verdict]}."


def _knee(knee: Knee, step_is: str) -> str | None:
    if knee.users is None:
        return knee.why
    between = f" (95 % interval {knee.lo:.0f} … {knee.hi:.0f})" if knee.lo is not None and knee.hi is not None else ""
    return f"More {step_is} bring little beyond {knee.users:.0f}{between}."


def _law(law: Usl) -> str:
    """A model, said to be one."""
    coefficients = f"contention {law.alpha:.3g}, coherency {law.beta:.3g}"
    if law.peak_users is None:
        return f"By the universal scalability law, a model ({coefficients}): {law.why or 'no peak within reach of the tested steps.'}"
    reach = "" if law.peak_users <= law.highest_tested else ", which was not tested"
    return f"By the universal scalability law, a model ({coefficients}), throughput would peak at {law.peak_users:.0f}{reach}."


def _creep(found: Trend) -> str:
    if found.drift is None:
        return "no drift"
    unit = "ratio" if found.drift.relative else found.unit
    over, lo, hi = (format_quantity(value, unit) for value in (found.drift.over_series, found.drift.lo, found.drift.hi))
    return f"a drift of {over} over the series (99 % interval {lo} … {hi})"
