"""SQLite: EXPLAIN QUERY PLAN tells the way, a clock around the execution tells the time."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfkit.collectors.databases import file_of
from perfkit.collectors.placeholders import numbered, values_of
from perfkit.collectors.plan_options import NO_VALUES, Plan, PlanOptions, only_postgres
from perfkit.collectors.statements import Statement, modifies
from perfkit.errors import CollectionFailed, UsageError

COUNT_S = 2.0
"""For the rows of one table."""
LOOK_EVERY = 10_000
"""Instructions of SQLite's machine between two looks at the clock."""
ESTIMATED = "select tbl, max(cast(stat as integer)) from sqlite_stat1 where stat is not null group by tbl"


@contextmanager
def opened(options: PlanOptions) -> Iterator[Sqlite]:
    """Each statement has a connection of its own, so that the first execution finds an empty cache."""
    only_postgres(options, "SQLite")
    yield Sqlite(options, file_of(options.dsn))


@dataclass(slots=True)
class Sqlite:
    """A database file and what is asked of it."""

    options: PlanOptions
    path: Path
    engine: str = "sqlite"
    version: str = sqlite3.sqlite_version
    counted: dict[str, int | None] = field(default_factory=dict)
    """Rows of the tables asked so far; None when counting took too long."""

    @property
    def database(self) -> str:
        return self.path.name

    def top(self, count: int) -> list[Statement]:
        """SQLite counts no statements."""
        raise UsageError(f"SQLite does not count statements: there is no top {count}. Name them in a file or with --from-trace.")

    def parameters(self) -> dict[str, Any]:
        return {}

    def document(self, plans: list[Plan]) -> dict[str, Any]:
        """In perfkit's envelope, since SQLite writes no file of its own."""
        return {"perfkit_plans": 1, "engine": self.engine, "plans": plans}

    def explain(self, statement: Statement, number: int) -> list[Plan]:  # noqa: ARG002
        """Nothing in SQLite runs statements of its own that could be seen."""
        text = numbered(statement.text, "?")
        values = values_of(statement, text.names)
        not_executed = self._held_back(statement, values)
        bound = [_as_value(value) for value in values] if values is not None else [None] * len(text.names)
        try:
            with closing(self._connected(writing=modifies(statement.text) and not_executed is None)) as connection:
                rows, tables = _way(connection, text.text, bound)
                plan = {"name": statement.name, "statement": statement.text, "rows": rows, "table_rows": self._sizes(connection, tables)}
                times = {} if not_executed is not None else self._times(connection, statement, text.text, bound)
        except sqlite3.Error as error:
            raise CollectionFailed(f"SQLite cannot explain {statement.title}: {error}.") from error
        known = {**plan, **times, "version": self.version, "not_executed": not_executed or None}
        return [{key: value for key, value in known.items() if value is not None}]

    def _held_back(self, statement: Statement, values: list[Any] | None) -> str | None:
        """Why it is not executed, empty when nobody asked for that; None when it is."""
        if not self.options.analyze:
            return ""
        reason = NO_VALUES if values is None else None
        if modifies(statement.text) and not os.access(self.path, os.W_OK):
            reason = "it changes rows, and the file is read-only"
        if reason:
            self.options.say(f"{statement.title}: only planned: {reason}.")
        elif modifies(statement.text):
            self.options.say(f"{statement.title}: executed and rolled back, as it changes rows.")
        return reason

    def _connected(self, *, writing: bool) -> sqlite3.Connection:
        uri = f"{self.path.resolve().as_uri()}?mode={'rw' if writing else 'ro'}"
        return sqlite3.connect(uri, uri=True, timeout=self.options.timeout_s, isolation_level=None)

    def _times(self, connection: sqlite3.Connection, statement: Statement, text: str, values: list[Any]) -> dict[str, Any]:
        first = self._timed(connection, statement, text, values)
        if not self.options.warm:
            return {"execution_ms": first[0], "rows_returned": first[1]}
        second = self._timed(connection, statement, text, values)
        return {"execution_ms": second[0], "rows_returned": second[1], "cold_ms": first[0]}

    def _timed(self, connection: sqlite3.Connection, statement: Statement, text: str, values: list[Any]) -> tuple[float, int]:
        """Milliseconds until the last row was fetched, and rows; undone."""
        connection.execute("begin")
        try:
            began = time.perf_counter()
            with _limited(connection, self.options.timeout_s) as late:
                rows = sum(1 for _ in connection.execute(text, values))
            return (time.perf_counter() - began) * 1000, rows
        except sqlite3.OperationalError as error:
            if not late.is_over:
                raise
            advice = "Allow more with --timeout, or only plan with --no-analyze."
            raise CollectionFailed(f"Not done after {self.options.timeout_s:g} s: {statement.title}. {advice}") from error
        finally:
            if connection.in_transaction:
                connection.execute("rollback")

    def _sizes(self, connection: sqlite3.Connection, tables: list[str]) -> dict[str, int]:
        """Rows of each table: what ANALYZE noted, else counted."""
        if not self.counted and connection.execute("select 1 from sqlite_schema where name = 'sqlite_stat1'").fetchone():
            self.counted.update(connection.execute(ESTIMATED).fetchall())
        for table in tables:
            if table not in self.counted:
                self.counted[table] = _count(connection, table)
        return {table: rows for table in tables if (rows := self.counted[table]) is not None}


@dataclass(slots=True)
class _Limit:
    ends: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.ends


@contextmanager
def _limited(connection: sqlite3.Connection, seconds: float) -> Iterator[_Limit]:
    """Interrupts what runs longer."""
    limit = _Limit(time.monotonic() + seconds)
    connection.set_progress_handler(lambda: limit.is_over, LOOK_EVERY)
    try:
        yield limit
    except sqlite3.OperationalError as error:
        if str(error) == "interrupted" and not limit.is_over:  # Ctrl-C came while SQLite asked how late it is, and SQLite kept it
            raise KeyboardInterrupt from error
        raise
    finally:
        connection.set_progress_handler(None, 0)


def _way(connection: sqlite3.Connection, text: str, values: list[Any]) -> tuple[list[list[Any]], list[str]]:
    """The rows of the plan, and the tables that the statement reads or changes, by their own names."""
    touched: set[str] = set()

    def note(action: int, first: str | None, second: str | None, database: str | None, inside: str | None) -> int:  # noqa: ARG001
        if first and action in (sqlite3.SQLITE_READ, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE):
            touched.add(first)
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    try:
        rows = [list(row) for row in connection.execute(f"explain query plan {text}", values)]
    finally:
        connection.set_authorizer(None)
    tables = {name for (name,) in connection.execute("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")}
    return rows, sorted(touched & tables)


def _count(connection: sqlite3.Connection, table: str) -> int | None:
    quoted = table.replace('"', '""')
    try:
        with _limited(connection, COUNT_S):
            return int(connection.execute(f'select count(*) from "{quoted}"').fetchone()[0])
    except sqlite3.OperationalError:
        return None


def _as_value(value: Any) -> Any:
    """SQLite has no lists and no objects: they are what JSON functions read."""
    return json.dumps(value) if isinstance(value, list | dict) else value
