"""Batches become rows outside the store's lock; the lock is held only for one final transaction."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from itertools import repeat
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self, cast

from perfkit.errors import ArtefactError, UsageError
from perfkit.model.batch import Column, Columns, Scan
from perfkit.model.run import Fact, Run
from perfkit.store.database import SETTINGS, Row, Store, asked, only_reading
from perfkit.store.engine import duckdb
from perfkit.store.migrations import definitions, run_tables, views
from perfkit.store.pending import BULK_ROWS, GLOBAL_TABLES, Arrays, Pending, columns_told, has_arrays, inserting, same_in_all
from perfkit.store.vault import Kept

SPLIT_REQUESTS, APPLICATION_FILES = (Path(__file__).with_name(name) for name in ("split_requests.sql", "application_files.sql"))
MEMORY_LIMIT = "640MB"
"""Beyond it DuckDB spills to the disk beside the store; the whole process stays below 1 GiB."""
FLUSH_ROWS = 200_000
MANY_ROWS = 400_000
"""Up to here one thread does the work."""
MOST_WAITING = 4_000_000
"""So many rows of arrays wait in memory; beyond, they are staged, and DuckDB spills."""
ADVICE = re.compile(r" (?:If this error occurred|Try setting|Possible fixes|Possible solution|LINE \d+:)")
TIMED_TABLES = ("requests", "spans")
"""Tables whose first moment is when the measuring began."""
NAMED_TABLES = ("requests", "latency_buckets", "reported")
"""Tables whose endpoints readers leave as the tool named them."""
FILES_USED = ("frames", "profile_nodes", "profile_functions", "origin_of")
"""What that question needs."""
ENDPOINT_OF = ("segment_of", "endpoint_of")
"""What names of endpoints are normalised by."""
STATEMENT_TABLES = {
    "spans": "case when spans.kind = 'db' and spans.attributes ->> '$.cut' is null then spans.attributes ->> '$.statement' end",
    "plans": "plans.statement",
    "statement_stats": "statement_stats.statement",
}
"""Tables with statements, and where their text stands; what a recorder cut off has its fingerprint from the whole."""
ASKED_TABLES = {*GLOBAL_TABLES, *TIMED_TABLES, *NAMED_TABLES, *STATEMENT_TABLES, "profile_facts"}
"""Tables whose rows are looked at or changed before they are stored."""


class Staging:
    """A short-lived database in memory with those of the store's tables that are needed; run_id holds a token until the artefact's hash is known."""

    def __init__(self, folder: Path, query: str | None = None) -> None:
        """With a query, scans need only fill the columns that it names: nothing else will be asked."""
        folder.mkdir(parents=True, exist_ok=True)
        self._closing = ExitStack()
        spill = self._closing.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix=f".staging-{os.getpid()}-"))
        # made while the first artefact is being read
        self._making = self._closing.enter_context(ThreadPoolExecutor(max_workers=1)).submit(_made, spill)
        self._closing.callback(lambda: self._making.result().close())
        self.tables: set[str] = set()
        """Those that batches came for; the others are empty."""
        self._rows: int | None = 0
        """Those that one thread was left alone with; None when all are at work."""
        self._pending: dict[str, Pending] = {}
        self._waiting: list[Arrays] = []
        self._there: set[str] = set()
        """The tables, views and functions that were made."""
        self._named = named_columns(query) if query else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing.close()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The database."""
        return self._making.result()

    def artefacts_of(self, store: Store) -> dict[str, int]:
        """SHA-256 and size of all that the store has an artefact of: the store itself need not be opened for it."""
        if not store.path.exists():
            return {}
        with store.lent_to(self.connection):
            return dict(self.connection.execute("select sha256, bytes from store.artefacts").fetchall())

    def add(self, batch: Columns | Scan, token: str, source: str) -> None:
        """Stage one batch; source is what an error message calls it."""
        self.tables.add(batch.table)
        self.need(batch.table)
        if isinstance(batch, Scan):
            self._employ(MANY_ROWS + 1)
            self._scan(batch, token, source)
        elif has_arrays(batch.columns):
            self._wait(Arrays.of(batch, token))
        else:
            self._employ(len(batch))
            self._collect(batch, token)

    def _employ(self, rows: int) -> None:
        """One thread does what is little: a second finds no work, and waits as busily as if it had some."""
        if self._rows is None:
            return
        self._rows = None if self._rows + rows > MANY_ROWS else self._rows + rows
        if self._rows is None:
            self.connection.execute("reset threads")

    def need(self, *names: str) -> None:
        """Makes what was not needed before."""
        missing = [name for name in names if name not in self._there]
        if not missing:
            return
        # a key costs more than to leave out what is there
        self.connection.execute("\n".join(definitions()[name].replace(" primary key,", " not null,") for name in missing))
        self._there.update(missing)
        if self._named:
            self._allow_gaps([name for name in missing if name in run_tables()])

    def add_facts(self, facts: Mapping[str, Fact], token: str) -> None:
        """What a collector measured around the run; it replaces what the artefact says of the same."""
        if not facts:
            return
        self.flush_lists()
        self.need("profile_facts")
        told = "delete from profile_facts where run_id = $token and list_contains($stats, stat)"
        self.connection.execute(told, {"token": token, "stats": [*facts]})
        values, units = zip(*facts.values(), strict=True)
        self.add(Columns("profile_facts", {"stat": [*facts], "value": [*values], "unit": [*units]}), token, "")

    def flush(self) -> None:
        """Stage all that waits in Python's memory, so that any question may be asked."""
        self.flush_lists()
        for arrays in self._waiting:
            self._stage(arrays)
        self._waiting.clear()

    def flush_lists(self) -> None:
        """Stage what waits as lists."""
        for table, pending in self._pending.items():
            if pending.rows:
                self._insert(table, pending.columns)
        self._pending.clear()

    def store_arrays(self, run_ids: Mapping[str, str]) -> None:
        """Writes arrays that nobody asked for to the attached store: those of these tokens, under their run ids."""
        for arrays in self._waiting:
            if arrays.token in run_ids:
                arrays.insert(self.connection, run_ids[arrays.token], "store")

    def counts(self) -> dict[str, dict[str, int]]:
        """Rows per table, by token."""
        self.flush_lists()
        counted: dict[str, dict[str, int]] = {}
        for table in sorted(self.tables.difference(GLOBAL_TABLES)):
            for token, rows in self.connection.execute(f"select run_id, count(*) from {table} group by run_id").fetchall():
                counted.setdefault(token, {})[table] = rows
        for arrays in self._waiting:
            rows_of = counted.setdefault(arrays.token, {})
            rows_of[arrays.table] = rows_of.get(arrays.table, 0) + arrays.rows
        return counted

    def ask(self, question: Path, row: Callable[..., Row], **parameters: Any) -> list[Row]:
        """The same as the store's, over the staged rows: run ids are tokens."""
        self.need(*definitions())
        self.flush()
        return asked(self.connection, question, row, parameters)

    def tables_of(self, run_ids: Sequence[str]) -> set[str]:  # noqa: ARG002  what is staged is looked at together
        """The tables that hold rows of any of these runs."""
        return self.tables

    def query(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Column names and rows of any statement that only reads."""
        self.need(*definitions())
        self.flush()
        try:
            only_reading(self.connection, sql)
            cursor = self.connection.execute(sql)
            return [column[0] for column in cursor.description], cursor.fetchall()
        except duckdb.Error as error:
            raise UsageError(f"The query failed: {error}") from error

    def normalise_names(self) -> None:
        """What storing does to names of endpoints, for rows that are only looked at."""
        for table in self.tables.intersection(NAMED_TABLES):
            self.need(*ENDPOINT_OF)
            # materialized: each name is normalised once, not once a row
            names = f"""with distinct_names as materialized (select distinct endpoint as name from {table}),
                names as materialized (select name, endpoint_of(name) as normal from distinct_names)"""
            if self.connection.execute(f"{names} select 1 from names where normal <> name limit 1").fetchone() is not None:
                self.connection.execute(
                    f"{names} update {table} set url = names.name, endpoint = names.normal from names "
                    f"where {table}.endpoint = names.name and names.normal <> names.name"
                )

    def fingerprint_statements(self, fingerprint_of: Callable[[str], str]) -> None:
        """Gives equal statements one fingerprint, whoever recorded them: each text is looked at once, however many rows carry it."""
        self.flush_lists()
        for table in self.tables.intersection(STATEMENT_TABLES):
            statement = STATEMENT_TABLES[table]
            texts = self.connection.execute(f"select distinct {statement} as statement from {table} where {statement} is not null").fetchall()
            if texts:
                known = [text for (text,) in texts]
                self.connection.execute(
                    f"update {table} set fingerprint = known.fingerprint "
                    f"from (select unnest($statements) as statement, unnest($fingerprints) as fingerprint) as known "
                    f"where {statement} = known.statement and {table}.fingerprint is distinct from known.fingerprint",
                    {"statements": known, "fingerprints": list(map(fingerprint_of, known))},
                )

    def split_requests(self) -> None:
        """Gives each request an id of its own where one trace holds several: what is asked of a request then needs no tree of spans."""
        if "spans" not in self.tables:
            return
        self.flush_lists()
        self.connection.execute(SPLIT_REQUESTS.read_text(encoding="utf-8"))

    def first_moments(self) -> dict[str, datetime]:
        """When the measuring began, for artefacts whose rows carry times."""
        timed = self.tables.intersection(TIMED_TABLES)
        if not timed:
            return {}
        self.flush_lists()
        union = " union all ".join(f"select run_id, min(started_at) as started_at from {table} group by run_id" for table in timed)
        return dict(self.connection.execute(f"select run_id, min(started_at) from ({union}) group by run_id").fetchall())

    def roots(self) -> dict[str, str]:
        """The folder that the application's files of an artefact have in common, by token; that of a whole machine says nothing."""
        self.flush_lists()
        if "frames" not in self.tables:
            return {}
        self.need(*FILES_USED)
        used = {(arrays.token, frame) for arrays in self._waiting for frame in arrays.frames(self.connection)}
        waiting = {"tokens": [token for token, _ in used], "frames": [frame for _, frame in used]}
        folders: dict[str, list[str]] = {}
        for token, file in self.connection.execute(APPLICATION_FILES.read_text(encoding="utf-8"), waiting).fetchall():
            folders.setdefault(token, []).append(os.path.dirname(file))  # noqa: PTH120  paths of another machine
        common = {token: os.path.commonpath(found) for token, found in folders.items()}
        return {token: folder for token, folder in common.items() if folder.strip("/")}

    def _scan(self, scan: Scan, token: str, source: str) -> None:
        select = scan.sql.read_text(encoding="utf-8").rstrip().rstrip(";")
        try:
            columns = self._wanted(select, scan)
            statement = f"insert into {scan.table} by name select $token as run_id, {columns} from ({select}) as scanned"
            self.connection.execute(statement, {"token": token, **scan.parameters})
        except duckdb.Error as error:
            raise ArtefactError(f"{source}: {_one_line(error)}") from error

    def _wanted(self, select: str, scan: Scan) -> str:
        if self._named is None:
            return "scanned.*"
        described = self.connection.execute(f"describe {select}", dict(scan.parameters)).fetchall()
        return ", ".join(f'scanned."{row[0]}"' for row in described if row[0] in self._named) or "scanned.*"

    def _allow_gaps(self, tables: Sequence[str]) -> None:
        for table, column in self.connection.execute(
            "select table_name, column_name from duckdb_columns() where not is_nullable and not internal and table_name in (select unnest($tables))",
            {"tables": list(tables)},
        ).fetchall():
            self.connection.execute(f'alter table {table} alter "{column}" drop not null')

    def _wait(self, arrays: Arrays) -> None:
        """Where nobody will ask for the rows, they are written once."""
        if arrays.table in ASKED_TABLES:
            self._stage(arrays)
            return
        self._waiting.append(arrays)
        if sum(item.rows for item in self._waiting) > MOST_WAITING:
            self.flush()

    def _stage(self, arrays: Arrays) -> None:
        self._employ(arrays.rows)
        arrays.insert(self.connection, arrays.token)

    def _collect(self, batch: Columns, token: str) -> None:
        constants = {} if batch.table in GLOBAL_TABLES else {"run_id": token}
        if len(batch) >= BULK_ROWS:
            self._insert(batch.table, batch.columns, constants)
            return
        pending = self._pending.setdefault(batch.table, Pending())
        pending.extend(batch.columns, constants)
        if pending.rows >= FLUSH_ROWS:
            self._insert(batch.table, self._pending.pop(batch.table).columns)

    def _insert(self, table: str, columns: Mapping[str, Column], constants: Mapping[str, Any] = MappingProxyType({})) -> None:
        told = cast("Mapping[str, Sequence[Any]]", columns_told(columns))
        same = {} if table in GLOBAL_TABLES else same_in_all(told)
        varied = {name: values for name, values in told.items() if name not in same}
        if varied and (same or table in GLOBAL_TABLES):
            self._insert_varied(table, varied, {**constants, **same})
            return
        with self.connection.appender(table, columns=[*constants, *told]) as appender:
            appender.append_rows(zip(*map(repeat, constants.values()), *told.values(), strict=False))

    def _insert_varied(self, table: str, columns: Mapping[str, Column], constants: Mapping[str, Any]) -> None:
        """Rows that differ in some columns only: a value that crosses from Python for every row costs more than all that DuckDB does with it."""
        names = ", ".join(columns)
        self.connection.execute(f"create temp table varied as select {names} from {table} limit 0")
        with self.connection.appender("varied", columns=[*columns]) as appender:
            appender.append_rows(zip(*columns.values(), strict=True))
        self.connection.execute(inserting(table, "varied", constants), dict(constants))
        self.connection.execute("drop table varied")


def _made(spill: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY_LIMIT, "temp_directory": spill, "threads": 1})
    connection.execute(SETTINGS)
    return connection


