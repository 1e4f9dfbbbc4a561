"""A vector search in a plan: without an index, in the wrong order, or with an index that returns too few rows."""

from __future__ import annotations

from typing import Any

import pytest

from perfkit.rules.plans import vectors
from tests.rules.plan_trees import plan_of

KEY = "((items.embedding <=> '[1,2]'::vector))"
SORT: dict[str, Any] = {"node_type": "Sort", "rows_actual": 10, "self_ms": 5.0, "sort_key": KEY}
SCAN: dict[str, Any] = {"node_type": "Seq Scan", "relation": "items", "rows_actual": 5000, "self_ms": 20.0}
LIMIT: dict[str, Any] = {"node_type": "Limit", "rows_actual": 40, "rows_estimated": 500}
INDEX: dict[str, Any] = {
    "node_type": "Index Scan",
    "relation": "items",
    "index_name": "items_embedding",
    "rows_actual": 40,
    "rows_estimated": 5000,
    "self_ms": 1.0,
    "Order By": "(embedding <=> '[1,2]'::vector)",
}
STATEMENT = "select id from items order by embedding <=> $1 limit 500"


def test_a_descending_order_is_told_apart_from_a_missing_index() -> None:
    [finding] = vectors.judge([plan_of(SORT | {"sort_key": f"{KEY} DESC"}, SCAN)], {})
    assert finding.rule == "vector-search-without-index" and finding.saves_ms is None
    assert "ascending" in finding.remedy and "create index" not in finding.remedy


def test_the_missing_index_names_the_operator_class_that_serves() -> None:
    [finding] = vectors.judge([plan_of(SORT | {"sort_key": KEY.replace("<=>", "<->")}, SCAN)], {})
    assert "hnsw (embedding vector_l2_ops)" in finding.remedy and "another operator class does not serve <->" in finding.remedy


def test_a_limit_above_ef_search_gets_fewer_rows() -> None:
    [finding] = vectors.judge([plan_of(LIMIT, INDEX, statement=STATEMENT)], {})
    assert finding.rule == "vector-search-returns-too-few-rows"
    assert "40 of the 500 rows" in finding.title and "ef_search to at least 500" in finding.remedy


def test_a_filter_after_the_search_asks_for_an_iterative_scan() -> None:
    plan = plan_of(LIMIT | {"rows_actual": 4}, INDEX | {"rows_actual": 4, "rows_removed": 36.0}, statement=STATEMENT.replace("500", "10"))
    [finding] = vectors.judge([plan], {})
    assert "4 of the 10 rows" in finding.title and "left out 36 of the 40" in finding.title and "iterative_scan" in finding.remedy


@pytest.mark.parametrize(
    ("limit", "scan"),
    [
        ({"rows_actual": 500}, {"rows_actual": 500}),
        ({}, {"rows_estimated": 40}),
        ({}, {"Order By": None}),
        ({}, {"loops": 0.0}),
    ],
)
def test_a_complete_answer_and_a_small_table_are_no_fault(limit: dict[str, Any], scan: dict[str, Any]) -> None:
    assert vectors.judge([plan_of(LIMIT | limit, INDEX | scan, statement=STATEMENT)], {}) == []
