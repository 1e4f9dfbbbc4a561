"""EXPLAIN on a PostgreSQL server, each time in a transaction that is rolled back; errors in the server's words, with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfkit.collectors.databases import conninfo_of, without_password
from perfkit.collectors.plan_options import Plan, PlanOptions
from perfkit.collectors.statements import modifies
from perfkit.errors import CollectionFailed, UsageError

if TYPE_CHECKING:
    import psycopg

    Cursor = psycopg.RawCursor[Any]

GENERIC_SINCE = 160000
GENERIC, UNNAMED = "perfkit_generic", ""
"""Prepared statements: one that can be executed by its name, and the one that the next of its kind replaces."""
MEMORY_SINCE = 170000
WAL_SINCE = 130000
HOW = {"plan": "verbose, settings, summary", "execute": "analyze, buffers, verbose, settings", "watch": "analyze, timing off"}
WRONG_SETTING = ("22023", "42501", "42704", "55P02")
"""A value, a right, a name, a setting that only a restart changes."""
CANCELLED = "57014"
ADVICE = {
    "25006": "The server is a standby or read-only: --no-analyze asks for the plan alone.",
    "42P18": "Say the type of the placeholder in the statement, such as $1::integer.",
    "42501": "Connect as a role that may do this.",
    "55P03": "Another session holds a lock that it needs. Try again later, or allow more with --timeout.",
}
"""What to do, by SQLSTATE."""
SETTINGS = "select /* perfkit */ lower(name), current_setting(name) from pg_settings where lower(name) = any($1) order by 1"


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement as the server gets it."""

    title: str
    text: str
    """Its placeholders are $1, $2 …"""
    values: tuple[str | None, ...] = ()
    placeholders: int = 0


