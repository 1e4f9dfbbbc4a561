"""Writes tests/artefacts/pg_catalog and pg_stat_csv from a real server: the embedded one, or another by its DSN and a name for the files.

postgres_18 comes from the embedded server, postgres_15 from Debian's postgresql-15 with pg_stat_statements preloaded.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import psycopg

from perfkit.collectors.catalog import CatalogOptions, collect
from perfkit.demo.postgres import postgres

HERE = Path(__file__).parent
SCHEMA = (
    "create extension pg_stat_statements",
    "create table kinds (id int primary key, label text)",
    "create table items (id int primary key, kind int references kinds, name text, note text)",
    "insert into kinds select n, 'kind ' || n from generate_series(0, 99) as n",
    "insert into items select n, n % 100, md5((n % 1000)::text) from generate_series(1, 20000) as n",
    "create index items_name on items (name)",
    "create index items_name_kind on items (name, kind)",
    "create index items_note on items (note) where note is not null",
    "vacuum analyze",
)
WORK = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    for number in range(25):
        connection.execute("select * from items where id = %s", [number])
    for number in range(4):
        connection.execute("select count(*) from items where kind = %s", [number])
    connection.execute("insert into items select 100000 + n from generate_series(1, 10) as n")
    connection.execute("delete from items where id > 100000")
"""
"""25 look-ups by the primary key, 4 scans, 10 rows in and out again."""
EXPORTED = {
    "statements": "select * from pg_stat_statements where query not like '%perfkit%' and query like '%items%' order by query",
    "tables": "select * from pg_stat_user_tables order by relname",
    "indexes": "select * from pg_stat_user_indexes order by indexrelname",
    "database": "select * from pg_stat_database order by datid",
}


def main() -> None:
    """By DSN and name, or the embedded server."""
    if len(sys.argv) == 3:
        write(sys.argv[1], sys.argv[2])
        return
    home = Path(tempfile.mkdtemp(prefix="perfkit-catalog-"))
    home.chmod(0o755)
    with postgres(home / "pg") as address:
        write(address.format(database="postgres"), "postgres_18")


def write(dsn: str, name: str) -> None:
    """One catalog run, and the four views as CSV; the statements as JSON too."""
    for folder in ("pg_catalog", "pg_stat_csv"):
        (HERE / folder).mkdir(exist_ok=True)
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in SCHEMA:
            connection.execute(statement.encode())
        with tempfile.TemporaryDirectory() as folder:
            left = collect(CatalogOptions(dsn, command=(sys.executable, "-c", WORK, dsn)), Path(folder))
            left.rename(HERE / "pg_catalog" / f"{name}.json")
        for view, query in EXPORTED.items():
            with connection.cursor().copy(f"copy ({query}) to stdout csv header".encode()) as copy:
                (HERE / "pg_stat_csv" / f"{name}_{view}.csv").write_bytes(b"".join(map(bytes, copy)))
        rows = connection.execute(f"select json_agg(row)::text from ({EXPORTED['indexes']}) as row".encode()).fetchone()
        (HERE / "pg_stat_csv" / f"{name}_indexes.json").write_text(str((rows or ("",))[0]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
