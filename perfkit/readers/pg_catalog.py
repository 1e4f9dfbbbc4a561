"""The two snapshots of `perfkit collect catalog` → what the server counted between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import json_of, refuse, require_keys
from perfkit.readers.parts.pg_counters import (
    GAUGES_OF_DATABASE,
    DatabaseRow,
    IndexRow,
    Seen,
    StatementRow,
    TableRow,
    counters_of,
    grown,
    index_of,
    measured,
    statement_of,
    table_of,
)

NAME = "pg-catalog"
KIND = "catalog"
TOOL = "postgresql"
ABOUT = "two snapshots of PostgreSQL's counters by `perfkit collect catalog`, JSON; what is stored is their difference"
BY_LINE = False

FORMAT = 1
HIDDEN = "<insufficient privilege>"
UNIT = re.compile(r"(?P<times>\d*)(?P<unit>B|kB|MB|GB|TB|us|ms|s|min)")
BYTES = {"B": 1.0, "kB": 2.0**10, "MB": 2.0**20, "GB": 2.0**30, "TB": 2.0**40}
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "min": 60_000.0}
AMOUNTS = {name: ("bytes", amount) for name, amount in BYTES.items()} | {name: ("ms", amount) for name, amount in MILLISECONDS.items()}
"""PostgreSQL's units of settings, in the store's."""

Known = TypeVar("Known", TableRow, IndexRow)


@dataclass(frozen=True, slots=True)
class ForeignKeyRow:
    """A row of foreign_keys."""

    constraint_name: str
    relation: str
    columns: list[str]
    referenced: str
    indexed: bool


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row of samples."""

    series: str
    at: datetime
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One of the two."""

    path: Path
    which: str
    content: Mapping[str, Any]

    def rows(self, topic: str) -> list[Seen]:
        listed = self.content[topic]
        if not isinstance(listed, list):
            raise refuse(self.path, NAME, f"{self.which}, {topic}: no list of rows.")
        return [self._seen(row, f"{self.which}, {topic}, row {number}") for number, row in enumerate(listed)]

    def row(self, topic: str) -> Seen:
        return self._seen(self.content.get(topic), f"{self.which}, {topic}")

    @property
    def whole(self) -> Seen:
        return self._seen(self.content, self.which)

    @property
    def taken_at(self) -> datetime:
        taken_at = self.whole.moment("taken_at")
        if taken_at is None:
            raise refuse(self.path, NAME, f"{self.which}: nobody knows when it was taken.")
        return taken_at

    def _seen(self, row: Any, place: str) -> Seen:
        if not isinstance(row, dict):
            raise refuse(self.path, NAME, f"{place}: no object.")
        return Seen(row, self.path, NAME, place)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From the first snapshot to the second, and whether all counters began anew in between."""

    since: datetime
    until: datetime
    anew: bool = False
    reset_at: datetime | None = None
    """None with anew: nobody knows when."""

    def between(self, after: Known, before: Known | None) -> Known:
        difference = None if self.anew else grown(after, before)
        if difference is None:
            return replace(after, since=self.reset_at, until=self.until)
        return replace(difference, since=self.since, until=self.until)


def sniff(head: Head) -> bool:
    """The first key."""
    return bool(re.match(r'\s*\{\s*"perfkit_catalog":\s*\d', head.text.lstrip("\ufeff")))


def read(path: Path) -> Iterator[Batch]:
    """Statements, tables, indexes, foreign keys and the database: counters as they grew, everything else as the second snapshot has it."""
    document = require_keys(path, NAME, json_of(path, NAME), ("perfkit_catalog", "server", "before", "after", "looks"))
    if document["perfkit_catalog"] != FORMAT:
        raise refuse(path, NAME, f"form {document['perfkit_catalog']!r}; known is form {FORMAT}.")
    keys = ("taken_at", "counting_since", "database", "tables", "indexes", "foreign_keys", "bloat", "statements", "statements_info")
    before, after = (Snapshot(path, which, require_keys(path, NAME, document[which], keys)) for which in ("before", "after"))
    whole = Snapshot(path, "document", document)
    stretch = _stretch(before, after)
    statements, counts = _statements(before, after, stretch)
    yield Manifest(started_at=stretch.since, tool_version=whole.row("server").text("version"))
    yield columns_of("statement_stats", statements)
    yield columns_of("table_stats", _grown_rows(before, after, "tables", "relid", table_of, stretch))
    yield columns_of("index_stats", _indexes(before, after, stretch))
    yield columns_of("foreign_keys", [_foreign_key(seen) for seen in after.rows("foreign_keys")])
    looks = _looks(whole)
    yield columns_of("samples", looks)
    yield columns_of("database_stats", [*_database(before, after, stretch), *_gauges(whole, after, looks, counts, stretch.until)])


def _stretch(before: Snapshot, after: Snapshot) -> Stretch:
    since, until = before.taken_at, after.taken_at
    if until <= since:
        raise refuse(before.path, NAME, "the second snapshot is not later than the first.")
    earlier = {row.stat: row for row in counters_of(before.row("database")) if row.stat not in GAUGES_OF_DATABASE}
    later = {row.stat: row for row in counters_of(after.row("database"))}
    lost = any(stat in later and grown(later[stat], row) is None for stat, row in earlier.items())
    reset_at = max(filter(None, (after.row("database").moment("stats_reset"), after.whole.moment("counting_since") if lost else None)), default=since)
    return Stretch(since, until, lost or reset_at > since, reset_at if reset_at > since else None)


