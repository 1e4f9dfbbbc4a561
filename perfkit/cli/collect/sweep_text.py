"""A sweep for people: sizes, parts, growth, laws, the break point and what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perfkit.cli.output import echo, print_table, show
from perfkit.units import format_quantity

if TYPE_CHECKING:
    from perfkit.analyses.sweep_growth import AtSize, BreakPoint, Series, Sweep
    from perfkit.model.finding import Finding
    from perfkit.stats.growth import Growth

MOST_PARTS = 12


def print_sweep(sweep: Sweep, findings: Sequence[Finding]) -> None:
    """Everything that the sweep says, numbers first, conclusions last."""
    echo(f"{sweep.subject} · run {sweep.run_id}")
    sides = {"size": "right", "median": "right", "from": "right", "to": "right", "n": "right", "": "left"}
    rows = [_size_row(item, "") for item in sweep.total.sizes] + [_size_row(item, "around the break") for item in sweep.verified]
    rows += [(_count(item.size), "–", "–", "–", str(item.times), f"failed: {item.problem}") for item in sweep.failures]
    print_table(sides, rows, empty="")
    _print_parts(sweep)
    for line in _conclusions(sweep):
        echo(line)
    show(findings, False, empty="Nothing here grows faster than its input.")


def _print_parts(sweep: Sweep) -> None:
    """The parts that cost most at the largest size, one row each."""
    largest = sweep.total.largest.size
    timed = sorted((part for part in sweep.parts if part.unit == "ms"), key=lambda part: -part.largest.median)
    counts = {part.component: part for part in sweep.parts if part.unit == "count"}
    rows = [_part_row(part, counts.get(part.component)) for part in timed[:MOST_PARTS]]
    profiled = sorted(sweep.profiled.items(), key=lambda item: -item[1][-1][1])[:MOST_PARTS]
    rows += [(name, *(format_quantity(ms, "ms") for ms in (values[0][1], values[-1][1])), "–", "under the profiler") for name, values in profiled]
    if rows:
        echo(
            f"Parts, own time (median at the smallest and at the largest size, {_count(largest)}; functions at the two largest, under the profiler):"
        )
        print_table({"part": "left", "smallest": "right", "largest": "right", "growth": "left", "count": "left"}, rows, empty="")


def _part_row(part: Series, count: Series | None) -> tuple[str, ...]:
    law = count.law.text if count is not None and count.law is not None else "no exact law" if count is not None else ""
    grown = _growth(part.growth) if part.growth is not None else "–"
    return (part.component or "", format_quantity(part.sizes[0].median, "ms"), format_quantity(part.largest.median, "ms"), grown, law)


def _conclusions(sweep: Sweep) -> Iterator[str]:
    if sweep.total.growth is not None:
        yield f"Growth: {_growth(sweep.total.growth)}; {_family(sweep.total.growth)}."
    for part in sweep.parts:
        if part.law is not None and " " not in (part.component or "").replace("calls to other services", "calls"):
            yield f"Law: {part.law.text} {part.component}."
    yield from _break_lines(sweep)
    if sweep.watched is not None:
        idle = format_quantity(sweep.watched.idle_ms, "ms")
        times = f"median {format_quantity(sweep.watched.median_ms, 'ms')}, worst {format_quantity(sweep.watched.worst_ms, 'ms')}"
        yield f"{sweep.watched.name.removeprefix('watch ')} meanwhile: {times} at size {_count(sweep.watched.size)}; idle {idle}."


def _break_lines(sweep: Sweep) -> Iterator[str]:
    breaking = sweep.breaking
    if breaking is None:
        return
    limit = format_quantity(breaking.limit_ms, "ms")
    if breaking.predicted is None:
        yield f"Break point: no size is predicted to break {limit}."
    else:
        bounds = f" ({_count(breaking.lo)} … {_count(breaking.hi)})" if breaking.lo and breaking.hi else ""
        extrapolated = ", extrapolated beyond the largest size" if breaking.extrapolated else ""
        yield f"Break point: {limit} predicted at size {_count(breaking.predicted)}{bounds}{extrapolated}{_already(sweep, breaking)}."
    yield f"Found: {_found(sweep, breaking)}."


def _already(sweep: Sweep, breaking: BreakPoint) -> str:
    """A size of the sweep that broke the limit within or before the predicted range says more than the fit."""
    furthest = max(breaking.hi or 0.0, breaking.predicted or 0.0)
    early = next((item for item in sweep.total.sizes if item.median >= breaking.limit_ms and item.size < furthest), None)
    return f"; but size {_took(early)}" if early else ""


def _found(sweep: Sweep, breaking: BreakPoint) -> str:
    """Between which measured sizes the limit breaks; one number only where every median agrees with it."""
    measured = sorted((*sweep.total.sizes, *sweep.verified), key=lambda item: item.size)
    broken = [item for item in measured if item.median >= breaking.limit_ms]
    kept = [item for item in measured if item.median < breaking.limit_ms]
    if breaking.found is None:
        return f"size {_took(broken[0])}, and no smaller size was measured that kept the limit" if broken else "no measured size broke it"
    if broken and kept and broken[0].size <= kept[-1].size:
        least = next((f"size {_count(item.size)}" for item in reversed(kept) if item.size < broken[0].size), "the smallest size")
        still = f"size {_count(kept[-1].size)} still took {format_quantity(kept[-1].median, 'ms')}"
        return f"broken somewhere above {least}: size {_took(broken[0])}, but {still}, so the times are too noisy for one size"
    between = f"between {_count(kept[-1].size)} and {_count(broken[0].size)}, at about" if broken and kept else "at size"
    off = "" if breaking.error is None else f"; the prediction was off by {breaking.error * 100:+.1f} %"
    return f"broken {between} {_count(breaking.found)}{off}"


def _took(item: AtSize) -> str:
    return f"{_count(item.size)} already took {format_quantity(item.median, 'ms')} at the median"


def _growth(growth: Growth) -> str:
    if not growth.exponent:
        return "no growth shows"
    bounds = f" ({growth.lo:.2f} … {growth.hi:.2f})" if growth.lo is not None and growth.hi is not None else ""
    return f"n^{growth.exponent:.2f}{bounds}"


def _family(growth: Growth) -> str:
    slope = f"log-log slope {growth.slope:.2f}"
    if growth.slope_lo is not None and growth.slope_hi is not None:
        slope += f" ({growth.slope_lo:.2f} … {growth.slope_hi:.2f})"
    name = {"n": "n or n log n"}.get(growth.family, growth.family)
    return f"{slope}; family {name}: {growth.why}"


def _size_row(item: AtSize, note: str) -> tuple[str, ...]:
    return (_count(item.size), *(format_quantity(ms, "ms") for ms in (item.median, item.lo, item.hi)), str(item.n), note)


def _count(size: float) -> str:
    return format_quantity(round(size), "count")
