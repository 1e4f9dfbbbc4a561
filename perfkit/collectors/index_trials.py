"""Candidates → what each index would do, built and measured in a transaction of a PostgreSQL server that is always rolled back."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from perfkit.collectors.base import Progress, described, desk, leave, nobody_watches, require, utc_now
from perfkit.collectors.databases import connected
from perfkit.collectors.index_copy import MOST_ROWS, copied
from perfkit.collectors.index_cover import covering, most_selective_first
from perfkit.collectors.index_server import IndexServer, Query, Table, Timed
from perfkit.errors import CollectionFailed, PerfkitError, UsageError
from perfkit.model.index import Asker, IndexCandidate, IndexShape
from perfkit.model.run import Manifest
from perfkit.units import format_quantity

FORM = 1
NAME = "perfkit_try_{}"
LARGEST = 1_000_000_000
EXTENSIONS = {"gin_trgm_ops": "pg_trgm"}
"""What an operator class needs; made for the trial alone."""
TREE = """
select c.oid::int8, c.oid::regclass::text, c.relname::text, pg_relation_size(c.oid)
from pg_class c
where c.oid = $1 or c.oid in (select relid from pg_partition_tree($1))
order by c.oid"""
"""A table or an index, with those of its partitions."""


@dataclass(frozen=True, slots=True)
class IndexTrialOptions:
    """Indexes to try, and the server to build them on: naming it is the consent, for building blocks who writes to the table."""

    dsn: str = field(repr=False)
    candidates: tuple[IndexCandidate, ...]
    largest_bytes: float = LARGEST
    """Tables above it are not touched."""
    timeout_s: float = 30.0
    """For one build, and for one execution of a statement."""
    lock_s: float = 1.0
    """How long to wait for a table that others write to. Meanwhile further writers queue behind."""
    on_copy: bool = False
    """True: the server is only read; its tables are copied to one of our own, and the indexes are built there."""
    copy_rows: float = MOST_ROWS
    """Tables of more rows are not copied."""
    stated: Manifest = field(default_factory=Manifest)
    project: Path | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One index and one statement; fields as in the table index_trials."""

    trial: int
    relation: str
    definition: str
    columns: list[str]
    statement: str
    plan_run_id: str
    plan_id: int
    node_id: int
    used: bool = False
    cost_before: float | None = None
    cost_after: float | None = None
    before_ms: float | None = None
    after_ms: float | None = None
    build_ms: float | None = None
    bytes: int | None = None
    table_bytes: int | None = None
    write_cost: float | None = None
    refused: str | None = None


def collect(options: IndexTrialOptions, folder: Path, progress: Progress | None = None) -> Path:
    """Tries every candidate and leaves what came of it."""
    if not options.candidates:
        raise UsageError("There is no index to try: no plan asks for one.")
    require("psycopg")
    tell, started = progress or nobody_watches, utc_now()
    with closing(connected(options.dsn)) as connection, desk(folder) as place:
        server = IndexServer(connection, options.dsn, options.timeout_s, options.lock_s)
        trials = _on_copy(server, options, tell) if options.on_copy else _on(server, options, tell)
        artefact = place / "index_trials.json"
        document = {"perfkit_index_trials": FORM, "on_copy": options.on_copy, "trials": [asdict(trial) for trial in trials]}
        artefact.write_text(json.dumps(document, indent=1), encoding="utf-8")
        parameters = {"database": connection.info.dbname, "candidates": len(options.candidates), "on_copy": options.on_copy}
        manifest = Manifest(tool="perfkit.index_trials", tool_version=server.version, started_at=started, parameters=parameters)
        return leave(artefact, folder, described(manifest, options.stated, options.project))


def _on(server: IndexServer, options: IndexTrialOptions, tell: Progress) -> list[Trial]:
    server.refuse_standby()
    return list(_Trials(server, options).all(tell))


