"""A repeated statement → what kind of repetition it is, or none: pages, searches, polls and batches are no loops over rows."""

from __future__ import annotations

from typing import Literal

from perfkit.analyses.repeated_statements import RepeatedStatement
from perfkit.model.finding import Level
from perfkit.rules.statements.shapes import Shape, shape_of

Kind = Literal["n-plus-one", "duplicate-statement", "write-loop", "chunked-statement"]

MANY = 5
"""Executions in one request from which a repetition is a loop."""
FEW_BUT_PROVED = 2
"""The same, where an earlier statement returned about as many rows."""
DUPLICATE_SHARE = 0.2
LARGE_BATCH = 50
"""Values of an IN list from which more of them save little."""
POLL_MS = 10.0
"""A pause after each execution from which somebody waits for another answer."""
WARN = (10, 20.0, 0.1)
"""Executions, milliseconds, share of the request."""
ERROR = (50, 100.0, 0.3)


def kind_of(row: RepeatedStatement) -> Kind | None:
    """The class of a repetition."""
    shape = shape_of(row.statement or "")
    if shape.writes:
        return _kind_of_write(row, shape)
    if not shape.reads or shape.table is None:
        return None
    if row.distinct_share is not None and row.distinct_share <= DUPLICATE_SHARE:
        return "duplicate-statement" if row.per_request >= MANY and _asks_in_vain(row, shape) else None
    if shape.in_array or (row.batch or 0) >= 2:
        return _kind_of_batch(row, shape)
    return "n-plus-one" if shape.column and _is_loop(row, shape) else None


def severity(rows: list[RepeatedStatement]) -> Level:
    """By executions, database time and share of the request, whichever weighs most."""
    count, spent = sum(row.per_request for row in rows), sum(row.total_ms for row in rows)
    share = sum(row.elapsed_ms for row in rows) / rows[0].request_ms if rows[0].request_ms else 0.0
    measured = (count, spent, share)
    if any(value >= limit for value, limit in zip(measured, ERROR, strict=True)):
        return "HIGH"
    return "MEDIUM" if any(value >= limit for value, limit in zip(measured, WARN, strict=True)) else "LOW"


def _kind_of_write(row: RepeatedStatement, shape: Shape) -> Kind | None:
    if row.per_request < MANY or (row.rows_each or 0) >= LARGE_BATCH or shape.limited:
        return None
    if not shape.single_row and (row.pause_ms or 0) >= POLL_MS:
        return None  # progress or a sign of life: it is worth something only at its time
    if (row.batch or 0) >= 2:
        return "chunked-statement" if (row.batch or 0) < LARGE_BATCH else None
    return "write-loop" if shape.single_row or shape.column else None


def _kind_of_batch(row: RepeatedStatement, shape: Shape) -> Kind | None:
    if shape.lazy or (shape.equal and row.proved):
        return "n-plus-one" if _is_loop(row, shape) else None
    return "chunked-statement" if row.per_request >= MANY and row.batch is not None and row.batch < LARGE_BATCH else None


def _asks_in_vain(row: RepeatedStatement, shape: Shape) -> bool:
    """Nothing was written in between, nobody waited, and the statement takes nothing away."""
    return (row.fresh_share or 0) <= DUPLICATE_SHARE and (row.pause_ms or 0) < POLL_MS and not (shape.limited and not shape.column)


def _is_loop(row: RepeatedStatement, shape: Shape) -> bool:
    if row.proved and row.per_request >= FEW_BUT_PROVED and (row.distinct_share is None or row.distinct_share > 0.99 or row.per_request >= MANY):
        return True
    return row.per_request >= MANY and not shape.searches
