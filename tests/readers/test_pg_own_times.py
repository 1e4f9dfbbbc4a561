"""Own times add up to the whole, on plans that real servers made; the hottest node is the one that works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.readers.parts.plan_tree import Tree
from tests.readers.plan_files import ARTEFACTS, Row, artefact, read_plans

FORMATS = {"pg_explain": "pg-explain", "pg_text": "pg-explain-text", "pg_log": "auto-explain-log"}
FILES = [path for folder in FORMATS for path in sorted((ARTEFACTS / folder).iterdir()) if path.suffix != ".md"]
HOTTEST = {
    "filter": ("Seq Scan", "items", None),
    "sort_on_disk": ("Sort", None, None),
    "subplan": ("Bitmap Heap Scan", "items", None),
    "subplan_hashed": ("Index Scan", "items", "SubPlan 1"),
    "subplan_in_index_condition": ("Seq Scan", "child", None),
    "init_plan_one_time": ("Seq Scan", "items", None),
    "init_plan_in_subplan": ("Seq Scan", "child", None),
    "cte_read_twice": ("Seq Scan", "items", "CTE cheap"),
    "cte_shadowed": ("Seq Scan", "items", "CTE x"),
    "cte_write_unread": ("ModifyTable", "items", "CTE gone"),
    "trigger_before": ("ModifyTable", "parent", None),
    "memoize": ("Seq Scan", "child", None),
    "partitions_pruned": ("Seq Scan", "parts_1", None),
    "hash_batches": ("Hash Join", None, None),
    "incremental_sort": ("Incremental Sort", None, None),
    "aggregate": ("Aggregate", None, None),
    "bitmap_lossy": ("Bitmap Heap Scan", "items", None),
    "gather_without_leader": ("Seq Scan", "items", None),
    "gather_without_workers": ("Seq Scan", "items", None),
    "serialized": ("Seq Scan", "items", None),
    "jit_optimised": ("Seq Scan", "items", None),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_own_times_and_the_outside_sum_to_the_execution(path: Path) -> None:
    read = read_plans(path, FORMATS[path.parent.name])
    for plan in read.plans:
        nodes = [node for node in read.nodes if node["plan_id"] == plan["plan_id"]]
        if nodes[0]["self_ms"] is None:
            continue
        total = sum(node["self_ms"] for node in nodes) + plan["outside_ms"]
        assert total == pytest.approx(plan["execution_ms"], rel=0.01, abs=0.002) or any(node["clamped"] for node in nodes)
        assert all(node["self_ms"] >= 0 for node in nodes)


@pytest.mark.parametrize("path", sorted((ARTEFACTS / "pg_explain").glob("*.json")), ids=lambda path: path.stem)
def test_own_buffers_sum_to_those_of_the_root(path: Path) -> None:
    [explained] = json.loads(path.read_text())
    for column, key in {"shared_hit": "Shared Hit Blocks", "shared_read": "Shared Read Blocks", "temp_written": "Temp Written Blocks"}.items():
        own = sum(node[column] for node in artefact(path.stem).nodes)
        unread = sum(plan[key] for plan in explained["Plan"].get("Plans", ()) if path.stem == "cte_write_unread")
        assert own == explained["Plan"][key] + unread


@pytest.mark.parametrize("path", sorted((ARTEFACTS / "pg_explain").glob("*.json")), ids=lambda path: path.stem)
def test_own_times_less_what_ran_beside_it_are_the_roots(path: Path) -> None:
    [explained] = json.loads(path.read_text())
    plan = Tree(explained["Plan"])
    own = plan.own_times()
    assert sum(own.amounts) - own.left_over == pytest.approx(plan.root.wall_ms, rel=0.01)
    assert own.left_over <= 0.01 * sum(own.amounts) or path.stem == "cte_write_unread"


@pytest.mark.parametrize("name", HOTTEST)
def test_the_hottest_node_is_the_one_that_works(name: str) -> None:
    hottest = artefact(name).hottest()
    assert (hottest["node_type"], hottest["relation"], hottest["subplan"]) == HOTTEST[name]


def test_no_plan_of_ours_needs_a_clamp() -> None:
    assert [path.stem for path in (ARTEFACTS / "pg_explain").glob("*.json") if any(node["clamped"] for node in artefact(path.stem).nodes)] == []


def test_the_buffers_of_a_subplan_are_not_its_parents() -> None:
    assert artefact("subplan").node("Seq Scan", relation="kinds")["shared_hit"] == 1


def test_the_workers_are_as_many_as_took_part() -> None:
    scans = {name: artefact(name).node("Seq Scan", relation="items") for name in ("gather", "gather_without_leader", "gather_without_workers")}
    assert {name: scan["processes"] for name, scan in scans.items()} == {"gather": 3, "gather_without_leader": 2, "gather_without_workers": 1}


def test_a_gather_waits_for_the_init_plan_that_its_workers_use() -> None:
    read = artefact("gather_init_plan")
    gather = next(node for node in read.nodes if node["node_type"] == "Gather" and node["subplan"] is None and node["parent_id"] == 0)
    scan = read.nodes[-1]
    assert (gather["shared_hit"], scan["node_type"], scan["shared_hit"]) == (0, "Seq Scan", 1920)
    assert gather["self_ms"] < gather["total_ms"] / 2


@pytest.mark.parametrize("name", ["init_plans", "before_17_init_plans"])
def test_ten_init_plans_are_each_paid_once(name: str) -> None:
    read = artefact(name)
    assert read.nodes[0]["self_ms"] < read.nodes[0]["total_ms"] / 100 and read.nodes[0]["shared_hit"] == 0
    assert sum(node["subplan"] is not None for node in read.nodes) == 10


def test_the_init_plan_of_a_limit_is_the_limits() -> None:
    read = artefact("init_plan_in_limit")
    assert read.node("Limit")["self_ms"] < read.node("Limit")["total_ms"] / 20


def test_a_cte_means_the_nearest_of_its_name() -> None:
    [outer, first, second] = [node for node in artefact("cte_shadowed").nodes if node["node_type"] == "CTE Scan"]
    assert outer["total_ms"] > 10 and outer["self_ms"] < outer["total_ms"] / 2
    assert (outer["shared_hit"], first["shared_hit"], second["shared_hit"]) == (0, 0, 0)


def test_a_trigger_after_the_statement_is_outside_the_plan() -> None:
    [plan] = artefact("trigger_after").plans
    [trigger] = plan["details"]["Triggers"]
    assert plan["outside_ms"] == pytest.approx(trigger["Time"], rel=0.01)


def test_serialization_is_outside_the_plan() -> None:
    [plan] = artefact("serialized").plans
    assert plan["execution_ms"] > plan["outside_ms"] > plan["details"]["Serialization"]["Time"]


def test_what_was_never_executed_took_nothing() -> None:
    nodes = [node for node in artefact("never_executed").nodes if not node["loops"]]
    assert nodes and all(node["self_ms"] == 0 for node in nodes)


def test_reading_time_is_each_nodes_own() -> None:
    read = artefact("sort_on_disk")
    assert read.node("Sort")["io_ms"] > 0 and read.node("Seq Scan")["io_ms"] == 0


def tree(*nodes: dict[str, Any]) -> Row:
    """Nodes that name their parent by its position, nested."""
    facts = [{"Node Type": "Result", "Actual Loops": 1, **node, "Plans": []} for node in nodes]
    for node in facts[1:]:
        facts[node.pop("parent", 0)]["Plans"].append(node)
    return facts[0]


def test_a_result_whose_number_begins_alike_is_another() -> None:
    plan = tree(
        {"Actual Total Time": 30.0},
        {"Actual Total Time": 9.0, "Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1 (returns $1)"},
        {"Actual Total Time": 12.0, "Filter": "(a > $10)"},
        {"Actual Total Time": 11.0, "Filter": "(a > $1)"},
    )
    assert Tree(plan).own_times().amounts == pytest.approx([7, 9, 12, 2])


def test_who_cannot_afford_an_init_plan_did_not_wait_for_it() -> None:
    plan = tree(
        {"Actual Total Time": 30.0},
        {"Actual Total Time": 9.0, "Parent Relationship": "InitPlan", "Subplan Name": "InitPlan 1"},
        {"Actual Total Time": 5.0, "Filter": "(a > (InitPlan 1).col1)"},
        {"Actual Total Time": 11.0, "Index Cond": "(a > (InitPlan 1).col1)"},
    )
    assert Tree(plan).own_times().amounts == pytest.approx([14, 9, 5, 2])


def test_children_that_add_up_to_more_are_flagged() -> None:
    own = Tree(tree({"Actual Total Time": 5.0}, {"Actual Total Time": 7.0, "Parent Relationship": "Outer"})).own_times()
    assert list(own.amounts) == [0.0, 7.0] and own.clamped == frozenset({0})


def test_rounding_is_no_clamp() -> None:
    own = Tree(tree({"Actual Total Time": 1.0}, {"Actual Total Time": 0.001, "Actual Loops": 1003})).own_times()
    assert own.amounts[0] == 0 and own.clamped == frozenset()
