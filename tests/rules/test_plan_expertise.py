"""What a database expert says of plans that a real server made, beside what the rules say: the mended index is taken, the healthy plan is not blamed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from perfkit.model.finding import Finding
from perfkit.readers.parts.plan_tree import Tree
from tests.rules.conftest import OPTIONS, Clinic

SCHEMA = """
create table buyer (id int primary key, name text, country text, gone_at timestamptz, data jsonb);
create table deal (id int primary key, buyer_id int, state text, made_at timestamptz, amount int, note text);
create table visit (id int, seen_at timestamptz, page text) partition by range (seen_at);
create table visit_1 partition of visit for values from ('2026-01-01') to ('2026-02-01');
create table visit_2 partition of visit for values from ('2026-02-01') to ('2026-03-01');
create table visit_3 partition of visit for values from ('2026-03-01') to ('2026-04-01');
create table twig (id int primary key, parent int constraint twig_parent references twig);
create table stamp (id int);
insert into buyer select n, 'buyer ' || n, 'c' || n % 4, case when n % 10 = 0 then now() end, jsonb_build_object('k', n % 500)
    from generate_series(1, 100000) n;
insert into deal select n, 1 + n * 7 % 40000, case when n % 150 = 0 then 'open' else 'done' end,
    timestamptz '2026-01-01' + n * interval '1 minute', n * 31 % 99991, md5(n::text) from generate_series(1, 120000) n;
insert into visit select n, timestamptz '2026-01-01' + n * interval '25 seconds', 'page ' || n % 9 from generate_series(1, 300000) n;
insert into twig select n, case when n > 1 then n / 2 end from generate_series(1, 20000) n;
create function slow_stamp() returns trigger language plpgsql as
    $$ begin perform count(*) from generate_series(1, 5000) x; return new; end $$;
