"""Memory over the time of one run: every series, the peak, and the functions that were marked."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perfkit.analyses.memory_timeline import Course, MarkedFunction, MemoryTimeline
from perfkit.figures.amounts import how_many, shortened
from perfkit.figures.panels import INK, LONGEST_NAME, LOOKS, QUIET, SMALL, caption, counted, label_ends, panels, required, runs_text
from perfkit.units import SCALES, format_quantity

MOST_SERIES, MOST_FUNCTIONS = len(LOOKS), 8
"""More lines cannot be told apart."""
ROOM = 1.18


def memory_over_time_figure(timeline: MemoryTimeline, *, title: str) -> Figure:
    """Sizes above; below, when the marked functions ran, where there are any."""
    required(timeline.courses, "memory over time")
    courses = timeline.courses[:MOST_SERIES]
    names = list(dict.fromkeys(item.function for item in timeline.functions))[:MOST_FUNCTIONS]
    with panels(title, (3, 1) if names else (1,), inches=5.4 if names else 4.4) as (figure, axes):
        divisor, unit = _unit(courses)
        ends = _sizes(axes[0], courses, divisor)
        axes[0].set_ylabel(f"memory, {unit}")
        _peak(axes[0], courses, divisor)
        if names:
            axes[0].tick_params(labelbottom=False)
            _functions(axes[1], names, timeline.functions)
        longest = max(course.seconds[-1] for course in courses) or 1.0
        for panel in axes:
            panel.set_xlim(0, longest)
        axes[-1].set_xlabel("seconds since the first value")
        caption(figure, _facts(timeline, courses, names, unit))
        label_ends(axes[0], ends)
    return figure


def _unit(courses: Sequence[Course]) -> tuple[float, str]:
    """The unit in which the largest value is written."""
    largest = max(max(course.highest) for course in courses)
    step = next(step for step in SCALES["bytes"].steps if largest >= step.least)
    return float(step.divisor), step.suffix.strip()


def _sizes(axes: Axes, courses: Sequence[Course], divisor: float) -> list[tuple[float, float, str]]:
    ends = []
    for look, course in zip(LOOKS, courses, strict=False):
        held = [amount / divisor for amount in course.highest]
        axes.plot(course.seconds, held, color=look.color, linestyle=look.linestyle, linewidth=1.3, marker=look.marker if len(held) < 3 else None)
        ends.append((course.seconds[-1], held[-1], course.series))
    axes.set_ylim(0, max(max(course.highest) for course in courses) / divisor * ROOM or 1.0)
    return ends


def _peak(axes: Axes, courses: Sequence[Course], divisor: float) -> None:
    course = courses[0]
    place = max(range(len(course.highest)), key=course.highest.__getitem__)
    at, amount = course.seconds[place], course.highest[place] / divisor
    axes.axhline(amount, color=QUIET, linewidth=0.8, linestyle=":")
    axes.plot([at], [amount], "v", color=INK, markersize=7)
    late = at > course.seconds[-1] / 2
    text = f"peak {format_quantity(course.highest[place], 'bytes')}"
    axes.annotate(text, (at, amount), xytext=(-6 if late else 6, 6), textcoords="offset points", ha="right" if late else "left", fontsize=SMALL)


def _functions(axes: Axes, names: Sequence[str], calls: Sequence[MarkedFunction]) -> None:
    """One row a function, one bar a call."""
    for row, name in enumerate(names):
        bars = [(call.from_s, max(call.to_s - call.from_s, 0.0)) for call in calls if call.function == name]
        axes.broken_barh(bars, (row - 0.35, 0.7), facecolors=LOOKS[row % len(LOOKS)].color, edgecolor="white", linewidth=0.3)
    axes.set_yticks(range(len(names)), [shortened(name, LONGEST_NAME) for name in names], fontsize=SMALL)
    axes.set_ylim(len(names) - 0.5, -0.5)


def _facts(timeline: MemoryTimeline, courses: Sequence[Course], names: Sequence[str], unit: str) -> list[str]:
    left_out = len(timeline.courses) - len(courses)
    others = len({item.function for item in timeline.functions}) - len(names)
    return [
        f"unit: {unit}",
        f"{counted(sum(len(course.seconds) for course in courses), 'values')}, the highest of each stretch",
        f"peak of {courses[0].series}",
        f"without {left_out} smaller series" if left_out else "",
        f"{counted(len(timeline.functions), 'calls')} of marked functions" if names else "",
        f"without {how_many(others, 'function')} more" if others else "",
        runs_text(course.run_id for course in courses),
    ]
