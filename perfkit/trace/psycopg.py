"""psycopg 3, blocking and asynchronous → db spans like SQLAlchemy's; never a parameter's value."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import psycopg

from perfkit.trace.drivers import awaited, begun, during, patched


def install() -> Callable[[], None]:
    """Records the statements of every cursor; returns what takes the hooks out again."""
    blocking = (psycopg.Cursor, psycopg.ServerCursor)
    waiting = (psycopg.AsyncCursor, psycopg.AsyncServerCursor)
    names = ("execute", "executemany")
    return patched(
        (
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


def _rows(cursor: Any) -> int | None:
    rows = cursor.rowcount
    return rows if isinstance(rows, int) else None


def _listed(parameter_sets: Any) -> Any:
    """An iterator can be gone through only once, and that is the driver's."""
    return parameter_sets if hasattr(parameter_sets, "__len__") else list(parameter_sets)
