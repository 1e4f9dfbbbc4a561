"""One metric from run to run, with the runs since which its level is another one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from perfkit.analyses.history import HistoryPoint
from perfkit.figures.panels import INK, LOOKS, SMALL, caption, counted, note_at_top, panels, required, runs_text
from perfkit.units import format_quantity

MOST_TICKS = 9
MOMENT_FORMS = ("%Y-%m-%d", "%Y-%m-%d\n%H:%M", "%Y-%m-%d\n%H:%M:%S")
LEAST_ROOM = 0.1
"""The axis shows at least such a share of the median above and below it, or noise would look like a change."""
NOTE_LINES = 3
"""Changes that are close to each other take turns in height."""


class Change(Protocol):
    """A new level of the values."""

    @property
    def index(self) -> int:
        """Of the first value after the change."""

    @property
    def before(self) -> float:
        """The old level."""

    @property
    def after(self) -> float:
        """The new one."""


def history_figure(points: Sequence[HistoryPoint], changes: Sequence[Change] = (), *, title: str, metric: str, unit: str) -> Figure:
    """Runs in order of time, all the same width apart; points come oldest first, and changes count them from 0."""
    required(points, f"valid runs with {metric}")
    with panels(title, (1,), inches=4.4) as (figure, [axes]):
        _points(axes, points)
        _levels(axes, points, changes)
        _changes(axes, changes, unit, len(points))
        _value_axis(axes, points, metric, unit)
        _run_axis(axes, points)
        caption(figure, _facts(points, changes, unit))
    return figure


def _points(axes: Axes, points: Sequence[HistoryPoint]) -> None:
    for place, point in enumerate(points):
        if point.lo is not None and point.hi is not None:
            axes.plot([place, place], [point.lo, point.hi], color="#9aa5b1", linewidth=1.0, zorder=1)
    axes.plot(range(len(points)), [point.value for point in points], "o", color=LOOKS[0].color, markersize=4, zorder=3, label="runs")


def _levels(axes: Axes, points: Sequence[HistoryPoint], changes: Sequence[Change]) -> None:
    """The median between two changes, as a step."""
    cuts = [0, *(change.index for change in changes), len(points)]
    for start, end in pairwise(cuts):
        level = median(point.value for point in points[start:end])
        axes.plot([start - 0.4, end - 0.6], [level, level], color=LOOKS[1].color, linewidth=2.2, zorder=2)


def _changes(axes: Axes, changes: Sequence[Change], unit: str, count: int) -> None:
    for number, change in enumerate(changes):
        axes.axvline(change.index - 0.5, color=INK, linewidth=1.0, linestyle="--")
        relative = f" ({(change.after / change.before - 1) * 100:+.0f}\u00a0%)".replace("-", "−") if change.before else ""
        words = f"{format_quantity(change.before, unit)} → {format_quantity(change.after, unit)}{relative}"
        note_at_top(axes, change.index - 0.5, words, line=number % NOTE_LINES, before=change.index > 0.75 * count)


def _value_axis(axes: Axes, points: Sequence[HistoryPoint], metric: str, unit: str) -> None:
    """From zero where that leaves the values most of the room; otherwise the label says that it does not."""
    ends = [end for point in points for end in (point.value, point.lo, point.hi) if end is not None]
    middle = median(point.value for point in points)
    lowest, highest = min([*ends, middle - LEAST_ROOM * abs(middle)]), max([*ends, middle + LEAST_ROOM * abs(middle)])
    from_zero = lowest >= 0 and lowest < 0.5 * highest
    room = (highest - (0 if from_zero else lowest)) or abs(highest) or 1.0
    axes.set_ylim(0 if from_zero else lowest - 0.1 * room, highest + 0.3 * room)
    axes.set_ylabel(f"{metric}, {unit.replace('_', ' ')}" + ("" if from_zero else "\nthe axis does not begin at 0"))


def _run_axis(axes: Axes, points: Sequence[HistoryPoint]) -> None:
    """Some of the runs by moment and commit; by id where there is no moment."""
    step = max(-(-len(points) // MOST_TICKS), 1)
    shown = range(0, len(points), step)
    form = _moment_form([points[place] for place in shown])
    axes.set_xticks(list(shown), [_run_name(points[place], form) for place in shown], fontsize=SMALL)
    axes.set_xlim(-0.7, len(points) - 0.3)
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.set_xlabel("runs, oldest first; not to the scale of time" + ("" if form == MOMENT_FORMS[0] else "; UTC"))


def _moment_form(points: Sequence[HistoryPoint]) -> str:
    """The shortest that tells the runs apart."""
    moments = [point.started_at for point in points if point.started_at]
    telling = (form for form in MOMENT_FORMS if len({f"{moment:{form}}" for moment in moments}) == len(moments))
    return next(telling, MOMENT_FORMS[-1])


def _run_name(point: HistoryPoint, form: str) -> str:
    first = f"{point.started_at:{form}}" if point.started_at else point.run_id[:7]
    return f"{first}\n{point.commit[:7]}" if point.commit else first


def _facts(points: Sequence[HistoryPoint], changes: Sequence[Change], unit: str) -> list[str]:
    return [
        f"unit: {unit.replace('_', ' ')}",
        f"{counted(len(points), 'runs')} with {format_quantity(float(sum(point.n for point in points)), 'count')} samples",
        "a single run is no history" if len(points) == 1 else "",
        "thin bars: 95\u00a0% interval within the run" if any(point.lo is not None for point in points) else "",
        "thick lines: median of each level",
        f"{len(changes)} {'change' if len(changes) == 1 else 'changes'} of level, dashed" if changes else "no change of level marked",
        runs_text(point.run_id for point in points),
    ]
