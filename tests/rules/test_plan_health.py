"""On a well-indexed schema the rules have nothing urgent to say: a sweep over healthy statements on a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perfkit.rules.plans import postgresql
from tests.rules.conftest import Clinic

SCHEMA = """
create table nation (n_key int primary key, n_name text not null);
create table customer (c_key int primary key, c_nation int not null references nation, c_segment text not null, c_balance numeric not null, c_name text not null);
create table part (p_key int primary key, p_brand text not null, p_size int not null, p_name text not null);
create table supplier (s_key int primary key, s_nation int not null references nation, s_name text not null);
create table partsupp (ps_part int references part, ps_supplier int references supplier, ps_cost numeric not null, primary key (ps_part, ps_supplier));
create table sale (o_key int primary key, o_customer int not null, o_date date not null, o_status text not null, o_total numeric not null);
create table line (
    l_sale int not null, l_number int not null, l_part int not null, l_supplier int not null,
    l_quantity int not null, l_price numeric not null, l_ship date not null, primary key (l_sale, l_number)
);
insert into nation select n, 'nation ' || n from generate_series(0, 24) n;
insert into customer select n, n % 25, (array['auto', 'home', 'toys'])[1 + n % 3], n * 37 % 10000, 'customer ' || n from generate_series(1, 6000) n;
insert into part select n, 'brand ' || n % 40, n % 50, 'part ' || n from generate_series(1, 8000) n;
insert into supplier select n, n % 25, 'supplier ' || n from generate_series(1, 400) n;
insert into partsupp select n, 1 + (n + k * 97) % 400, n * 13 % 1000 from generate_series(1, 8000) n, generate_series(0, 3) k;
insert into sale
    select n, 1 + n * 11 % 6000, date '2024-01-01' + n % 700, (array['open', 'sent', 'paid', 'back'])[1 + n % 4], n * 29 % 50000
    from generate_series(1, 100000) n;
insert into line
    select n, k, 1 + n * 17 * k % 8000, 1 + n * 5 % 400, 1 + n % 50, n * 31 % 9000, date '2024-01-08' + n % 700
    from generate_series(1, 100000) n, generate_series(1, 3) k;
