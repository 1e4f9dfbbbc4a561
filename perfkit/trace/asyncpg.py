"""asyncpg → db spans like SQLAlchemy's; never a parameter's value."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from perfkit.trace.drivers import awaited, begun, patched

_COUNT = re.compile(r"(\d+)$")
_READS = ("fetch", "fetchrow", "fetchval")


def install() -> Callable[[], None]:
    """Records the statements of every connection and prepared statement; returns what takes the hooks out again."""
    connection, prepared = asyncpg.Connection, PreparedStatement
    return patched(
        (
            *((connection, name, _of_connection(vars(connection)[name], name == "executemany")) for name in (*_READS, "execute", "executemany")),
            *((prepared, name, _of_statement(vars(prepared)[name], name == "executemany")) for name in (*_READS, "executemany")),
        )
    )


def _of_connection(original: Any, many: bool) -> Any:
    @wraps(original)
    async def method(connection: Any, query: str, *arguments: Any, **options: Any) -> Any:
        if many and arguments and not hasattr(arguments[0], "__len__"):
            arguments = (list(arguments[0]), *arguments[1:])
        sent = begun(query, arguments[0] if many and arguments else arguments, many, 1)
        return await awaited(sent, original(connection, query, *arguments, **options), _rows)

    return method


def _of_statement(original: Any, many: bool) -> Any:
    @wraps(original)
    async def method(statement: Any, *arguments: Any, **options: Any) -> Any:
        if many and arguments and not hasattr(arguments[0], "__len__"):
            arguments = (list(arguments[0]), *arguments[1:])
        sent = begun(statement.get_query(), arguments[0] if many and arguments else arguments, many, 1)
        return await awaited(sent, original(statement, *arguments, **options), _rows)

    return method


def _rows(result: Any) -> int | None:
    """Rows of a list, of one row or value, or of a command's tag such as UPDATE 3."""
    if isinstance(result, list):
        return len(result)
    if isinstance(result, str):
        found = _COUNT.search(result)
        return int(found[1]) if found else None
    return None if result is None else 1
