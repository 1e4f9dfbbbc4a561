"""A server on which indexes are tried: its tables, what they have already, and how long a statement takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit.collectors.databases import conninfo_of, without_password
from perfkit.collectors.escapes import escaping, escaping_in
from perfkit.collectors.index_cover import Existing
from perfkit.collectors.placeholders import numbered, values_of
from perfkit.collectors.postgres_server import GENERIC_SINCE, as_literal
from perfkit.collectors.statements import described, explainable, shown
from perfkit.errors import PerfkitError, UsageError
from perfkit.model.index import IndexKey

if TYPE_CHECKING:
    import psycopg

RUN = "explain (analyze, timing off, format json) "
PLAN = "explain (verbose, format json) "
PLAN_GENERIC = "explain (generic_plan, verbose, format json) "
TIMES = 2
"""A statement is run so often, and the last time counts: what the first one read from disk is then in memory."""
TABLE = """
select c.oid::int8, c.oid::regclass::text, c.relkind::text, pg_has_role(c.relowner, 'USAGE'), c.reltuples::float8,
    case when c.relkind = 'p' then (select coalesce(sum(pg_relation_size(relid)), 0) from pg_partition_tree(c.oid)) else pg_relation_size(c.oid) end
from pg_class c
where c.oid = (select coalesce(pg_partition_root(found), found) from to_regclass($1) as found) and c.relkind in ('r', 'p', 'm')"""
WHOLE = """
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.oid = (select pg_partition_root(found) from to_regclass($1) as found)"""
INDEXES = """
select i.indexrelid::regclass::text, m.amname, pg_get_expr(i.indpred, i.indrelid, true),
    array(select pg_get_indexdef(i.indexrelid, k, true) from generate_series(1, i.indnkeyatts) k order by k),
    array(select case when o.opcdefault then null else o.opcname end
        from unnest(i.indclass::oid[]) with ordinality as used(opclass, k) join pg_opclass o on o.oid = opclass order by k),
    i.indoption::int2[]
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam
where i.indrelid = $1 and i.indisvalid order by c.relname"""
DISTINCT = """
select s.attname, case when s.n_distinct < 0 then -s.n_distinct * greatest(c.reltuples, 1) else s.n_distinct end::float8
from pg_stats s join pg_class c on c.oid = $1 join pg_namespace n on n.oid = c.relnamespace
where s.schemaname = n.nspname and s.tablename = c.relname order by s.attname, s.inherited"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or the partitioned table that a partition belongs to."""

    oid: int
    name: str
    """Quoted, with its schema where the search path needs it."""
    partitioned: bool
    owned: bool
    """Whether this role may create an index on it."""
    rows: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Query:
    """A statement as the server gets it."""

    text: str
    values: tuple[str | None, ...] | None
    """None: nobody knows them, so it is only planned."""
    placeholders: int
    only_planned: bool


@dataclass(frozen=True, slots=True)
class Timed:
    """What a statement costs."""

    cost: float
    ms: float | None
    """None when it was only planned."""
    indexes: frozenset[str]
    """Names of the indexes that its plan uses."""


