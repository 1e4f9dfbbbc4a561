"""pgvector: trials on a temporary copy of the vectors that is rolled back, or of the index that is there, read-only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import psycopg

from perfkit.collectors.base import Progress
from perfkit.collectors.databases import connected, conninfo_of, without_password
from perfkit.collectors.vector_column import (
    OPERATORS,
    Column,
    Index,
    as_copy,
    as_literal,
    as_numbers,
    column_of,
    count,
    indexes_of,
    operator_class,
    sampled,
)
from perfkit.collectors.vector_options import Row, Setting, Source, VectorOptions
from perfkit.collectors.vector_queries import queries_from
from perfkit.collectors.vector_recall import Doubles, Floats, Metric, Truth, distances, true_within, truth_from
from perfkit.collectors.vector_timing import Timed, row_of, timed
from perfkit.errors import CollectionFailed, UsageError

COPY, INDEX = "perfkit_vectors", "perfkit_vectors_index"
BUFFERS = ("Shared Hit Blocks", "Shared Read Blocks", "Local Hit Blocks", "Local Read Blocks")
MOST_BYTES = 2 * 2**30
LEAST_TEMPORARY, MOST_TEMPORARY = 64, 2048
"""Megabytes of temp_buffers."""
DEFAULTS = {"ivfflat": {"lists": 100}, "hnsw": {"m": 16, "ef_construction": 64}}
"""Of an index that was made without naming them."""
Cursor = psycopg.RawCursor[Any]


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction, what is searched in it, and who is told."""

    cursor: Cursor
    options: VectorOptions
    column: Column
    metric: Metric
    tell: Progress
    deadline: float

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.deadline


def trials(options: VectorOptions, tell: Progress) -> tuple[Source, list[Row]]:
    """All trials; the database ends as it was."""
    with closing(connected(options.dsn or "")) as connection, _in_words(options):
        connection.add_notice_handler(lambda notice: options.say(f"PostgreSQL: {notice.message_primary}"))
        cursor = psycopg.RawCursor(connection)
        try:
            work = _begun(cursor, options, tell)
            rows, dimensions = _in_place(work) if options.in_place else _beside_copies(work)
        finally:
            if not connection.closed:
                connection.rollback()
        version = connection.info.parameter_status("server_version") or ""
    return Source("pgvector", version, work.column.title, work.metric, dimensions), rows


def _begun(cursor: Cursor, options: VectorOptions, tell: Progress) -> Work:
    """The first statement of the transaction: limits, the column, and the metric where an index decides it."""
    if options.in_place:
        cursor.execute("set transaction isolation level repeatable read, read only")
    _set(cursor, "statement_timeout", f"{max(round(options.timeout_s * 1000), 2)}ms")
    _set(cursor, "plan_cache_mode", "force_custom_plan")
    column = column_of(cursor, options.table, options.column)
    cursor.execute("select set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), $1::text), true)", [column.schema])
    metric = options.metric
    if metric is None and options.in_place:
        metric = next((index.metric for index in indexes_of(cursor, column) if index.metric), None)
    return Work(cursor, options, column, metric or "cosine", tell, time.monotonic() + options.max_time_s)


def _beside_copies(work: Work) -> tuple[list[Row], int]:
    """Indexes on copies; where the copy holds the whole table, beside those that are there, which are tried again on the copy."""
    options = work.options
    there = count(work.cursor, work.column)
    indexes = _serving(work) if not options.sizes and there <= options.max_rows + options.queries else []
    if not indexes:
        return _on_copies(work)
    rows, _ = _in_place(replace(work, tell=_within(work.tell, 0.0, 0.3)))
    _set(work.cursor, "enable_indexscan", "on")
    grid = replace(options.grid, lists=_with(options.grid.lists or options.grid.lists_for(there), [index.options.get("lists") for index in indexes]))
    more, dimensions = _on_copies(replace(work, options=replace(options, grid=grid), tell=_within(work.tell, 0.3, 0.7)))
    return [*rows, *more], dimensions


