"""Each rule of PostgreSQL plans fires on its fault and stays silent on the traps beside it. No database is needed."""

from __future__ import annotations

from datetime import datetime
from time import process_time
from typing import Any

import pytest

from perfkit.analyses.table_statistics import TableStatistics
from perfkit.model.finding import Finding
from perfkit.model.plan import Plan
from perfkit.rules.plans import postgresql
from perfkit.rules.plans.estimates import RIGHT, factor
from tests.rules.plan_trees import plan_of

Nodes = tuple[dict[str, Any], ...]


def node(kind: str, rows: float = 10.0, self_ms: float | None = 1.0, /, **facts: Any) -> dict[str, Any]:
    made = facts.pop("rows", rows)
    return {"node_type": kind, "rows_actual": made, "rows_estimated": made, "self_ms": self_ms, **facts}


def scan(kind: str = "Seq Scan", rows: float = 10.0, self_ms: float | None = 60.0, /, **facts: Any) -> dict[str, Any]:
    return node(kind, rows, self_ms, **({"relation": "orders", "Alias": "o", "Schema": "public"} | facts))


def discards(rows: float, **facts: Any) -> dict[str, Any]:
    return {"rows_removed": rows, "Rows Removed by Filter": rows, "Filter": "(o.kind = 7)", **facts}


GATHER = node("Gather", 100_000, 5, **{"Workers Planned": 2, "Workers Launched": 2})
BITMAP = scan("Bitmap Heap Scan", 2_000, **{"Exact Heap Blocks": 735, "Lossy Heap Blocks": 2069, "Rows Removed by Index Recheck": 154_727})
LOOP = node("Nested Loop", 2_000, 5)
OUTER = scan(rows=2_000, self_ms=1, relation="clients", Alias="c", relationship="Outer")
INNER = scan("Index Scan", 1, 80, index_name="orders_pkey", relationship="Inner", loops=2_000, parent=0)
HASHED = node("Hash", 50_000, 20, relationship="Inner", parent=0, **{"Hash Batches": 8, "Original Hash Batches": 8, "Peak Memory Usage": 1834})
HASH_JOIN = node("Hash Join", 50_000, 30)
MEMO = node("Memoize", 1, 10, relationship="Inner", loops=2_000, parent=0, **{"Cache Hits": 10, "Cache Misses": 1_990, "Cache Evictions": 0})
TRIGGER = {"Trigger Name": "RI_ConstraintTrigger_a_1", "Constraint Name": "orders_client_fkey", "Relation": "clients", "Time": 331.7, "Calls": 10}
BEFORE = {"Trigger Name": "stamp", "Relation": "clients", "Time": 64.8, "Calls": 10}
DELETE = node("ModifyTable", 0, 0.1, relation="clients", total_ms=0.109, Operation="Delete")
COLD = scan(rows=100, shared_hit=100, shared_read=9_000)
CTE = node("CTE Scan", 5, 30, parent=0, relationship="Outer", **{"CTE Name": "c", "Rows Removed by Filter": 20_000})
KEPT = scan(rows=20_000, self_ms=40, parent=0, relationship="InitPlan", subplan="CTE c")
SUBPLAN = node("Aggregate", 1, 1, relationship="SubPlan", subplan="SubPlan 1", loops=2_000)
WRONG = scan(rows=5_000, self_ms=2, relation="twins", Alias="t", relationship="Outer", rows_estimated=14, Filter="((t.a = 3) AND (t.b = 3))")
PARTIAL = scan(
    rows=40_000,
    loops=3,
    processes=3,
    **{"Parallel Aware": True, "Workers": [{"Actual Rows": 90_000, "Actual Loops": 1}, {"Actual Rows": 10, "Actual Loops": 1}]},
)

