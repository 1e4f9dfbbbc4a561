"""Migrations are functions in order; applying one and recording it share a transaction."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb

SCHEMA = Path(__file__).with_name("schema.sql")
Migration = Callable[[duckdb.DuckDBPyConnection], None]

TABLE = re.compile(r"^-- (?P<comment>[^\n]+)\ncreate (?:table if not exists|or replace view) (?P<table>\w+)", re.MULTILINE)
COLUMN = re.compile(r'^    (?P<column>"?\w+"?) [^\n]*?-- (?P<comment>[^\n]+)$', re.MULTILINE)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Every table and view of schema.sql."""
    connection.execute(SCHEMA.read_text(encoding="utf-8"))


def views() -> set[str]:
    """The names of what schema.sql defines by a query."""
    return {table["table"] for table in TABLE.finditer(SCHEMA.read_text(encoding="utf-8")) if " view " in table.group(0)}


def comment_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """The comments of schema.sql, so that any client shows what a column means."""
    text = SCHEMA.read_text(encoding="utf-8")
    for table in TABLE.finditer(text):
        kind = "view" if " view " in table.group(0) else "table"
        connection.execute(f"comment on {kind} {table['table']} is {_quoted(table['comment'])}")
        if kind == "table":
            body = text[table.end() : text.index(";\n", table.end())]
            for column in COLUMN.finditer(body):
                connection.execute(f"comment on column {table['table']}.{column['column']} is {_quoted(column['comment'])}")


WIDER = {
    "runs": ("steady_from timestamp", "answers_only boolean"),
    "requests": ("stage integer", "connect_ms double", "wait_ms double"),
    "latency_buckets": ("url varchar",),
    "reported": ("about varchar", "url varchar"),
    "rounds": ("phase varchar", "size double", "component varchar"),
    "plans": ("name varchar", "cold_ms double", "cold_planning_ms double", "nested_in integer", "details varchar"),
    "plan_nodes": (
        *("relationship varchar", "subplan varchar", "processes double", "shared_dirtied ubigint", "shared_written ubigint"),
        *("local_hit ubigint", "local_read ubigint", "temp_read ubigint", "io_ms double"),
    ),
    "findings": ("identity varchar", "round_trips double"),
}


def widen_load_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Stores from before load tests of every tool lack columns."""
    _complete(connection)


def add_measured_buckets(connection: duckdb.DuckDBPyConnection) -> None:
    """Stores from before the view measured_buckets lack it."""
    _complete(connection)


def mark_runs_of_answers_only(connection: duckdb.DuckDBPyConnection) -> None:
    """Until then readers did not say that a file leaves out requests without an answer; of these formats every file does."""
    _complete(connection)
    connection.execute("update runs set answers_only = true where format in ('hey-csv', 'oha-csv', 'oha-sqlite')")


def widen_plan_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Stores from before plans of every engine lack columns and the tables of the catalog."""
    _complete(connection)


def widen_findings(connection: duckdb.DuckDBPyConnection) -> None:
    """Stores from before findings could be accepted lack columns."""
    _complete(connection)


MIGRATIONS: tuple[Migration, ...] = (
    create_tables,
    widen_load_tables,
    comment_tables,
    add_measured_buckets,
    mark_runs_of_answers_only,
    widen_plan_tables,
    widen_findings,
)


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Apply what is missing; a store that is up to date costs one look."""
    missing = missing_migrations(connection)
    if not missing:
        return
    connection.execute("begin")
    for migration in missing:
        migration(connection)
        connection.execute("insert into migrations values ($name, now()::timestamp)", {"name": migration.__name__})
    connection.execute("commit")


def missing_migrations(connection: duckdb.DuckDBPyConnection) -> list[Migration]:
    """What this perfkit knows and the store has not seen."""
    applied = _applied(connection)
    return [migration for migration in MIGRATIONS if migration.__name__ not in applied]


def _complete(connection: duckdb.DuckDBPyConnection) -> None:
    """Everything of schema.sql that the store lacks: the columns first, because views and comments name them."""
    for table, columns in WIDER.items():
        for column in columns:
            connection.execute(f"alter table {table} add column if not exists {column}")
    create_tables(connection)
    comment_tables(connection)


def _applied(connection: duckdb.DuckDBPyConnection) -> set[str]:
    known = connection.execute("select 1 from duckdb_tables() where table_name = 'migrations' and database_name = current_database()").fetchone()
    if known is None:
        return set()
    return {row[0] for row in connection.execute("select name from migrations").fetchall()}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