def _with(values: tuple[int, ...], others: list[int | None]) -> tuple[int, ...]:
    return tuple(sorted({*values, *(other for other in others if other is not None)}))


def _serving(work: Work) -> list[Index]:
    """Indexes that are there and serve the metric."""
    return [index for index in indexes_of(work.cursor, work.column) if index.metric == work.metric]


def _on_copies(work: Work) -> tuple[list[Row], int]:
    base, queries = _copied(work)
    sizes = work.options.sizes or (len(base),)
    _set(work.cursor, "temp_buffers", f"{min(max(base.nbytes * 4 // 2**20, LEAST_TEMPORARY), MOST_TEMPORARY)}MB")
    rows: list[Row] = []
    for done, size in enumerate(sizes):
        if work.over:
            work.options.say(f"No time is left for {size} rows: --max-time allows {work.options.max_time_s:g} s.")
            break
        step = replace(work, tell=_within(work.tell, done / len(sizes), 1 / len(sizes)))
        rows += _of_size(step, base[:size], queries)
    return rows, base.shape[1]


def _copied(work: Work) -> tuple[Floats, Floats]:
    """The vectors to search, and queries that are not among them."""
    options, there = work.options, count(work.cursor, work.column)
    given = queries_from(options.queries_file) if options.queries_file else None
    held_out = 0 if given is not None else options.queries
    wanted = (max(options.sizes) if options.sizes else min(options.max_rows, there)) + held_out
    if options.sizes and there < wanted:
        raise UsageError(f"{work.column.title} holds {there} vectors; {max(options.sizes)} and {held_out} queries are asked for. Ask for fewer.")
    _, vectors = sampled(work.cursor, work.column, min(wanted, there), there)
    if len(vectors) <= held_out:
        raise UsageError(
            f"{work.column.title} holds no vectors: there is nothing to search."
            if not there
            else f"{work.column.title} holds {there} vectors, too few for {held_out} queries and something to search. Ask for fewer --queries."
        )
    if vectors.nbytes > MOST_BYTES:
        raise UsageError(f"{len(vectors)} vectors of {vectors.shape[1]} dimensions are more than fits into memory here. Give a smaller --max-rows.")
    queries = vectors[:held_out] if given is None else given[: options.queries]
    _same_dimensions(queries, vectors.shape[1], work.column.title)
    return vectors[held_out:], queries


def _of_size(work: Work, base: Floats, queries: Floats) -> list[Row]:
    """Exact search, then every index that is asked for, on a copy of so many rows."""
    cursor, options = work.cursor, work.options
    cursor.execute(f"create temporary table {COPY} (id integer, embedding {work.column.schema}.vector({base.shape[1]})) on commit drop".encode())
    with cursor.copy(f"copy {COPY} from stdin (format binary)") as copy:
        copy.write(as_copy(base))
    if work.column.type != "vector":
        cursor.execute(f"alter table {COPY} alter embedding type {work.column.schema}.{work.column.type}({base.shape[1]})".encode())
    cursor.execute(f"analyze {COPY}".encode())
    searched = Searched(work, queries, f"select id from {COPY}", "embedding", options.k)
    truth = true_within(work.metric, queries, base, options.k)

    def far(number: int, keys: Any) -> Doubles:
        return distances(work.metric, queries[number], base[list(keys)])

    rows = [searched.trial(Setting("exact"), truth, far, row_count=len(base), in_place=False)]
    builds = list(options.grid.builds(len(base)))
    for done, build in enumerate(builds):
        if work.over:
            options.say(f"No time is left for {build.title} on {len(base)} rows: --max-time allows {options.max_time_s:g} s.")
            break
        work.tell(f"{work.column.title} · {len(base)} rows · building {build.title}", done / len(builds))
        build_ms, size = _built(work, build)
        for setting in options.grid.searches(build, options.k):
            work.tell(f"{work.column.title} · {len(base)} rows · {setting.title}", done / len(builds))
            rows.append(searched.trial(setting, truth, far, INDEX, row_count=len(base), in_place=False, build_ms=build_ms, bytes=size))
        cursor.execute(f"drop index {INDEX}".encode())
    cursor.execute(f"drop table {COPY}".encode())
    return rows


