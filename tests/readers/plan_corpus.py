"""Statements whose plans have every kind of node and property, and the tables that they need: made on a real server, in well under a second."""

from __future__ import annotations

SCHEMA = """
create schema "Odd Name";
create table items as select n as id, n % 100 as kind, md5(n::text) as name, (n * 7919) % 1000 / 10.0 as price from generate_series(1, 20000) as n;
create table kinds as select n as id, 'kind ' || n as label from generate_series(0, 99) as n;
create table "Odd Name"."My Table" ("The Id" int primary key, "a.b" text);
insert into "Odd Name"."My Table" select n, 'x' from generate_series(1, 10) as n;
create table parent (id int primary key, note text);
create table child (id int, parent_id int references parent on delete cascade);
insert into parent select n, 'note' from generate_series(1, 200) as n;
insert into child select n, n % 200 + 1 from generate_series(1, 2000) as n;
create table parts (id int, day int) partition by range (day);
create table parts_1 partition of parts for values from (0) to (10);
create table parts_2 partition of parts for values from (10) to (20);
create table parts_3 partition of parts for values from (20) to (30);
insert into parts select n, n % 30 from generate_series(1, 3000) as n;
create index items_id on items (id);
create index items_kind on items (kind);
create index "Weird Index" on items (price, kind);
create function stamp() returns trigger language plpgsql as 'begin new.note = new.note || ''.''; return new; end';
create trigger stamped before update on parent for each row execute function stamp();
create function twice(n int) returns bigint language plpgsql as 'begin return (select count(*) from items where kind = n) * 2; end';
vacuum analyze
"""
PARALLEL = (
    "set max_parallel_workers_per_gather = 2",
    "set parallel_setup_cost = 0",
    "set parallel_tuple_cost = 0",
    "set min_parallel_table_scan_size = 0",
    "set min_parallel_index_scan_size = 0",
)
SERIAL = ("set max_parallel_workers_per_gather = 0",)