create index on customer (c_nation);
create index on customer (c_name);
create index on part (p_brand, p_size);
create index on supplier (s_nation);
create index on partsupp (ps_supplier);
create index on sale (o_customer, o_date);
create index on sale (o_date);
create index on sale (o_status, o_date);
create index on line (l_part);
create index on line (l_supplier);
create index on line (l_ship);
vacuum analyze
"""
TABLES = "line, sale, partsupp, supplier, part, customer, nation"

BY_KEY = [
    f"select * from {table} where {key} = {value}"
    for value in (17, 399)
    for table, key in (
        ("customer", "c_key"),
        ("part", "p_key"),
        ("supplier", "s_key"),
        ("sale", "o_key"),
        ("line", "l_sale"),
        ("partsupp", "ps_part"),
    )
]
RANGES = [
    "select * from sale where o_date = '2024-05-01'",
    "select * from sale where o_customer = 77 order by o_date desc limit 5",
    "select * from sale where o_status = 'open' order by o_date limit 20",
    "select count(*) from sale where o_date between '2024-05-01' and '2024-05-07'",
    "select * from part where p_brand = 'brand 7' and p_size = 7",
    "select * from part where p_brand = 'brand 7' and p_size between 3 and 9 order by p_size",
    "select * from customer where c_name = 'customer 99'",
    "select max(o_date), min(o_date) from sale",
    "select * from line where l_ship = '2024-08-08' and l_quantity > 10",
    "select * from sale where o_key > 99900 order by o_key limit 50",
    "select * from customer where c_key = any('{1,2,3,99}')",
    "select exists (select from sale where o_customer = 5)",
    "select * from sale where o_customer in (7, 8, 9)",
    "select 1",
    "select now()",
    "select * from generate_series(1, 10)",
    "select count(*) from nation",
]
JOINS = [
    "select * from customer join nation on n_key = c_nation where c_key = 5",
    "select * from sale join line on l_sale = o_key where o_key = 100",
    "select * from sale join line on l_sale = o_key where o_customer = 100",
    "select p_name, s_name from partsupp join part on p_key = ps_part join supplier on s_key = ps_supplier where p_key = 50",
    "select * from sale join customer on c_key = o_customer where o_date = '2024-06-01'",
    "select n_name, count(*) from customer join nation on n_key = c_nation group by n_name order by n_name",
    "select n_name, sum(o_total) from sale join customer on c_key = o_customer join nation on n_key = c_nation group by n_name",
    "select o_status, count(*), sum(o_total) from sale group by o_status",
    "select c_segment, avg(c_balance) from customer group by c_segment",
    "select l_part, sum(l_quantity) from line where l_part between 100 and 120 group by l_part",
    "select o_key from sale where exists (select from line where l_sale = o_key and l_part = 44)",
    "select c_key from customer where not exists (select from sale where o_customer = c_key)",
    "select * from part where p_key in (select l_part from line where l_sale = 7)",
    "select * from customer c left join sale on o_customer = c_key where c_key = 9",
    "select * from customer, lateral (select * from sale where o_customer = c_key order by o_date desc limit 3) recent where c_nation = 7 and c_key < 200",
    "select c_key, (select count(*) from sale where o_customer = c_key) from customer where c_key < 100",
    "select o_date, count(*) over (order by o_date) from sale where o_customer = 4",
    "select distinct o_status from sale where o_customer = 40",
    "select * from sale s join line on l_sale = o_key join part on p_key = l_part where o_customer = 41 and p_size < 20",
    "with mine as (select * from sale where o_customer = 12) select count(*), max(o_total) from mine",
    "with mine as materialized (select * from sale where o_customer = 12) select * from mine a join mine b on a.o_date < b.o_date",
    "select o_key from sale where o_customer = 3 union all select l_sale from line where l_part = 3",
    "select count(*) from sale a join sale b on a.o_customer = b.o_customer and a.o_date < b.o_date where a.o_customer = 15",
    "select s_name from supplier where s_nation = (select n_key from nation where n_name = 'nation 3')",
    "select sum(l_price * l_quantity) from line where l_ship >= '2024-03-01' and l_ship < '2024-03-08'",
]
REPORTS = [
    "select sum(l_price) from line",
    "select l_quantity, count(*), sum(l_price) from line where l_ship < '2025-10-01' group by l_quantity order by l_quantity",
    "select date_trunc('month', o_date), sum(o_total) from sale group by 1 order by 1",
    "select n_name, sum(l_price) from line join supplier on s_key = l_supplier join nation on n_key = s_nation group by n_name",
    "select count(*) from line join sale on o_key = l_sale where o_status = 'open'",
    "select c_nation, count(distinct o_customer) from sale join customer on c_key = o_customer group by c_nation",
    "select p_brand, avg(ps_cost) from partsupp join part on p_key = ps_part group by p_brand",
    "select o_status, percentile_cont(0.5) within group (order by o_total) from sale group by o_status",
]
WRITES = [
    "insert into sale select 500000 + n, 1 + n, '2026-01-01', 'open', 5 from generate_series(1, 50) n",
    "update sale set o_total = o_total + 1 where o_customer = 8",
    "update customer set c_balance = 0 where c_key = 8",
    "delete from line where l_sale = 9",
    "delete from sale where o_key = -1",
    "insert into nation values (99, 'new') on conflict (n_key) do update set n_name = excluded.n_name",
]
HEALTHY = [*BY_KEY, *RANGES, *JOINS, *REPORTS, *WRITES]


@pytest.fixture(scope="module")
def server(clinic: Clinic) -> Iterator[Clinic]:
    clinic.run(*SCHEMA.split(";"))
    yield clinic
    clinic.run(f"drop table {TABLES}")


def test_healthy_statements_have_no_urgent_finding(server: Clinic) -> None:
    plans = [server.plan(statement, "work_mem = '16MB'") for statement in HEALTHY]
    found = postgresql.judge(plans, {})
    assert len(plans) >= 60
    assert [(finding.title, finding.place) for finding in found if finding.priority != "P2"] == []
    assert len(found) <= len(plans) // 10


def test_the_same_statements_without_indexes_have_many(server: Clinic) -> None:
    indexes_off = [f"enable_{kind} = off" for kind in ("indexscan", "indexonlyscan", "bitmapscan")]
    lookups = [statement for statement in HEALTHY if statement.startswith("select * from") and ("l_sale = " in statement or "o_key = " in statement)]
    found = postgresql.judge([server.plan(statement, *indexes_off, warm=False) for statement in lookups], {})
    assert len(found) >= len(lookups) >= 4
    assert {finding.rule for finding in found} == {"scan-discards-rows"}
