"""A metric's value with its interval: over runs where there are several, in time within one run where that can be done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from perfkit.analyses.known_runs import Selection, comparable, known_runs, select_runs
from perfkit.analyses.metrics import METRICS, Analysis, Metric, analysis_named
from perfkit.model.run import Run
from perfkit.stats.intervals import Interval, over_runs, proportion_interval, within_rounds, within_run
from perfkit.store import Store


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a metric says of one subject over some runs."""

    metric: str
    subject: str
    value: float
    lo: float | None
    hi: float | None
    """None: the data cannot bound the value."""
    unit: str
    n: int
    runs: tuple[str, ...]
    method: str
    """How the interval was found."""


class Observation(NamedTuple):
    """One number of one run: of many runs there are very many."""

    run_id: str
    subject: str
    value: float
    n: int
    successes: int | None
    """Where the number is a share of n."""
    range: tuple[float | None, float | None] | None = None
    """Where the true number lies, when the tool printed it and kept no samples, or when it was fitted."""
    rounding: float = 0.0
    """How far the printed number may be from the one that the tool had."""
    unseen: int | None = 0
    """So many more successes there may be beside the n; None if nobody knows how many."""


Bounding = Callable[[Observation], Interval | None]


@dataclass(frozen=True)
class Measured(Mapping[str, Measurement]):
    """A metric by subject. What the numbers of a subject say together is computed when somebody asks for it."""

    store: Store
    metric: Metric
    observed: Mapping[str, Sequence[Observation]]
    known: dict[str, Measurement] = field(default_factory=dict, compare=False)
    """What was asked for already."""

    def __getitem__(self, subject: str) -> Measurement:
        if subject not in self.known:
            found = self.observed[subject]
            self.known[subject] = _measurement(self.metric, subject, found, self._within(found[0]) if len(found) == 1 else None)
        return self.known[subject]

    def __iter__(self) -> Iterator[str]:
        return iter(self.observed)

    def __len__(self) -> int:
        return len(self.observed)

    @cached_property
    def _within(self) -> Bounding:
        return within_runs(self.store, self.metric, [found[0] for found in self.observed.values() if len(found) == 1])


def measure(store: Store, metric: Metric, selection: Selection, subject: str | None = None) -> list[Measurement]:
    """One measurement per subject that fits the glob; runs that are not valid do not count."""
    runs = judgeable(store, select_runs(known_runs(store), selection), metric)
    apart = [item for kind in metric.kinds for item in measure_runs(store, METRICS[kind], runs, subject)]
    together = measure_runs(store, metric, runs, subject)
    mostly = {item.subject for item in together for kind in apart if kind.subject == item.subject and 2 * len(kind.runs) > len(item.runs)}
    return [*(item for item in together if item.subject not in mostly), *(item for item in apart if item.subject in mostly)]


def measure_runs(store: Store, metric: Metric, runs: Sequence[Run], subject: str | None = None) -> list[Measurement]:
    """The same over runs that are known already."""
    measured = measured_runs(store, metric, tuple(runs))
    return [measured[name] for name in measured if subject is None or name == subject or fnmatchcase(name, subject)]


@lru_cache(maxsize=64)
def measured_runs(store: Store, metric: Metric, runs: tuple[Run, ...]) -> Measured:
    """The same by subject, for whoever needs a few of many."""
    by_subject: dict[str, list[Observation]] = defaultdict(list)
    for observation in observe(store, metric, runs):
        by_subject[observation.subject].append(observation)
    return Measured(store, metric, dict(by_subject))


def judgeable(store: Store, runs: Iterable[Run], metric: Metric) -> tuple[Run, ...]:
    """Valid runs of the metric's kind that are alike, in order of time."""
    return tuple(reversed(comparable(store, runs, metric.kind)))


def observe(store: Store, metric: Metric, runs: Sequence[Run]) -> list[Observation]:
    """The metric's number for every run and subject that has one; of each subject only runs of one make, that of the newest."""
    if not runs:
        return []
    run_ids, makes = [run.run_id for run in runs], {run.run_id: run.fingerprint for run in runs}
    place = {run_id: number for number, run_id in enumerate(run_ids)}
    observed = sorted([*_observed(store, metric, run_ids), *_printed(store, metric, run_ids)], key=lambda item: place[item.run_id])
    partly = {run.run_id for run in runs if run.answers_only}
    if partly:
        observed = [item._replace(unseen=None) if item.run_id in partly else item for item in observed]
    if len(set(makes.values())) == 1:
        return observed
    newest = {item.subject: makes[item.run_id] for item in observed}
    return [item for item in observed if makes[item.run_id] == newest[item.subject]]


