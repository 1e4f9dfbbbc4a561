"""How do a workload and its parts grow with size, by which laws do counts follow, and where does a limit break?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perfkit.analyses.sweep_rounds import SweepRound, sweep_rounds
from perfkit.stats.growth import Growth, growth
from perfkit.stats.intervals import percentile, percentile_interval
from perfkit.stats.laws import Law, law_of_counts
from perfkit.store import Store

WATCH = "watch "
LEAST_SIZES = 3


@dataclass(frozen=True, slots=True)
class AtSize:
    """All values of one series at one size."""

    size: float
    n: int
    median: float
    lo: float
    hi: float
    """Order statistics of the median where there are enough values, else the smallest and the largest."""


@dataclass(frozen=True, slots=True)
class Series:
    """The whole or one part of it, over the sizes."""

    component: str | None
    """None: the whole."""
    unit: str
    sizes: tuple[AtSize, ...]
    growth: Growth | None
    """None with fewer than three sizes."""
    law: Law | None
    """Counts only; None where no exact law holds."""

    @property
    def largest(self) -> AtSize:
        return self.sizes[-1]


@dataclass(frozen=True, slots=True)
class Failure:
    """A size at which the workload did not succeed."""

    size: float
    problem: str
    times: int


@dataclass(frozen=True, slots=True)
class BreakPoint:
    """A limit, the size that was predicted to break it and the size that did."""

    limit_ms: float
    predicted: float | None
    lo: float | None
    hi: float | None
    found: float | None
    """None: no measured size broke it."""
    extrapolated: bool

    @property
    def error(self) -> float | None:
        """Of the prediction, as a share of what was found."""
        return self.predicted / self.found - 1 if self.predicted and self.found else None


@dataclass(frozen=True, slots=True)
class Watched:
    """A bystander at the size that made it wait longest, and while nothing was measured."""

    name: str
    size: float
    idle_ms: float | None
    median_ms: float
    worst_ms: float
    n: int
    failed: int


@dataclass(frozen=True, slots=True)
class Sweep:
    """One run."""

    run_id: str
    subject: str
    total: Series
    parts: tuple[Series, ...]
    verified: tuple[AtSize, ...]
    """Sizes measured around the predicted break point."""
    profiled: dict[str, tuple[tuple[float, float], ...]]
    """Function → (size, own ms under the profiler)."""
    failures: tuple[Failure, ...]
    breaking: BreakPoint | None
    watched: Watched | None


def sweep_growth(store: Store, run_ids: Sequence[str]) -> list[Sweep]:
    """Every sweep among the runs."""
    return sweeps_of(sweep_rounds(store, run_ids))


def sweeps_of(rows: Sequence[SweepRound]) -> list[Sweep]:
    """The same from rows; what has no measured size is no sweep."""
    by_run: dict[tuple[str, str], list[SweepRound]] = defaultdict(list)
    for row in rows:
        by_run[row.run_id, row.subject].append(row)
    return [_sweep(*key, found) for key, found in by_run.items() if any(_is_total(row) for row in found)]


def _is_total(row: SweepRound) -> bool:
    return row.component is None and row.phase == "steady" and row.size is not None


def _sweep(run_id: str, subject: str, rows: Sequence[SweepRound]) -> Sweep:
    steady = [row for row in rows if row.phase == "steady" and row.size is not None]
    parts: dict[tuple[str, str], list[SweepRound]] = defaultdict(list)
    for row in steady:
        if row.component is not None and not row.component.startswith(WATCH):
            parts[row.component, row.unit].append(row)
    series = tuple(_series(name, unit, found) for (name, unit), found in parts.items())
    total = _series(None, "ms", [row for row in steady if row.component is None])
    verified = tuple(_at_sizes([row for row in rows if row.phase == "verify"]))
    return Sweep(run_id, subject, total, series, verified, _profiled(rows), _failures(rows), _breaking(rows, total), _watched(rows))


def _series(name: str | None, unit: str, rows: Sequence[SweepRound]) -> Series:
    sizes, values = [float(row.size or 0) for row in rows], [row.value for row in rows]
    law = law_of_counts(sizes, values) if unit == "count" else None
    grown = growth(sizes, values) if len(set(sizes)) >= LEAST_SIZES else None
    return Series(name, unit, tuple(_at_sizes(rows)), grown, law)


def _at_sizes(rows: Iterable[SweepRound]) -> list[AtSize]:
    by_size: dict[float, list[float]] = defaultdict(list)
    for row in rows:
        if row.size is not None:
            by_size[row.size].append(row.value)
    return [_at_size(size, values) for size, values in sorted(by_size.items())]


def _at_size(size: float, values: list[float]) -> AtSize:
    middle = percentile_interval(values, 0.5)
    lo, hi = min(values) if middle.lo is None else middle.lo, max(values) if middle.hi is None else middle.hi
    return AtSize(size, len(values), middle.value, lo, hi)


def _profiled(rows: Sequence[SweepRound]) -> dict[str, tuple[tuple[float, float], ...]]:
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        if row.phase == "profiled" and row.component is not None and row.size is not None:
            found[row.component].append((row.size, row.value))
    return {name: tuple(sorted(values)) for name, values in found.items()}


def _failures(rows: Sequence[SweepRound]) -> tuple[Failure, ...]:
    counted: Counter[tuple[float, str]] = Counter()
    for row in rows:
        if row.phase == "failed" and row.unit == "count" and row.size is not None:
            counted[row.size, row.component or ""] += int(row.value)
    return tuple(Failure(size, problem, times) for (size, problem), times in sorted(counted.items()))


def _breaking(rows: Sequence[SweepRound], total: Series) -> BreakPoint | None:
    said = {row.component: row.value for row in rows if row.phase == "break"}
    if "limit" not in said:
        return None
    predicted = said.get("predicted")
    extrapolated = predicted is not None and predicted > total.largest.size
    return BreakPoint(said["limit"], predicted, said.get("predicted from"), said.get("predicted to"), said.get("found"), extrapolated)


def _watched(rows: Sequence[SweepRound]) -> Watched | None:
    seen = [row for row in rows if row.component is not None and row.component.startswith(WATCH)]
    steady = [row for row in seen if row.phase == "steady" and row.size is not None]
    if not steady:
        return None
    size = float(max(steady, key=lambda row: row.value).size or 0)
    during = [row.value for row in steady if row.size == size]
    idle = [row.value for row in seen if row.phase == "idle"]
    failed = sum(row.phase == "failed" for row in seen)
    return Watched(str(seen[0].component), size, percentile(idle, 0.5) if idle else None, percentile(during, 0.5), max(during), len(during), failed)
