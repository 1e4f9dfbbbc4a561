"""psycopg 3, blocking and asynchronous → db spans like SQLAlchemy's; never a parameter's value."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import wraps
from typing import Any

import psycopg

from perfkit.trace.drivers import awaited, begun, during, patched
from perfkit.trace.statements import Sent

_END = object()
"""After the last row, which may itself be None."""


def install() -> Callable[[], None]:
    """Records the statements of every cursor; returns what takes the hooks out again."""
    blocking = (psycopg.Cursor, psycopg.ServerCursor)
    waiting = (psycopg.AsyncCursor, psycopg.AsyncServerCursor)
    names = ("execute", "executemany")
    return patched(
        (
            (psycopg.Cursor, "stream", _streamed(vars(psycopg.Cursor)["stream"])),
            (psycopg.AsyncCursor, "stream", _streamed_waiting(vars(psycopg.AsyncCursor)["stream"])),
            *((cursor, name, _blocking(vars(cursor)[name], name == "executemany")) for cursor in blocking for name in names if name in vars(cursor)),
            *((cursor, name, _waiting(vars(cursor)[name], name == "executemany")) for cursor in waiting for name in names if name in vars(cursor)),
        )
    )


def _blocking(original: Any, many: bool) -> Any:
    @wraps(original)
    def execute(cursor: Any, query: Any, params: Any = None, *more: Any, **options: Any) -> Any:
        if many:
            params = _listed(params)
        sent = begun(query, params, many, 1)
        return during(sent, lambda: original(cursor, query, params, *more, **options), lambda _: _rows(cursor))

    return execute


def _waiting(original: Any, many: bool) -> Any:
    @wraps(original)
    async def execute(cursor: Any, query: Any, params: Any = None, *more: Any, **options: Any) -> Any:
        if many:
            params = _listed(params)
        sent = begun(query, params, many, 1)
        return await awaited(sent, original(cursor, query, params, *more, **options), lambda _: _rows(cursor))

    return execute


def _streamed(original: Any) -> Any:
    @wraps(original)
    def stream(cursor: Any, query: Any, params: Any = None, *more: Any, **options: Any) -> Iterator[Any]:
        rows = original(cursor, query, params, *more, **options)
        sent = _open(begun(query, params, False, 1))
        row = during(sent, lambda: next(rows, _END), lambda row: int(row is not _END))
        try:
            while row is not _END:
                yield row
                row = _counted(sent, next(rows, _END))
        finally:
            _closed(sent)
            rows.close()

    return stream


def _streamed_waiting(original: Any) -> Any:
    @wraps(original)
    async def stream(cursor: Any, query: Any, params: Any = None, *more: Any, **options: Any) -> AsyncIterator[Any]:
        rows = original(cursor, query, params, *more, **options)
        sent = _open(begun(query, params, False, 1))
        row = await awaited(sent, anext(rows, _END), lambda row: int(row is not _END))
        try:
            while row is not _END:
                yield row
                row = _counted(sent, await anext(rows, _END))
        finally:
            _closed(sent)
            await rows.aclose()

    return stream


def _open(sent: Sent | None) -> Sent | None:
    if sent is not None:
        sent.open = True
    return sent


def _closed(sent: Sent | None) -> None:
    if sent is not None:
        sent.open = False


def _counted(sent: Sent | None, row: Any) -> Any:
    if sent is not None and row is not _END:
        sent.rows = (sent.rows or 0) + 1
    return row


def _rows(cursor: Any) -> int | None:
    rows = cursor.rowcount
    return rows if isinstance(rows, int) else None


def _listed(parameter_sets: Any) -> Any:
    """An iterator can be gone through only once, and that is the driver's."""
    return parameter_sets if hasattr(parameter_sets, "__len__") else list(parameter_sets)
