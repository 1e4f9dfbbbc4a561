"""Rows of a statement, counted and timed while the application fetches them, where the database finds each only then."""

from __future__ import annotations

from collections import deque
from copy import copy
from time import perf_counter_ns
from typing import Any, ClassVar

from sqlalchemy.engine.cursor import BufferedRowCursorFetchStrategy, CursorFetchStrategy
from sqlalchemy.engine.default import DefaultExecutionContext

from perfkit.trace.statements import Sent

_DEFAULT = DefaultExecutionContext.cursor_fetch_strategy


def count_fetched(context: Any, sent: Sent) -> None:
    """Counts what is fetched of the statement's result, unless the dialect has its own way to fetch."""
    if context.cursor_fetch_strategy is not _DEFAULT:
        return
    buffered = context._is_server_side
    counting = _CountedBuffer(context.cursor, context.execution_options, initial_buffer=deque()) if buffered else _Counted()
    counting.sent, sent.rows, sent.open = sent, 0, True
    context.cursor_fetch_strategy = counting


class _Counting(CursorFetchStrategy):
    """Adds to the span what it hands out. Whoever closes, exhausts or forgets the result lets go of this, and the span is complete."""

    __slots__ = ()
    sent: Sent
    plain: ClassVar[type[CursorFetchStrategy]]
    """How rows are fetched without being counted; super() would find it, too, but not for free."""

    def fetchone(self, result: Any, dbapi_cursor: Any, hard_close: bool = False) -> Any:
        begun_ns = perf_counter_ns()
        row = self.plain.fetchone(self, result, dbapi_cursor, hard_close)
        self.sent.took += perf_counter_ns() - begun_ns
        if row is not None:
            self.sent.rows += 1  # type: ignore[operator]
        return row

    def fetchmany(self, result: Any, dbapi_cursor: Any, size: int | None = None) -> Any:
        begun_ns = perf_counter_ns()
        rows = self.plain.fetchmany(self, result, dbapi_cursor, size)
        self.sent.took += perf_counter_ns() - begun_ns
        self.sent.rows += len(rows)  # type: ignore[operator]
        return rows

    def fetchall(self, result: Any, dbapi_cursor: Any) -> Any:
        begun_ns = perf_counter_ns()
        rows = self.plain.fetchall(self, result, dbapi_cursor)
        self.sent.took += perf_counter_ns() - begun_ns
        self.sent.rows += len(rows)  # type: ignore[operator]
        return rows

    def soft_close(self, result: Any, dbapi_cursor: Any) -> None:
        self.plain.soft_close(self, result, dbapi_cursor)
        result.context.cursor_fetch_strategy = _DEFAULT

    def hard_close(self, result: Any, dbapi_cursor: Any) -> None:
        self.plain.hard_close(self, result, dbapi_cursor)
        result.context.cursor_fetch_strategy = _DEFAULT

    def __del__(self) -> None:
        self.sent.open = False


class _Counted(_Counting):
    __slots__ = ("sent",)
    plain = CursorFetchStrategy

    def yield_per(self, result: Any, dbapi_cursor: Any, num: int) -> None:
        buffer = _CountedBuffer(dbapi_cursor, {"max_row_buffer": num}, initial_buffer=deque(), growth_factor=0)
        buffer.sent, self.sent = self.sent, copy(self.sent)
        result.cursor_strategy = result.context.cursor_fetch_strategy = buffer


class _CountedBuffer(_Counting, BufferedRowCursorFetchStrategy):
    __slots__ = ("sent",)
    plain = BufferedRowCursorFetchStrategy

    def fetchmany(self, result: Any, dbapi_cursor: Any, size: int | None = None) -> Any:
        return self.fetchall(result, dbapi_cursor) if size is None else super().fetchmany(result, dbapi_cursor, size)
