"""Migrations are functions in order; applying one and recording it share a transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb

SCHEMA = Path(__file__).with_name("schema.sql")
Migration = Callable[[duckdb.DuckDBPyConnection], None]

TABLE = re.compile(r"^-- (?P<comment>[^\n]+)\ncreate (?:table if not exists|or replace view) (?P<table>\w+)", re.MULTILINE)
COLUMN = re.compile(r'^    (?P<column>"?\w+"?) [^\n]*?-- (?P<comment>[^\n]+)$', re.MULTILINE)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Every table and view of schema.sql."""
    connection.execute(SCHEMA.read_text(encoding="utf-8"))


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


WIDER_LOADS = {
    "runs": ("steady_from timestamp",),
    "requests": ("stage integer", "connect_ms double", "wait_ms double"),
    "latency_buckets": ("url varchar",),
    "reported": ("about varchar", "url varchar"),
    "rounds": ("phase varchar", "size double", "component varchar"),
}
WIDER_PLANS = {
    "plans": ("name varchar", "cold_ms double", "cold_planning_ms double", "nested_in integer", "details varchar"),
    "plan_nodes": (
        *("relationship varchar", "subplan varchar", "processes double", "shared_dirtied ubigint", "shared_written ubigint"),
        *("local_hit ubigint", "local_read ubigint", "temp_read ubigint", "io_ms double"),
    ),
}
WIDER_FINDINGS = {"findings": ("identity varchar", "round_trips double")}


def widen_load_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Stores from before load tests of every tool lack these columns."""
    _widen(connection, WIDER_LOADS)


def widen_plan_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Stores from before plans of every engine lack these columns and the tables of the catalog."""
    _widen(connection, WIDER_PLANS)


def widen_findings(connection: duckdb.DuckDBPyConnection) -> None:
    """Stores from before findings could be accepted lack these columns."""
    _widen(connection, WIDER_FINDINGS)


def _widen(connection: duckdb.DuckDBPyConnection, wider: Mapping[str, Sequence[str]]) -> None:
    for table, columns in wider.items():
        for column in columns:
            connection.execute(f"alter table {table} add column if not exists {column}")
    create_tables(connection)
    comment_tables(connection)


MIGRATIONS: tuple[Migration, ...] = (create_tables, widen_load_tables, widen_plan_tables, widen_findings, comment_tables)


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


def _applied(connection: duckdb.DuckDBPyConnection) -> set[str]:
    known = connection.execute("select 1 from duckdb_tables() where table_name = 'migrations' and database_name = current_database()").fetchone()
    if known is None:
        return set()
    return {row[0] for row in connection.execute("select name from migrations").fetchall()}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