FIRES: dict[str, Plan] = {
    "scan-discards-rows": plan_of(scan(**discards(30_000)), execution_ms=100),
    "scan-reads-whole-table": plan_of(scan(rows=50_000, **discards(30_000)), execution_ms=100),
    "index-discards-rows": plan_of(scan("Index Scan", **discards(30_000, **{"Index Cond": "(o.client_id = 9)"})), execution_ms=100),
    "index-for-order-discards-rows": plan_of(
        node("Limit"),
        scan("Index Scan", index_name="orders_pkey", **discards(30_000)),
        execution_ms=100,
        statement="select * from orders o order by o.id limit 10",
    ),
    "index-only-scan-visits-table": plan_of(scan("Index Only Scan", 15_000, **{"Heap Fetches": 30_000}), execution_ms=100),
    "index-recheck-discards-rows": plan_of(
        scan("Bitmap Heap Scan", 10, **{"Exact Heap Blocks": 900, "Rows Removed by Index Recheck": 5_000}), execution_ms=100
    ),
    "bitmap-lossy": plan_of(BITMAP, execution_ms=100),
    "sort-on-disk": plan_of(
        node("Sort", 50_000, 60, **{"Sort Method": "external merge", "Sort Space Type": "Disk", "Sort Space Used": 15_000}), execution_ms=100
    ),
    "hash-on-disk": plan_of(HASH_JOIN, HASHED, execution_ms=100),
    "aggregate-on-disk": plan_of(
        node("Aggregate", 50_000, 60, **{"Disk Usage": 7_128, "HashAgg Batches": 17, "Peak Memory Usage": 256}), execution_ms=100
    ),
    "temporary-file": plan_of(node("Materialize", 50_000, 60, temp_written=300), execution_ms=100),
    "nested-loop-repeats": plan_of(LOOP, OUTER, INNER, execution_ms=100),
    "nested-loop-compares-everything": plan_of(
        LOOP | {"Join Filter": "((c.a = o.a) OR (c.b = o.b))", "Rows Removed by Join Filter": 4e6, "self_ms": 60},
        OUTER,
        scan(rows=2_000, self_ms=1, parent=0),
        execution_ms=100,
    ),
    "subplan-repeats": plan_of(scan(rows=2_000, self_ms=1), SUBPLAN, scan("Index Scan", 3, 60, loops=2_000), execution_ms=100),
    "memoize-misses": plan_of(LOOP, OUTER, MEMO, INNER | {"parent": 2, "loops": 900, "relationship": "Outer"}, execution_ms=100),
    "rows-misestimated": plan_of(LOOP, WRONG, INNER | {"loops": 5_000}, execution_ms=100),
    "sort-for-few-rows": plan_of(
        node("Limit"), node("Sort", sort_key="o.placed_at DESC", **{"Sort Method": "top-N heapsort"}), scan(rows=30_000), execution_ms=100
    ),
    "offset-skips-rows": plan_of(node("Limit", 20), scan("Index Scan", 150_020), execution_ms=100),
    "cte-materialized": plan_of(node("Aggregate"), KEPT, CTE, execution_ms=100),
    "partitions-not-pruned": plan_of(
        node("Append", 100), *(scan(rows=1, self_ms=1, relationship="Member", parent=0) for _ in range(60)), execution_ms=100
    ),
    "workers-not-launched": plan_of(GATHER | {"Workers Launched": 0}, scan(rows=100_000, self_ms=40), execution_ms=100),
    "workers-uneven": plan_of(GATHER, PARTIAL, execution_ms=100),
    "jit-dominates": plan_of(
        scan(rows=100, self_ms=160, **{"Actual Startup Time": 142.6}), execution_ms=194, facts={"JIT": {"Timing": {"Total": 143.0}}}
    ),
    "planning-dominates": plan_of(scan(self_ms=1), execution_ms=2, planning_ms=40, cold_planning_ms=90),
    "trigger-dominates": plan_of(DELETE, execution_ms=332, facts={"Triggers": [TRIGGER]}),
    "result-serialization": plan_of(scan(rows=300_000, self_ms=29), execution_ms=170, facts={"Serialization": {"Time": 135.0}}),
    "cold-buffers": plan_of(COLD | {"self_ms": 9}, execution_ms=100),
    "waits-for-disk": plan_of(COLD | {"io_ms": 50, "shared_read": 900}, execution_ms=100),
    "clock-distorts-plan": plan_of(scan("Index Scan", 0, 50, loops=500_000), execution_ms=100),
}
"""One plan a rule, in which it alone speaks or others say less."""