def _built(work: Work, build: Setting) -> tuple[float, int]:
    """Milliseconds and bytes."""
    named = {"lists": build.lists, "m": build.m, "ef_construction": build.ef_construction}
    options = ", ".join(f"{name} = {value}" for name, value in named.items() if value is not None)
    began = time.perf_counter()
    statement = f"create index {INDEX} on {COPY} using {build.method} (embedding {operator_class(work.column, work.metric)}) with ({options})"
    work.cursor.execute(statement.encode())
    build_ms = (time.perf_counter() - began) * 1000
    row = work.cursor.execute("select pg_relation_size($1::regclass)", [INDEX]).fetchone()
    _set(work.cursor, "enable_seqscan", "off")  # a small copy stands for a large table, for which the planner would take the index
    return build_ms, int(row[0]) if row else 0


def _in_place(work: Work) -> tuple[list[Row], int]:
    """The indexes that are there, and exact search by the same statement."""
    cursor, options, column = work.cursor, work.options, work.column
    indexes = _serving(work)
    if not indexes:
        raise UsageError(_no_index(work))
    there = count(cursor, column)
    own, queries = _queries_in_place(work, there)
    searched = Searched(work, queries, f"select ctid::text from {column.table}", column.quoted, options.k, tuple(own))
    places = Places(work, {})

    def far(number: int, keys: Any) -> Doubles:
        return distances(work.metric, queries[number], places.vectors(keys))

    exact = searched.done(Setting("exact"))
    truth = truth_from(work.metric, queries, [np.sort(far(number, keys)) for number, keys in enumerate(exact.answers)], options.k)
    rows = [searched.row(Setting("exact"), exact, truth, far, None, row_count=there, in_place=True)]
    for index in indexes:
        for setting in options.grid.searches(_as_built(index), options.k):
            if work.over:
                options.say(f"No time is left for {setting.title}: --max-time allows {options.max_time_s:g} s.")
                break
            work.tell(f"{column.title} · {index.name} · {setting.title}", len(rows) / (len(rows) + 5))
            rows.append(searched.trial(setting, truth, far, index.name, row_count=there, in_place=True, bytes=index.bytes))
    return rows, queries.shape[1]


def _queries_in_place(work: Work, there: int) -> tuple[list[str], Floats]:
    """Queries, and the place of each in the table where it was taken from there."""
    options = work.options
    if options.queries_file:
        given = queries_from(options.queries_file)[: options.queries]
        _, first = sampled(work.cursor, work.column, 1, there)
        _same_dimensions(given, first.shape[1], work.column.title)
        return [], given
    places, queries = sampled(work.cursor, work.column, options.queries, there, keyed=True)
    if not places:
        raise UsageError(f"{work.column.title} holds no vectors: there is nothing to search.")
    return places, queries


def _no_index(work: Work) -> str:
    others = indexes_of(work.cursor, work.column)
    there = ", ".join(f"{index.name} ({index.operator_class})" for index in others) or "none"
    operator = OPERATORS[work.metric]
    return (
        f"{work.column.title} has no vector index that serves {operator} ({work.metric}); there is: {there}. "
        "Leave --in-place out to try indexes on a copy, or name the metric that the index was made for with --metric."
    )


def _as_built(index: Index) -> Setting:
    known = {**DEFAULTS[index.method], **index.options}
    return Setting(index.method, **{name: known[name] for name in DEFAULTS[index.method]})


@dataclass(frozen=True, slots=True)
class Places:
    """Vectors of the table by their place, each fetched once."""

    work: Work
    known: dict[str, Floats]

    def vectors(self, places: list[str]) -> Floats:
        missing = [place for place in places if place not in self.known]
        if missing:
            column = self.work.column
            asked = f"select ctid::text, {column.quoted}::{column.schema}.vector from {column.table} where ctid = any($1::tid[])"
            rows = self.work.cursor.execute(asked.encode(), [missing], binary=True).fetchall()
            self.known.update(zip((row[0] for row in rows), as_numbers([row[1] for row in rows], column.title), strict=True))
        found = [self.known[place] for place in places]
        return np.array(found, dtype=np.float32).reshape(len(found), -1)


