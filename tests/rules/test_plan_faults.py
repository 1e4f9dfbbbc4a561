"""Faults made on a real server: each is one finding of the expected rule, and silent once it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from perfkit.model.finding import Finding
from tests.rules.conftest import Clinic

SCHEMA = """
create table clients as select n as id, 'client ' || n as name, n % 50 as region, (n % 50) / 5 as area from generate_series(1, 20000) as n;
create table orders as
    select n as id, 1 + n * 7 % 20000 as client_id, n % 1000 as kind, md5(n::text) as note, n * 0.5 as price,
        timestamp '2026-01-01' + n * interval '1 minute' as placed_at, jsonb_build_object('tag', n % 5000) as data
    from generate_series(1, 200000) as n;
alter table clients add primary key (id);
alter table orders add primary key (id);
create statistics of_region on region, area from clients;
vacuum analyze clients, orders
"""


@dataclass(frozen=True)
class Fault:
    """A statement that is slow for a known reason, and what mends it."""

    rule: str
    statement: str
    relation: str | None
    remedy: str
    """A part of what the finding must advise."""
    mended: tuple[str, ...] = ()
    """Statements that mend it, undone afterwards by undo."""
    undo: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    """Under which the fault shows."""
    mended_settings: tuple[str, ...] | None = None
    mended_statement: str | None = None
    beside: frozenset[str] = field(default_factory=frozenset)
    """Rules that may speak of another cause in the same plan."""


def index(table: str, columns: str, using: str = "") -> dict[str, tuple[str, ...]]:
    return {"mended": (f"create index mend on {table} {using}({columns})", f"vacuum analyze {table}"), "undo": ("drop index mend",)}


FAULTS = {
    "a filter on a plain column": Fault(
        "scan-discards-rows", "select * from orders where kind = 7", "orders", "create index on orders (kind);", **index("orders", "kind")
    ),
    "a filter by an equality and a range": Fault(
        "scan-discards-rows",
        "select * from orders where placed_at > '2026-05-15' and kind = 7",
        "orders",
        "create index on orders (kind, placed_at);",
        **index("orders", "kind, placed_at"),
    ),
    "a filter on an expression": Fault(
        "scan-discards-rows",
        "select * from orders where lower(note) = 'x'",
        "orders",
        "create index on orders ((lower(note)));",
        **index("orders", "lower(note)"),
    ),
    "a filter on a prefix": Fault(
        "scan-discards-rows",
        "select * from orders where note like 'abc%'",
        "orders",
        "create index on orders (note text_pattern_ops);",
        **index("orders", "note text_pattern_ops"),
    ),
    "a filter on a field of a document": Fault(
        "scan-discards-rows",
        "select * from orders where data ->> 'tag' = '17'",
        "orders",
        "create index on orders ((data ->> 'tag'));",
        **index("orders", "(data ->> 'tag')"),
    ),
    "a document that is contained": Fault(
        "scan-discards-rows",
        """select * from orders where data @> '{"tag": 17}'""",
        "orders",
        "create index on orders using gin (data jsonb_path_ops);",
        **index("orders", "data jsonb_path_ops", "using gin "),
    ),
    "a text in the middle": Fault(
        "scan-discards-rows",
        "select * from orders where note ilike '%abcdef%'",
        "orders",
        "using gin (note gin_trgm_ops); It needs create extension pg_trgm.",
        mended=("create extension pg_trgm", "create index mend on orders using gin (note gin_trgm_ops)"),
        undo=("drop extension pg_trgm cascade",),
    ),
    "two columns by OR": Fault(
        "scan-discards-rows",
        "select * from orders where kind = 7 or client_id = 9",
        "orders",
        "create index on orders (kind); create index on orders (client_id); Each arm of the OR needs its own.",
        mended=("create index mend on orders (kind)", "create index mend_too on orders (client_id)"),
        undo=("drop index mend, mend_too",),
    ),
    "a nested loop without an index": Fault(
        "nested-loop-repeats",
        "select count(*) from clients c, lateral (select kind from few f where f.client_id = c.id offset 0) x where c.id <= 1500",
        "few",
        "create index on few (client_id);",
        before=("create table few as select * from orders where id % 40 = 0", "vacuum analyze few"),
        mended=("create index mend on few (client_id)", "vacuum analyze few"),
        undo=("drop table few",),
    ),
    "the first rows of a whole table": Fault(
        "sort-for-few-rows",
        "select * from orders order by placed_at desc limit 10",
        "orders",
        "create index on orders (placed_at desc);",
        **index("orders", "placed_at desc"),
    ),
    "a far page": Fault(
        "offset-skips-rows",
        "select * from orders order by id offset 150000 limit 20",
        None,
        "Page by the last key",
        mended_statement="select * from orders where id > 150000 order by id limit 20",
    ),
    "a sort on disk": Fault(
        "sort-on-disk",
        "select * from orders order by note",
        None,
        "set local work_mem = '",
        settings=("work_mem = '4MB'",),
        mended_settings=("work_mem = '{advised}'",),
    ),
    "a hash on disk": Fault(
        "hash-on-disk",
        "select count(o.note), count(p.note) from orders o join orders p on o.id = p.id + 1",
        None,
        "set local work_mem = '",
        settings=("work_mem = '2MB'", "enable_mergejoin = off", "enable_nestloop = off"),
        mended_settings=("work_mem = '{advised}'", "enable_mergejoin = off", "enable_nestloop = off"),
    ),
    "an aggregate on disk": Fault(
        "aggregate-on-disk",
        "select note, count(*) from orders group by note",
        None,
        "set local work_mem = '",
        settings=("work_mem = '1MB'", "enable_sort = off"),
        mended_settings=("work_mem = '{advised}'", "enable_sort = off"),
    ),
    "a bitmap that does not fit": Fault(
        "bitmap-lossy",
        "select sum(price) from orders where note < '1'",
        "orders",
        "set local work_mem = '",
        before=("create index bits on orders (note)",),
        undo=("drop index bits",),
        settings=("work_mem = '64kB'", "enable_seqscan = off", "enable_indexscan = off"),
        mended_settings=("work_mem = '{advised}'", "enable_seqscan = off", "enable_indexscan = off"),
    ),
    "an index of too few columns": Fault(
        "index-discards-rows",
        "select * from orders where kind < 300 and client_id = 9",
        "orders",
        "create index on orders (client_id, kind);",
        before=("create index few on orders (kind)",),
        settings=("enable_seqscan = off",),
        mended=("create index mend on orders (client_id, kind)",),
        undo=("drop index few", "drop index if exists mend"),
    ),
    "an index walked for its order": Fault(
        "index-for-order-discards-rows",
        "select * from orders where kind = 1 and price > 99000 order by id limit 5",
        "orders",
        "create index on orders (kind, id);",
        settings=("enable_seqscan = off", "enable_sort = off"),
        **index("orders", "kind, id"),
    ),
    "an index-only scan of changed pages": Fault(
        "index-only-scan-visits-table",
        "select count(*) from freshly where id < 50000",
        "freshly",
        "vacuum freshly;",
        before=(
            "create table freshly as select n as id, n as other from generate_series(1, 60000) n",
            "create index on freshly (id)",
            "analyze freshly",
        ),
        settings=("enable_seqscan = off", "enable_bitmapscan = off"),
        mended=("vacuum freshly",),
        undo=("drop table freshly",),
    ),
    "a CTE kept in full": Fault(
        "cte-materialized",
        "with o as materialized (select * from orders) select * from o where id = 77",
        None,
        "with o as not materialized",
        mended_statement="with o as not materialized (select * from orders) select * from o where id = 77",
    ),
    "a sub-query a row": Fault(
        "subplan-repeats",
        "select c.id, (select count(*) from few f where f.client_id = c.id) from clients c where c.id <= 1500",
        "few",
        "create index on few (client_id);",
        before=("create table few as select * from orders where id % 40 = 0", "vacuum analyze few"),
        undo=("drop table few",),
        mended=("create index mend on few (client_id)", "vacuum analyze few"),
    ),
    "pairs that only an inequality joins": Fault(
        "nested-loop-compares-everything",
        "select count(*) from clients a join clients b on a.id + b.id = 4711 and a.id < 300",
        None,
        "Only an equality of columns",
        settings=("enable_hashjoin = off", "enable_mergejoin = off"),
        mended_statement="select count(*) from clients a join clients b on b.id = 4711 - a.id and a.id < 300",
        mended_settings=(),
    ),
    "a product without a condition": Fault(
        "nested-loop-compares-everything",
        "select count(*) from clients a, clients b where a.id <= 1500 and b.id <= 1500",
        None,
        "Is a join condition missing?",
        mended_statement="select count(*) from clients a join clients b on a.id = b.id where a.id <= 1500 and b.id <= 1500",
    ),
    "columns that depend on each other": Fault(
        "rows-misestimated",
        "select count(o.price) from twins t join orders o on o.id = t.id where t.a = 3 and t.b = 3 and t.c = 3",
        "twins",
        "create statistics on a, b, c from twins;",
        before=(
            "create table twins as select n as id, n % 10 as a, n % 10 as b, n % 10 as c from generate_series(1, 100000) n",
            "vacuum analyze twins",
        ),
        mended=("create statistics of_twins (mcv) on a, b, c from twins", "analyze twins"),
        undo=("drop table twins",),
    ),
    "a cache of keys that do not repeat": Fault(
        "memoize-misses",
        "select sum(o.price) from spread s join orders o on o.id = s.order_id",
        None,
        "n_distinct",
        before=(
            "create table spread as select n as id, n * 7 as order_id from generate_series(1, 20000) n",
            "alter table spread alter column order_id set (n_distinct = 10)",
            "vacuum analyze spread",
        ),
        settings=("enable_hashjoin = off", "enable_mergejoin = off"),
        mended=("alter table spread alter column order_id reset (n_distinct)", "vacuum analyze spread"),
        undo=("drop table spread",),
    ),
    "workers that do not come": Fault(
        "workers-not-launched",
        "select sum(length(note)) from orders where price > 5000",
        None,
        "max_parallel_workers",
        settings=(
            "max_parallel_workers = 0",
            "max_parallel_workers_per_gather = 2",
            "parallel_setup_cost = 0",
            "parallel_tuple_cost = 0",
            "min_parallel_table_scan_size = 0",
        ),
        beside=frozenset({"scan-reads-whole-table"}),
        mended_settings=(
            "max_parallel_workers = 4",
            "max_parallel_workers_per_gather = 2",
            "parallel_setup_cost = 0",
            "parallel_tuple_cost = 0",
            "min_parallel_table_scan_size = 0",
        ),
    ),
}


@pytest.fixture(scope="module")
def server(clinic: Clinic) -> Iterator[Clinic]:
    clinic.run(*SCHEMA.split(";"))
    yield clinic
    clinic.run("drop table clients, orders")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_finding_and_its_remedy_mends_it(name: str, server: Clinic) -> None:
    fault = FAULTS[name]
    server.run(*fault.before)
    try:
        found = server.judge(fault.statement, *fault.settings)
        assert [finding.rule for finding in found if finding.rule not in fault.beside] == [fault.rule], [finding.title for finding in found]
        [finding] = [finding for finding in found if finding.rule == fault.rule]
        assert fault.relation is None or f"on {fault.relation} " in finding.place
        assert fault.remedy in finding.remedy
        assert finding.saves_ms is None or finding.saves_ms <= (finding.cost_ms or 0)
        server.run(*fault.mended)
        assert fault.rule not in {left.rule for left in _mended(fault, finding, server)}
    finally:
        server.run(*fault.undo)


def _mended(fault: Fault, finding: Finding, server: Clinic) -> list[Finding]:
    advised = finding.remedy.partition("work_mem = '")[2].partition("'")[0]
    settings = fault.settings if fault.mended_settings is None else fault.mended_settings
    return server.judge(fault.mended_statement or fault.statement, *(setting.format(advised=advised) for setting in settings))