SILENT: dict[str, Plan] = {
    "a filter that keeps a tenth": plan_of(scan(rows=4_000, self_ms=20, **discards(30_000)), execution_ms=100),
    "a dear scan of few rows": plan_of(scan(**discards(900)), execution_ms=300),
    "a cheap scan": plan_of(scan(self_ms=4, **discards(30_000)), execution_ms=10),
    "a scan that is a small part": plan_of(scan(self_ms=9, **discards(30_000)), execution_ms=100),
    "a scan that was never executed": plan_of(scan(loops=0, **discards(30_000)), execution_ms=100),
    "an index that finds what it should": plan_of(scan("Index Scan", 30_000, **discards(30_000)), execution_ms=100),
    "an ordered index with a condition": plan_of(
        node("Limit"), scan("Index Scan", 50, 0.5, **discards(30_000, **{"Index Cond": "(o.a = 1)"})), execution_ms=100
    ),
    "heap fetches that are few for all loops": plan_of(scan("Index Only Scan", 15, loops=2_000, **{"Heap Fetches": 1_200}), execution_ms=100),
    "a recheck of a lossless index that mostly agrees": plan_of(
        scan("Bitmap Heap Scan", 5_000, **{"Exact Heap Blocks": 900, "Rows Removed by Index Recheck": 5_000}), execution_ms=100
    ),
    "a bitmap with one lossy block": plan_of(scan("Bitmap Heap Scan", 5_000, **{"Exact Heap Blocks": 900, "Lossy Heap Blocks": 9}), execution_ms=100),
    "a sort in memory": plan_of(
        node("Sort", 50_000, 60, **{"Sort Method": "quicksort", "Sort Space Type": "Memory", "Sort Space Used": 31_039}), execution_ms=100
    ),
    "a hash in one batch": plan_of(HASH_JOIN, HASHED | {"Hash Batches": 1, "Original Hash Batches": 1}, execution_ms=100),
    "an aggregate in memory": plan_of(node("Aggregate", 50_000, 60, **{"Disk Usage": 0, "Peak Memory Usage": 256}), execution_ms=100),
    "a small temporary file": plan_of(node("Materialize", 50_000, 60, temp_written=255), execution_ms=100),
    "a loop of few repetitions": plan_of(LOOP, OUTER | {"rows_actual": 900, "rows_estimated": 900}, INNER | {"loops": 900}, execution_ms=100),
    "a loop whose repetitions are cheap": plan_of(LOOP, OUTER, INNER | {"self_ms": 15}, execution_ms=100),
    "a product of few rows": plan_of(LOOP, OUTER, scan(rows=3, self_ms=1, parent=0, loops=2), execution_ms=100),
    "a hashed sub-plan": plan_of(scan(rows=2_000, self_ms=1), SUBPLAN | {"subplan": "hashed SubPlan 1", "self_ms": 90}, execution_ms=100),
    "a sub-plan executed once": plan_of(scan(rows=2_000, self_ms=1), SUBPLAN | {"loops": 1, "self_ms": 90}, execution_ms=100),
    "a memo that hits": plan_of(
        LOOP,
        OUTER,
        MEMO | {"Cache Hits": 1_900, "Cache Misses": 100, "self_ms": 5},
        INNER | {"parent": 2, "loops": 100, "relationship": "Outer", "self_ms": 10},
        execution_ms=100,
    ),
    "a wrong estimate that no join is fed with": plan_of(node("Aggregate"), WRONG, execution_ms=100),
    "a wrong estimate below a limit": plan_of(node("Limit", 5), LOOP, WRONG | {"rows_estimated": 90_000, "rows_actual": 5}, execution_ms=100),
    "a wrong estimate of few rows": plan_of(LOOP, WRONG | {"rows_actual": 500}, INNER | {"loops": 500}, execution_ms=100),
    "a wrong estimate of the inner side that stops at its first match": plan_of(
        LOOP | {"Join Type": "Semi"}, OUTER, INNER | {"rows_estimated": 50, "self_ms": 10}, execution_ms=100
    ),
    "a far sort of a small table": plan_of(
        node("Limit"), node("Sort", sort_key="o.a", **{"Sort Method": "top-N heapsort"}), scan(rows=9_000, self_ms=29), execution_ms=100
    ),
    "a limit that takes what is made": plan_of(node("Limit", 1_000), scan("Index Scan", 1_000), execution_ms=100),
    "a CTE read once and in full": plan_of(node("Aggregate"), KEPT, CTE | {"Rows Removed by Filter": 0, "rows_actual": 20_000}, execution_ms=100),
    "a CTE whose name is given again further down": plan_of(
        node("Aggregate"),
        KEPT,
        node("Hash Join", parent=0),
        KEPT | {"parent": 2},
        CTE | {"parent": 2, "Rows Removed by Filter": 0, "rows_actual": 20_000, "rows_estimated": 20_000},
        execution_ms=100,
    ),
    "a recursive CTE": plan_of(node("Aggregate"), KEPT | {"node_type": "Recursive Union"}, CTE, execution_ms=100),
    "partitions of which others were left out": plan_of(
        node("Append", 100, **{"Subplans Removed": 300}),
        *(scan(rows=1, self_ms=1, relationship="Member", parent=0) for _ in range(60)),
        execution_ms=100,
    ),
    "all workers": plan_of(GATHER, scan(rows=40_000, self_ms=20), execution_ms=100),
    "workers that share": plan_of(
        GATHER,
        PARTIAL | {"self_ms": 29, "Workers": [{"Actual Rows": 9_000, "Actual Loops": 1}, {"Actual Rows": 8_000, "Actual Loops": 1}]},
        execution_ms=100,
    ),
    "a short compilation": plan_of(scan(rows=100, self_ms=20), execution_ms=194, facts={"JIT": {"Timing": {"Total": 9.0}}}),
    "a compilation by many": plan_of(GATHER, PARTIAL | {"self_ms": 29, "Workers": []}, execution_ms=100, facts={"JIT": {"Timing": {"Total": 45.0}}}),
    "planning of a first run": plan_of(scan(self_ms=1), execution_ms=2, planning_ms=40),
    "planning that is shorter than the run": plan_of(scan("Index Scan", self_ms=1), execution_ms=50, planning_ms=40, cold_planning_ms=90),
    "a trigger that runs inside the node": plan_of(DELETE | {"self_ms": 65.1, "total_ms": 65.12}, execution_ms=66, facts={"Triggers": [BEFORE]}),
    "a short serialization": plan_of(scan("Index Scan", 300_000, 29), execution_ms=170, facts={"Serialization": {"Time": 20.0}}),
    "few blocks that were not cached": plan_of(scan("Index Scan", 100, shared_hit=100_000, shared_read=2_000), execution_ms=100),
    "a wait that is a small part": plan_of(scan("Index Scan", 100, 60, io_ms=20), execution_ms=100),
    "a statement that was not timed and is healthy": plan_of(scan("Index Scan", 10, None, shared_hit=40), execution_ms=100),
    "another engine": plan_of(scan(**discards(30_000)), execution_ms=100, engine="duckdb"),
}


