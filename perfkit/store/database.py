"""Nobody holds a connection: open, do one thing, close; wait for each other up to a stated limit."""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from perfkit.errors import PerfkitError, StoreBusy, UsageError
from perfkit.store.blank import OLDEST_READER, begin
from perfkit.store.engine import duckdb
from perfkit.store.evidence import evidence_for, evidence_of, table_of, text_of
from perfkit.store.migrations import migrate, missing_migrations, run_tables, transaction

if TYPE_CHECKING:
    import pandas

Row = TypeVar("Row")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.25
SETTINGS = (
    "set TimeZone = 'UTC'; set preserve_insertion_order = false; set autoinstall_known_extensions = false; set wal_autocheckpoint = '1KB'; "
    "set enable_progress_bar = false"
)
READING = (duckdb.StatementType.SELECT, duckdb.StatementType.PRAGMA, duckdb.StatementType.MULTI)
"""MULTI is a pivot. A pragma can read or change a setting, and settings are locked before a user's statement runs."""
EXPLAIN = re.compile(r"\s*\bexplain\b(\s+analy[sz]e\b)?(\s*\(\s*(analy[sz]e|format)[^)]*\))?", re.IGNORECASE)
LOCK_MESSAGES = ("Could not set lock", "different configuration than existing connections", "Unique file handle conflict")


@dataclass(frozen=True, slots=True)
class Sitting:
    """A connection, and what was asked of it already: nothing is written meanwhile, so the answers stay what they are."""

    connection: duckdb.DuckDBPyConnection
    answers: dict[tuple[Path, object, str], list[Any]] = field(default_factory=dict)
    answers_of_runs: dict[tuple[Path, object], dict[str, list[Any]]] = field(default_factory=dict)
    evidence: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """What each run holds in each table that was asked about."""


_sitting: ContextVar[Mapping[Path, Sitting]] = ContextVar("perfkit_store_sitting", default=MappingProxyType({}))


class Asked(Protocol):
    """What answers the .sql files of analyses: the store, or rows that are about to enter it."""

    def ask(self, question: Path, row: Callable[..., Row], **parameters: Any) -> list[Row]:
        """The rows of a .sql file as instances of a dataclass or of a named tuple."""

    def tables_of(self, run_ids: Sequence[str]) -> set[str]:
        """The tables that hold rows of any of these runs."""