@dataclass(frozen=True, slots=True)
class Searched:
    """One table, asked for the nearest neighbours of every query."""

    work: Work
    queries: Floats
    select: str
    by: str
    k: int
    own: tuple[str, ...] = ()
    """The place of each query in the table: no answer, so one more is asked for."""

    @property
    def statement(self) -> bytes:
        column = self.work.column
        order = f"{self.by} {OPERATORS[self.work.metric]} $1::{column.schema}.{column.type}"
        return f"{self.select} order by {order} limit {self.k + bool(self.own)}".encode()

    def trial(self, setting: Setting, truth: Truth, far: Callable[[int, Any], Doubles], index: str | None = None, **known: object) -> Row:
        """One setting, measured."""
        return self.row(setting, self.done(setting), truth, far, index, **known)

    def done(self, setting: Setting) -> Timed:
        """Answers and times with these settings, which stay until the next ones."""
        cursor, options = self.work.cursor, self.work.options
        _search_by(cursor, setting)
        statement, literals = self.statement, [as_literal(query) for query in self.queries]

        def search(number: int) -> list[Any]:
            return [row[0] for row in cursor.execute(statement, [literals[number]], prepare=True).fetchall()]

        done = timed(search, len(self.queries), options.repetitions)
        return done if not self.own else Timed([self._others(number, keys) for number, keys in enumerate(done.answers)], done.times_ms)

    def row(self, setting: Setting, done: Timed, truth: Truth, far: Callable[[int, Any], Doubles], index: str | None, **known: object) -> Row:
        """The trial of these answers."""
        answered = [far(number, keys) if keys else np.zeros(0) for number, keys in enumerate(done.answers)]
        plans = [self._plan(as_literal(query)) for query in self.queries]
        buffers = float(np.median([sum(plan["Plan"].get(name, 0) for name in BUFFERS) for plan in plans]))
        used = None if index is None else all(_uses(plan["Plan"], index) for plan in plans)
        return row_of(setting, done, truth, answered, buffers=buffers, index_used=used, **known)

    def _others(self, number: int, keys: Any) -> list[str]:
        return [key for key in keys if key != self.own[number]][: self.k]

    def _plan(self, literal: str) -> dict[str, Any]:
        row = self.work.cursor.execute(b"explain (analyze, buffers, timing off, format json) " + self.statement, [literal]).fetchone()
        plan: dict[str, Any] = row[0][0] if row else {"Plan": {}}
        return plan


def _search_by(cursor: Cursor, setting: Setting) -> None:
    """Settings of the search, until the end of the transaction."""
    exact = setting.method == "exact"
    _set(cursor, "enable_indexscan", "off" if exact else "on")
    if setting.probes is not None:
        _set(cursor, "ivfflat.probes", str(setting.probes))
    if setting.ef_search is not None:
        _set(cursor, "hnsw.ef_search", str(setting.ef_search))


def _uses(plan: dict[str, Any], index: str) -> bool:
    return plan.get("Index Name") == index or any(_uses(child, index) for child in plan.get("Plans", ()))


def _set(cursor: Cursor, name: str, value: str) -> None:
    cursor.execute("select set_config($1, $2, true)", [name, value])


def _same_dimensions(queries: Floats, dimensions: int, title: str) -> None:
    if queries.shape[1] != dimensions:
        raise UsageError(f"The queries have {queries.shape[1]} dimensions, the vectors of {title} {dimensions}.")


def _within(tell: Progress, start: float, share: float) -> Progress:
    return lambda text, done: tell(text, start + share * done)


@contextmanager
def _in_words(options: VectorOptions) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        reason = without_password(error.diag.message_primary or str(error), conninfo_of(options.dsn or ""))
        hint = " Allow more with --timeout, or ask for fewer rows with --max-rows." if error.sqlstate == "57014" else ""
        raise CollectionFailed(f"PostgreSQL ended the trials of {options.table}.{options.column}: {reason}.{hint}") from None