def _on_copy(server: IndexServer, options: IndexTrialOptions, tell: Progress) -> list[Trial]:
    statements = [asker.statement for candidate in options.candidates for asker in candidate.asked_by]
    whole = [server.whole(candidate.schema, candidate.relation) for candidate in options.candidates]
    tables = zip(options.candidates, whole, strict=True)
    there = replace(options, candidates=tuple(replace(item, schema=schema, relation=name) for item, (schema, name) in tables))
    with copied(server, statements, options.copy_rows, tell) as dsn, closing(connected(dsn)) as connection:
        return _on(IndexServer(connection, dsn, options.timeout_s, options.lock_s), there, tell)


class _Trials:
    """The trials of one server; what a statement costs without an index is asked once."""

    def __init__(self, server: IndexServer, options: IndexTrialOptions) -> None:
        self.server = server
        self.options = options
        self.before: dict[str, Timed] = {}

    def all(self, tell: Progress) -> Iterator[Trial]:
        """Every candidate with every statement that asks for it."""
        tables = {(item.schema, item.relation): self.server.table(item.schema, item.relation) for item in self.options.candidates}
        found = [table for table in tables.values() if table is not None]
        if found and not any(table.owned for table in found):
            names = ", ".join(sorted({table.name for table in found}))
            user = self.server.connection.info.user
            raise UsageError(f"The role {user} may not create an index on {names}: only the owner of a table may. Connect as the owner.")
        candidates = self._merged(tables)
        for number, (table, candidate) in enumerate(candidates):
            tell(f"{number} of {len(candidates)} indexes tried · {candidate.relation}", number / len(candidates))
            yield from self._tried(number, candidate, table)
        tell(f"{len(candidates)} of {len(candidates)} indexes tried", 1.0)

    def _merged(self, tables: dict[tuple[str | None, str], Table | None]) -> list[tuple[Table | None, IndexCandidate]]:
        """Candidates on their tables, once where several partitions ask for the same, the most selective column first."""
        merged: dict[tuple[object, ...], tuple[Table | None, IndexCandidate]] = {}
        for candidate in self.options.candidates:
            table = tables[candidate.schema, candidate.relation]
            distinct = self.server.distinct(table) if table else {}
            shapes = tuple(most_selective_first(shape, distinct) for shape in candidate.shapes)
            key = (table.oid if table else (candidate.schema, candidate.relation), shapes)
            known = merged.get(key)
            merged[key] = (table, known[1].also_for(candidate.asked_by) if known else replace(candidate, shapes=shapes))
        return list(merged.values())

    def _tried(self, number: int, candidate: IndexCandidate, table: Table | None) -> Iterator[Trial]:
        drafts = [_draft(number, candidate, table, asker) for asker in candidate.asked_by]
        reason = self._refusal(candidate, table)
        if reason is None and table is not None:
            queries = {asker.statement: self._query(asker.statement) for asker in candidate.asked_by}
            yield from self._built(drafts, candidate.shapes, table, queries)
        else:
            yield from (replace(draft, refused=reason) for draft in drafts)

    def _refusal(self, candidate: IndexCandidate, table: Table | None) -> str | None:
        if table is None:
            return f"this server has no table {candidate.relation}"
        if not table.owned:
            return f"the role {self.server.connection.info.user} may not create an index on {table.name}: only its owner may"
        if table.bytes > self.options.largest_bytes:
            size, limit = format_quantity(table.bytes, "bytes"), format_quantity(self.options.largest_bytes, "bytes")
            return f"{table.name} has {size}, and building an index blocks writing to it; the limit is {limit}, --largest raises it"
        existing = self.server.existing(table)
        found = [covering(shape, existing) for shape in candidate.shapes]
        names = sorted({index.name for index in found if index is not None})
        return f"this server has {' and '.join(names)}, which covers it" if all(found) else None

    def _query(self, statement: str) -> Query | str:
        """The statement, or why it cannot be tried; its cost without the index is taken on the way, before anything is locked."""
        import psycopg

        try:
            query = self.server.query(statement)
            if statement not in self.before:
                with self.server.transaction() as cursor:
                    self.before[statement] = self.server.timed(cursor, query)
        except (PerfkitError, psycopg.Error) as error:
            self._refuse_lost(error)
            return self.server.words(error)
        return query

    def _built(self, drafts: Sequence[Trial], shapes: Sequence[IndexShape], table: Table, queries: dict[str, Query | str]) -> list[Trial]:
        """The trials with the index built, as far as it can be."""
        import psycopg

        try:
            with self.server.transaction() as cursor:
                build_ms, sizes = _build(cursor, shapes, table)
                size, names = sum(sizes.values()), list(sizes)
                cost = size / table.bytes if table.bytes else None
                known: dict[str, Any] = {"build_ms": build_ms, "bytes": size, "table_bytes": table.bytes, "write_cost": cost}
                return [replace(draft, **known, **self._after(cursor, draft.statement, queries[draft.statement], names)) for draft in drafts]
        except psycopg.Error as error:
            self._refuse_lost(error)
            return [replace(draft, refused=self.server.words(error)) for draft in drafts]

    def _after(self, cursor: Any, statement: str, query: Query | str, names: list[str]) -> dict[str, Any]:
        import psycopg

        if isinstance(query, str):
            return {"refused": query}
        before = self.before[statement]
        planned = replace(query, only_planned=query.only_planned or before.ms is None)
        try:
            after = self.server.timed(cursor, planned)
        except psycopg.Error as error:
            self._refuse_lost(error)
            return {"refused": self.server.words(error)}
        both = before.ms is not None and after.ms is not None
        return {
            "used": not after.indexes.isdisjoint(names),
            "cost_before": before.cost,
            "cost_after": after.cost,
            "before_ms": before.ms if both else None,
            "after_ms": after.ms if both else None,
        }

    def _refuse_lost(self, error: Exception) -> None:
        if self.server.connection.closed:
            raise CollectionFailed(f"The server ended the connection: {self.server.words(error)}. Nothing of the trial stays there.") from None