def judged(plan: Plan) -> list[Finding]:
    return postgresql.judge([plan], {})


@pytest.mark.parametrize("rule", FIRES)
def test_a_fault_is_found(rule: str) -> None:
    found = {finding.rule: finding for finding in judged(FIRES[rule])}
    assert rule in found, found.keys()
    finding = found[rule]
    assert finding.remedy and finding.saving_basis and "None" not in finding.title + finding.remedy
    assert (finding.saves_ms or 0) <= (finding.cost_ms or 0) <= (FIRES[rule].head.execution_ms or 0) + (FIRES[rule].head.planning_ms or 0)


@pytest.mark.parametrize("trap", SILENT)
def test_a_trap_is_silent(trap: str) -> None:
    assert [finding.title for finding in judged(SILENT[trap])] == []


@pytest.mark.parametrize(("processes", "rows"), [(1, 31_000), (4, 7_750)])
def test_a_partial_node_is_compared_with_its_planned_share(processes: int, rows: float) -> None:
    """Three planned workers divide the rows by 3.1, however many came."""
    gather = node("Gather", **{"Workers Planned": 3, "Workers Launched": processes - 1})
    part = scan(rows=rows, rows_estimated=10_000, loops=processes, processes=processes, **{"Parallel Aware": True})
    assert factor(plan_of(gather, part).nodes[1]) < RIGHT
    assert factor(plan_of(gather, part | {"Parallel Aware": False, "rows_actual": 50_000}).nodes[1]) == 5


def test_one_cause_is_told_once_by_its_strongest_explanation() -> None:
    """The scan discards rows, is a sub-query's, and that sub-query is the inner side of a loop."""
    inner = scan(rows=1, self_ms=90, loops=10_000, **discards(5e7))
    plan = plan_of(LOOP, OUTER, node("Aggregate", 1, 3, relationship="Inner", loops=10_000, parent=0), inner, execution_ms=100)
    [finding] = judged(plan)
    assert finding.rule == "nested-loop-repeats" and "Seq Scan on orders" in finding.place
    assert "create index on orders (kind);" in finding.remedy
    assert "Seen with it: Sequential scan of orders reads" in finding.remedy