@lru_cache(maxsize=64)
def _answered(analysis: Analysis, store: Store, run_ids: tuple[str, ...]) -> Sequence[Any]:
    """One analysis answers several metrics. Runs never change, so neither do its answers."""
    return analysis_named(analysis)(store, run_ids)


def _observed(store: Store, metric: Metric, run_ids: Sequence[str]) -> list[Observation]:
    number, successes = attrgetter(metric.column), attrgetter(metric.part) if metric.part else _nothing
    bounds = attrgetter(*metric.bounds) if metric.bounds else _nothing
    numbered = [(row, number(row)) for row in _answered(metric.analysis, store, tuple(run_ids))]
    return [Observation(row.run_id, row.subject, float(value), row.n, successes(row), bounds(row)) for row, value in numbered if value is not None]


def _nothing(row: Any) -> None:  # noqa: ARG001  where a metric has no such column
    return None


def _printed(store: Store, metric: Metric, run_ids: Sequence[str]) -> list[Observation]:
    """The same from runs that hold only what their tool printed."""
    if metric.printed is None:
        return []
    rows = [row for row in _answered("printed", store, tuple(run_ids)) if row.stat == metric.printed]
    return [
        Observation(row.run_id, row.subject, row.value, row.n, row.failed if metric.part else None, (row.lo, row.hi), row.rounding, row.unseen)
        for row in rows
    ]


def within_runs(store: Store, metric: Metric, seen: Sequence[Observation]) -> Bounding:
    """Bounds each of these numbers by what happened within its run; None where a run is one sample."""
    run_ids = tuple(dict.fromkeys(item.run_id for item in seen))
    share = metric.share
    if metric.part is not None:
        return lambda item: share_of([item])
    if metric.rounds is not None and share is not None:
        rounds = {(row.run_id, row.subject): row.rounds_ms for row in _answered(metric.rounds, store, run_ids)}
        return lambda item: within_rounds(rounds[item.run_id, item.subject], share)
    if metric.batches is not None:
        parts = _parts(store, metric.batches, metric.column, run_ids)
        return lambda item: within_run(item.value, item.n, parts[item.run_id, item.subject], share)
    return _nothing


def _parts(store: Store, batches: Analysis, column: str, run_ids: tuple[str, ...]) -> dict[tuple[str, str], list[tuple[float, int]]]:
    """The number and its samples in each tenth of each run."""
    parts: dict[tuple[str, str], list[tuple[float, int]]] = defaultdict(list)
    for row in _answered(batches, store, run_ids):
        value = getattr(row, column)
        if value is not None:
            parts[row.run_id, row.subject].append((value, row.n))
    return parts


def _measurement(metric: Metric, subject: str, found: Sequence[Observation], within: Interval | None) -> Measurement:
    interval = _interval(metric, found, within)
    samples, run_ids = sum(item.n for item in found), tuple(item.run_id for item in found)
    return Measurement(metric.name, subject, interval.value, interval.lo, interval.hi, metric.unit, samples, run_ids, interval.method)


def _interval(metric: Metric, found: Sequence[Observation], within: Interval | None) -> Interval:
    if metric.part is not None:
        return share_of(found)
    if len(found) == 1 and found[0].range is not None:
        return Interval(found[0].value, *found[0].range, found[0].n, "fit" if metric.bounds else "printed")
    if within is not None:
        return within
    return _widened(_over_runs([item.value for item in found], metric.sums), found)


def _over_runs(values: Sequence[float], sums: bool) -> Interval:
    """Equal values are that value: the way through their logarithms would miss a limit that they reach exactly."""
    interval = over_runs(values, sums=sums)
    return replace(interval, value=values[0], lo=values[0], hi=values[0]) if len(values) > 1 and len(set(values)) == 1 else interval


def share_of(found: Sequence[Observation]) -> Interval:
    """The share of successes in all runs together."""
    unseen = [item.unseen for item in found]
    beside = None if None in unseen else sum(filter(None, unseen))
    return proportion_interval(sum(item.successes or 0 for item in found), sum(item.n for item in found), unseen=beside)


def _widened(interval: Interval, found: Sequence[Observation]) -> Interval:
    """What the tools' rounding leaves open is added to what the runs leave open."""
    rounding = max(item.rounding for item in found)
    if not rounding or interval.lo is None or interval.hi is None:
        return interval
    return replace(interval, lo=interval.lo - rounding, hi=interval.hi + rounding, method=f"{interval.method}, printed")
