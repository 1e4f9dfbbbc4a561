"""The scorecard as a picture: each target's value against its limit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from perfkit.figures.amounts import shortened
from perfkit.figures.canvas import drawn
from perfkit.figures.panels import LONGEST_NAME
from perfkit.model.verdict import Verdict
from perfkit.units import format_quantity

COLOURS = {"met": "#55a868", "missed": "#c44e52", "inconclusive": "#ccb974", "no_data": "#b0b7c3"}


def scorecard_figure(verdicts: Sequence[Verdict], *, title: str) -> Figure:
    """Share of the limit that is used, with its interval; the line at one is the limit."""
    with drawn(title, len(verdicts), "value over limit, logarithmic") as (figure, axes):
        for row, item in enumerate(verdicts):
            colour = COLOURS[item.verdict]
            value, lo, hi = (_used(end, item.limit) for end in (item.value, item.lo, item.hi))
            if value is not None:
                axes.plot([value], [row], "o", color=colour, markersize=9)
                if lo is not None and hi is not None:
                    axes.plot([lo, hi], [row, row], color=colour, linewidth=3)
            text = f"{format_quantity(item.value, item.unit)} · {item.verdict.replace('_', ' ')}"
            axes.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", color=colour)
        axes.axvline(1, color="#444444", linewidth=1.2)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}×")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(*_range(verdicts))
        axes.set_ylim(-0.7, len(verdicts) - 0.3)
        limits = [f"{item.must_be} {format_quantity(item.limit, item.unit)}" for item in verdicts]
        names = [shortened(item.target, LONGEST_NAME) for item in verdicts]
        axes.set_yticks(range(len(verdicts)), ["\n".join(lines) for lines in zip(names, limits, strict=True)])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
    return figure


def _used(value: float | None, limit: float) -> float | None:
    """The share of the limit; None where there is none that a logarithmic axis could show."""
    return value / limit if value is not None and value > 0 and limit > 0 else None


def _range(verdicts: Sequence[Verdict]) -> tuple[float, float]:
    """Whole powers of ten around everything that is drawn, so that the scale has names."""
    shares = [share for item in verdicts for end in (item.value, item.lo, item.hi) if (share := _used(end, item.limit)) is not None]
    lowest, highest = min([0.5, *shares]), max([2.0, *shares])
    return 10 ** math.floor(math.log10(lowest)), 10 ** math.ceil(math.log10(highest))