class IndexServer:
    """One connection; every transaction on it is rolled back."""

    def __init__(self, connection: psycopg.Connection[Any], dsn: str, timeout_s: float, lock_s: float) -> None:
        self.connection = connection
        self.timeout_s = timeout_s
        self._secret = conninfo_of(dsn)
        self._limits = {
            "statement_timeout": f"{max(round(timeout_s * 1000), 1)}ms",
            "lock_timeout": f"{max(round(lock_s * 1000), 1)}ms",
            "idle_in_transaction_session_timeout": f"{max(round(timeout_s * 1000), 1)}ms",
        }
        if connection.info.server_version >= 140000:
            self._limits["client_connection_check_interval"] = "1s"  # ends the work of a client that was killed

    @property
    def version(self) -> str:
        return self.connection.info.parameter_status("server_version") or ""

    @contextmanager
    def transaction(self) -> Iterator[psycopg.RawCursor[Any]]:
        """Under limits, and rolled back in every case."""
        import psycopg

        cursor = psycopg.RawCursor(self.connection)
        try:
            for name, value in self._limits.items():
                cursor.execute("select /* perfkit */ set_config($1, $2, true)", [name, value])
            yield cursor
        finally:
            if not self.connection.closed:
                self.connection.rollback()

    def refuse_standby(self) -> None:
        """An index can only be built where rows are written."""
        with self.transaction() as cursor:
            [standby] = cursor.execute("select pg_is_in_recovery()").fetchone() or (False,)
        if standby:
            raise UsageError("Indexes cannot be tried on a standby, which only reads. Name its primary, or another server with the same rows.")

    def table(self, schema: str | None, relation: str) -> Table | None:
        """None when this server has no such table."""
        from psycopg import sql

        name = sql.Identifier(*([schema] if schema else []), relation).as_string(self.connection)
        with self.transaction() as cursor:
            row = cursor.execute(TABLE.encode(), [name]).fetchone()
        if row is None:
            return None
        oid, name, kind, owned, rows, size = row
        return Table(oid, name, kind == "p", owned, max(rows, 0.0), int(size))

    def whole(self, schema: str | None, relation: str) -> tuple[str | None, str]:
        """Schema and name of the partitioned table that a partition belongs to, else its own."""
        from psycopg import sql

        name = sql.Identifier(*([schema] if schema else []), relation).as_string(self.connection)
        with self.transaction() as cursor:
            row = cursor.execute(WHOLE.encode(), [name]).fetchone()
        return (row[0], row[1]) if row else (schema, relation)

    def existing(self, table: Table) -> list[Existing]:
        """The table's valid indexes."""
        with self.transaction() as cursor:
            rows = cursor.execute(INDEXES.encode(), [table.oid]).fetchall()
        return [
            Existing(name, method, predicate, tuple(map(_key, texts, operator_classes, options)))
            for name, method, predicate, texts, operator_classes, options in rows
        ]

    def distinct(self, table: Table) -> dict[str, float]:
        """How many values each column has, by its statistics."""
        with self.transaction() as cursor:
            return dict(cursor.execute(DISTINCT.encode(), [table.oid]).fetchall())

    def query(self, statement: str) -> Query:
        """How the statement is asked; raises UsageError when it is none that can be explained."""
        known = described(explainable(statement))
        text = numbered(known.text)
        values = values_of(known, text.names)
        literals = None if values is None else tuple(map(as_literal, values))
        only_planned = values is None or escaping(known.text) is not None
        if values is None and self.connection.info.server_version < GENERIC_SINCE:
            raise UsageError("the values of its placeholders are not known, and only PostgreSQL 16 and newer plan without them")
        return Query(text.text, literals, len(text.names), only_planned)

    def timed(self, cursor: psycopg.RawCursor[Any], query: Query) -> Timed:
        """The statement's cost, and its time if it only reads; what it does is undone."""
        import psycopg

        planned = self._explained(cursor, PLAN, query)
        cost, indexes = (
            float(planned["Plan"]["Total Cost"]),
            frozenset(node["Index Name"] for node in _nodes(planned["Plan"]) if "Index Name" in node),
        )
        if query.only_planned or escaping_in(planned):
            return Timed(cost, None, indexes)
        try:
            runs = [self._explained(cursor, RUN, query) for _ in range(TIMES)]
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.QueryCanceled):
            return Timed(cost, None, indexes)
        return Timed(cost, float(runs[-1]["Execution Time"]), indexes)

    def relations(self, cursor: psycopg.RawCursor[Any], query: Query) -> list[tuple[str, str]]:
        """Schema and name of every table that the statement's plan reads or writes."""
        nodes = _nodes(self._explained(cursor, PLAN, query)["Plan"])
        return [(node["Schema"], node["Relation Name"]) for node in nodes if "Relation Name" in node and "Schema" in node]

    def words(self, error: Exception) -> str:
        """The reason in one sentence, without the password."""
        import psycopg

        if isinstance(error, PerfkitError):
            return str(error)
        if isinstance(error, psycopg.errors.LockNotAvailable):
            return "the table was not free of writing transactions in time; try again, or allow more with --lock-timeout"
        if isinstance(error, psycopg.errors.QueryCanceled):
            return f"not done after {self.timeout_s:g} s; allow more with --timeout"
        said = getattr(getattr(error, "diag", None), "message_primary", None)
        return without_password(said or str(error), self._secret)

    def _explained(self, cursor: psycopg.RawCursor[Any], how: str, query: Query) -> Mapping[str, Any]:
        """In a part of the transaction that cannot write, and of which nothing stays."""
        cursor.execute("savepoint perfkit_look")
        try:
            cursor.execute("set local transaction_read_only = on")
            if query.values is None:
                return self._generic(query)
            # Prepared: the server itself refuses a second statement in the text.
            row = cursor.execute(f"{how}{query.text}".encode(), query.values, prepare=True).fetchone()
        finally:
            cursor.execute("rollback to savepoint perfkit_look")
        return _plan_of(row, query)

    def _generic(self, query: Query) -> Mapping[str, Any]:
        """By the simple protocol, the only one in which $1 needs no value."""
        from psycopg.errors import error_from_result
        from psycopg.pq import ExecStatus

        result = self.connection.pgconn.exec_(f"{PLAN_GENERIC}{query.text}".encode())
        if result.status != ExecStatus.TUPLES_OK:
            raise error_from_result(result)
        return _plan_of((json.loads(result.get_value(0, 0) or b"[]"),), query)


def _plan_of(row: Any, query: Query) -> Mapping[str, Any]:
    if not row or not row[0]:
        raise UsageError(f"PostgreSQL gave no plan for {shown(query.text)}.")
    plan: Mapping[str, Any] = row[0][0]
    return plan


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [plan]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node.get("Plans", [])


def _key(text: str, operator_class: str | None, options: int) -> IndexKey:
    descending, nulls_first = bool(options & 1), bool(options & 2)
    return IndexKey(text, False, operator_class, descending, None if nulls_first == descending else "first" if nulls_first else "last")
