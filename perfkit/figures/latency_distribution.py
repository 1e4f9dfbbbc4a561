"""How response times are distributed: two histograms, and the percentiles up to the rarest that the samples carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from perfkit.analyses.latency_histogram import LatencyBin
from perfkit.analyses.latency_quantiles import LatencyQuantile
from perfkit.figures.panels import (
    LOOKS,
    QUIET,
    SMALL,
    Look,
    caption,
    counted,
    failed_text,
    label_ends,
    panels,
    plain_ticks,
    required,
    runs_text,
    scale_times,
)
from perfkit.units import format_quantity

FAILED = "failed"
NAMED = (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999)
ALONE = "#dbe5ee"
MOST_LABELLED = 8


@dataclass(frozen=True, slots=True)
class _Bins:
    """The bins of one scale as shares of all requests of their name."""

    edges: list[float]
    """Those of bins that hold something; what lies between two such bins is empty."""
    width: float
    """Of every linear bin but the last."""
    shares: dict[tuple[str, bool], list[float]]
    """By name and whether the requests failed; one share a bin, the last one that of all longer requests where there is such a bin."""
    longer_than: float | None
    """Where the bin without an end begins."""


def latency_distribution_figure(
    quantiles: Sequence[LatencyQuantile], bins: Sequence[LatencyBin], *, title: str, names: Mapping[str, str] | None = None
) -> Figure:
    """One look a name; names maps runs to labels, and runs of one label share their histogram but keep a line of percentiles each."""
    required(quantiles, "requests")
    known = {row.run_id: (names or {}).get(row.run_id, row.run_id) for row in quantiles}
    looks = {name: LOOKS[place % len(LOOKS)] for place, name in enumerate(dict.fromkeys(known.values()))}
    with panels(title, (2, 3), widths=(1, 1), inches=7.4) as (figure, axes):
        below = _merged(figure, axes)
        linear, log = (_counted([row for row in bins if row.scale == scale], known) for scale in ("linear", "log"))
        for panel, counts in ((axes[0], linear), (axes[1], log)):
            _histogram(panel, counts, looks)
        _linear_axis(axes[0], linear)
        _log_axis(axes[1])
        ends = _percentiles(below, quantiles, known, looks)
        figure.legend(*below.get_legend_handles_labels(), loc="outside upper right", ncols=4, fontsize=SMALL, handlelength=4)
        caption(figure, _facts(quantiles, bins))
        label_ends(below, ends)
    return figure


def _merged(figure: Figure, axes: Sequence[Axes]) -> Axes:
    """The two lower panels as one."""
    grid = axes[2].get_gridspec()
    for panel in axes[2:]:
        panel.remove()
    return figure.add_subplot(grid[1, :]) if grid else axes[0]


def _counted(bins: Sequence[LatencyBin], names: Mapping[str, str]) -> _Bins:
    totals: dict[str, float] = defaultdict(float)
    counts: dict[tuple[str, bool], dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for row in bins:
        totals[names[row.run_id]] += row.requests
        counts[names[row.run_id], row.outcome == FAILED][row.lo_ms] += row.requests
    edges = sorted({edge for row in bins for edge in (row.lo_ms, row.hi_ms) if edge is not None})
    longer_than = next((row.lo_ms for row in bins if row.hi_ms is None), None)
    starts = edges if longer_than is not None else edges[:-1]
    shares = {(name, failed): [found.get(edge, 0.0) / totals[name] for edge in starts] for (name, failed), found in sorted(counts.items())}
    width = min((row.hi_ms - row.lo_ms for row in bins if row.hi_ms is not None), default=1.0)
    return _Bins(edges, width, shares, longer_than)


def _histogram(axes: Axes, bins: _Bins, looks: Mapping[str, Look]) -> None:
    """Outlines from zero; failed requests hatched."""
    edges = [*bins.edges, _end(bins)] if bins.longer_than is not None else bins.edges
    alone = sum(not failed for _, failed in bins.shares) == 1
    for (name, failed), shares in bins.shares.items():
        look = looks[name]
        if failed:
            axes.stairs(shares, edges, fill=True, facecolor="none", edgecolor=look.color, hatch="xxxx", linewidth=0.8)
            continue
        if alone:
            axes.stairs(shares, edges, fill=True, color=ALONE)
        axes.stairs(shares, edges, color=look.color, linestyle=look.linestyle, linewidth=1.3)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(lambda share, _: f"{round(share * 100, 6):g}\u00a0%")
    axes.set_ylabel("share of all requests, by bin")


def _end(bins: _Bins) -> float:
    """The bin without an end is drawn three bins wide."""
    return bins.edges[-1] + 3 * bins.width


def _linear_axis(axes: Axes, bins: _Bins) -> None:
    axes.set_xlabel(f"response time, ms, bins of {bins.width:g}\u00a0ms")
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    if bins.longer_than is None:
        axes.set_xlim(left=0)
        return
    axes.set_xticks([tick for tick in axes.get_xticks() if 0 <= tick <= bins.longer_than])
    axes.set_xlim(0, _end(bins))
    axes.axvspan(bins.longer_than, _end(bins), facecolor="#f0f0f0", edgecolor=QUIET, linewidth=0.6, linestyle=":", zorder=0)
    axes.annotate(
        f"{bins.longer_than:g} and more",
        ((bins.longer_than + _end(bins)) / 2, 0.97),
        xycoords=("data", "axes fraction"),
        rotation=90,
        ha="center",
        va="top",
        fontsize=SMALL,
    )


def _log_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    lowest, highest = axes.get_xlim()
    if highest < 10 * lowest:
        axes.set_xlim(lowest / 3, highest * 3)
    plain_ticks(axes.xaxis)
    axes.tick_params(axis="x", labelsize=SMALL)
    axes.set_xlabel("response time, ms, logarithmic, 20 bins a decade")


def _percentiles(
    axes: Axes, quantiles: Sequence[LatencyQuantile], names: Mapping[str, str], looks: Mapping[str, Look]
) -> list[tuple[float, float, str]]:
    """A line a run and outcome, as far as its requests carry; a band where only buckets are known."""
    ends: dict[str, tuple[float, float, str]] = {}
    for (run_id, outcome), group in groupby(quantiles, key=lambda row: (row.run_id, row.outcome)):
        rows = list(group)
        name, look = names[run_id], looks[names[run_id]]
        shown = f"{name}, failed" if outcome == FAILED else name
        x, y = [1 / (1 - row.quantile) for row in rows], [row.hi_ms for row in rows]
        axes.fill_between(x, [row.lo_ms for row in rows], y, color=look.color, alpha=0.25, linewidth=0)
        axes.plot(
            x,
            y,
            color=look.color,
            linestyle=look.linestyle,
            linewidth=0.9 if outcome == FAILED else 1.4,
            marker="x" if outcome == FAILED else look.marker,
            markersize=4.5,
            markevery=[row.quantile in NAMED or len(rows) == 1 for row in rows],
            label=None if shown in ends else shown,
        )
        ends.setdefault(shown, (x[-1], y[-1], shown))
    _percentile_axes(axes, quantiles)
    return list(ends.values())[:MOST_LABELLED]


def _percentile_axes(axes: Axes, quantiles: Sequence[LatencyQuantile]) -> None:
    rarest = max(row.quantile for row in quantiles)
    ticks = [share for share in (0.0, *NAMED) if share <= max(rarest, NAMED[0])]
    axes.set_xscale("log")
    axes.set_xlim(0.99, max(1 / (1 - rarest), 2) * 1.02)
    axes.set_xticks([1 / (1 - share) for share in ticks], [f"{round(share * 100, 4):g}\u00a0%" for share in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("share of requests that were at most so long; the axis gives every further nine the same room")
    scale_times(axes, [row.hi_ms for row in quantiles if row.quantile >= NAMED[0]] + [row.hi_ms for row in quantiles if row.quantile == 0])


def _facts(quantiles: Sequence[LatencyQuantile], bins: Sequence[LatencyBin]) -> list[str]:
    counts = {(row.run_id, row.outcome): row.n for row in quantiles}
    n, failed = sum(counts.values()), sum(count for (_, outcome), count in counts.items() if outcome == FAILED)
    unplaced = sum(row.requests for row in bins if row.scale == "linear") - sum(row.requests for row in bins if row.scale == "log")
    whole = any(outcome == "all" for _, outcome in counts)
    return [
        "unit: ms",
        f"{counted(n, 'requests')}, " + ("failed ones among them" if whole else failed_text(failed, n)) + (", drawn apart" if failed else ""),
        "lines end at 1\u00a0−\u00a01/n",
        "a single request makes a point, no distribution" if 1 in counts.values() else "",
        "bands: the tool kept buckets, no samples" if whole else "",
        f"{format_quantity(round(unplaced), 'count')} of 0\u00a0ms have no place on a logarithmic axis" if unplaced > 0.5 else "",
        runs_text(row.run_id for row in quantiles),
    ]
