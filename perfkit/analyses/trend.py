"""Did a metric's level change over its history, when, and does it creep?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from perfkit.analyses.history import HistoryPoint, history
from perfkit.analyses.known_runs import Selection, comparable, known_runs, select_runs
from perfkit.analyses.latency import ALL_REQUESTS
from perfkit.analyses.measure import observe
from perfkit.analyses.metrics import Metric
from perfkit.errors import UsageError, unknown
from perfkit.stats.changes import Drift, change_points, drift
from perfkit.store import Store


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A new level."""

    index: int
    """Of the first point on the new level."""
    run_id: str
    commit: str | None
    before: float
    """Median of the points before, back to the change before that."""
    after: float
    verdict: str
    """faster or slower: better or worse, whatever the metric."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The history of one metric of one subject on one machine with one workload."""

    metric: str
    subject: str
    unit: str
    points: tuple[HistoryPoint, ...]
    changes: tuple[LevelChange, ...]
    drift: Drift | None
    left_out: int
    """Runs of another machine, workload or tool setting, and runs that are not valid."""


def trend(store: Store, metric: Metric, selection: Selection, subject: str | None = None, last: int | None = None) -> Trend:
    """Over the newest runs that are alike, oldest first."""
    runs = [run for run in select_runs(known_runs(store), selection) if run.kind == metric.kind]
    alike_runs = comparable(store, runs, metric.kind)
    chosen = _subject({item.subject for item in observe(store, metric, alike_runs[::-1])}, subject, metric)
    whole = history(store, metric, selection, chosen)
    points = tuple(whole[-(last or 0) :])
    series = [point.value for point in points]
    return Trend(
        metric=metric.name,
        subject=chosen,
        unit=metric.unit,
        points=points,
        changes=tuple(_change(points, item.index, item.before, item.after, metric) for item in change_points(series)),
        drift=drift(series),
        left_out=len(runs) - len(whole),
    )


def _subject(known: set[str], asked: str | None, metric: Metric) -> str:
    """The one that is asked for; without a question all requests together, or the only one there is."""
    if not known:
        raise UsageError(f"No valid run of the selection measured {metric.name}. `perfkit runs --kind {metric.kind}` lists what is there.")
    fitting = sorted(name for name in known if asked is None or name == asked or fnmatchcase(name, asked))
    if asked is None and ALL_REQUESTS in known:
        return ALL_REQUESTS
    if not fitting:
        raise unknown(metric.subject, asked or "", known)
    if len(fitting) > 1:
        raise UsageError(f"A trend is about one {metric.subject}. Name one with --subject: {', '.join(fitting[:20])}.")
    return fitting[0]


def _change(points: Sequence[HistoryPoint], index: int, before: float, after: float, metric: Metric) -> LevelChange:
    better = (after < before) == (metric.better == "lower")
    return LevelChange(index, points[index].run_id, points[index].commit, before, after, "faster" if better else "slower")
