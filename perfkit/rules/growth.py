"""What grows faster than its input, fails or breaks its limit from some size on, and what asks once more for every item."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from perfkit.analyses.sweep_growth import BreakPoint, Failure, Series, Sweep, Watched, sweep_growth
from perfkit.model.finding import Finding
from perfkit.rules.drafts import draft
from perfkit.store import Store
from perfkit.units import format_quantity

PLACE = re.compile(r"^\w+ (?P<name>.*) \((?P<file>[^()]+):(?P<line>\d+)\)$")
LEAST_SHARE = 0.1
"""Of the whole at the largest size: a smaller part is not worth a finding."""
ASKING = ("db", "cache", "llm", "http")
HELD_UP = 10.0
HELD_UP_MS = 100.0
"""A bystander that waits so much longer than when nothing else runs, and so long, stood behind the workload."""
BASIS = "median at the largest size, less what the same part would take there had it grown in proportion from the smallest size"


def find(store: Store, run_ids: Sequence[str]) -> list[Finding]:
    """Findings of every sweep."""
    return judge(sweep_growth(store, run_ids))


def totals(store: Store, run_ids: Sequence[str]) -> dict[str, float]:
    """What each sweep takes at its largest size: what the cost of its findings is weighed against."""
    return {sweep.subject: sweep.total.largest.median for sweep in sweep_growth(store, run_ids)}


def judge(sweeps: Sequence[Sweep]) -> list[Finding]:
    """All findings, sweep by sweep."""
    return [finding for sweep in sweeps for finding in _of(sweep)]


def _of(sweep: Sweep) -> Iterator[Finding]:
    yield from _grows(sweep)
    yield from (_asks(sweep, series) for series in sweep.parts if _asks_for_each(series))
    if sweep.failures:
        yield _fails(sweep, sweep.failures)
    if sweep.breaking is not None and (sweep.breaking.found or sweep.breaking.predicted):
        yield _breaks(sweep, sweep.breaking)
    if sweep.watched is not None and _is_held_up(sweep.watched):
        yield _holds_up(sweep, sweep.watched)


def _grows(sweep: Sweep) -> Iterator[Finding]:
    """The whole with the function behind it; else each part that grows too fast although the whole does not yet show it."""
    whole = sweep.total
    if whole.growth is not None and whole.growth.faster_than_linear:
        yield _too_fast(sweep, whole, _culprit(sweep))
        return
    for series in sweep.parts:
        fast = series.unit == "ms" and series.growth is not None and series.growth.faster_than_linear and PLACE.match(series.component or "")
        if fast and series.largest.median >= LEAST_SHARE * whole.largest.median:
            yield _too_fast(sweep, series, series.component)


def _culprit(sweep: Sweep) -> str | None:
    """The part with a place whose own time grew most: as the application timed itself, else as the profiler saw it."""
    timed = {series.component: series.largest.median - series.sizes[0].median for series in sweep.parts if series.unit == "ms" and series.component}
    profiled = {name: values[-1][1] - values[0][1] for name, values in sweep.profiled.items() if len(values) > 1}
    needed = LEAST_SHARE * (sweep.total.largest.median - sweep.total.sizes[0].median)
    for grown in (profiled, timed):
        placed = {name: by_ms for name, by_ms in grown.items() if PLACE.match(name) and by_ms >= needed}
        if placed:
            return max(placed, key=lambda name: placed[name])
    return None


def _too_fast(sweep: Sweep, series: Series, culprit: str | None) -> Finding:
    growth = series.growth
    if growth is None:
        raise ValueError("what has no growth cannot grow too fast")
    first, last = series.sizes[0], series.largest
    place = PLACE.match(culprit or "")
    name = place["name"] if place else None
    interval = f"n^{growth.exponent:.2f} ({growth.lo:.2f} … {growth.hi:.2f})"
    times = f"{format_quantity(first.median, 'ms')} at {_count(first.size)}, {format_quantity(last.median, 'ms')} at {_count(last.size)}"
    growing = max(first.median - growth.constant, 0.0)
    return draft(
        "grows-faster-than-linear",
        sweep.run_id,
        title=f"{name or sweep.subject} grows as {interval}: {times}",
        place=f"{place['file']}:{place['line']}" if place else sweep.subject,
        cause=series.component or "",
        subject=sweep.subject,
        file=place["file"] if place else None,
        line=int(place["line"]) if place else None,
        cost_ms=last.median,
        saves_ms=max(last.median - growth.constant - growing * last.size / first.size, 0.0),
        saving_basis=BASIS,
        remedy=_remedy(name),
        effort="MEDIUM",
    )


def _remedy(name: str | None) -> str:
    where = name or "the part that grows (record spans or sweep a function to learn its name)"
    return f"Look in {where} for a regular expression that starts over at every position, a search in a list, or a loop in a loop; cap the input."


def _asks_for_each(series: Series) -> bool:
    """Counts of one place only: the totals of a kind would say the same again."""
    asks = series.unit == "count" and (series.component or "").split(" ")[0] in ASKING
    return asks and series.law is not None and series.law.per_unit > 0


def _asks(sweep: Sweep, series: Series) -> Finding:
    name, law = series.component or "", series.law.text if series.law else ""
    place = PLACE.match(name)
    spent: Mapping[str | None, float] = {part.component: part.largest.median for part in sweep.parts if part.unit == "ms"}
    cost = spent.get(name)
    kind, _, what = name.partition(" ")
    return draft(
        "asks-for-each-item",
        sweep.run_id,
        title=f"{law} calls of {kind} {place['name'] if place else what} at size n",
        place=f"{place['file']}:{place['line']}" if place else name,
        cause=name,
        subject=sweep.subject,
        file=place["file"] if place else None,
        line=int(place["line"]) if place else None,
        cost_ms=cost,
        saves_ms=None if cost is None else cost * (1 - 1 / max(series.largest.median, 1)),
        saving_basis="time of these calls at the largest size, all but one",
        remedy="Ask once for all items: one IN (…) statement, a join, a batch call.",
        effort="LOW",
    )


def _fails(sweep: Sweep, failures: Sequence[Failure]) -> Finding:
    first = failures[0]
    sizes = ", ".join(dict.fromkeys(_count(failure.size) for failure in failures))
    problems = ", ".join(dict.fromkeys(failure.problem for failure in failures))
    return draft(
        "fails-at-size",
        sweep.run_id,
        title=f"{sweep.subject} fails from size {_count(first.size)} on: {problems} (sizes {sizes})",
        place=sweep.subject,
        subject=sweep.subject,
        cost_ms=None,
        saves_ms=None,
        saving_basis="a failure saves no time: its duration is left out of every number of the sweep",
        remedy="Refuse such input early with a clear status, or make it work; a fast refusal is not a fast answer.",
        effort="MEDIUM",
    )


def _breaks(sweep: Sweep, breaking: BreakPoint) -> Finding:
    limit = format_quantity(breaking.limit_ms, "ms")
    predicted = f"predicted {_count(breaking.predicted)}" if breaking.predicted else "not predicted"
    error = f", {breaking.error * 100:+.0f} %" if breaking.error is not None else ""
    title = f"{limit} is broken from size {_count(breaking.found)} on ({predicted}{error})" if breaking.found else ""
    unproved = f"{limit} would be broken at size {_count(breaking.predicted or 0)} (predicted, no measured size broke it)"
    return draft(
        "breaks-limit-at-size",
        sweep.run_id,
        title=title or unproved,
        place=sweep.subject,
        subject=sweep.subject,
        cost_ms=breaking.limit_ms,
        saves_ms=None,
        saving_basis="the size that breaks the limit is measured; what a fix moves it to is not predicted",
        remedy="Cap the input below that size, or make the part that grows grow more slowly.",
        effort="MEDIUM",
    )


def _is_held_up(watched: Watched) -> bool:
    return watched.worst_ms >= HELD_UP_MS and watched.worst_ms >= HELD_UP * (watched.idle_ms or watched.median_ms)


def _holds_up(sweep: Sweep, watched: Watched) -> Finding:
    idle = f", {format_quantity(watched.idle_ms, 'ms')} when idle" if watched.idle_ms is not None else ""
    name = watched.name.removeprefix("watch ")
    return draft(
        "holds-up-others",
        sweep.run_id,
        title=f"{name} waits up to {format_quantity(watched.worst_ms, 'ms')} behind size {_count(watched.size)}{idle}",
        place=sweep.subject,
        cause=watched.name,
        subject=sweep.subject,
        cost_ms=watched.worst_ms,
        saves_ms=watched.worst_ms - (watched.idle_ms or 0.0),
        saving_basis="longest wait of the bystander, less its time when nothing else ran",
        remedy="Move the work off the thread or event loop that serves everyone: a worker process, run_in_executor, a queue.",
        effort="MEDIUM",
    )


def _count(size: float) -> str:
    return format_quantity(round(size), "count")
