"""Where a request's time goes: one stacked bar an endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from perfkit.analyses.request_time import RequestTime
from perfkit.figures.canvas import drawn
from perfkit.units import format_quantity

PARTS = (("db_ms", "database"), ("cache_ms", "cache"), ("llm_ms", "models"), ("http_ms", "other services"), ("own_ms", "own work"))


def request_time_figure(rows: Sequence[RequestTime], *, title: str) -> Figure:
    """Parts overlap only where calls of two kinds were open together; the end of the bar is the whole request."""
    shown = [part for part in PARTS if any(getattr(row, part[0]) > 0.005 * row.total_ms for row in rows)]
    with drawn(title, len(rows), "ms a request") as (figure, axes):
        left = [0.0] * len(rows)
        for column, name in shown:
            widths = [getattr(row, column) for row in rows]
            axes.barh(range(len(rows)), widths, 0.6, left=left, label=name)
            left = [start + width for start, width in zip(left, widths, strict=True)]
        for place, row in enumerate(rows):
            axes.annotate(format_quantity(row.total_ms, "ms"), (left[place], place), xytext=(5, 0), textcoords="offset points", va="center")
        axes.set_yticks(range(len(rows)), [row.subject for row in rows])
        axes.invert_yaxis()
        axes.margins(x=0.1)
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside lower right", ncols=len(shown) or 1)
    return figure