@dataclass(frozen=True, slots=True)
class Server:
    """A connection, and the limits and settings of every transaction on it."""

    connection: psycopg.Connection[Any]
    options: PlanOptions

    @property
    def number(self) -> int:
        """180006 of version 18.6."""
        return self.connection.info.server_version

    def explained(self, how: str, asked: Asked, around: Callable[[Cursor], None] | None = None) -> Plan:
        """One plan, by a key of HOW; nothing of it stays in the database."""
        begin = f"explain ({self._how(how, asked.text)}) "
        with self._in_words(asked, len(begin)), self.transaction() as cursor:
            if around:
                around(cursor)
            # Prepared: the server itself refuses a second statement in the text.
            return _plan_in(cursor.execute(f"{begin}{asked.text}".encode(), asked.values, prepare=True).fetchone())

    def generic(self, asked: Asked) -> Plan:
        """The plan that the server makes when it cannot look at values."""
        how, executed = self._how("plan", asked.text), self.number < GENERIC_SINCE
        with self._in_words(asked, 0), self.transaction() as cursor:
            # Prepared first: so the server itself refuses a second statement in the text.
            self._prepared(GENERIC if executed else UNNAMED, asked.text)
            if not executed:
                return self._simply(f"explain (generic_plan, {how}) {asked.text}")
            try:
                cursor.execute("set local plan_cache_mode = force_generic_plan")
                nulls = ", ".join(["null"] * asked.placeholders)
                return _plan_in(cursor.execute(f"explain ({how}) execute {GENERIC}({nulls})".encode()).fetchone())
            finally:
                self.connection.rollback()
                self.connection.pgconn.exec_(f"deallocate {GENERIC}".encode())

    def rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The answer to a question about the server itself."""
        import psycopg

        try:
            with self.transaction() as cursor:
                return cursor.execute(sql.encode(), values).fetchall()
        except psycopg.Error as error:
            reason = without_password(error.diag.message_primary or str(error), conninfo_of(self.options.dsn))
            if error.sqlstate in WRONG_SETTING:
                given = " ".join(f"--set {name}={value}" for name, value in self.options.settings.items())
                raise UsageError(f"The server does not take {given}: {reason}.") from None
            raise CollectionFailed(f"The server does not answer what it was asked about itself: {reason}.") from None

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """With the user's settings and limits; rolled back in every case."""
        import psycopg

        limit_ms = max(round(self.options.timeout_s * 1000), 2)
        # The wait for a lock ends a little sooner, so that the error says that it was one.
        limits = {"statement_timeout": f"{limit_ms}ms", "lock_timeout": f"{limit_ms - max(limit_ms // 20, 1)}ms"}
        cursor = psycopg.RawCursor(self.connection)
        try:
            for name, value in {**self.options.settings, **limits}.items():
                cursor.execute("select /* perfkit */ set_config($1, $2, true)", [name, value])
            yield cursor
        finally:
            if not self.connection.closed:
                self.connection.rollback()

    def _how(self, how: str, text: str) -> str:
        options = [HOW[how]]
        if how == "execute" and self.number >= WAL_SINCE and modifies(text):
            options.append("wal")
        if how == "execute" and self.number >= MEMORY_SINCE:
            options.append("serialize text, memory")
        return ", ".join([*options, "format json"])

    def _prepared(self, name: str, sql: str) -> None:
        """By the protocol and past the driver, which clears all prepared statements that it knows when it sees a rollback."""
        from psycopg.errors import error_from_result
        from psycopg.pq import ExecStatus

        result = self.connection.pgconn.prepare(name.encode(), sql.encode())
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)

    def _simply(self, sql: str) -> Plan:
        """By the simple protocol, the only one in which $1 needs no value."""
        from psycopg.errors import error_from_result
        from psycopg.pq import ExecStatus

        result = self.connection.pgconn.exec_(sql.encode())
        if result.status != ExecStatus.TUPLES_OK:
            raise error_from_result(result)
        return _plan_in((json.loads(result.get_value(0, 0) or b"[]"),))

    @contextmanager
    def _in_words(self, asked: Asked, begins_at: int) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            raise CollectionFailed(self._words(asked, error, begins_at)) from None

    def _words(self, asked: Asked, error: psycopg.Error, begins_at: int) -> str:
        parts, said = conninfo_of(self.options.dsn), error.diag
        if error.sqlstate == CANCELLED:
            return f"Not done after {self.options.timeout_s:g} s: {asked.title}. Allow more with --timeout, or only plan with --no-analyze."
        reason = without_password(said.message_primary or str(error), parts)
        code = f" (SQLSTATE {error.sqlstate})" if error.sqlstate else ""
        words = [f"PostgreSQL cannot explain {asked.title}: {reason}{code}{_place(said.statement_position, asked.text, begins_at)}."]
        words += [f"{without_password(more, parts)}." for more in (said.message_detail, said.message_hint) if more]
        words += [ADVICE[error.sqlstate]] if error.sqlstate in ADVICE else []
        return " ".join(words)


def _plan_in(row: tuple[Any, ...] | None) -> Plan:
    if not row or not row[0]:
        raise CollectionFailed("PostgreSQL answered EXPLAIN without a plan.")
    plan: Plan = row[0][0]
    return plan


def _place(position: str | None, text: str, begins_at: int) -> str:
    """Line and column in the statement; the server counts from the beginning of all that it was sent."""
    at = int(position) - 1 - begins_at if position else -1
    if not 0 <= at < len(text):
        return ""
    before = text[:at]
    return f" in line {before.count(chr(10)) + 1}, column {at - before.rfind(chr(10))}"


def as_literal(value: Any) -> str | None:
    """A JSON value as text that PostgreSQL reads by the type that the statement needs there; lists become arrays."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list):
        return "{" + ",".join(map(_element, value)) + "}"
    return json.dumps(value)


def _element(value: Any) -> str:
    text = as_literal(value)
    if text is None or isinstance(value, list):
        return text or "null"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def settings_of(server: Server, names: Sequence[str]) -> dict[str, str]:
    """Values of those settings that the server knows, by their names in lower case."""
    return dict(server.rows(SETTINGS, [[name.lower() for name in names]]))
