"""Two labels compared: candidate over base for every subject, with its interval, and what may be said about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from perfkit.analyses.comparison import Compared
from perfkit.figures.amounts import shortened
from perfkit.figures.panels import INK, LONGEST_NAME, SMALL, caption, panels, required, runs_text
from perfkit.stats.comparison import CONFIDENCE
from perfkit.units import format_quantity

ROW_INCHES, MARGIN_INCHES = 0.42, 1.9
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
CLOSEST = 0.1
"""Ticks keep such a share of the axis from each other."""
NARROWEST = 1.3
"""The axis reaches at least so far to both sides of 1, or noise would look like a change."""
MARKERS = {"faster": "o", "slower": "s", "same": "D", "inconclusive": "o"}
FILLED = ("faster", "slower")


def ratios_figure(
    compared: Sequence[Compared],
    *,
    title: str,
    base: str,
    candidate: str,
    run_ids: Mapping[str, Sequence[str]] | None = None,
    equivalence: float = 0.10,
) -> Figure:
    """A dot and its interval a row on a logarithmic axis; run_ids maps the two labels to their runs."""
    required(compared, "metric that both sides answer")
    with panels(title, (1,), inches=MARGIN_INCHES + ROW_INCHES * max(len(compared), 2)) as (figure, [axes]):
        axes.axvspan(1 / (1 + equivalence), 1 + equivalence, color="#eeeeee", linewidth=0, zorder=0)
        axes.axvline(1, color=INK, linewidth=1.0)
        for row, item in enumerate(compared):
            _row(axes, row, item)
        _scale(axes, compared)
        axes.set_yticks(range(len(compared)), [_name(item, compared) for item in compared])
        axes.set_ylim(len(compared) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{candidate} over {base}, logarithmic\n← smaller    larger →")
        caption(figure, _facts(compared, equivalence, {name: (run_ids or {}).get(name, ()) for name in (base, candidate)}))
    return figure


def _row(axes: Axes, row: int, item: Compared) -> None:
    if item.noise:
        reach = 1 + 2 * item.noise
        axes.plot([1 / reach, reach], [row, row], color="#c6c6c6", linewidth=8, solid_capstyle="butt", zorder=1, label="noise")
    if item.ratio is not None and item.ratio > 0:
        if item.lo is not None and item.hi is not None and item.lo > 0:
            axes.plot(
                [item.lo, item.hi],
                [row, row],
                color=INK,
                linewidth=1.6,
                linestyle="-" if item.verdict != "inconclusive" else (0, (2, 1.5)),
                marker="|",
            )
        face = INK if item.verdict in FILLED else "white"
        axes.plot([item.ratio], [row], MARKERS.get(item.verdict, "o"), color=INK, markerfacecolor=face, markersize=7, zorder=3)
    axes.annotate(_words(item), (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL, annotation_clip=False)


def _words(item: Compared) -> str:
    """The verdict, the ratio with its interval, and the two values."""
    values = f"{format_quantity(item.base, item.unit)} → {format_quantity(item.candidate, item.unit)}"
    if item.ratio is None:
        return f"{item.verdict}: no ratio to 0 · {values}"
    ratio = format_quantity(item.ratio, "factor")
    if item.lo is None or item.hi is None:
        return f"{item.verdict} {ratio}, no interval · {values}"
    return f"{item.verdict} {ratio} ({format_quantity(item.lo, 'factor')} … {format_quantity(item.hi, 'factor')}) · {values}"


def _name(item: Compared, compared: Sequence[Compared]) -> str:
    """The metric only where there are several."""
    subject = shortened(item.subject, LONGEST_NAME)
    return subject if len({row.metric for row in compared}) == 1 else f"{subject}\n{item.metric}"


def _scale(axes: Axes, compared: Sequence[Compared]) -> None:
    """Round ratios as ticks, from 1 outward, as long as there is room."""
    ends = [end for item in compared for end in (item.ratio, item.lo, item.hi) if end is not None and end > 0]
    lowest, highest = min([1 / NARROWEST, *ends]) / 1.05, max([NARROWEST, *ends]) * 1.05
    shown: list[float] = []
    for tick in sorted(TICKS, key=lambda tick: abs(math.log(tick))):
        apart = min((abs(math.log(tick / other)) for other in shown), default=math.inf)
        if lowest <= tick <= highest and apart >= CLOSEST * math.log(highest / lowest):
            shown.append(tick)
    axes.set_xscale("log")
    axes.set_xlim(lowest, highest)
    axes.xaxis.set_major_locator(FixedLocator(sorted(shown)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}×")
    axes.tick_params(axis="x", labelsize=SMALL)


def _facts(compared: Sequence[Compared], equivalence: float, run_ids: Mapping[str, Sequence[str]]) -> list[str]:
    metrics = dict.fromkeys(f"{item.metric} in {item.unit}" for item in compared)
    counts = sorted({(item.runs_base, item.runs_candidate) for item in compared})
    bounded = any(item.lo is not None for item in compared)
    detectable = [item.detectable for item in compared if item.verdict == "inconclusive" and item.detectable is not None]
    return [
        f"unit: ratio of {', '.join(metrics)}",
        "n\u00a0=\u00a0" + ", ".join(f"{base}\u00a0:\u00a0{candidate}" for base, candidate in counts) + "\u00a0runs",
        f"whiskers: {CONFIDENCE * 100:g}\u00a0% interval" if bounded else "no interval: fewer than two runs a side",
        f"band: within {equivalence * 100:g}\u00a0%, as good as equal",
        "grey bars: twice the noise of runs of the same code" if any(item.noise for item in compared) else "",
        f"dashed: inconclusive, changes below {_range(detectable)} stay unseen" if detectable else "",
        *(f"{name}: {runs_text(ids)}" for name, ids in run_ids.items() if ids),
    ]


def _range(shares: Sequence[float]) -> str:
    least, most = format_quantity(min(shares), "ratio"), format_quantity(max(shares), "ratio")
    return least if least == most else f"{least} to {most}"
