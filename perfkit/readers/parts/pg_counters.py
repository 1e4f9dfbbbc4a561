"""Rows of PostgreSQL's pg_stat_* views, of any version → rows of the store; counters as they stand, or as they grew."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from perfkit.errors import ArtefactError
from perfkit.readers.parts.parsing import refuse

TRUTH = {True: True, "t": True, "true": True, False: False, "f": False, "false": False}
BLOCK_TIMES = (
    *("shared_blk_read_time", "shared_blk_write_time", "local_blk_read_time", "local_blk_write_time"),
    *("temp_blk_read_time", "temp_blk_write_time", "blk_read_time", "blk_write_time"),
)
"""What the versions call the time of reading and writing blocks; no version has all of them."""
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]")
IDS_OF_DATABASE = ("datid", "datname")
GAUGES_OF_DATABASE = ("numbackends",)
UNIT_ENDINGS = {"_time": "ms", "_bytes": "bytes"}


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A row of statement_stats."""

    COUNTERS = ("calls", "total_ms", "planning_ms", "rows", "shared_hit", "shared_read", "temp_written", "io_ms", "wal_bytes")

    query_id: str | None
    statement: str | None
    user_name: str | None
    top_level: bool | None
    calls: float
    total_ms: float
    max_ms: float | None
    planning_ms: float | None
    rows: float | None
    shared_hit: float | None
    shared_read: float | None
    temp_written: float | None
    io_ms: float | None
    wal_bytes: float | None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of table_stats."""

    COUNTERS = (
        *("seq_scans", "seq_rows", "index_scans", "inserted", "updated", "hot_updated", "deleted"),
        *("heap_hit", "heap_read", "index_hit", "index_read"),
    )

    schema: str
    relation: str
    rows_live: float | None
    rows_dead: float | None
    modified_since_analyze: float | None
    analyzed_at: datetime | None
    vacuumed_at: datetime | None
    bytes: float | None
    index_bytes: float | None
    seq_scans: float | None
    seq_rows: float | None
    index_scans: float | None
    inserted: float | None
    updated: float | None
    hot_updated: float | None
    deleted: float | None
    heap_hit: float | None
    heap_read: float | None
    index_hit: float | None
    index_read: float | None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A row of index_stats."""

    COUNTERS = ("scans", "rows_read", "rows_fetched")

    schema: str
    relation: str
    index_name: str
    definition: str | None
    method: str | None
    columns: list[str] | None
    keys: list[str] | None
    included: list[str] | None
    predicate: str | None
    is_unique: bool | None
    is_primary: bool | None
    is_constraint: bool | None
    is_valid: bool | None
    parent_index: str | None
    bytes: float | None
    bloat_bytes: float | None
    null_fraction: float | None
    scans: float
    scans_total: float
    last_scan: datetime | None
    rows_read: float | None
    rows_fetched: float | None
    counting_since: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """A row of database_stats."""

    COUNTERS = ("value",)

    database: str
    stat: str
    value: float
    unit: str
    since: datetime | None = None
    until: datetime | None = None


Counting = TypeVar("Counting", StatementRow, TableRow, IndexRow, DatabaseRow)


