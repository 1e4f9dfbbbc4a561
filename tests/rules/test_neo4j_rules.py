"""Each rule of Neo4j's plans fires on its fault and is silent beside it."""

from __future__ import annotations

from typing import Any

import pytest

from perfkit.rules.plans import find, neo4j
from perfkit.workbench import Workbench
from tests.readers.cutting import ARTEFACTS
from tests.rules.plan_trees import plan_of

TOP: dict[str, Any] = {"node_type": "ProduceResults"}
SCAN: dict[str, Any] = {"node_type": "NodeByLabelScan", "relation": "Person", "condition": "p:Person", "rows_actual": 50_000, "DbHits": 50_001}
FILTER: dict[str, Any] = {"node_type": "Filter", "condition": "p.name = $name", "rows_actual": 3, "DbHits": 50_000}
ALL: dict[str, Any] = {"node_type": "AllNodesScan", "rows_actual": 5_000, "DbHits": 5_001, "condition": "n"}
PRODUCT: dict[str, Any] = {"node_type": "CartesianProduct", "rows_actual": 20_000, "DbHits": 0}
MANY: dict[str, Any] = {"node_type": "Projection", "rows_actual": 200_000, "DbHits": 0}
EXPAND: dict[str, Any] = {"node_type": "Expand(All)", "rows_actual": 20, "DbHits": 9_000, "condition": "(a)--(b)"}
SORT: dict[str, Any] = {"node_type": "Sort", "rows_actual": 20_000, "DbHits": 0, "condition": "n.age ASC"}
LIMIT: dict[str, Any] = {"node_type": "Limit", "rows_actual": 10, "DbHits": 0}
OFF: dict[str, Any] = {"node_type": "NodeIndexSeek", "rows_actual": 40_000, "rows_estimated": 10, "DbHits": 40_001, "condition": "p:Person(name)"}
MISSED: dict[str, Any] = {"node_type": "Projection", "shared_hit": 5_000, "shared_read": 1_500, "rows_actual": 1, "DbHits": 0}
APPLY: list[dict[str, Any]] = [
    {"node_type": "Apply", "rows_actual": 2_000, "DbHits": 0},
    {"node_type": "Projection", "relationship": "Outer", "parent": 0, "rows_actual": 2_000, "DbHits": 100},
    {"node_type": "Expand(All)", "relationship": "Inner", "parent": 0, "rows_actual": 2_000, "DbHits": 9_000},
]


def rules_of(*nodes: dict[str, Any], execution_ms: float | None = None) -> list[str]:
    hits = sum(node.get("DbHits", 0) for node in nodes)
    plan = plan_of(*nodes, engine="neo4j", execution_ms=execution_ms, facts={"db_hits": hits})
    return [finding.rule for finding in neo4j.judge([plan], {})]


@pytest.mark.parametrize(
    ("rule", "nodes"),
    [
        ("neo4j-label-scan", [TOP, FILTER, SCAN]),
        ("neo4j-all-nodes-scan", [TOP, ALL]),
        ("neo4j-cartesian-product", [TOP, PRODUCT]),
        ("neo4j-eager", [{"node_type": "Eager"}, MANY]),
        ("neo4j-eager", [{"node_type": "EagerAggregation"}, MANY]),
        ("neo4j-hits-per-row", [TOP, EXPAND]),
        ("neo4j-sort-before-limit", [TOP, LIMIT, SORT]),
        ("neo4j-estimate", [TOP, OFF]),
        ("neo4j-apply", APPLY),
        ("neo4j-page-cache", [TOP, MISSED]),
    ],
)
def test_a_fault_is_found_with_and_without_times(rule: str, nodes: list[dict[str, Any]]) -> None:
    assert rules_of(*nodes) == [rule]
    assert rules_of(*nodes, execution_ms=30.0) == [rule]


@pytest.mark.parametrize(
    "nodes",
    [
        [TOP, FILTER | {"rows_actual": 20_000}, SCAN],
        [TOP, FILTER, SCAN | {"rows_actual": 500}],
        [TOP, ALL | {"rows_actual": 500}],
        [TOP | {"DbHits": 900_000}, ALL],
        [TOP, PRODUCT | {"rows_actual": 500}],
        [{"node_type": "Eager"}, MANY | {"rows_actual": 500}],
        [TOP, EXPAND | {"rows_actual": 9_000}],
        [TOP, LIMIT, SORT | {"rows_actual": 500}],
        [TOP, SORT],
        [TOP, LIMIT, OFF],
        [TOP, OFF | {"rows_estimated": 30_000}],
        [TOP, OFF | {"loops": None, "rows_actual": None}],
        [APPLY[0], APPLY[1] | {"rows_actual": 5}, APPLY[2]],
        [APPLY[0], APPLY[1] | {"DbHits": 900_000}, APPLY[2]],
        [TOP, MISSED | {"shared_read": 10}],
    ],
)
def test_what_costs_little_is_silent(nodes: list[dict[str, Any]]) -> None:
    assert rules_of(*nodes) == []


def test_the_index_names_label_and_properties_with_equality_first() -> None:
    condition = "p.age > $age AND p.name = $name AND q.town = 5"
    plan = plan_of(TOP, FILTER | {"condition": condition}, SCAN, engine="neo4j", execution_ms=None, facts={"db_hits": 100_001})
    [finding] = neo4j.judge([plan], {})
    assert "CREATE INDEX FOR (n:Person) ON (n.name, n.age)" in finding.remedy
    assert condition in finding.title
    assert finding.cost_ms is None


def test_another_engine_is_not_judged() -> None:
    assert neo4j.judge([plan_of(TOP, ALL, engine="postgresql")], {}) == []


@pytest.mark.parametrize("path", ["neo4j_plan/friends.json", "neo4j_table/friends_late.txt", "neo4j_table/friends_without_time.txt"])
def test_stored_plans_are_judged_alike_however_they_were_printed(bench: Workbench, path: str) -> None:
    [stored] = bench.ingest([ARTEFACTS / path])
    found = {finding.rule for finding in find(bench.store, [stored.run_id])}
    assert found == {"neo4j-label-scan", "neo4j-cartesian-product"}


def test_a_plan_that_was_only_explained_is_silent(bench: Workbench) -> None:
    [stored] = bench.ingest([ARTEFACTS / "neo4j_table/friends_explained.txt"])
    assert find(bench.store, [stored.run_id]) == []
