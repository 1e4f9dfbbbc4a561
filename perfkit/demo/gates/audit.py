"""The audit log in SQLite. Faults: no index, a connection and a commit for each row. Fixes: three indexes, a pool, one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, QueuePool, create_engine, text

ROWS = 240_000
HISTORY = "select id, gate, passed, noted_at from audit_log where document_id = :document_id order by noted_at desc limit 100"
STATISTICS = "select gate, count(*) as checks, sum(passed) as passed from audit_log where user_id = :user_id group by gate"
RECENT = "select id, document_id, gate, passed from audit_log where noted_at > :noted_at order by noted_at desc limit 100"
NOTE = """
insert into audit_log (document_id, user_id, gate, passed, noted_at, details)
values (:document_id, :user_id, :gate, :passed, :noted_at, '')
"""
INDEXES = (
    "create index if not exists idx_document_id on audit_log (document_id, noted_at)",
    "create index if not exists idx_timestamp on audit_log (noted_at)",
    "create index if not exists idx_user_id on audit_log (user_id, gate, passed)",
)
_USERS = 4000

_TABLE = """
create table audit_log (
    id integer primary key, document_id text not null, user_id integer not null, gate text not null,
    passed integer not null, noted_at integer not null, details text not null
);
"""
_PAST = """
with recursive past (n) as (select 0 union all select n + 1 from past where n < :rows - 1)
insert into audit_log (document_id, user_id, gate, passed, noted_at, details)
select 'document ' || (n / 20 % 9000), n / 20 % :users, 'gate ' || (n % 20), n % 7 > 0, 1700000000 + n, hex(zeroblob(80)) from past;
"""


@dataclass(slots=True)
class AuditLog:
    """What was checked when; also read before and after a validation."""

    engine: Engine
    together: bool
    """All rows of a validation in one transaction, else each in its own."""

    def history(self, document_id: str) -> Sequence[Any]:
        """The last hundred checks of a document, newest first."""
        return self._rows(HISTORY, {"document_id": document_id})

    def statistics(self, user_id: int) -> Sequence[Any]:
        """How often each gate passed for a user."""
        return self._rows(STATISTICS, {"user_id": user_id})

    def recent(self, since: int) -> Sequence[Any]:
        """The last hundred checks since a time."""
        return self._rows(RECENT, {"noted_at": since})

    def note(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keeps the checks of one validation."""
        (self._at_once if self.together else self._one_by_one)(rows)

    def close(self) -> None:
        """Closes the connections."""
        self.engine.dispose()

    def _one_by_one(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            with self.engine.begin() as connection:
                connection.execute(text(NOTE), dict(row))

    def _at_once(self, rows: Sequence[Mapping[str, Any]]) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(NOTE), [dict(row) for row in rows])

    def _rows(self, statement: str, values: Mapping[str, Any]) -> Sequence[Any]:
        with self.engine.connect() as connection:
            return connection.execute(text(statement), dict(values)).all()


def audit_log(path: Path, *, indexed: bool, pooled: bool, together: bool) -> AuditLog:
    """The log in a file, which is filled with the past first when it is not there; what was noted since then is forgotten."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        _fill(connection)
        connection.execute("delete from audit_log where id > ?", (ROWS,))
        if indexed:
            add_indexes(connection)
    return AuditLog(pooled_engine(path) if pooled else unpooled_engine(path), together)


def add_indexes(connection: sqlite3.Connection) -> None:
    """One for each look-up; building them again does nothing."""
    for index in INDEXES:
        connection.execute(index)


def unpooled_engine(path: Path) -> Engine:
    """Opens a connection for each statement."""
    return create_engine(f"sqlite:///{path}", poolclass=NullPool)


def pooled_engine(path: Path) -> Engine:
    """Keeps its connections."""
    return create_engine(f"sqlite:///{path}", poolclass=QueuePool)


def _fill(connection: sqlite3.Connection) -> None:
    """The table with its past, or nothing: whoever is ended before the commit leaves the file as it was."""
    connection.executescript("pragma journal_mode = wal; pragma synchronous = normal;")
    connection.execute("begin immediate")
    if not connection.execute("select 1 from sqlite_schema where name = 'audit_log'").fetchone():
        connection.execute(_TABLE)
        connection.execute(_PAST, {"rows": ROWS, "users": _USERS})
    connection.execute("commit")
