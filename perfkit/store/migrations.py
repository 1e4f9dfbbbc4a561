"""schema.sql says how a store is; a store that is behind is completed from it, and changed, and that is recorded, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from perfkit.store.engine import duckdb

SCHEMA = Path(__file__).with_name("schema.sql")
MACROS = Path(__file__).with_name("macros.sql")
RUN_ID = re.compile(r"[ ]*[(]\n    run_id varchar not null,")
Migration = Callable[[duckdb.DuckDBPyConnection], None]

MADE = re.compile(r"^create (?:table if not exists|or replace (?:view|macro)) (?P<name>\w+).*?;$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"^-- (?P<comment>[^\n]+)\ncreate (?:table if not exists|or replace view) (?P<table>\w+)", re.MULTILINE)
COLUMN = re.compile(r'^    (?P<column>"?\w+"?) [^\n]*?-- (?P<comment>[^\n]+)$', re.MULTILINE)


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Every table and view of schema.sql."""
    connection.execute(SCHEMA.read_text(encoding="utf-8"))


@cache
def definitions() -> Mapping[str, str]:
    """The statements that make tables, views and functions, by the name of what they make: those of the store, then the staging database's own."""
    return {made["name"]: made[0] for file in (SCHEMA, MACROS) for made in MADE.finditer(file.read_text(encoding="utf-8"))}


def views() -> set[str]:
    """The names of what schema.sql defines by a query."""
    return {table["table"] for table in TABLE.finditer(SCHEMA.read_text(encoding="utf-8")) if " view " in table.group(0)}


@cache
def run_tables() -> tuple[str, ...]:
    """Tables whose rows belong to one run and come from its artefact: those with a run that is not their key, but for conclusions."""
    text = SCHEMA.read_text(encoding="utf-8")
    found = (table["table"] for table in TABLE.finditer(text) if RUN_ID.match(text, table.end()))
    return tuple(sorted(found))


def comment_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """The comments of schema.sql, so that any client shows what a column means."""
    text, comments = SCHEMA.read_text(encoding="utf-8"), []
    for table in TABLE.finditer(text):
        kind = "view" if " view " in table.group(0) else "table"
        comments.append(f"comment on {kind} {table['table']} is {_quoted(table['comment'])}")
        if kind == "table":
            body = text[table.end() : text.index(";\n", table.end())]
            named = ((f"{table['table']}.{column['column']}", column["comment"]) for column in COLUMN.finditer(body))
            comments += [f"comment on column {name} is {_quoted(comment)}" for name, comment in named]
    connection.execute(";\n".join(comments))


WIDER = {
    "runs": ("steady_from timestamp", "answers_only boolean", "root varchar"),
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
    "profile_nodes": ("last_id ubigint", "depth uinteger", "line integer", "recursive boolean", "process varchar", "task varchar"),
    "profile_lines": (
        *("function varchar", "hits ubigint", "total double", "gpu double"),
        *("peak_mb double", "growth_mb double", "python_memory double"),
    ),
    "heap_sites": ("temporary_bytes ubigint", "temporary_blocks ubigint"),
}


def mark_runs_of_answers_only(connection: duckdb.DuckDBPyConnection) -> None:
    """Until then readers did not say that a file leaves out requests without an answer; of these formats every file does."""
    connection.execute("update runs set answers_only = true where format in ('hey-csv', 'oha-csv', 'oha-sqlite')")


MIGRATIONS: Mapping[str, Migration | None] = {
    "create_tables": None,
    "comment_tables": None,
    "load_tests_of_every_tool": None,
    "mark_runs_of_answers_only": mark_runs_of_answers_only,
    "plans_and_catalogs": None,
    "profiles_of_every_profiler": None,
    "temporary_allocations": None,
    "accuracy_checks": None,
    "owners_of_generated_code": None,
    "written_reports": None,
    "owners_of_built_in_code": None,
}
"""What changed since stores exist, in order, with what it does to the rows that are there; None where only schema.sql changed."""


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Apply what is missing; a store that is up to date costs one look."""
    missing = missing_migrations(connection)
    if not missing:
        return
    with transaction(connection):
        _complete(connection)
        for name in missing:
            change = MIGRATIONS[name]
            if change is not None:
                change(connection)
            connection.execute("insert into migrations values ($name, now()::timestamp)", {"name": name})


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that happens inside, or nothing."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def missing_migrations(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What this perfkit knows and the store has not seen."""
    applied = _applied(connection)
    return [name for name in MIGRATIONS if name not in applied]


def _complete(connection: duckdb.DuckDBPyConnection) -> None:
    """Everything of schema.sql that the store lacks: the columns first, because views and comments name them."""
    for table, columns in WIDER.items():
        for column in columns:
            connection.execute(f"alter table if exists {table} add column if not exists {column}")
    create_tables(connection)
    comment_tables(connection)


def _applied(connection: duckdb.DuckDBPyConnection) -> set[str]:
    try:
        return {row[0] for row in connection.execute("select name from main.migrations").fetchall()}
    except duckdb.CatalogException:
        return set()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
