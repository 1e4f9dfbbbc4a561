"""PostgreSQL's pg_stat_* views as a user exports them: CSV with a header, or a JSON list of rows. One time: counters as they
stand. Several times, with a column taken_at: what was counted from the first to the last, as the catalog collector's two snapshots."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from operator import attrgetter
from pathlib import Path

from perfkit.model.artefact import Head, read_head
from perfkit.model.batch import Batch, Columns, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import json_of, last_modified, refuse, rows_of
from perfkit.readers.parts.pg_counters import (
    GAUGES_OF_DATABASE,
    DatabaseRow,
    Seen,
    StatementRow,
    counters_of,
    index_of,
    measured,
    statement_of,
    table_of,
)
from perfkit.readers.parts.pg_snapshots import Snapshots, difference, snapshots_of

NAME = "pg-stat-csv"
KIND = "catalog"
TOOL = "postgresql"
ABOUT = "pg_stat_statements, pg_stat_user_tables, pg_stat_user_indexes or pg_stat_database, exported as CSV with header or as JSON rows"
BY_LINE = False

DELIMITERS = ",;\t|"
KEY = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:')


def _statements(rows: list[Seen], times: Snapshots | None) -> Columns:
    if times is None:
        return columns_of("statement_stats", [measured(statement_of(seen)) for seen in rows])
    executed = difference(times, attrgetter("query_id", "statement", "user_name", "top_level"), _by_user)
    return columns_of("statement_stats", [measured(replace(row, user_name=None)) for row in executed if row.calls])


def _tables(rows: list[Seen], times: Snapshots | None) -> Columns:
    found = difference(times, lambda row: (row.schema, row.relation), lambda seen: [table_of(seen)]) if times else [table_of(seen) for seen in rows]
    return columns_of("table_stats", found)


def _indexes(rows: list[Seen], times: Snapshots | None) -> Columns:
    key = attrgetter("schema", "relation", "index_name")
    return columns_of("index_stats", difference(times, key, lambda seen: [index_of(seen)]) if times else [index_of(seen) for seen in rows])


def _database(rows: list[Seen], times: Snapshots | None) -> Columns:
    if times is None:
        return columns_of("database_stats", [replace(row, since=seen.moment("stats_reset")) for seen in rows for row in counters_of(seen)])
    return columns_of("database_stats", difference(times, attrgetter("database", "stat"), _growing))


def _by_user(seen: Seen) -> list[StatementRow]:
    """One statement of several users or databases has a row for each."""
    return [replace(statement_of(seen), user_name=" ".join(str(seen.values.get(name)) for name in ("userid", "dbid")))]


def _growing(seen: Seen) -> list[DatabaseRow]:
    return [row for row in counters_of(seen) if row.stat not in GAUGES_OF_DATABASE]


VIEWS: dict[tuple[str, ...], tuple[str, Callable[[list[Seen], Snapshots | None], Columns]]] = {
    ("query", "calls", "total_exec_time"): ("pg_stat_statements", _statements),
    ("query", "calls", "total_time"): ("pg_stat_statements", _statements),  # before version 13
    ("indexrelname", "idx_scan", "idx_tup_read"): ("pg_stat_user_indexes", _indexes),
    ("relname", "seq_scan", "n_tup_ins"): ("pg_stat_user_tables", _tables),
    ("datname", "xact_commit", "blks_hit"): ("pg_stat_database", _database),
}
"""Columns that only one view has together: its name, and what makes rows of it."""


def sniff(head: Head) -> bool:
    """The columns are the format."""
    return _view(_first_names(head.text)) is not None


def read(path: Path) -> Iterator[Batch]:
    """The rows of one view, which is the scenario: views do not take each other's place. When they were read, only the file's own time tells where
    there is no column taken_at."""
    rows = _json_rows(path) if _is_json(path) else _csv_rows(path)
    view = _view(rows[0].values) if rows else None
    if view is None:
        raise refuse(path, NAME, f"no rows of {', '.join(sorted({name for name, _ in VIEWS.values()}))}.")
    name, made = view
    times = snapshots_of(rows)
    yield Manifest(started_at=times.since if times else last_modified(path), scenario=name)
    yield made(rows, times)


def _view(names: Collection[str]) -> tuple[str, Callable[[list[Seen], Snapshots | None], Columns]] | None:
    return next((view for columns, view in VIEWS.items() if all(column in names for column in columns)), None)


def _first_names(text: str) -> list[str]:
    """The columns of a table, or the keys of the first row."""
    plain = text.lstrip("\ufeff \t\r\n")
    if plain.startswith("["):
        return KEY.findall(plain) if re.match(r"\[\s*\{", plain) else []
    line = re.split(r"[\r\n]", plain, maxsplit=1)[0]
    return next(csv.reader([line], delimiter=_delimiter(line)), [])


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def _is_json(path: Path) -> bool:
    return read_head(path).text.lstrip("\ufeff \t\r\n").startswith("[")


def _json_rows(path: Path) -> list[Seen]:
    listed = json_of(path, NAME)
    for number, row in enumerate(listed):
        if not isinstance(row, dict):
            raise refuse(path, NAME, f"row {number}: no object.")
    return [Seen(row, path, NAME, f"row {number}") for number, row in enumerate(listed)]


def _csv_rows(path: Path) -> list[Seen]:
    delimiter = _delimiter(read_head(path).first_line)
    lines = rows_of(path, NAME, delimiter=delimiter)
    _, names = next(lines, (0, []))
    rows = []
    for line, values in lines:
        if values == names:
            continue  # two exports in one file
        if len(values) != len(names):
            raise refuse(path, NAME, f"{len(values)} values under {len(names)} columns; was the file cut off?", line)
        rows.append(Seen(dict(zip(names, values, strict=True)), path, NAME, "this row", line))
    return rows
