"""Latency over the time of one run: median, P95 and maximum, with failures, steps of the load and warm-up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from perfkit.analyses.latency_timeline import LatencyStretch
from perfkit.errors import UsageError
from perfkit.figures.panels import INK, QUIET, SMALL, caption, counted, failed_text, label_ends, note_at_top, panels, required, runs_text, scale_times
from perfkit.units import format_quantity

FEW = 60
"""So many stretches are marked one by one."""
SPARSE = 20
"""A P95 of fewer requests is close to their maximum."""
NARROWEST, ROOMY = 0.02, 0.12
"""Shares of the axis that a step needs for its number, and for its unit, too."""
BAND, OUTER_BAND, SHADE = "#b9cfe0", "#e3ebf2", "#f0f0f0"


@dataclass(frozen=True, slots=True)
class _Clock:
    """The unit of the time axis, by the length of the run."""

    seconds: int
    name: str

    def middle(self, row: LatencyStretch) -> float:
        return (row.start_s + row.seconds / 2) / self.seconds


def latency_over_time_figure(rows: Sequence[LatencyStretch], *, title: str, stage_unit: str = "users") -> Figure:
    """One run; a second panel counts the failures where there are any. A stretch without requests breaks the lines."""
    required([row for row in rows if row.n], "requests")
    if len({row.run_id for row in rows}) > 1:
        raise UsageError(f"Latency over time is drawn of one run, and these are {runs_text(row.run_id for row in rows)}. Name one of them.")
    failed = sum(row.failed for row in rows)
    clock = _clock(rows[-1].start_s + rows[-1].seconds)
    with panels(title, (3, 1) if failed else (1,), inches=5.2 if failed else 4.2) as (figure, axes):
        scale_times(axes[0], [value for row in rows for value in (row.p50_ms, row.max_ms) if value is not None])
        _steps(axes, rows, clock, stage_unit)
        _unsteady(figure, axes[0], rows, clock)
        _latency(axes[0], rows, clock)
        if failed:
            _failures(axes[1], rows, clock)
            axes[0].tick_params(labelbottom=False)
        for panel in axes:
            panel.set_xlim(0, (rows[-1].start_s + rows[-1].seconds) / clock.seconds)
        axes[-1].set_xlabel(f"{clock.name} since the first request")
        caption(figure, _facts(rows))
        label_ends(axes[0], _ends(rows, clock))
    return figure


def _clock(length_s: int) -> _Clock:
    return next((_Clock(seconds, name) for seconds, name in ((3600, "hours"), (60, "minutes")) if length_s > 10 * seconds), _Clock(1, "seconds"))


def _latency(axes: Axes, rows: Sequence[LatencyStretch], clock: _Clock) -> None:
    times = [clock.middle(row) for row in rows]
    p50, p95, top = ([_or_gap(value) for value in column] for column in zip(*((row.p50_ms, row.p95_ms, row.max_ms) for row in rows), strict=True))
    axes.fill_between(times, p95, top, color=OUTER_BAND, linewidth=0)
    axes.fill_between(times, p50, p95, color=BAND, linewidth=0)
    marked = [len(rows) <= FEW or _alone(rows, place) for place in range(len(rows))]
    for values, look, marker, name in ((top, ":", "v", "maximum"), (p95, "--", "s", "P95"), (p50, "-", "o", "P50")):
        axes.plot(times, values, look, color=INK, linewidth=1.0, marker=marker, markersize=3, markevery=marked, label=name)


def _alone(rows: Sequence[LatencyStretch], place: int) -> bool:
    """Between two gaps no line shows a value."""
    return bool(rows[place].n) and not any(row.n for row in [*rows[max(place - 1, 0) : place], *rows[place + 1 : place + 2]])


def _or_gap(value: float | None) -> float:
    return math.nan if value is None else value


def _failures(axes: Axes, rows: Sequence[LatencyStretch], clock: _Clock) -> None:
    """Bars from zero; a cross on each, because one failure beside a thousand is a bar nobody sees."""
    failing = [row for row in rows if row.failed]
    times, counts = [clock.middle(row) for row in failing], [row.failed for row in failing]
    axes.bar(times, counts, rows[0].seconds / clock.seconds, color="#cccccc", edgecolor=INK, linewidth=0.4, hatch="////")
    axes.plot(times, counts, "x", color=INK, markersize=4, label="failed")
    axes.set_ylim(0, max(counts) * 1.25)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.set_ylabel(f"failed\nin {rows[0].seconds} s")


def _steps(axes: Sequence[Axes], rows: Sequence[LatencyStretch], clock: _Clock, unit: str) -> None:
    """Steps of the load in turns of white and grey, each with its size above where there is room."""
    width = rows[-1].start_s + rows[-1].seconds
    for number, (stage, start, end) in enumerate(_stretches_of(rows, [row.stage for row in rows])):
        share = (end - start) / width
        for panel in axes:
            panel.axvspan(start / clock.seconds, end / clock.seconds, color=SHADE if number % 2 else "white", zorder=0, linewidth=0)
            panel.axvline(start / clock.seconds, color=QUIET, linewidth=0.6 if number else 0)
        if share > NARROWEST:
            text = f"{stage} {unit}" if number == 0 or share > ROOMY else f"{stage}"
            note_at_top(axes[0], start / clock.seconds, text)


def _unsteady(figure: Figure, axes: Axes, rows: Sequence[LatencyStretch], clock: _Clock) -> None:
    """What does not count is hatched."""
    spans = [span for span in _stretches_of(rows, [None if row.steady is None else int(not row.steady) for row in rows]) if span[0]]
    drawn = [
        axes.axvspan(start / clock.seconds, end / clock.seconds, facecolor="none", edgecolor="#a8a8a8", hatch="....", linewidth=0, zorder=0.5)
        for _, start, end in spans
    ]
    if drawn:
        figure.legend(drawn[:1], ["ramp or warm-up, left out of totals"], loc="outside upper right", fontsize=SMALL)


def _stretches_of(rows: Sequence[LatencyStretch], values: Sequence[int | None]) -> list[tuple[int, int, int]]:
    """Value, start and end of every stretch with one value; where it is unknown the one before goes on."""
    known = [(row, value) for row, value in zip(rows, values, strict=True) if value is not None]
    starts = [(value, next(group)[0].start_s) for value, group in groupby(known, key=lambda pair: pair[1])]
    ends = [start for _, start in starts[1:]] + [rows[-1].start_s + rows[-1].seconds]
    return [(value, start, end) for (value, start), end in zip(starts, ends, strict=False)]


def _ends(rows: Sequence[LatencyStretch], clock: _Clock) -> list[tuple[float, float, str]]:
    last = [row for row in rows if row.n][-1]
    at = clock.middle(last)
    named = ((last.p50_ms, "P50"), (last.p95_ms, "P95"), (last.max_ms, "maximum"))
    return [(at, value, name) for value, name in named if value is not None]


def _facts(rows: Sequence[LatencyStretch]) -> list[str]:
    filled = [row for row in rows if row.n]
    n, failed = sum(row.n for row in rows), sum(row.failed for row in rows)
    typical = median(row.n for row in filled)
    return [
        "unit: ms",
        f"{counted(n, 'requests')}, {failed_text(failed, n)}" + (", all in the lines" if failed else ""),
        "ramps and warm-up are in n, too" if any(row.steady is False for row in rows) else "",
        f"each point: requests that started within {rows[0].seconds}\u00a0s, typically {format_quantity(float(typical), 'count')}",
        "so few that P95 is close to the maximum" if typical < SPARSE else "",
        f"{len(rows) - len(filled)} of {len(rows)} stretches without a request are gaps" if len(filled) < len(rows) else "",
        "only one stretch: the run shows no course over time" if len(filled) == 1 else "",
        runs_text(row.run_id for row in rows),
    ]
