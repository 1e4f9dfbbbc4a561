"""Writes tests/artefacts/duckdb_plan/*: the same statements explained by the DuckDB that runs this script.

Run with 2.x and once more with 1.x from an environment of its own: python -m venv old && old/bin/pip install 'duckdb==1.5.*'."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

FOLDER = Path(__file__).parent / "duckdb_plan"
SCHEMA = """
set threads = 2;
create table items as select i as id, hash(i) % 1000 as kind, 'item ' || i as name, i % 7 as shop from range(300000) as numbers(i);
create table kinds as select i as id, 'kind ' || i as label, i * 3 as low from range(1000) as numbers(i);
"""
STATEMENTS = {
    "join": "select label, count(*) from items join kinds on items.kind = kinds.id where name like '%99' group by label order by 2 limit 3",
    "filter": "select count(*) from items where kind = 7 and shop = 3",
    "pruned": "select count(*) from items where id between 5 and 9",
    "no_equality": "select count(*) from kinds a join kinds b on a.label || 'x' <> b.label or a.id = b.low",
    "threads": "select count(distinct name) from items",
}


def main() -> None:
    """One file a statement, and one that was only planned."""
    FOLDER.mkdir(exist_ok=True)
    version = duckdb.__version__
    connection = duckdb.connect()
    connection.execute(SCHEMA)
    profiles = {name: explained(connection, "analyze, format json", statement) for name, statement in STATEMENTS.items()}
    for name, profile in profiles.items():
        write(f"{name}_{version}", profile)
    write(f"planned_{version}", explained(connection, "format json", STATEMENTS["join"]))
    plans = [{"name": name, "statement": STATEMENTS[name], "profile": profile, "version": version} for name, profile in profiles.items()]
    if version.startswith("2"):
        write("envelope", {"perfkit_plans": 1, "engine": "duckdb", "plans": plans})


def explained(connection: duckdb.DuckDBPyConnection, options: str, statement: str) -> object:
    """DuckDB's answer."""
    [(_, text)] = connection.execute(f"explain ({options}) {statement}").fetchall()
    return json.loads(text)


def write(name: str, profile: object) -> None:
    """One artefact."""
    (FOLDER / f"{name}.json").write_text(json.dumps(profile, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
