"""Indexes that were tried: what a trial proves, and what it proves to be no use."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.index_trials import IndexTrial, index_trials
from perfkit.analyses.plan_heads import plan_heads
from perfkit.model.finding import Finding, Level
from perfkit.rules.drafts import draft
from perfkit.store import Store
from perfkit.units import format_quantity

RULE = "index-proved"
GAIN = 0.50
"""Of what the index is meant to serve: a smaller saving is not worth writing to one more index."""
LEAST_GAIN = 0.10
"""Of the whole statement."""
HIGH, HIGH_MS, MEDIUM_MS = 0.40, 10.0, 5.0
AS_GOOD = 0.05
"""Indexes whose results differ by less of the statement are as good as each other: the smallest is advised."""


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Trials of statements that no plan among the runs shows; those of the others are told with the plan."""
    trials = index_trials(store, run_ids)
    planned = {head.fingerprint for head in plan_heads(store, run_ids)} if trials else set()
    return judge([trial for trial in trials if trial.fingerprint not in planned])


def judge(trials: Sequence[IndexTrial]) -> list[Finding]:
    """The best index of each statement, where there is one."""
    statements = dict.fromkeys((trial.run_id, trial.statement) for trial in trials)
    found = [best([trial for trial in trials if (trial.run_id, trial.statement) == key]) for key in statements]
    return [_finding(trial) for trial in found if trial is not None]


def best(trials: Sequence[IndexTrial], stake: float = 1.0) -> IndexTrial | None:
    """The smallest of the indexes that save most; None when none saves enough. stake: share of the statement that they are meant to serve."""
    useful = [trial for trial in trials if trial.saved >= max(GAIN * min(stake, 1.0), LEAST_GAIN)]
    most = max((trial.saved for trial in useful), default=0.0)
    as_good = [trial for trial in useful if trial.saved >= most - AS_GOOD]
    return min(as_good, key=lambda trial: (trial.bytes or 0.0, trial.trial), default=None)


def title_of(trial: IndexTrial) -> str:
    """Such as: An index on items (kind, price) takes the statement from 41 ms to 0.2 ms (cost 6463 → 8.4)."""
    several = ";" in trial.definition
    cost = f"{_cost(trial.cost_before)} → {_cost(trial.cost_after)}"
    verb = "take" if several else "takes"
    if trial.before_ms is None:
        return f"{_shape(trial)} {verb} the statement's cost from {cost.replace(' → ', ' to ')} (planned, not executed)"
    return f"{_shape(trial)} {verb} the statement from {_ms(trial.before_ms)} to {_ms(trial.after_ms)} (cost {cost})"


def remedy_of(trial: IndexTrial) -> str:
    """The statement to execute, and the price of the index."""
    sentences = [f"{trial.definition};", f"Its size is {format_quantity(trial.bytes, 'bytes')} ({trial.relation}: {_bytes(trial.table_bytes)})."]
    if trial.write_cost is not None:
        sentences.append(f"Every inserted row writes {format_quantity(trial.write_cost, 'ratio')} of its size once more.")
    sentences.append(f"Building it took {_ms(trial.build_ms)}.")
    if "gin_trgm_ops" in trial.definition:
        sentences.insert(0, "create extension if not exists pg_trgm;")
    if "using hnsw" in trial.definition:
        sentences.append("It answers approximately: measure recall beside latency.")
    return " ".join(sentences)


def basis_of(trial: IndexTrial) -> str:
    """Where the numbers come from."""
    where = "a copy of the tables" if trial.on_copy else "the server that was named for it"
    how = "planned" if trial.before_ms is None else "measured"
    return f"{how} on {where} with the index built and without it (run {trial.run_id}, trial {trial.trial})"


def saves_ms(trial: IndexTrial, execution_ms: float | None = None) -> float | None:
    """Measured; where the statement was only planned, by the share of the cost of the execution that is known."""
    if trial.before_ms is not None and trial.after_ms is not None:
        return max(trial.before_ms - trial.after_ms, 0.0) if trial.used else 0.0
    return None if execution_ms is None else execution_ms * max(trial.saved, 0.0)


def verdict_of(trial: IndexTrial) -> str:
    """What came of a trial that is not advised, such as: create index … saves 3 %."""
    if trial.refused is not None:
        return f"{trial.definition}: not tried, as {trial.refused}"
    if not trial.used:
        return f"{trial.definition}: the planner does not take it"
    if trial.saved <= 0:
        return f"{trial.definition}: the planner takes it, and nothing is saved"
    return f"{trial.definition}: saves {format_quantity(trial.saved, 'ratio')}"


def _finding(trial: IndexTrial) -> Finding:
    saved_ms = saves_ms(trial)
    return draft(
        RULE,
        trial.run_id,
        title=title_of(trial),
        place=f"{trial.relation} (trial {trial.trial})",
        cause=trial.statement,
        cost_ms=trial.before_ms,
        saves_ms=saved_ms,
        saving_basis=basis_of(trial),
        remedy=remedy_of(trial),
        effort="LOW",
        impact=_impact(trial.saved, saved_ms),
    )


def _impact(saved: float, saved_ms: float | None) -> Level:
    if saved_ms is None:
        return "LOW"
    return "HIGH" if saved >= HIGH and saved_ms >= HIGH_MS else "MEDIUM" if saved_ms >= MEDIUM_MS else "LOW"


def _shape(trial: IndexTrial) -> str:
    shapes = [definition.split(" on ", 1)[1] for definition in trial.definition.split("; ")]
    return f"An index on {shapes[0]}" if len(shapes) == 1 else f"Indexes on {' and on '.join(shapes)}"


def _cost(cost: float | None) -> str:
    return "not known" if cost is None else format_quantity(round(cost) if cost >= 10 else cost, "count")


def _ms(value: float | None) -> str:
    return format_quantity(value, "ms")


def _bytes(value: float | None) -> str:
    return format_quantity(value, "bytes")