STATEMENTS: dict[str, tuple[tuple[str, ...], str]] = {
    "seq_scan": ((), "select * from items where price < 1"),
    "alias": ((), "select i.id from items i where i.price < 1 and i.name <> 'a: (b), c'"),
    "index_scan": ((), "select * from items where id = 5"),
    "backward": ((), "select * from items order by id desc limit 3"),
    "index_only": ((), "select id from items where id between 5 and 90"),
    "weird_index": ((), "select price, kind from items where price = 3 and kind = 5"),
    "odd_names": ((), 'select t."The Id", t."a.b" from "Odd Name"."My Table" t where t."The Id" = 3'),
    "odd_names_plain": ((), 'select * from "Odd Name"."My Table" where "a.b" = \'y\''),
    "bitmap": ((), "select * from items where kind in (3, 4) or id < 20"),
    "bitmap_and": (("set enable_seqscan = off",), "select * from items where kind = 3 and id < 2000"),
    "nested_loop": ((), "select * from kinds join items on items.kind = kinds.id where kinds.id < 3"),
    "hash_join": ((), "select * from kinds join items on items.kind = kinds.id"),
    "left_join": ((), "select * from kinds left join items on items.kind = kinds.id + 95"),
    "full_join": ((), "select * from kinds full join parent on parent.id = kinds.id"),
    "merge_join": (("set enable_hashjoin = off", "set enable_nestloop = off"), "select * from kinds a join kinds b using (id)"),
    "semi_join": ((), "select * from kinds where exists (select from items where items.kind = kinds.id and price > 50)"),
    "anti_join": ((), "select * from kinds where not exists (select from items where items.kind = kinds.id + 50)"),
    "memoize": (
        ("set enable_hashjoin = off", "set enable_mergejoin = off"),
        "select count(*) from items i join lateral (select * from parent where parent.id = i.kind offset 0) p on true",
    ),
    "materialize": (
        ("set enable_hashjoin = off", "set enable_mergejoin = off", "set enable_memoize = off"),
        "select count(*) from kinds a, kinds b where a.id < b.id",
    ),
    "sort": ((), "select * from items order by name"),
    "sort_on_disk": (("set work_mem = '64kB'",), "select * from items order by name, id desc"),
    "top_n": ((), "select * from items order by price desc, name limit 5"),
    "incremental_sort": ((), "select * from items order by id, name limit 500"),
    "hash_batches": (("set work_mem = '64kB'",), "select count(*) from items a join items b on a.name = b.name"),
    "hash_aggregate": ((), "select kind, count(*), avg(price) from items group by kind order by 2 desc limit 5"),
    "hash_aggregate_on_disk": (("set work_mem = '64kB'",), "select name, count(*) from items group by name"),
    "group_aggregate": (("set enable_hashagg = off",), "select kind, count(distinct price) from items group by kind having count(*) > 5"),
    "grouping_sets": ((), "select kind, id % 3, count(*) from items group by grouping sets ((kind), (id % 3), ())"),
    "rollup": (("set enable_hashagg = off",), "select kind, id % 3, count(*) from items group by rollup (kind, id % 3)"),
    "window": ((), "select id, row_number() over (partition by kind order by price), sum(price) over (order by id) from items where id < 500"),
    "row_number_limit": ((), "select * from (select id, row_number() over (order by id) as n from items) x where n < 5"),
    "unique": (("set enable_hashagg = off",), "select distinct kind from items"),
    "union": ((), "select id from kinds union select kind from items"),
    "except": ((), "select id from kinds except select kind from items where kind > 5"),
    "intersect_all": (("set enable_hashagg = off",), "select id from kinds intersect all select kind from items"),
    "append": ((), "select id from kinds union all select kind from items"),
    "merge_append": ((), "(select id from items where kind = 1 order by id) union all (select id from items where kind = 2 order by id) order by id"),
    "partitions": ((), "select * from parts where day < 12"),
    "partitions_at_run_time": ((), "select * from parts where day = (select min(id) from kinds)"),
    "update_partitions": ((), "update parts set id = id + 1 where day > 15"),
    "sub_plan": ((), "select id, (select count(*) from items where items.kind = kinds.id and price < 50) from kinds where id < 9"),
    "hashed_sub_plan": ((), "select * from items where kind not in (select id from kinds where id > 3)"),
    "sub_plan_in_filter": ((), "select * from kinds where id < (select max(i.id) from items i where i.kind = kinds.id)"),
    "init_plan": ((), "select * from items where price > (select avg(price) + 45 from items)"),
    "init_plan_in_limit": ((), "select * from items limit (select count(*) / 1000 from items)"),
    "many_init_plans": (
        (),
        "select " + ", ".join(f"(select max(id) from kinds where id < {n}) as m{n}" for n in range(1, 13)) + " from kinds where id = (select 5)",
    ),
    "one_time_filter": ((), "select * from items where (select count(*) from kinds) > 500"),
    "cte_twice": ((), "with cheap as materialized (select * from items where price < 10) select count(*) from cheap a join cheap b on a.id = b.id"),
    "cte_shadowed": (
        (),
        "with x as materialized (select * from items where price < 10) select count(*) from x join "
        "(with x as materialized (select * from kinds where id < 50) select x.id from x join x y using (id)) z on z.id = x.kind",
    ),
    "cte_write": ((), "with gone as (delete from items where id < 50 returning id) select count(*) from gone"),
    "cte_write_unread": ((), "with gone as (delete from items where id < 500) select 1"),
    "recursive": ((), "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100) select sum(i) from n"),
    "never_executed": ((), "select * from kinds join items on items.kind = kinds.id where kinds.id < 0"),
    "function_scan": ((), "select * from generate_series(1, 100) as g(n) where n % 7 = 0"),
    "values": ((), "select * from (values (1, 'a'), (2, 'b')) as v(n, t) where n > 1"),
    "result": ((), "select 1"),
    "project_set": ((), "select generate_series(1, id % 5) from kinds"),
    "subquery_scan": ((), "select * from (select kind, count(*) as n from items group by kind offset 3) x where n > 10"),
    "tid_scan": ((), "select * from items where ctid = '(0,1)'"),
    "sample": ((), "select * from items tablesample bernoulli (10) repeatable (3)"),
    "lock_rows": ((), "select * from kinds where id = 3 for update"),
    "insert": ((), "insert into kinds select n, 'new' from generate_series(200, 210) as n returning id"),
    "upsert": ((), "insert into parent values (1, 'a'), (900, 'b') on conflict (id) do update set note = excluded.note where parent.id > 0"),
    "update_with_trigger": ((), "update parent set note = 'x' where id < 50"),
    "delete_with_foreign_key": ((), "delete from parent where id < 20"),
    "merge": (
        (),
        "merge into kinds using (select 3 as id union all select 900) s on kinds.id = s.id when matched then delete when not matched then insert values (s.id, 'm')",
    ),
    "multi_line_literal": ((), "select * from items where name <> 'two\nlines: here\n  -> three'"),
    "gather": (PARALLEL, "select count(*) from items where name like '%ab%'"),
    "gather_merge": (PARALLEL, "select * from items where price < 30 order by price limit 1000"),
    "parallel_append": (PARALLEL, "select count(*) from (select id from items where price < 3 union all select id from parts) x"),
    "parallel_hash": (PARALLEL, "select count(*) from items a join items b using (id)"),
    "parallel_sorts": (PARALLEL, "select kind, count(distinct name) from items group by kind"),
    "temporary_tables": (("create temp table if not exists scratch as select * from items", "analyze scratch"), "select count(*) from scratch"),
}