@dataclass(frozen=True, slots=True)
class Store:
    """The evidence of one workspace."""

    path: Path
    wait_s: float = 20.0
    """How long to wait for another process before giving up."""

    @contextmanager
    def sitting(self) -> Iterator[None]:
        """One connection for many questions that follow each other at once; nothing is written meanwhile."""
        before = _sitting.get()
        if self.path in before:
            yield
            return
        with self.reading() as connection:
            _sitting.set({**before, self.path: Sitting(connection)})
            try:
                yield
            finally:
                _sitting.set(before)

    @contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection for one question, or that of the sitting; a store that is behind is brought up to date first."""
        if self.path in _sitting.get():
            yield _sitting.get()[self.path].connection
            return
        connection = self._connect(read_only=True) if self.path.exists() else None
        if connection is None or missing_migrations(connection):
            if connection is not None:
                connection.close()
            with self.writing():
                pass
            connection = self._connect(read_only=True)
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def writing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection whose work is one transaction; writers queue on a lock file of their own."""
        self._refuse_while_sitting()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._turn():
            begin(self.path)
            connection = self._connect(read_only=False)
            try:
                migrate(connection)
                with transaction(connection):
                    yield connection
            finally:
                connection.close()

    @contextmanager
    def receiving(self, giver: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """The store attached, as `store`, to a connection that has rows for it; what happens inside is one transaction."""
        self._refuse_while_sitting()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._turn():
            begin(self.path)
            with self._attached(giver, f"storage_version '{OLDEST_READER}'"):
                giver.execute("use store")
                migrate(giver)
                giver.execute("use memory")
                with transaction(giver):
                    yield

    @contextmanager
    def lent_to(self, reader: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """The store attached, as `store`, to a connection that only reads it."""
        with self._attached(reader, "read_only"):
            yield

    @contextmanager
    def _attached(self, connection: duckdb.DuckDBPyConnection, options: str) -> Iterator[None]:
        self._patiently(lambda: connection.execute(f"attach '{self.path}' as store ({options})"))
        try:
            yield
        finally:
            connection.execute("use memory; detach store")

    def ask(self, question: Path, row: Callable[..., Row], **parameters: Any) -> list[Row]:
        """The rows of a .sql file as instances of a dataclass or of a named tuple, whose fields are the selected columns.

        In a sitting, only of runs that hold the evidence that the file names: of others there are none.
        """
        sitting = _sitting.get().get(self.path)
        if sitting is None:
            with self.reading() as connection:
                return asked(connection, question, row, parameters)
        if "run_ids" in parameters and evidence_for(question):
            parameters["run_ids"] = self.holding(parameters["run_ids"], evidence_for(question))
            if not parameters["run_ids"]:
                return []
        key = (question, row, repr(parameters))
        if key not in sitting.answers:
            sitting.answers[key] = asked(sitting.connection, question, row, parameters)
        return list(sitting.answers[key])

    def columns(self, question: Path, **parameters: Any) -> dict[str, Any]:
        """The answer of a .sql file as one array of numpy a column, for rows too many to be looked at one by one; a null is masked."""
        with self.reading() as connection:
            return connection.execute(text_of(question), parameters or None).fetchnumpy()

    def query(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows of any statement that only reads."""
        with self.reading() as connection:
            try:
                only_reading(connection, sql)
                cursor = connection.execute(sql, parameters)
                return [column[0] for column in cursor.description], cursor.fetchall()
            except duckdb.Error as error:
                raise UsageError(f"The query failed: {error}") from error

    def append(self, table: str, rows: Sequence[Sequence[Any]], columns: Sequence[str] = (), *, replacing: bool = False) -> None:
        """Add rows to a table of conclusions, by column where columns are named; replacing keeps the newer of two with one key."""
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            named = f" ({', '.join(columns)})" if columns else ""
            with self.writing() as connection:
                connection.executemany(f"insert {'or replace ' if replacing else ''}into {table}{named} values ({marks})", rows)

    def rows_of(self, run_id: str) -> dict[str, int]:
        """Rows per table that belong to a run."""
        with self.reading() as connection:
            counts = {table: _count(connection, table, run_id) for table in run_tables()}
        return {table: rows for table, rows in counts.items() if rows}

    def tables_of(self, run_ids: Sequence[str]) -> set[str]:
        """The tables that hold rows of any of these runs."""
        if not run_ids:
            return set()
        # numbered: planning dozens of joins with a list takes longer than all else
        asked_for = ", ".join(f"${number}" for number, _ in enumerate(run_ids, 1))
        hold = " union all ".join(f"(select '{table}' from {table} where run_id in ({asked_for}) limit 1)" for table in run_tables())
        with self.reading() as connection:
            return {row[0] for row in connection.execute(hold, list(run_ids)).fetchall()}

    def holding(self, run_ids: Sequence[str], evidence: Collection[str]) -> list[str]:
        """Those of the runs that hold any of this: rows of a table such as requests, or spans of a kind, as spans.db."""
        sitting = _sitting.get().get(self.path)
        known, tables = sitting.evidence if sitting else {}, sorted({table_of(name) for name in evidence})
        new = [run_id for run_id in run_ids if any((run_id, table) not in known for table in tables)]
        if new:
            with self.reading() as connection:
                known.update(evidence_of(connection, new, tables))
        return [run_id for run_id in run_ids if any(not known[run_id, table].isdisjoint(evidence) for table in tables)]

    def frame(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pandas.DataFrame:
        """The same as a pandas frame, for notebooks."""
        with self.reading() as connection:
            try:
                only_reading(connection, sql)
                return connection.execute(sql, parameters).df()
            except duckdb.Error as error:
                raise UsageError(f"The query failed: {error}") from error

    def _connect(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        config: dict[str, str | bool | int | float | list[str]] = {} if read_only else {"storage_compatibility_version": OLDEST_READER}
        connection = self._patiently(lambda: duckdb.connect(str(self.path), read_only=read_only, config=config))
        connection.execute(SETTINGS)
        return connection

    def _patiently(self, opening: Callable[[], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
        """Open the file as soon as nobody else holds it, or say who does."""
        deadline = time.monotonic() + self.wait_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                return opening()
            except duckdb.Error as error:
                if not any(message in str(error) for message in LOCK_MESSAGES):
                    raise PerfkitError(f"The store {self.path} cannot be opened: {' '.join(str(error).split())}") from error
                if time.monotonic() >= deadline:
                    from perfkit.store.holder import describe_holder

                    raise StoreBusy(self._busy(describe_holder(str(error)))) from error
            from random import uniform

            time.sleep(pause * uniform(0.5, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Our place in the queue of writers: retries on the database's own lock alone would starve some."""
        deadline = time.monotonic() + self.wait_s
        with self.path.with_suffix(".lock").open("a+") as queue:
            while not _locked(queue.fileno()):
                if time.monotonic() >= deadline:
                    raise StoreBusy(self._busy("another writer of perfkit that is waiting or at work"))
                time.sleep(FIRST_PAUSE_S)
            yield

    def _refuse_while_sitting(self) -> None:
        if self.path in _sitting.get():
            raise RuntimeError("Nothing is written during a sitting: its connection would shut the writer out.")

    def _busy(self, holder: str) -> str:
        return f"The store {self.path} stayed busy for {self.wait_s:.0f} s: held by {holder}. Close it there, or try again later."


def asked(connection: duckdb.DuckDBPyConnection, question: Path, row: Callable[..., Row], parameters: Mapping[str, Any]) -> list[Row]:
    """The answer of one connection, row by row, as dataclasses or named tuples."""
    cursor = connection.execute(text_of(question), parameters or None)
    columns = [column[0] for column in cursor.description]
    expected = list(row._fields) if hasattr(row, "_fields") else [item.name for item in fields(row)]  # type: ignore[arg-type]
    if columns != expected:
        raise TypeError(f"{question.name} selects {columns}, {row} has {expected}")
    return [row(*values) for values in cursor.fetchall()]


def ask_run_by_run(store: Asked, question: Path, row: Callable[..., Row], run_ids: Sequence[str]) -> list[Row]:
    """The rows of a .sql file each of which is about one run, in the order of the runs' ids: a sitting asks about each run once."""
    sitting = _sitting.get().get(store.path) if isinstance(store, Store) else None
    if sitting is None:
        return store.ask(question, row, run_ids=list(run_ids))
    known = sitting.answers_of_runs.setdefault((question, row), {})
    new: dict[str, list[Any]] = {run_id: [] for run_id in run_ids if run_id not in known}
    answers: list[Any] = store.ask(question, row, run_ids=list(new)) if new else []
    for answer in answers:
        new[answer.run_id].append(answer)
    known.update(new)
    return [answer for run_id in sorted(set(run_ids)) for answer in known[run_id]]


def only_reading(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuses a user's statement that could write, be it to the database or to a file; after that no setting changes either."""
    _refuse_writing(connection, sql)
    connection.execute("set lock_configuration = true")


def _refuse_writing(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = connection.extract_statements(sql)
    if not statements:
        raise UsageError("The query is empty. Write one such as: select * from runs.")
    for statement in statements:
        # explain analyze carries out what it explains
        explained = EXPLAIN.sub("", statement.query, count=1)
        if statement.type == duckdb.StatementType.EXPLAIN and explained != statement.query:
            _refuse_writing(connection, explained)
        elif statement.type not in READING:
            raise UsageError(
                f"Not run: `{' '.join(statement.query.split())}` is no query but {statement.type.name}, and only queries are run here: "
                "SELECT, DESCRIBE, SUMMARIZE, PIVOT, EXPLAIN. To keep an answer in a file, add --json and redirect it: > FILE."
            )


def _count(connection: duckdb.DuckDBPyConnection, table: str, run_id: str) -> int:
    row = connection.execute(f"select count(*) from {table} where run_id = $run_id", {"run_id": run_id}).fetchone()
    return int(row[0]) if row else 0


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