def test_two_causes_are_two_findings_and_the_larger_saving_comes_first() -> None:
    small, large = scan(self_ms=20, parent=0, **discards(30_000)), scan(relation="lines", Alias="l", parent=0, **discards(30_000))
    found = judged(plan_of(node("Hash Join"), small, large, execution_ms=100))
    assert [finding.place.split(" (")[0] for finding in found] == ["Seq Scan on lines", "Seq Scan on orders"]
    assert [finding.priority for finding in found] == ["P0", "P1"]


def test_only_the_deepest_wrong_estimate_is_blamed() -> None:
    above = node("Hash Join", 50_000, 1, rows_estimated=20, relationship="Outer")
    plan = plan_of(LOOP, above, WRONG, scan(rows=10, self_ms=1, parent=1, relation="clients"), INNER | {"loops": 50_000}, execution_ms=100)
    [finding] = judged(plan)
    assert finding.rule == "rows-misestimated" and "twins" in finding.place
    assert "create statistics on a, b from twins;" in finding.remedy


def test_a_hash_that_grew_makes_a_wrong_estimate_weigh_more() -> None:
    wrong = WRONG | {"parent": 1, "self_ms": 40}
    grown, fitting = HASHED | {"Original Hash Batches": 1}, HASHED | {"Hash Batches": 1, "Original Hash Batches": 1}
    weights = [
        {finding.rule: finding.impact for finding in judged(plan_of(HASH_JOIN, hashed, wrong, execution_ms=300))} for hashed in (grown, fitting)
    ]
    assert [weight["rows-misestimated"] for weight in weights] == ["HIGH", "LOW"]


def test_compilation_is_not_charged_to_the_scan_that_waited_for_it() -> None:
    slow = scan(self_ms=150, **discards(30_000, **{"Actual Startup Time": 142.6}))
    [finding] = judged(plan_of(slow, execution_ms=194, facts={"JIT": {"Timing": {"Total": 143.0}}}))
    assert finding.rule == "jit-dominates" and finding.saves_ms == 143.0 and "Seq Scan on orders" in finding.remedy


def test_without_timing_buffers_are_the_gate_and_the_saving_says_so() -> None:
    untimed = scan(self_ms=None, shared_hit=900, **discards(30_000))
    [finding] = judged(plan_of(node("Aggregate", self_ms=None, shared_hit=100), untimed, execution_ms=100))
    assert finding.cost_ms == pytest.approx(90) and "no node was timed" in finding.saving_basis
    assert judged(plan_of(node("Aggregate", self_ms=None, shared_hit=9_500), untimed | {"shared_hit": 500}, execution_ms=100)) == []


def test_a_statement_that_was_only_planned_gets_hints_that_say_so() -> None:
    planned = {
        "node_type": "Seq Scan",
        "relation": "orders",
        "Alias": "o",
        "rows_estimated": 200,
        "loops": None,
        "Filter": "(o.kind = $1)",
        "Total Cost": 5_000,
    }
    [finding] = judged(plan_of(planned, execution_ms=None))
    assert finding.title.endswith("(estimate)") and finding.saves_ms is None and finding.priority == "P2"
    assert finding.remedy == "create index on orders (kind);"
    assert judged(plan_of(planned | {"rows_estimated": 90_000}, execution_ms=None)) == []
    assert judged(plan_of(node("Sort", self_ms=None, loops=None, **{"Total Cost": 50_000}), planned, execution_ms=None)) == []


def test_stale_statistics_explain_a_wrong_estimate() -> None:
    plan = FIRES["rows-misestimated"]
    fresh = TableStatistics("public", "twins", 100_000, 500, datetime(2026, 5, 1))
    stale = TableStatistics("public", "twins", 100_000, 30_000, datetime(2026, 5, 1))
    [finding] = postgresql.judge([plan], {}, postgresql.tables_of([stale]))
    assert finding.rule == "statistics-stale" and "30\u202f000 of 100\u202f000 rows changed" in finding.title and "analyze twins;" in finding.remedy
    assert [left.rule for left in postgresql.judge([plan], {}, postgresql.tables_of([fresh]))] == ["rows-misestimated"]


def test_a_thousand_plans_are_judged_in_half_a_second() -> None:
    nodes = (LOOP, OUTER, INNER, *(scan(rows=5, self_ms=0.5, parent=1, shared_hit=9) for _ in range(17)))
    plans = [plan_of(*nodes, execution_ms=100) for _ in range(1_000)]
    begin = process_time()
    assert len(postgresql.judge(plans, {})) == 1_000
    assert process_time() - begin < 0.5