def _build(cursor: Any, shapes: Sequence[IndexShape], table: Table) -> tuple[float, dict[str, int]]:
    """The time that the building took, and the sizes of the indexes by name, those of partitions with them."""
    for extension in sorted({EXTENSIONS[key.operator_class] for shape in shapes for key in shape.keys if key.operator_class in EXTENSIONS}):
        cursor.execute(f"create extension if not exists {extension}".encode())
    _own_row(cursor, table)
    names = [NAME.format(number) for number in range(1, len(shapes) + 1)]
    began = time.perf_counter()
    for name, shape in zip(names, shapes, strict=True):
        cursor.execute(f"create index {name} on {table.name} {shape.written}".encode())
    build_ms = (time.perf_counter() - began) * 1000
    if any(key.is_expression for shape in shapes for key in shape.keys):
        cursor.execute(f"analyze {table.name}".encode())  # the planner knows nothing of an expression before
    made = cursor.execute("select i.indexrelid::int8 from pg_index i join pg_class c on c.oid = i.indexrelid where c.relname = any($1)", [names])
    return build_ms, {name: int(size) for [oid] in made.fetchall() for _, _, name, size in cursor.execute(TREE.encode(), [oid]).fetchall()}


def _own_row(cursor: Any, table: Table) -> None:
    """Building writes the table's size and that it has an index into its row of pg_class in place, which no rollback undoes.

    A grant that changes nothing gives this transaction a row of its own, and that one goes with it.
    """
    for _, name, _, _ in cursor.execute(TREE.encode(), [table.oid]).fetchall():
        cursor.execute(f"grant select on {name} to current_user".encode())


def _draft(number: int, candidate: IndexCandidate, table: Table | None, asker: Asker) -> Trial:
    name = table.name if table else candidate.relation
    concurrently = "" if table and table.partitioned else " concurrently"
    definition = "; ".join(f"create index{concurrently} on {name} {shape.written}" for shape in candidate.shapes)
    columns = [key.text for shape in candidate.shapes for key in shape.keys]
    return Trial(number, name, definition, columns, asker.statement, asker.run_id, asker.plan_id, asker.node_id)
