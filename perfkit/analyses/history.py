"""How did one metric of one subject go from run to run?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from perfkit.analyses.known_runs import Selection, comparable, known_runs, select_runs
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.analyses.measure import Observation, observe, within_runs
from perfkit.analyses.metrics import Metric
from perfkit.model.run import Run
from perfkit.stats.intervals import Interval
from perfkit.store import Store


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One run's value."""

    run_id: str
    started_at: datetime | None
    """UTC without a zone; None where the artefact does not tell."""
    commit: str | None
    value: float
    lo: float | None
    hi: float | None
    """None: one run alone cannot bound the value."""
    n: int


def history(store: Store, metric: Metric, selection: Selection, subject: str = ALL_REQUESTS) -> list[HistoryPoint]:
    """Oldest first; only valid runs of one make (host, workload, settings), that of the newest one that measured the subject."""
    fitting = {run.run_id: run for run in comparable(store, select_runs(known_runs(store), selection), metric.kind)}
    seen = {item.run_id: item for item in observe(store, metric, list(reversed(fitting.values()))) if item.subject == subject}
    newest_first = [run for run in fitting.values() if run.run_id in seen]
    chosen = [run for run in reversed(newest_first) if run.fingerprint == newest_first[0].fingerprint]
    within = within_runs(store, metric, [seen[run.run_id] for run in chosen])
    return [_point(run, seen[run.run_id], within(seen[run.run_id])) for run in chosen]


def _point(run: Run, seen: Observation, within: Interval | None) -> HistoryPoint:
    lo, hi = (within.lo, within.hi) if within else (None, None)
    return HistoryPoint(run.run_id, run.started_at, run.commit, seen.value, lo, hi, seen.n)
