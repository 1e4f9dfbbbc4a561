"""Pictures of several panels: one title, lines that differ without colour, and under the axes what was counted, in what unit, in which runs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from perfkit.errors import UsageError
from perfkit.figures.canvas import STYLE, Chart, wrapped
from perfkit.units import format_quantity

INK, QUIET = "#222222", "#666666"
SMALL = 8
LONGEST_NAME = 48
"""Letters beside an axis: longer names would leave it no room."""
CAPTION_COLUMNS = 140
MOST_RUNS_NAMED = 6
LINE_POINTS = 11
"""Height of a label's line."""
WIDE = 20
"""A largest value so many times the smallest asks for a logarithmic axis."""
LONG = 5000
"""A logarithmic axis with such a range has room for powers of ten only."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one line is told from the others: dark to light, dashed and marked differently, so that print and grey keep them apart."""

    color: str
    linestyle: str | tuple[int, tuple[int, ...]]
    marker: str


LOOKS = (
    Look("#16324f", "-", "o"),
    Look("#d1731f", "--", "s"),
    Look("#3f8f5f", "-.", "^"),
    Look("#8c2d2d", ":", "D"),
    Look("#7a6fb0", (0, (6, 1, 1, 1, 1, 1)), "v"),
    Look("#8a8a8a", (0, (1, 3)), "P"),
)


@contextmanager
def panels(title: str, heights: Sequence[float], *, widths: Sequence[float] = (1,), inches: float = 4.6) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure of panels above one another, or beside one another; the title stands over the first."""
    with style.context(STYLE):
        figure = Chart(figsize=(8.5, inches))
        FigureCanvasAgg(figure)
        grid = figure.subplots(len(heights), len(widths), squeeze=False, height_ratios=heights, width_ratios=widths)
        axes = [cell for row in grid for cell in row]
        axes[0].set_title(wrapped(title))
        yield figure, axes


def required(rows: Sequence[object], what: str) -> None:
    """Nothing is drawn from nothing."""
    if not rows:
        raise UsageError(f"There is nothing to draw: the selection has no {what}. `perfkit runs` lists the runs and their labels.")


def caption(figure: Figure, facts: Iterable[str]) -> None:
    """Unit, n, runs and every reservation, under the axes."""
    text = "\u00a0· ".join(fact for fact in facts if fact)
    lines = textwrap.wrap(text, CAPTION_COLUMNS, break_long_words=False, break_on_hyphens=False)
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=SMALL, color=QUIET, linespacing=1.4)


def runs_text(run_ids: Iterable[str]) -> str:
    """The runs behind a picture, all of them where they are few."""
    known = list(dict.fromkeys(run_ids))
    if len(known) > MOST_RUNS_NAMED:
        return f"{len(known)} runs, {known[0]} to {known[-1]}"
    return f"{'run' if len(known) == 1 else 'runs'} {', '.join(known)}"


def counted(n: float, what: str) -> str:
    """n = 1 234 requests, in one piece."""
    return f"n\u00a0=\u00a0{format_quantity(float(n), 'count')}\u00a0{what if n != 1 else what.removesuffix('s')}"


def failed_text(failed: float, n: float) -> str:
    """How many failed, always beside a latency."""
    return f"{format_quantity(float(failed), 'count')} failed ({format_quantity(failed / n, 'ratio')})" if failed else "none failed"


def scale_times(axes: Axes, values: Sequence[float], what: str = "response time") -> None:
    """From zero where the values are of one size; logarithmic, and labelled so, where they are not."""
    positive = [value for value in values if value > 0]
    if positive and max(positive) > WIDE * min(positive):
        axes.set_yscale("log")
        axes.set_ylim(min(positive) / 1.3, max(positive) * 1.4)
        plain_ticks(axes.yaxis)
        axes.set_ylabel(f"{what}, ms, logarithmic")
        return
    axes.set_ylim(0, max(positive, default=1.0) * 1.15)
    axes.set_ylabel(f"{what}, ms")


def plain_ticks(axis: Axis) -> None:
    """1, 2, 5, 10, … in plain digits on a logarithmic axis whose range is set; only powers of ten where it is long."""
    lowest, highest = axis.get_view_interval()
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if highest <= LONG * lowest else (1.0,)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def label_ends(axes: Axes, ends: Sequence[tuple[float, float, str]]) -> None:
    """Names at the right ends of lines (x, y, name), moved apart where the ends are close."""
    figure = axes.get_figure(root=True)
    if figure is None:
        return
    figure.draw_without_rendering()
    points = 72 / figure.dpi
    lowest = -1e9
    for x, y, name in sorted(ends, key=lambda end: end[1]):
        at = float(axes.transData.transform((x, y))[1]) * points
        lowest = max(at, lowest + LINE_POINTS)
        axes.annotate(name, (x, y), xytext=(9, lowest - at), textcoords="offset points", va="center", fontsize=SMALL + 1, annotation_clip=False)


def note_at_top(axes: Axes, x: float, text: str, *, line: int = 0, before: bool = False) -> None:
    """A small text at the upper edge to the right of x, or before it; further lines go below."""
    axes.annotate(
        text,
        (x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-3 if before else 3, -2 - (LINE_POINTS + 2) * line),
        textcoords="offset points",
        ha="right" if before else "left",
        va="top",
        fontsize=SMALL,
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1},
    )
