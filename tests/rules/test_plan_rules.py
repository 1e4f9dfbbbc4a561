"""Each plan rule fires on its fault and stays silent on the trap beside it. No database is needed."""

from __future__ import annotations

from typing import Any

from perfkit.rules.plans import postgresql, vectors
from tests.rules.plan_trees import plan_of

SORT: dict[str, Any] = {"node_type": "Sort", "rows_actual": 10, "self_ms": 5.0, "sort_key": "((items.embedding <=> '[1,2]'::vector))"}
SCAN: dict[str, Any] = {"node_type": "Seq Scan", "relation": "items", "rows_actual": 30_000, "self_ms": 20.0}


def test_an_exact_vector_search_names_the_index_that_is_missing() -> None:
    [finding] = vectors.judge([plan_of(SORT, SCAN)], {})
    assert finding.cost_ms == 25
    assert "hnsw (embedding vector_cosine_ops)" in finding.remedy


def test_a_scan_of_few_rows_or_a_plain_sort_is_silent() -> None:
    assert vectors.judge([plan_of(SORT, SCAN | {"rows_actual": 50})], {}) == []
    assert vectors.judge([plan_of(SORT | {"sort_key": "items.name"}, SCAN)], {}) == []


def test_a_filter_that_discards_nearly_everything_is_found() -> None:
    [finding] = postgresql.judge([plan_of(SCAN | {"rows_actual": 10, "rows_removed": 29_990, "condition": "Filter: (price < 1)"})], {})
    assert finding.rule == "scan-discards-rows"
