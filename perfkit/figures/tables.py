"""Rows as text: one view a kind of row, the same in a terminal, in a notebook and in markdown."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from perfkit.figures import profile_changes, profile_tables, vector_sentences
from perfkit.figures.amounts import place_of, share_text
from perfkit.printable import printable_lines
from perfkit.units import format_quantity

if TYPE_CHECKING:
    from perfkit.analyses.benchmarks import Benchmark
    from perfkit.analyses.comparison import Compared
    from perfkit.analyses.functions import FunctionTime
    from perfkit.analyses.ladder import Step
    from perfkit.analyses.large_copies import LargeCopy
    from perfkit.analyses.latency import Latency
    from perfkit.analyses.measure import Measurement
    from perfkit.analyses.memory_growth import MemoryGrowth
    from perfkit.analyses.memory_peak import MemoryPeak
    from perfkit.analyses.noise import NoiseFloor
    from perfkit.analyses.plan_changes import PlanChange
    from perfkit.analyses.request_time import RequestTime
    from perfkit.analyses.site_growth import SiteGrowth
    from perfkit.analyses.slowest_stages import SlowStage
    from perfkit.analyses.stages import Stage
    from perfkit.analyses.trend import LevelChange
    from perfkit.analyses.type_growth import TypeGrowth
    from perfkit.model.finding import Finding
    from perfkit.model.plan import PlanHead
    from perfkit.model.run import Run
    from perfkit.model.verdict import Verdict

NOTHING = "Nothing to show."
MOST_OF_A_STATEMENT = 80
ENDS = 4
"""Calls of a long way that are named at either end."""


@dataclass(frozen=True, slots=True)
class View:
    """How a kind of row is shown."""

    columns: Mapping[str, str]
    """Heading → left or right."""
    cells: Callable[[Any], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells that are text already."""

    columns: Mapping[str, str]
    rows: Sequence[Sequence[str]]

    def _repr_markdown_(self) -> str:
        rules = ["---:" if justify == "right" else "---" for justify in self.columns.values()]
        lines = [list(self.columns), rules, *(map(_in_markdown, row) for row in self.rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines) if self.rows else NOTHING

    def _repr_html_(self) -> str:
        if not self.rows:
            return f"<p>{NOTHING}</p>"
        sides = list(self.columns.values())
        head = "".join(f"<th style='text-align:{side}'>{html.escape(name)}</th>" for name, side in self.columns.items())
        body = "".join(f"<tr>{''.join(map(_in_html, sides, row))}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def __str__(self) -> str:
        return self._repr_markdown_()


def _in_markdown(cell: str) -> str:
    """A bar or a line break would end the cell."""
    return " ".join(printable_lines(cell).replace("|", "\\|").splitlines())


def _in_html(side: str, cell: str) -> str:
    return f"<td style='text-align:{side}'>{html.escape(printable_lines(cell))}</td>"


def table(rows: Sequence[Any], *, most: int | None = None) -> Table:
    """The rows, all of one kind; most cuts the table and says so in its last row."""
    if not rows:
        return Table({}, [])
    view = VIEWS[type(rows[0]).__name__]
    shown = [view.cells(row) for row in rows[:most]]
    if most is not None and len(rows) > most:
        shown.append([f"… and {len(rows) - most} more", *[""] * (len(view.columns) - 1)])
    return Table(view.columns, shown)


def moment(at: datetime | None) -> str:
    """A time for people."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "unknown"


def _bound(value: float | None, unit: str) -> str:
    return "–" if value is None else format_quantity(value, unit)


def _interval(lo: float | None, hi: float | None) -> str:
    """Of a ratio."""
    return "–" if lo is None or hi is None else f"{format_quantity(lo, 'factor')} … {format_quantity(hi, 'factor')}"


def _compared(item: Compared) -> tuple[str, ...]:
    values = (
        format_quantity(item.base, item.unit),
        format_quantity(item.candidate, item.unit),
        _bound(item.ratio, "factor"),
        _interval(item.lo, item.hi),
    )
    return (item.metric, item.subject, *values, item.verdict, _bound(item.detectable, "ratio"), f"{item.runs_base} : {item.runs_candidate}")


def _level_change(item: LevelChange) -> tuple[str, ...]:
    return (
        str(item.index),
        item.run_id,
        (item.commit or "")[:12],
        f"{item.before:.4g}",
        f"{item.after:.4g}",
        _change(item.before, item.after),
        item.verdict,
    )


def _change(before: float, after: float) -> str:
    return format_quantity(after / before, "factor") if before > 0 and after > 0 else "–"


def _step(item: Step) -> tuple[str, ...]:
    latency = (format_quantity(item.p50_ms, "ms"), format_quantity(item.p95_ms, "ms"), _bound(item.lo_ms, "ms"), _bound(item.hi_ms, "ms"))
    rates = (format_quantity(item.per_second, "per_second"), f"{item.in_flight:.3g}")
    counted = format_quantity(item.n, "count")
    return (str(item.users), counted, *rates, *latency, format_quantity(item.error_rate, "ratio"), item.verdict, item.why or "")


def _noise(item: NoiseFloor) -> tuple[str, ...]:
    shares = (format_quantity(item.spread, "ratio"), format_quantity(item.detectable, "ratio"))
    return (item.metric, item.subject, format_quantity(item.value, item.unit), *shares, str(len(item.runs)))


def _latency(item: Latency) -> tuple[str, ...]:
    times = (item.mean_ms, item.p50_ms, item.p95_ms, item.p95_ok_ms, item.p99_ms, item.max_ms)
    shares = (format_quantity(item.error_rate, "ratio"), format_quantity(item.per_second, "per_second"))
    return (item.subject, format_quantity(item.n, "count"), *(format_quantity(time, "ms") for time in times), *shares)


def _measured(item: Measurement) -> tuple[str, ...]:
    value, lo, hi = format_quantity(item.value, item.unit), _bound(item.lo, item.unit), _bound(item.hi, item.unit)
    return (item.metric, item.subject, value, lo, hi, format_quantity(item.n, "count"), str(len(item.runs)), item.method)


def _finding(item: Finding) -> tuple[str, ...]:
    cost, saving = format_quantity(item.cost_ms, "ms"), format_quantity(item.saves_ms, "ms")
    where = (item.place, item.subject or "not attributed")
    return (item.finding_id, item.priority, item.impact, item.title, *where, cost, saving, item.remedy)


def _verdict(item: Verdict) -> tuple[str, ...]:
    limit = f"{item.must_be} {format_quantity(item.limit, item.unit)}"
    bounds = (_bound(item.lo, item.unit), _bound(item.hi, item.unit))
    counted = format_quantity(item.n, "count")
    return (item.target, item.subject or "", limit, format_quantity(item.value, item.unit), *bounds, counted, item.verdict, item.why or "")


def _run(item: Run) -> tuple[str, ...]:
    valid = "yes" if item.valid else f"no: {item.invalid_because}"
    return (item.run_id, item.kind, item.tool or "", item.label or "", item.scenario or "", item.system or "", moment(item.started_at), valid)


def _request_time(item: RequestTime) -> tuple[str, ...]:
    times = (item.total_ms, item.db_ms, item.cache_ms, item.llm_ms, item.http_ms, item.own_ms)
    return (item.subject, *(format_quantity(time, "ms") for time in times), f"{item.db_calls:.0f}", f"{item.llm_calls:.0f}", str(item.n))


def _function(item: FunctionTime) -> tuple[str, ...]:
    share = share_text(item.own_share)
    return (
        item.function,
        place_of(item.file, item.line),
        _bound(item.n, "count"),
        format_quantity(item.own, item.unit),
        format_quantity(item.total, item.unit),
        share,
        item.unit,
    )


def _stage(item: Stage) -> tuple[str, ...]:
    times = (format_quantity(item.own_ms, "ms"), share_text(item.share), format_quantity(item.total_ms, "ms"))
    place = f"{item.file}:{item.line}" if item.file and item.line else ""
    return (item.subject, item.stage, item.kind, *times, f"{item.calls:.4g}", f"{item.parallel:.2g}", item.waits_for or "", place)


def _slow_stage(item: SlowStage) -> tuple[str, ...]:
    times = (format_quantity(item.n, "count"), format_quantity(item.mean_ms, "ms"), format_quantity(item.max_ms, "ms"))
    compared = (_bound(item.against_ms, "ms"), _bound(item.ratio, "factor"), _interval(item.lo, item.hi), item.verdict or "", item.why or "")
    return (item.stage, *times, str(item.runs), *compared, f"{item.file}:{item.line}" if item.file and item.line else "")


def _plan_head(item: PlanHead) -> tuple[str, ...]:
    statement = item.name or " ".join((item.statement or "").split())[:MOST_OF_A_STATEMENT]
    return (f"{item.run_id}:{item.plan_id}", item.engine, *map(_ms, (item.execution_ms, item.cold_ms, item.planning_ms)), statement)


def _plan_change(item: PlanChange) -> tuple[str, ...]:
    both = item.base_ms is not None and item.candidate_ms is not None
    difference = format_quantity((item.candidate_ms or 0) - (item.base_ms or 0), "ms") if both else "–"
    return (
        item.part,
        item.base,
        item.candidate if item.changed else "same" if item.base else "",
        *map(_ms, (item.base_ms, item.candidate_ms)),
        difference,
    )


def _peak(item: MemoryPeak) -> tuple[str, ...]:
    amounts = (format_quantity(item.bytes, "bytes"), share_text(item.share), format_quantity(item.allocations, "count"))
    return (item.subject, *amounts, item.origin, " → ".join(_shortened(list(_told_once(item.path[:-1])))))


def _shortened(calls: list[str]) -> list[str]:
    """Where the way begins and where it ends; functions that call each other again and again stand between."""
    left_out = len(calls) - 2 * ENDS
    return [*calls[:ENDS], f"… {left_out} more …", *calls[-ENDS:]] if left_out > 1 else calls


def _told_once(path: Sequence[str]) -> Iterator[str]:
    """Calls; one that a function makes of itself again and again is told once, with how often."""
    for call, again in groupby(path):
        times = sum(1 for _ in again)
        yield call if times == 1 else f"{call} × {times}"


def _site_growth(item: SiteGrowth) -> tuple[str, ...]:
    sizes = (format_quantity(item.first, "bytes"), format_quantity(item.last, "bytes"), format_quantity(item.late, "bytes"))
    return (item.subject, item.function or "", *sizes, format_quantity(item.blocks_last, "count"), item.allocated_in or "", item.verdict)


def _type_growth(item: TypeGrowth) -> tuple[str, ...]:
    counts = (format_quantity(number, "count") for number in (item.objects_first, item.objects_last, item.late))
    return (item.subject, *counts, _bound(item.last, "bytes"), item.verdict)


def _memory_growth(item: MemoryGrowth) -> tuple[str, ...]:
    rates = (_bound(item.per_hour, "bytes"), _bound(item.lo, "bytes"), _bound(item.hi, "bytes"))
    return (item.run_id, item.series, format_quantity(item.seconds, "s"), format_quantity(item.n, "count"), *rates, item.verdict, item.why or "")


def _copy(item: LargeCopy) -> tuple[str, ...]:
    amounts = (format_quantity(item.copied_mb, "mb"), _bound(item.allocated_mb, "mb"), _bound(item.alive_mb, "mb"))
    return (f"{item.file}:{item.line}", item.function or "", *amounts, item.origin)


def _ms(value: float | None) -> str:
    return _bound(value, "ms")


def _benchmark(item: Benchmark) -> tuple[str, ...]:
    times = (item.mean_ms, item.median_ms, item.stddev_ms, item.min_ms, item.max_ms, item.p95_ms, item.p99_ms)
    return (item.run_id, item.subject, *map(_ms, times), str(item.n))


def _columns(order: str, left: str) -> dict[str, str]:
    """What is not on the left is a number, on the right."""
    return {name: "left" if name in left.split(", ") else "right" for name in order.split(", ")}


VIEWS: dict[str, View] = {
    "Compared": View(
        _columns("metric, subject, base, candidate, ratio, interval, verdict, visible from, runs", left="metric, subject, interval, verdict, runs"),
        _compared,
    ),
    "Latency": View(
        _columns("endpoint, n, mean, P50, P95, P95 of successes, P99, max, errors, throughput", left="endpoint"),
        _latency,
    ),
    "LevelChange": View(
        _columns("index, run, commit, before, after, change, verdict", left="run, commit, verdict"),
        _level_change,
    ),
    "Step": View(
        _columns("step, requests, throughput, in flight, P50, P95, from, to, errors, verdict, note", left="verdict, note"),
        _step,
    ),
    "NoiseFloor": View(
        _columns("metric, subject, value, spread, visible from, runs", left="metric, subject"),
        _noise,
    ),
    "Measurement": View(
        _columns("metric, subject, value, from, to, n, runs, interval", left="metric, subject, interval"),
        _measured,
    ),
    "Finding": View(
        _columns(
            "finding, priority, impact, problem, place, endpoint, costs, predicted saving, remedy",
            left="finding, priority, impact, problem, place, endpoint, remedy",
        ),
        _finding,
    ),
    "Verdict": View(
        _columns("target, subject, limit, value, from, to, n, verdict, note", left="target, subject, verdict, note"),
        _verdict,
    ),
    "Run": View(dict.fromkeys(("run", "kind", "tool", "label", "scenario", "system", "started (UTC)", "valid"), "left"), _run),
    "RequestTime": View(
        _columns("endpoint, total, database, cache, models, other services, own, statements, model calls, requests", left="endpoint"),
        _request_time,
    ),
    "PlanHead": View(_columns("plan, engine, execution, first time, planning, statement", left="plan, engine, statement"), _plan_head),
    "PlanChange": View(
        _columns("part, before, after, before takes, after takes, difference", left="part, before, after"),
        _plan_change,
    ),
    "MemoryPeak": View(_columns("place, memory, share, allocations, whose, called by", left="place, whose, called by"), _peak),
    "SiteGrowth": View(
        _columns("place, function, first, last, grown late, allocations, allocated in, verdict", left="place, function, allocated in, verdict"),
        _site_growth,
    ),
    "TypeGrowth": View(_columns("type, first, last, grown late, own size, verdict", left="type, verdict"), _type_growth),
    "MemoryGrowth": View(
        _columns("run, series, time, samples, grown an hour, at least, at most, verdict, note", left="run, series, verdict, note"),
        _memory_growth,
    ),
    "LargeCopy": View(_columns("place, function, copied, allocated, alive at once, whose", left="place, function, whose"), _copy),
    "FunctionTime": View(
        _columns("function, place, calls, own, total, share, unit", left="function, place, unit"),
        _function,
    ),
    "UsualFunction": View(profile_tables.FUNCTION_COLUMNS, profile_tables.function_cells),
    "UsualLine": View(profile_tables.LINE_COLUMNS, profile_tables.line_cells),
    "ProfileOwner": View(profile_tables.OWNER_COLUMNS, profile_tables.owner_cells),
    "MatchedCall": View(profile_tables.CALL_COLUMNS, profile_tables.call_cells),
    "FunctionChange": View(profile_changes.FUNCTION_COLUMNS, profile_changes.function_cells),
    "FunctionGain": View(profile_changes.GAIN_COLUMNS, profile_changes.gain_cells),
    "ProfileBound": View(profile_changes.BOUND_COLUMNS, profile_changes.bound_cells),
    "Stage": View(
        _columns("whole, stage, kind, own, share, open, calls, parallel, waits for, place", left="whole, stage, kind, waits for, place"),
        _stage,
    ),
    "VectorTrial": View(vector_sentences.TRIAL_COLUMNS, vector_sentences.trial_cells),
    "Benchmark": View(
        _columns("run, benchmark, mean, median, standard deviation, min, max, P95, P99, n", left="run, benchmark"),
        _benchmark,
    ),
    "SlowStage": View(
        _columns("stage, calls, a call, longest, runs, against, ratio, interval, verdict, why, place", left="stage, interval, verdict, why, place"),
        _slow_stage,
    ),
}
"""By the name of the row's class: showing one kind imports no other."""
