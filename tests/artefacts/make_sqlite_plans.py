"""Writes tests/artefacts/sqlite_plan/*: one set of plans as the sqlite3 shell prints it in each mode, as Python's rows, and in perfkit's envelope."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent / "sqlite_plan"
SCHEMA = """
create table items (id integer primary key, kind integer, name text, price real);
create table kinds (id integer primary key, label text, code integer);
create index items_kind on items (kind);
create virtual table notes using fts5 (body);
insert into items select value, value % 50, 'item ' || value, value * 0.37 from generate_series(1, 5000);
insert into kinds select value, 'kind ' || value, value * 7 from generate_series(1, 1500);
"""
CORRELATED = "select name, (select max(code) from kinds where kinds.code = items.price) from items where name = 'a | b' order by price"
STATEMENTS = {
    "filter": "select * from items where price < 20",
    "automatic_index": "select items.name, kinds.label from items join kinds on kinds.code = items.price",
    "nested_scan": "select count(*) from items join kinds on kinds.code > items.price",
    "correlated": CORRELATED,
    "either_index": "select * from items where kind = 3 or id = 7",
    "words": "select body from notes where notes match 'x'",
    "constants": "values (1), (2)",
}
MODES = ("box", "table", "list", "csv", "json", "markdown", "column", "tabs")


def main() -> None:
    """Everything from one database that is thrown away."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "items.db"
        shell(database, SCHEMA)
        write("tree.txt", shell(database, ".echo on", *(f"explain query plan {statement};" for statement in STATEMENTS.values())))
        for mode in MODES:
            suffix = mode if mode in ("csv", "json") else "txt"
            write(f"{mode}.{suffix}", shell(database, f".mode {mode}", ".headers on", ".explain off", f"explain query plan {CORRELATED};"))
        write("list_without_header.txt", shell(database, ".explain off", f"explain query plan {CORRELATED};"))
        with closing(sqlite3.connect(database)) as connection:
            write("rows.json", json.dumps(connection.execute(f"explain query plan {CORRELATED}").fetchall()) + "\n")
            write("envelope.json", json.dumps(envelope(connection), indent=1) + "\n")
    old = (FOLDER / "tree.txt").read_text(encoding="utf-8")
    for table in ("items", "kinds", "notes"):
        old = old.replace(f"SCAN {table}", f"SCAN TABLE {table}").replace(f"SEARCH {table}", f"SEARCH TABLE {table}")
    write("tree_before_3_36.txt", old)


def shell(database: Path, *commands: str) -> str:
    """What the sqlite3 shell prints."""
    return subprocess.run(["sqlite3", "-batch", str(database)], input="\n".join(commands) + "\n", text=True, capture_output=True, check=True).stdout


def envelope(connection: sqlite3.Connection) -> dict[str, object]:
    """What perfkit collect plans leaves; the times are invented, as nobody measures here."""
    table_rows = {"items": 5000, "kinds": 1500}
    plans = [
        {
            "name": name,
            "statement": statement,
            "rows": connection.execute(f"explain query plan {statement}").fetchall(),
            "execution_ms": 12.5,
            "cold_ms": 14.0,
            "table_rows": table_rows,
            "version": sqlite3.sqlite_version,
        }
        for name, statement in STATEMENTS.items()
    ]
    return {"perfkit_plans": 1, "engine": "sqlite", "plans": plans}


def write(name: str, text: str) -> None:
    """One artefact."""
    (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