create trigger stamped after insert on stamp for each row execute function slow_stamp();
create index deal_made on deal (made_at);
vacuum analyze buyer, deal, visit, twig, stamp
"""
JOIN = "select d.* from buyer b join deal d on d.buyer_id = b.id where b.name = 'buyer 77'"
RECURSION = """with recursive t as (select id, 1 as depth from twig where id = 1
    union all select x.id, depth + 1 from twig x join t on x.parent = t.id where depth < 6) select count(*) from t"""
LATEST = "select b.id, l.amount from buyer b cross join lateral (select amount from deal d where d.buyer_id = b.id order by made_at desc limit 1) l"


@pytest.fixture(scope="module")
def server(clinic: Clinic) -> Iterator[Clinic]:
    text, functions = SCHEMA.split("create function")
    function, rest = functions.split("create trigger")
    clinic.run(*text.strip().rstrip(";").split(";"), f"create function{function}", *f"create trigger{rest}".split(";"))
    yield clinic
    clinic.run("drop table buyer, deal, visit, twig, stamp", "drop function slow_stamp")


def only(found: list[Finding], rule: str) -> Finding:
    [finding] = [finding for finding in found if finding.rule == rule]
    return finding


@pytest.mark.parametrize("statement", [JOIN, RECURSION])
def test_a_table_that_is_read_whole_for_few_rows_of_a_join_wants_an_index_of_its_key(server: Clinic, statement: str) -> None:
    advised = {JOIN: "deal (buyer_id)", RECURSION: "twig (parent)"}[statement]
    finding = only(server.judge(statement), "join-reads-whole-table")
    assert f"create index on {advised};" in finding.remedy
    server.run(f"create index mend on {advised}", "analyze deal")
    assert [finding for finding in server.judge(statement) if finding.rule == "join-reads-whole-table"] == []
    server.run("drop index mend")


def test_a_join_that_needs_the_whole_table_is_not_blamed(server: Clinic) -> None:
    for statement in (
        "select count(*) from buyer b join deal d on d.buyer_id = b.id",
        "select count(*) from deal d left join stamp s on s.id = d.id",
    ):
        assert [finding.rule for finding in server.judge(statement) if finding.rule == "join-reads-whole-table"] == []


@pytest.mark.parametrize(("condition", "columns"), [("v.id = 5000", "(id)"), ("v.page || '' = 'page x'", "((page || ''))")])
def test_partitions_are_one_finding_about_the_whole_table(server: Clinic, condition: str, columns: str) -> None:
    [finding] = server.judge(f"select * from visit v where {condition}")
    assert finding.rule == "scan-discards-rows" and "3 partitions of visit read 300 000 rows" in finding.title.replace("\u202f", " ")
    assert f"create index on visit {columns};" in finding.remedy and "partition key" in finding.remedy


@pytest.mark.parametrize("compared", ["date_trunc('day', made_at) = '2026-02-03'", "to_char(made_at, 'YYYY-MM-DD') = '2026-02-03'"])
def test_an_index_that_the_server_would_refuse_is_not_advised(server: Clinic, compared: str) -> None:
    [finding] = server.judge(f"select * from deal where {compared} and amount >= 0", "enable_indexscan = off", "enable_bitmapscan = off")
    assert "Compare made_at itself with a range" in finding.remedy and "create index on deal (made_at);" in finding.remedy
    assert finding.remedy.count("create index") == 1


def test_a_value_and_what_a_document_contains_are_alternatives(server: Clinic) -> None:
    [finding] = server.judge("select * from buyer where data @> '{\"k\": 5}' and country = 'c1'")
    assert "create index on buyer (country); or create index on buyer using gin (data jsonb_path_ops);" in finding.remedy
    assert "--try-indexes" in finding.remedy


def test_arms_of_an_or_are_an_alternative_to_the_value_beside_them(server: Clinic) -> None:
    [finding] = server.judge("select * from deal where state = 'open' and (buyer_id = 7 or note = 'x')")
    assert "create index on deal (state); or create index on deal (buyer_id); create index on deal (note);" in finding.remedy


def test_a_condition_without_a_value_makes_the_index_partial(server: Clinic) -> None:
    [finding] = server.judge("select * from buyer where gone_at is null and name = 'buyer 5001'")
    assert finding.remedy == "create index on buyer (name) where gone_at is null;"


def test_the_order_of_a_query_within_the_statement_is_seen(server: Clinic) -> None:
    finding = only(server.judge(f"{LATEST} where b.id <= 10"), "index-for-order-discards-rows")
    assert "create index on deal (buyer_id, made_at desc);" in finding.remedy


def test_not_in_a_list_that_is_not_hashed_is_told_to_be_not_exists(server: Clinic) -> None:
    statement = "select count(*) from stamp where id not in (select buyer_id from deal where buyer_id > 39000)"
    rows = "insert into stamp select 100000 + n from generate_series(1, 2000) n"
    server.run("create index mend on deal (buyer_id)", "alter table stamp disable trigger all", rows, "analyze stamp, deal")
    finding = only(server.judge(statement, "work_mem = '64kB'", "hash_mem_multiplier = 1"), "subplan-repeats")
    assert "not exists" in finding.remedy and "No index serves" not in finding.remedy
    assert (
        server.judge(statement.replace("id not in (select buyer_id from deal where", "not exists (select from deal where buyer_id = stamp.id and"))
        == []
    )
    server.run("drop index mend", "truncate stamp", "alter table stamp enable trigger all")


def test_pairs_that_no_hash_can_join_are_not_told_to_join_by_hash(server: Clinic) -> None:
    statement = "select count(*) from deal d join buyer b on b.id < d.amount where d.id < 200 and b.id < 20000"
    found = [finding for finding in server.judge(statement, "enable_indexscan = off", "enable_indexonlyscan = off") if "nested-loop" in finding.rule]
    assert all("enable_nestloop" not in finding.remedy for finding in found)


def test_the_work_of_a_trigger_is_no_saving(server: Clinic) -> None:
    [finding] = server.judge("insert into stamp select n from generate_series(1, 100) n")
    assert finding.rule == "trigger-dominates" and finding.saves_ms is None and "index" not in finding.saving_basis


def test_checking_new_rows_is_the_price_of_a_foreign_key(server: Clinic) -> None:
    for finding in server.judge("insert into twig select 20000 + n, n from generate_series(1, 15000) n"):
        assert finding.saves_ms is None and "price of a foreign key" in finding.remedy


def test_deleting_rows_whose_key_is_indexed_is_not_blamed_on_the_key(server: Clinic) -> None:
    statement = "delete from twig where id > 19900"
    [finding] = server.judge(statement)
    assert finding.rule == "trigger-dominates" and finding.saves_ms == finding.cost_ms
    server.run("create index mend on twig (parent)")
    assert server.judge("delete from twig where id > 10000") == []
    server.run("drop index mend")


def test_table_visits_of_rows_that_a_filter_discards_are_not_visits_of_few_rows(server: Clinic) -> None:
    server.run("update deal set note = note where id < 2500")
    statement = "select count(*) from deal where made_at::date = '2026-01-05'"
    found = server.judge(statement, "enable_seqscan = off", "enable_bitmapscan = off")
    assert [finding.rule for finding in found] == ["index-discards-rows"] and "visits the table" not in found[0].remedy


def test_a_cte_that_only_the_top_of_the_query_scans_is_counted_once(server: Clinic) -> None:
    statement = "with c as materialized (select * from deal) select * from c where id = 4711"
    [[[explained]]] = server.connection.execute(f"explain ({OPTIONS}) {statement}").fetchall()
    tree = Tree(json.loads(json.dumps(explained))["Plan"])
    assert tree.root.facts["Node Type"] == "CTE Scan"
    assert sum(tree.own_times().amounts) == pytest.approx(tree.root.wall_ms, rel=0.01)
    finding = only(server.judge(statement), "cte-materialized")
    plan = server.plan(statement)
    assert (finding.cost_ms or 0.0) > 0 and sum(node.self_ms for node in plan.nodes) <= (plan.head.execution_ms or 0.0) * 1.01


def test_mean_rows_of_several_processes_are_whole_rows_again(server: Clinic) -> None:
    statement = "select * from deal where note like '%abcde%'"
    parallel = ("max_parallel_workers_per_gather = 2", "parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0")
    plan = server.plan(statement, *parallel)
    scan = next(node for node in plan.nodes if node.step.node_type == "Seq Scan")
    assert scan.rows == plan.root.rows


def test_a_small_result_is_not_told_to_be_long_to_write(server: Clinic) -> None:
    assert server.judge("select * from deal where made_at < '2026-01-02'", options=f"{OPTIONS}, serialize") == []


def test_an_index_is_not_advised_to_hold_what_it_holds_already(server: Clinic) -> None:
    statement = "select * from deal where made_at > '2026-01-02' and amount = id"
    finding = only(server.judge(statement, "enable_seqscan = off", "enable_bitmapscan = off"), "index-discards-rows")
    assert finding.remedy.startswith("No index serves the condition as it is written") and "create index" not in finding.remedy


@pytest.mark.parametrize(
    ("extreme", "columns"), [("max(amount) from deal", "amount"), ("min(amount) from deal where state = 'done'", "state, amount")]
)
def test_the_largest_value_wants_an_index_that_ends_with_it(server: Clinic, extreme: str, columns: str) -> None:
    statement = f"select {extreme}"
    finding = only(server.judge(statement), "extreme-reads-whole-table")
    assert f"create index on deal ({columns});" in finding.remedy
    server.run(f"create index mend on deal ({columns})")
    assert server.judge(statement) == []
    server.run("drop index mend")


def test_a_function_of_each_row_is_not_told_to_join_by_hash(server: Clinic) -> None:
    statement = "select count(*) from buyer b, jsonb_object_keys(b.data) k where k = 'x'"
    finding = only(server.judge(statement, "enable_memoize = off"), "nested-loop-repeats")
    assert "is called for each row" in finding.remedy and "random_page_cost" not in finding.remedy
