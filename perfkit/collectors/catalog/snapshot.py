"""One snapshot of a database's catalog and counters, in one transaction that only reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.collectors.databases import connected, conninfo_of, without_password
from perfkit.collectors.plans_top import HIDDEN_TEXT, OURS, hidden_text
from perfkit.errors import CollectionFailed, MissingTool

if TYPE_CHECKING:
    import psycopg

QUESTIONS = Path(__file__).parent
OLDEST = 120000
CANCELLED = ("57014", "55P03")
HOW_TO_COUNT = (
    "To count statements, put pg_stat_statements into shared_preload_libraries of the server's configuration, restart it, "
    "and run 'create extension pg_stat_statements' in this database."
)
HOW_TO_SEE = "Connect as a role that may see it, such as a member of pg_monitor."
PLAIN = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*\(*\s*(?:select|insert|update|delete|merge|with|values|table)\b", re.IGNORECASE | re.DOTALL)
LITERAL = re.compile(r"'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$", re.DOTALL)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one moment showed."""

    server: Row
    counters: Row
    unseen: str
    """What is missing, and how to make it visible; empty when nothing is."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """One database's counters."""

    dsn: str = field(repr=False)
    timeout_s: float
    exact_bloat: bool

    def snapshot(self, *, first: bool = False) -> Snapshot:
        """Every counter as one moment has it. The texts of statements and the exact bloat are left to the second snapshot."""
        with self._reading() as connection:
            server = self._only(connection, "server")
            counters = {
                "taken_at": self._only(connection, "activity")["at"],
                "counting_since": server.pop("counting_since"),
                "database": self._only(connection, "database"),
                **{topic: self._rows(connection, topic) for topic in ("tables", "indexes", "foreign_keys")},
                "bloat": self._bloat(connection) if self.exact_bloat and not first else [],
            }
            # last, for it breaks the transaction where the extension is there and the library is not
            statements, unseen = self._statements(connection, with_text=not first)
            return Snapshot(server, counters | statements, unseen)

    @contextmanager
    def looking(self) -> Iterator[Callable[[], Row]]:
        """Looks at who is connected, over a connection of its own that is in no transaction between two looks."""
        with connected(self.dsn) as connection:
            connection.autocommit = True
            yield lambda: self._only(connection, "activity")

    @contextmanager
    def _reading(self) -> Iterator[psycopg.Connection[Any]]:
        from psycopg import IsolationLevel

        with connected(self.dsn) as connection:
            if connection.info.server_version < OLDEST:
                version = connection.info.parameter_status("server_version")
                raise MissingTool(f"This server is PostgreSQL {version}; its catalog can be read from version 12 on.")
            connection.read_only = True
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.execute("select /* perfkit */ set_config('statement_timeout', %s, true)", [f"{max(round(self.timeout_s * 1000), 1)}ms"])
            yield connection
            connection.rollback()

    def _statements(self, connection: psycopg.Connection[Any], *, with_text: bool) -> tuple[Row, str]:
        from psycopg.errors import ObjectNotInPrerequisiteState

        nothing: Row = {"statements": [], "statements_info": {}}
        schema = self._schema_of(connection, "pg_stat_statements")
        if schema is None:
            return nothing, f"This database has no pg_stat_statements, so nothing is known of its statements. {HOW_TO_COUNT}"
        try:
            rows = self._rows(connection, "statements", schema=schema)
        except CollectionFailed as error:
            if isinstance(error.__cause__, ObjectNotInPrerequisiteState):
                return nothing, f"The extension pg_stat_statements is there, but its library is not loaded. {HOW_TO_COUNT}"
            raise
        known = connection.execute("select /* perfkit */ to_regclass(%s)", [f"{schema}.pg_stat_statements_info"]).fetchone()
        info = self._only(connection, "statements_info", schema=schema) if known and known[0] else {}
        seen = [row for row in rows if OURS not in (row["query"] or "")]
        hidden = sum(row["query"] == HIDDEN_TEXT for row in seen)
        unseen = hidden_text(hidden, HOW_TO_SEE) if hidden else ""
        kept = [_discreet(row) if with_text else _bare(row) for row in seen]
        return {"statements": kept, "statements_info": info}, unseen

    def _bloat(self, connection: psycopg.Connection[Any]) -> list[Row]:
        schema = self._schema_of(connection, "pgstattuple")
        if schema is None:
            raise MissingTool("The exact bloat of indexes needs the extension pgstattuple: run 'create extension pgstattuple' in this database.")
        return self._rows(connection, "index_bloat", schema=schema)

    def _schema_of(self, connection: psycopg.Connection[Any], extension: str) -> str | None:
        """Where an extension's functions are, as SQL names it."""
        text = "select /* perfkit */ quote_ident(nspname) from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = %s"
        row = connection.execute(text.encode(), [extension]).fetchone()
        return str(row[0]) if row else None

    def _only(self, connection: psycopg.Connection[Any], topic: str, **words: str) -> Row:
        [row] = self._rows(connection, topic, **words)
        return row

    def _rows(self, connection: psycopg.Connection[Any], topic: str, **words: str) -> list[Row]:
        import psycopg

        text = (QUESTIONS / f"{topic}.sql").read_text(encoding="utf-8")
        for name, word in words.items():
            text = text.replace(f"{{{name}}}", word)
        try:
            return [row[0] for row in connection.execute(text.encode()).fetchall()]
        except psycopg.Error as error:
            raise CollectionFailed(self._words(topic, error)) from error

    def _words(self, topic: str, error: psycopg.Error) -> str:
        parts: Mapping[str, Any] = conninfo_of(self.dsn)
        what = f"the server's {topic.replace('_', ' ')}"
        if error.sqlstate in CANCELLED:
            return f"Reading {what} took more than {self.timeout_s:g} s: a table may be locked. Allow more with --timeout, or try again later."
        reason = without_password(error.diag.message_primary or str(error), parts)
        return f"PostgreSQL did not show {what}: {reason}. {HOW_TO_SEE}"


def _bare(row: Row) -> Row:
    """Counters alone."""
    return {name: value for name, value in row.items() if name != "query"}


def _discreet(row: Row) -> Row:
    """The server keeps utility statements as they were sent, passwords of roles and all."""
    text = row["query"]
    return row if text is None or PLAIN.match(text) else row | {"query": LITERAL.sub("'…'", text)}