@dataclass(frozen=True, slots=True)
class Staged:
    """One artefact that is ready to be stored: its run and the token that its staged rows carry."""

    token: str
    run: Run
    kept: Kept
    stored_at: datetime


def named_columns(query: str) -> set[str] | None:
    """The words of a query, which are all columns that it can ask for; None where it asks for all of a table or for a view."""
    text = re.sub(r"count\s*\(\s*\*\s*\)", "count", query, flags=re.IGNORECASE)
    words = set(re.findall(r"\w+", text.lower()))
    return None if "*" in text or words & {"columns", "exclude", "fingerprint", *views()} else words


def commit(store: Store, staging: Staging, staged: Sequence[Staged]) -> set[str]:
    """One transaction for all: runs, artefacts and rows. Returns the tokens that were there already."""
    staging.flush_lists()
    if staging.tables.intersection(NAMED_TABLES):
        staging.need(*ENDPOINT_OF)
    connection = staging.connection
    with store.receiving(connection):
        there = {row[0] for row in connection.execute("select run_id from store.runs").fetchall()}
        fresh = _first_of_each([item for item in staged if item.run.run_id not in there])
        _insert_bookkeeping(connection, fresh)
        _insert_rows(connection, fresh, staging.tables)
        staging.store_arrays({item.token: item.run.run_id for item in fresh})
    return {item.token for item in staged} - {item.token for item in fresh}


