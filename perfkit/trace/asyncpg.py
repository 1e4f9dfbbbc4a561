"""asyncpg → db spans like SQLAlchemy's; never a parameter's value."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import asyncpg
from asyncpg import cursor as cursors
from asyncpg.prepared_stmt import PreparedStatement

from perfkit.trace.drivers import awaited, begun, patched
from perfkit.trace.statements import Sent

_COUNT = re.compile(r"(\d+)$")
_READS = ("fetch", "fetchrow", "fetchval")


def install() -> Callable[[], None]:
    """Records the statements of every connection and prepared statement; returns what takes the hooks out again."""
    connection, prepared = asyncpg.Connection, PreparedStatement
    return patched(
        (
            *((connection, name, _of_connection(vars(connection)[name], name == "executemany")) for name in (*_READS, "execute", "executemany")),
            (cursors, "CursorIterator", _Iterated),
            (cursors, "Cursor", _Opened),
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


class _Counting(cursors.BaseCursor):  # type: ignore[misc]
    """A cursor whose first message to the server is the statement; later ones only fetch more of its rows."""

    __slots__ = ()
    _sent: Sent | None

    async def _begin(self, work: Callable[[], Any], rows_of: Callable[[Any], int]) -> Any:
        sent = begun(self._query, self._args, False, 2)
        self._sent = sent  # type: ignore[misc]  # the slot is that of the classes below
        if sent is not None:
            sent.open = True
        result = await awaited(sent, work(), rows_of)
        self._settle()
        return result

    async def _exec(self, n: int, timeout: Any) -> Any:
        rows = await super()._exec(n, timeout)
        sent = getattr(self, "_sent", None)
        if sent is not None and sent.open:
            sent.rows = (sent.rows or 0) + len(rows)
            self._settle()
        return rows

    def _settle(self, *, gone: bool = False) -> None:
        sent = getattr(self, "_sent", None)
        if sent is not None and (gone or self._exhausted):
            sent.open = False

    def __del__(self) -> None:
        self._settle(gone=True)
        super().__del__()


class _Iterated(_Counting, cursors.CursorIterator):  # type: ignore[misc]
    """A cursor of async for."""

    __slots__ = ("_sent",)

    async def _bind_exec(self, n: int, timeout: Any) -> Any:
        return await self._begin(lambda: super(_Iterated, self)._bind_exec(n, timeout), len)


class _Opened(_Counting, cursors.Cursor):  # type: ignore[misc]
    """A cursor that is awaited."""

    __slots__ = ("_sent",)

    async def _bind(self, timeout: Any) -> Any:
        return await self._begin(lambda: super(_Opened, self)._bind(timeout), lambda _: 0)


def _rows(result: Any) -> int | None:
    """Rows of a list, of one row or value, or of a command's tag such as UPDATE 3."""
    if isinstance(result, list):
        return len(result)
    if isinstance(result, str):
        found = _COUNT.search(result)
        return int(found[1]) if found else None
    return None if result is None else 1
