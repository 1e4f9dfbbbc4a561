"""Writes tests/artefacts/pg_explain/*.json: plans of every shape that the self-time algorithm must get right, from a real server."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from perfkit.demo.postgres import postgres

FOLDER = Path(__file__).parent / "pg_explain"
SCHEMA = """
create table items as select n as id, n % 100 as kind, md5(n::text) as name, random() * 100 as price from generate_series(1, 200000) as n;
create table kinds as select n as id, 'kind ' || n as label from generate_series(0, 99) as n;
create index on items (kind);
vacuum analyze
"""
PLANS = {
    "nested_loop": "select * from kinds join items on items.kind = kinds.id where kinds.id < 20",
    "filter": "select * from items where price < 0.5",
    "sort_on_disk": "select * from items order by name",
    "subplan": "select id, (select count(*) from items where items.kind = kinds.id and price < 50) from kinds",
    "init_plan": "select * from items where price > (select avg(price) + 49 from items)",
    "init_plan_in_limit": "select * from items limit (select count(*) / 1000 from items)",
    "cte_read_twice": "with cheap as materialized (select * from items where price < 10) select count(*) from cheap a join cheap b on a.id = b.id",
    "cte_write": "with gone as (delete from items where id < 50 returning id) select count(*) from gone",
    "cte_write_unread": "with gone as (delete from items where id < 5000) select 1",
    "never_executed": "select * from kinds join items on items.kind = kinds.id where kinds.id < 0",
    "aggregate": "select kind, count(*), avg(price) from items group by kind order by 2 desc limit 5",
}
PARALLEL = {
    "gather": "select count(*) from items where name like '%ab%'",
    "gather_merge": "select * from items where price < 30 order by price limit 1000",
    "gather_nested": "select count(*) from items a join kinds on a.kind = kinds.id where a.price < 50",
}

EAGER_WORKERS = {"max_parallel_workers_per_gather": 2, "parallel_setup_cost": 0, "parallel_tuple_cost": 0, "min_parallel_table_scan_size": 0}


def main() -> None:
    """Run against a server of its own."""
    FOLDER.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="perfkit-plans-"))
    home.chmod(0o755)
    with postgres(home / "pg") as address, psycopg.connect(address.format(database="postgres"), autocommit=True) as connection:
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute("set work_mem = '1MB'; set max_parallel_workers_per_gather = 0")
        for name, query in PLANS.items():
            write(connection, name, query)
        for setting in (
            "max_parallel_workers_per_gather = 2",
            "parallel_setup_cost = 0",
            "parallel_tuple_cost = 0",
            "min_parallel_table_scan_size = 0",
        ):
            connection.execute(f"set {setting}")
        for name, query in PARALLEL.items():
            write(connection, name, query)


def write(connection: psycopg.Connection[tuple[Any, ...]], name: str, query: str) -> None:
    """One plan, undone."""
    with connection.transaction(force_rollback=True):
        row = connection.execute(f"explain (analyze, buffers, verbose, format json) {query}").fetchone()
    (FOLDER / f"{name}.json").write_text(json.dumps([{"Query Text": query, **(row or ({},))[0][0]}], indent=1) + "\n")


if __name__ == "__main__":
    main()