def _first_of_each(staged: Sequence[Staged]) -> list[Staged]:
    """Equal files given twice in one go are one run."""
    return list({item.run.run_id: item for item in reversed(staged)}.values())[::-1]


def _insert_bookkeeping(connection: duckdb.DuckDBPyConnection, fresh: Sequence[Staged]) -> None:
    if not fresh:
        return
    names = [item.name for item in fields(Run)]
    marks = ", ".join("?" * len(names))
    connection.executemany(f"insert into store.runs ({', '.join(names)}) values ({marks})", [astuple(item.run) for item in fresh])
    connection.executemany(
        "insert or ignore into store.artefacts values (?, ?, ?, ?, ?, ?)",
        [(item.kept.sha256, item.kept.name, item.kept.bytes, item.kept.stored_bytes, item.run.format, item.stored_at) for item in fresh],
    )
    opened = {item.run.investigation: (item.run.investigation, item.run.system, item.stored_at) for item in fresh if item.run.investigation}
    for investigation in opened.values():
        connection.execute("insert or ignore into store.investigations (investigation, system, opened_at) values (?, ?, ?)", investigation)


def _insert_rows(connection: duckdb.DuckDBPyConnection, fresh: Sequence[Staged], tables: set[str]) -> None:
    connection.execute("create or replace temp table tokens (token varchar, run_id varchar)")
    if fresh:
        connection.executemany("insert into tokens values (?, ?)", [(item.token, item.run.run_id) for item in fresh])
    for table in tables.difference(GLOBAL_TABLES):
        _copy(connection, table)
    for table in tables.intersection(GLOBAL_TABLES):
        key = GLOBAL_TABLES[table]
        connection.execute(f"insert into store.{table} by name select * from {table} anti join store.{table} as known using ({key})")


def _copy(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Rows of fresh runs, under their run ids; names are normalised once each, not once a row."""
    if table not in NAMED_TABLES:
        connection.execute(
            f"insert into store.{table} by name select tokens.run_id, staged.* exclude (run_id) "
            f"from {table} as staged join tokens on staged.run_id = tokens.token"
        )
        return
    connection.execute(
        f"insert into store.{table} by name "
        f"with names as materialized (select name, endpoint_of(name) as normal from (select distinct endpoint as name from {table})) "
        f"select tokens.run_id, names.normal as endpoint, case when names.normal <> names.name then names.name end as url, "
        f"staged.* exclude (run_id, endpoint, url) "
        f"from {table} as staged join tokens on staged.run_id = tokens.token left join names on names.name = staged.endpoint"
    )


def _one_line(error: Exception) -> str:
    """What is wrong and where, without DuckDB's advice on its own options."""
    return ADVICE.split(" ".join(str(error).split()))[0].rstrip(" .") + "."