def _grown_rows(before: Snapshot, after: Snapshot, topic: str, key: str, made: Callable[[Seen], Known], stretch: Stretch) -> list[Known]:
    earlier = {seen.named(key): made(seen) for seen in before.rows(topic)}
    return [stretch.between(made(seen), earlier.get(seen.named(key))) for seen in after.rows(topic)]


def _indexes(before: Snapshot, after: Snapshot, stretch: Stretch) -> list[IndexRow]:
    looked = {seen.named("indexrelid"): seen.number("bloat_bytes") for seen in after.rows("bloat")}
    counting_since = after.whole.moment("counting_since")
    rows = _grown_rows(before, after, "indexes", "indexrelid", index_of, stretch)
    ids = [seen.named("indexrelid") for seen in after.rows("indexes")]
    return [replace(row, counting_since=counting_since, bloat_bytes=looked.get(index, row.bloat_bytes)) for index, row in zip(ids, rows, strict=True)]


def _statements(before: Snapshot, after: Snapshot, stretch: Stretch) -> tuple[list[StatementRow], dict[str, float]]:
    """Those that were executed between the snapshots, and how many could not be told."""
    earlier = {_key(seen): statement_of(seen) for seen in before.rows("statements")}
    later = {_key(seen): seen for seen in after.rows("statements") if seen.text("query") != HIDDEN}
    reset_at = after.row("statements_info").moment("stats_reset")
    anew = reset_at if reset_at and reset_at > stretch.since else None
    rows = [_executed(seen, earlier.get(key), stretch, anew) for key, seen in later.items()]
    hidden = len(after.rows("statements")) - len(later)
    evicted = 0 if anew or hidden else len(earlier.keys() - later.keys())
    return [measured(row) for row in rows if row.calls], {"statements_hidden": hidden, "statements_evicted": evicted}


def _executed(seen: Seen, earlier: StatementRow | None, stretch: Stretch, reset_at: datetime | None) -> StatementRow:
    """What is new counts whole; so does what was thrown out in between and came back."""
    later, own_since = statement_of(seen), seen.moment("stats_since")
    anew = reset_at or (own_since if own_since and own_since > stretch.since else None)
    difference = None if anew else grown(later, earlier)
    if difference is None:
        return replace(later, since=anew, until=stretch.until)
    return replace(difference, since=stretch.since, until=stretch.until)


def _key(seen: Seen) -> tuple[str | None, ...]:
    return tuple(seen.text(name) for name in ("userid", "dbid", "toplevel", "queryid"))


def _foreign_key(seen: Seen) -> ForeignKeyRow:
    indexed, columns = seen.flag("indexed"), seen.names("columns")
    if indexed is None or not columns:
        raise seen.wrong("a foreign key without columns, or without a word on its index.")
    return ForeignKeyRow(seen.named("constraint_name"), seen.named("relation"), columns, seen.named("referenced"), indexed)


def _looks(whole: Snapshot) -> list[SampleRow]:
    rows = []
    for seen in whole.rows("looks"):
        at = seen.moment("at")
        if at is None:
            raise seen.wrong("nobody knows when.")
        series = [name for name in seen.values if name != "at"]
        rows += [SampleRow(name.removesuffix("_s"), at, seen.counted(name), "s" if name.endswith("_s") else "count") for name in series]
    return rows


def _database(before: Snapshot, after: Snapshot, stretch: Stretch) -> list[DatabaseRow]:
    earlier = {row.stat: row for row in counters_of(before.row("database"))}
    rows = []
    for row in counters_of(after.row("database")):
        if row.stat in GAUGES_OF_DATABASE:
            continue
        difference = None if stretch.anew else grown(row, earlier.get(row.stat))
        since = stretch.reset_at if difference is None else stretch.since
        rows.append(replace(difference or row, since=since, until=stretch.until))
    return rows


def _gauges(whole: Snapshot, after: Snapshot, looks: Sequence[SampleRow], counts: Mapping[str, float], until: datetime) -> list[DatabaseRow]:
    """What grows not: settings, the most that was seen at once, and how much could not be told."""
    database, server = after.row("database").named("datname"), whole.row("server")
    most: dict[str, SampleRow] = {}
    for look in looks:
        most[look.series] = max(look, most.get(look.series, look), key=lambda item: item.value)
    rows = [DatabaseRow(database, row.series, row.value, row.unit) for row in most.values()]
    rows += [DatabaseRow(database, name, value, "count") for name, value in counts.items()]
    rows += [DatabaseRow(database, "replicas", server.number("replicas") or 0.0, "count")]
    settings = Snapshot(whole.path, "server, settings", Snapshot(whole.path, "server", server.values).row("settings").values)
    rows += [_setting(database, name, settings.row(name)) for name in settings.content]
    return [replace(row, until=until) for row in rows]


def _setting(database: str, name: str, seen: Seen) -> DatabaseRow:
    stat, text = f"setting.{name}", seen.named("setting")
    if seen.text("type") == "bool":
        return DatabaseRow(database, stat, float(text == "on"), "switch")
    try:
        value = float(text)
    except ValueError:
        raise seen.wrong(f"{text[:40]!r} is no number.") from None
    scaled = UNIT.fullmatch(seen.text("unit") or "")
    unit, amount = AMOUNTS[scaled["unit"]] if scaled else ("count", 1.0)
    return DatabaseRow(database, stat, value * amount * float(scaled["times"] or 1) if scaled else value, unit)