@dataclass(frozen=True, slots=True)
class Seen:
    """One row of a view as JSON or as text, and where it stands; what is no such row is refused with its place."""

    values: Mapping[str, Any]
    path: Path
    name: str
    """Of the reader."""
    place: str
    line: int | None = None

    def wrong(self, reason: str) -> ArtefactError:
        return refuse(self.path, self.name, f"{self.place}: {reason}", self.line)

    def number(self, *names: str) -> float | None:
        """By the first of the names that the row has; None where it has none of them, or nothing there."""
        name = next((name for name in names if name in self.values), None)
        value = None if name is None else self.values[name]
        if value is None or value == "":
            return None
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, bool) or not 0 <= number < math.inf:
            raise self.wrong(f"{name} is {str(value)[:40]!r}, which is no counter.")
        return number

    def counted(self, *names: str) -> float:
        """A number that must be there."""
        value = self.number(*names)
        if value is None:
            raise self.wrong(f"there is no {' or '.join(names)}.")
        return value

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, list | dict):
            raise self.wrong(f"{name} is no text.")
        return str(value)

    def named(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if value is None:
            raise self.wrong(f"there is no {name}.")
        return value

    def flag(self, name: str) -> bool | None:
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, bool | str) or value not in TRUTH:
            raise self.wrong(f"{name} is {str(value)[:40]!r}, which is neither true nor false.")
        return TRUTH[value]

    def moment(self, name: str) -> datetime | None:
        """In UTC without a zone; a time without one is taken as UTC."""
        text = self.text(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self.wrong(f"{name} is {text[:40]!r}, which is no moment in ISO form. In psql: set datestyle to iso.") from None
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment

    def latest(self, *names: str) -> datetime | None:
        return max(filter(None, map(self.moment, names)), default=None)

    def names(self, name: str) -> list[str] | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(f"{name} is no list of names.")
        return value

    def sum_of(self, names: Sequence[str]) -> float | None:
        known = [value for value in map(self.number, names) if value is not None]
        return sum(known) if known else None


def statement_of(seen: Seen) -> StatementRow:
    """pg_stat_statements of version 12 and later."""
    return StatementRow(
        query_id=seen.text("queryid"),
        statement=seen.text("query"),
        user_name=seen.text("user_name"),
        top_level=seen.flag("toplevel"),
        calls=seen.counted("calls"),
        total_ms=seen.counted("total_exec_time", "total_time"),
        max_ms=seen.number("max_exec_time", "max_time"),
        planning_ms=seen.number("total_plan_time"),
        rows=seen.number("rows"),
        shared_hit=seen.number("shared_blks_hit"),
        shared_read=seen.number("shared_blks_read"),
        temp_written=seen.number("temp_blks_written"),
        io_ms=seen.sum_of(BLOCK_TIMES),
        wal_bytes=seen.number("wal_bytes"),
    )


def table_of(seen: Seen) -> TableRow:
    """pg_stat_user_tables, with sizes and pg_statio_user_tables where they were asked for."""
    return TableRow(
        schema=seen.text("schemaname") or "public",
        relation=seen.named("relname"),
        rows_live=seen.number("n_live_tup"),
        rows_dead=seen.number("n_dead_tup"),
        modified_since_analyze=seen.number("n_mod_since_analyze"),
        analyzed_at=seen.latest("last_analyze", "last_autoanalyze"),
        vacuumed_at=seen.latest("last_vacuum", "last_autovacuum"),
        bytes=seen.number("bytes"),
        index_bytes=seen.number("index_bytes"),
        seq_scans=seen.number("seq_scan"),
        seq_rows=seen.number("seq_tup_read"),
        index_scans=seen.number("idx_scan"),
        inserted=seen.number("n_tup_ins"),
        updated=seen.number("n_tup_upd"),
        hot_updated=seen.number("n_tup_hot_upd"),
        deleted=seen.number("n_tup_del"),
        heap_hit=seen.number("heap_blks_hit"),
        heap_read=seen.number("heap_blks_read"),
        index_hit=seen.number("idx_blks_hit"),
        index_read=seen.number("idx_blks_read"),
    )


def index_of(seen: Seen) -> IndexRow:
    """pg_stat_user_indexes, with definitions and sizes where they were asked for."""
    scans, own, expected = seen.counted("idx_scan"), seen.number("bytes"), seen.number("expected_bytes")
    return IndexRow(
        schema=seen.text("schemaname") or "public",
        relation=seen.named("relname"),
        index_name=seen.named("indexrelname"),
        definition=seen.text("definition"),
        method=seen.text("method"),
        columns=seen.names("columns"),
        keys=seen.names("keys"),
        included=seen.names("included"),
        predicate=seen.text("predicate"),
        is_unique=seen.flag("is_unique"),
        is_primary=seen.flag("is_primary"),
        is_constraint=seen.flag("is_constraint"),
        is_valid=seen.flag("is_valid"),
        parent_index=seen.text("parent_index"),
        bytes=own,
        bloat_bytes=None if own is None or expected is None else max(own - expected, 0.0),
        null_fraction=seen.number("null_fraction"),
        scans=scans,
        scans_total=scans,
        last_scan=seen.moment("last_idx_scan"),
        rows_read=seen.number("idx_tup_read"),
        rows_fetched=seen.number("idx_tup_fetch"),
    )


def counters_of(seen: Seen) -> list[DatabaseRow]:
    """Every counter of a row of pg_stat_database; the row of what belongs to no database has none."""
    database = seen.text("datname")
    if database is None:
        return []
    names = [name for name, value in seen.values.items() if name not in IDS_OF_DATABASE and not MOMENT.match(str(value))]
    known = {name: value for name in names if (value := seen.number(name)) is not None}
    return [DatabaseRow(database, name, value, _unit(name)) for name, value in known.items()]


def grown(after: Counting, before: Counting | None) -> Counting | None:
    """The later counters minus the earlier ones; None where one went down, which is where they began anew."""
    if before is None:
        return after
    pairs = [(name, getattr(after, name), getattr(before, name) or 0.0) for name in after.COUNTERS]
    if any(later is not None and later < earlier for _, later, earlier in pairs):
        return None
    return replace(after, **{name: later - earlier for name, later, earlier in pairs if later is not None})


def measured(row: StatementRow) -> StatementRow:
    """A server that was not told to take the time of planning or of blocks says nought."""
    return replace(row, planning_ms=row.planning_ms or None, io_ms=row.io_ms or None)


def _unit(name: str) -> str:
    return next((unit for ending, unit in UNIT_ENDINGS.items() if name.endswith(ending)), "count")
