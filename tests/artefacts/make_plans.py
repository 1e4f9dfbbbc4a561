"""Writes tests/artefacts/pg_explain, pg_text and pg_log: plans of every shape that own times must get right, from real servers.

python -m tests.artefacts.make_plans            the plans of the embedded server
python -m tests.artefacts.make_plans DSN        those of an older server with JIT, whose address ends in its database's name
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from perfkit.demo.postgres import postgres

FOLDER = Path(__file__).parent
SCHEMA = """
create table items as select n as id, n % 100 as kind, md5(n::text) as name, (n * 7919) % 100000 / 1000.0 as price from generate_series(1, 200000) as n;
create table kinds as select n as id, 'kind ' || n as label from generate_series(0, 99) as n;
create table parent (id int primary key, note text);
create table child (id int, parent_id int references parent on delete cascade);
insert into parent select n, 'note' from generate_series(1, 500) as n;
insert into child select n, n % 500 + 1 from generate_series(1, 20000) as n;
create table parts (id int, day int) partition by range (day);
create table parts_1 partition of parts for values from (0) to (10);
create table parts_2 partition of parts for values from (10) to (20);
create table parts_3 partition of parts for values from (20) to (30);
insert into parts select n, n % 30 from generate_series(1, 60000) as n;
create index on items (kind);
create index items_id on items (id);
create function stamp() returns trigger language plpgsql as 'begin perform pg_sleep(0.001); new.note = new.note || ''.''; return new; end';
create trigger stamped before update on parent for each row execute function stamp();
vacuum analyze
"""
SERIAL = ("max_parallel_workers_per_gather = 0", "work_mem = '1MB'", "jit = off")
EAGER = (
    *("max_parallel_workers_per_gather = 2", "parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0"),
    *("min_parallel_index_scan_size = 0", "jit = off"),
)
Plans = Mapping[str, tuple[tuple[str, ...], str]]
PLANS: Plans = {
    "nested_loop": ((), "select * from kinds join items on items.kind = kinds.id where kinds.id < 20"),
    "filter": ((), "select * from items where price < 0.5"),
    "sort_on_disk": ((), "select * from items order by name"),
    "subplan": ((), "select id, (select count(*) from items where items.kind = kinds.id and price < 50) from kinds"),
    "subplan_hashed": ((), "select * from kinds where id not in (select kind from items where kind > 5 and price > 1 and id < 20000)"),
    "subplan_in_index_condition": (
        ("enable_hashjoin = off", "enable_mergejoin = off"),
        "select * from kinds k join items i on i.id = (select max(x.id) from child x where x.parent_id <= k.id)",
    ),
    "init_plan": ((), "select * from items where price > (select avg(price) + 49 from items)"),
    "init_plan_in_limit": ((), "select * from items limit (select count(*) / 1000 from items)"),
    "init_plan_one_time": ((), "select * from kinds where (select count(*) from items) > 500000"),
    "init_plans": ((), "select " + ", ".join(f"(select max(price) from items where kind < {number * 9})" for number in range(1, 11))),
    "init_plan_in_subplan": (
        (),
        "select id, (select count(*) from child where parent_id = kinds.id and id > (select avg(id) from items)) from kinds",
    ),
    "cte_read_twice": (
        (),
        "with cheap as materialized (select * from items where price < 10) select count(*) from cheap a join cheap b on a.id = b.id",
    ),
    "cte_shadowed": (
        (),
        "with x as materialized (select * from items where price < 10) select count(*) from x join "
        "(with x as materialized (select * from kinds where id < 50) select a.id from x a join x b using (id)) z on z.id = x.kind",
    ),
    "cte_write": ((), "with gone as (delete from items where id < 50 returning id) select count(*) from gone"),
    "cte_write_unread": ((), "with gone as (delete from items where id < 5000) select 1"),
    "cte_recursive": ((), "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) select sum(i) from n"),
    "cte_limited": ((), "with half as materialized (select * from items where price < 50) select * from half limit 10"),
    "trigger_after": ((), "delete from parent where id < 100"),
    "trigger_before": ((), "update parent set note = 'x' where id < 30"),
    "memoize": (
        ("enable_hashjoin = off", "enable_mergejoin = off"),
        "select count(*) from items i join lateral (select * from child where child.id = i.kind offset 0) p on true where i.id < 3000",
    ),
    "partitions": ((), "select count(*) from parts where day < 12"),
    "partitions_pruned": ((), "select * from parts where day = (select min(id) from kinds) and id < 100"),
    "never_executed": ((), "select * from kinds join items on items.kind = kinds.id where kinds.id < 0"),
    "aggregate": ((), "select kind, count(*), avg(price) from items group by kind order by 2 desc limit 5"),
    "bitmap_lossy": (
        ("work_mem = '64kB'", "enable_seqscan = off", "enable_indexscan = off"),
        "select count(*) from items where kind < 30 and price > 3",
    ),
    "hash_batches": (("work_mem = '64kB'",), "select count(*) from items a join items b on a.name = b.name where a.id < 50000"),
    "incremental_sort": (("enable_seqscan = off",), "select * from items order by kind, name limit 30000"),
    "window": ((), "select id, row_number() over (partition by kind order by price) from items where id < 30000"),
    "append": ((), "select count(*) from (select id from items union all select id from child) x"),
}
PARALLEL: Plans = {
    "gather": ((), "select count(*) from items where name like '%ab%'"),
    "gather_merge": ((), "select * from items where price < 30 order by price limit 1000"),
    "gather_nested": ((), "select count(*) from items a join kinds on a.kind = kinds.id where a.price < 50"),
    "gather_without_leader": (("parallel_leader_participation = off",), "select count(*) from items where name like '%ab%'"),
    "gather_without_workers": (("max_parallel_workers = 0",), "select count(*) from items where name like '%ab%'"),
    "gather_under_limit": ((), "select * from items where name like '%ab%' limit 500"),
    "gather_append": ((), "select count(*) from (select id from items where price < 30 union all select id from parts) x"),
    "gather_hash": ((), "select count(*) from items a join items b using (id)"),
    "gather_init_plan": ((), "select count(*) from items where price > (select avg(price) from items)"),
    "gather_subplan": (
        (),
        "select count(*) from items where price < (select max(id) from kinds where kinds.id < items.kind) and id < 20000",
    ),
}
SERIALIZED: Plans = {"serialized": ((), "select * from items")}
OLDER: Plans = {
    "before_17_init_plans": PLANS["init_plans"],
    "before_17_init_plan": PLANS["init_plan"],
    "before_17_cte": PLANS["cte_read_twice"],
    "before_17_gather": (("max_parallel_workers_per_gather = 2", *EAGER), PARALLEL["gather"][1]),
    "jit": (("jit = on", "jit_above_cost = 0"), "select kind, sum(price * 2), avg(id) from items where name > 'a' group by kind"),
    "jit_optimised": (
        ("jit = on", "jit_above_cost = 0", "jit_optimize_above_cost = 0", "jit_inline_above_cost = 0"),
        "select count(*) from items where name like '%ab%'",
    ),
}
IO_TIMED = ("track_io_timing = on",)


def main() -> None:
    """Run against a server of its own, or fill in what only an older one does."""
    if len(sys.argv) > 1:
        with psycopg.connect(sys.argv[1], autocommit=True) as connection:
            prepare(connection)
            write_all(connection, OLDER, (*SERIAL, *IO_TIMED))
        return
    home = Path(tempfile.mkdtemp(prefix="perfkit-plans-"))
    home.chmod(0o755)
    with postgres(home / "pg") as address, psycopg.connect(address.format(database="postgres"), autocommit=True) as connection:
        prepare(connection)
        write_all(connection, PLANS, (*SERIAL, *IO_TIMED))
        write_all(connection, PARALLEL, EAGER)
        write_all(connection, SERIALIZED, SERIAL, "serialize text, memory, settings")


def prepare(connection: psycopg.Connection[Any]) -> None:
    """The tables, in the state that a user's would be in."""
    for statement in SCHEMA.split(";\n"):
        connection.execute(statement.encode())


def write_all(connection: psycopg.Connection[Any], plans: Plans, settings: tuple[str, ...], more: str = "settings") -> None:
    """One file a plan."""
    for name, (own, query) in plans.items():
        connection.execute("reset all")
        for setting in (*settings, *own):
            connection.execute(f"set {setting}".encode())
        for _ in ("cold", "warm"):
            with connection.transaction(force_rollback=True):
                row = connection.execute(f"explain (analyze, buffers, verbose, format json, {more}) {query}".encode()).fetchone()
        assert row is not None
        path = FOLDER / "pg_explain" / f"{name}.json"
        path.write_text(json.dumps([{"Query Text": query, **row[0][0]}], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
