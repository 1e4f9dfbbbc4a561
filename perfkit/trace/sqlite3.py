"""sqlite3, also below aiosqlite → db spans like SQLAlchemy's; never a parameter's value."""

from __future__ import annotations

import contextvars
import importlib.util
import sqlite3
from collections.abc import Callable, Iterable
from functools import cache, wraps
from time import perf_counter_ns
from typing import Any

from perfkit.trace.drivers import answered, begun, patched, refused, stand_here
from perfkit.trace.statements import Sent

_SHORTCUTS = ("execute", "executemany", "executescript")
_STATEMENTS = frozenset({*_SHORTCUTS, "_execute_insert", "_execute_fetchall"})
"""Functions that aiosqlite hands to its thread."""


def install() -> Callable[[], None]:
    """Records every connection that sqlite3.connect opens from now on; returns what takes the hooks out again."""
    hook = _connect(sqlite3.connect)
    patches: list[tuple[Any, str, Any]] = [(sqlite3, "connect", hook), (sqlite3.dbapi2, "connect", hook)]
    if importlib.util.find_spec("aiosqlite") is not None:
        import aiosqlite

        patches.append((aiosqlite.Connection, "_execute", _in_context(vars(aiosqlite.Connection)["_execute"])))
    return patched(tuple(patches))


def _connect(original: Any) -> Any:
    @wraps(original)
    def connect(*arguments: Any, **options: Any) -> Any:
        if len(arguments) > 5:  # the factory may stand at its place
            arguments = (*arguments[:5], _recorded_connection(arguments[5]), *arguments[6:])
        else:
            options["factory"] = _recorded_connection(options.get("factory", sqlite3.Connection))
        return original(*arguments, **options)

    return connect


@cache
def _recorded_connection(factory: Any) -> Any:
    """The class with cursors that record; shortcuts of the application's own class stay, those of sqlite3 would go around our cursors."""
    if not isinstance(factory, type):
        return factory
    cursor_of = factory.cursor  # type: ignore[attr-defined]

    def cursor(connection: Any, factory: Any = sqlite3.Cursor) -> Any:
        return cursor_of(connection, _recorded_cursor(factory))

    shortcuts = {name: _shortcut(name) for name in _SHORTCUTS if getattr(factory, name) is getattr(sqlite3.Connection, name)}
    return type(factory.__name__, (factory,), {"cursor": cursor, "__module__": factory.__module__, **shortcuts})


def _shortcut(name: str) -> Any:
    def execute(connection: Any, *arguments: Any) -> Any:
        return getattr(connection.cursor(), name)(*arguments)

    return execute


@cache
def _recorded_cursor(factory: Any) -> Any:
    return type(factory.__name__, (_Counting, factory), {"__module__": factory.__module__}) if isinstance(factory, type) else factory


class _Counting(sqlite3.Cursor):
    """Records what it executes, and of its rows the number and the time: SQLite finds each when it is fetched."""

    _sent: Sent | None = None

    def execute(self, sql: str, *parameters: Any) -> Any:
        return self._run(super().execute, sql, parameters, False)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        sets = parameters if isinstance(parameters, list | tuple) else list(parameters)
        return self._run(super().executemany, sql, (sets,), True)

    def executescript(self, sql_script: str, /) -> Any:
        return self._run(super().executescript, sql_script, (), False)

    def _run(self, original: Any, sql: str, arguments: tuple[Any, ...], many: bool) -> Any:
        self._done()
        sent = begun(sql, arguments[0] if arguments else (), many, 2)
        try:
            result = original(sql, *arguments)
        except BaseException as error:
            refused(sent, error)
            raise
        if sent is not None and self.description is not None:
            sent.open, self._sent = True, sent
        answered(sent, 0 if self._sent is not None else self.rowcount)
        return result

    def fetchone(self) -> Any:
        begun_ns = perf_counter_ns()
        row = super().fetchone()
        self._count(row is not None, begun_ns)
        if row is None:
            self._done()
        return row

    def __next__(self) -> Any:
        begun_ns = perf_counter_ns()
        try:
            row = super().__next__()
        except StopIteration:
            self._count(0, begun_ns)
            self._done()
            raise
        self._count(1, begun_ns)
        return row

    def fetchmany(self, *arguments: Any, **options: Any) -> Any:
        begun_ns = perf_counter_ns()
        rows = super().fetchmany(*arguments, **options)
        self._count(len(rows), begun_ns)
        return rows

    def fetchall(self) -> Any:
        begun_ns = perf_counter_ns()
        rows = super().fetchall()
        self._count(len(rows), begun_ns)
        self._done()
        return rows

    def close(self) -> None:
        self._done()
        super().close()

    def __del__(self) -> None:
        self._done()

    def _count(self, rows: int, begun_ns: int) -> None:
        if self._sent is not None:
            self._sent.rows += rows  # type: ignore[operator]
            self._sent.took += perf_counter_ns() - begun_ns

    def _done(self) -> None:
        if self._sent is not None:
            self._sent.open, self._sent = False, None


def _in_context(original: Any) -> Any:
    """aiosqlite works in a thread of its own: the request and the call site of whoever waits go with it."""

    @wraps(original)
    async def execute(connection: Any, function: Any, *arguments: Any, **options: Any) -> Any:
        if getattr(function, "__name__", "") not in _STATEMENTS:
            return await original(connection, function, *arguments, **options)
        context = contextvars.copy_context()
        context.run(stand_here)
        return await original(connection, context.run, function, *arguments, **options)

    return execute
