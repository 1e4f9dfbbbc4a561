"""Where a request's time goes: one stacked bar an endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from perfkit.analyses.request_time import RequestTime
from perfkit.figures.rows_of_bars import COLOURS, Bar, Row, RowsOfBars
from perfkit.units import format_quantity

PARTS = (("db_ms", "database"), ("cache_ms", "cache"), ("llm_ms", "models"), ("http_ms", "other services"), ("own_ms", "own work"))
LEAST_SHARE = 0.005
"""Of some request: a part that is less in all of them is not seen."""


def request_time_figure(rows: Sequence[RequestTime], *, title: str) -> RowsOfBars:
    """Parts overlap only where calls of two kinds were open together; the number is the whole request."""
    seen = [part for part in PARTS if any(getattr(row, part[0]) > LEAST_SHARE * row.total_ms for row in rows)]
    shown = [(column, name, colour) for (column, name), colour in zip(seen, COLOURS, strict=False)]
    bars = [Bar([(getattr(row, column), colour) for column, _, colour in shown], format_quantity(row.total_ms, "ms")) for row in rows]
    return RowsOfBars(title, "ms a request", [Row((row.subject,), [bar]) for row, bar in zip(rows, bars, strict=True)], [part[1:] for part in shown])
