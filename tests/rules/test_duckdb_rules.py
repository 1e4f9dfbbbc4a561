"""DuckDB's rules on real databases: a bad query is found, a better one of the same answer is not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from perfkit.model.finding import Finding
from perfkit.rules.plans import duckdb as rules
from perfkit.rules.plans import find
from perfkit.workbench import Workbench
from tests.rules.plan_trees import plan_of


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect(config={"threads": 2})) as connection:
        yield connection


def judged(database: duckdb.DuckDBPyConnection, statement: str, folder: Path, bench: Workbench) -> Sequence[Finding]:
    """Through an artefact, the reader, the store and the rules."""
    [(_, text)] = database.execute(f"explain (analyze, format json) {statement}").fetchall()
    plan = {"name": "q", "statement": statement, "profile": json.loads(text), "version": duckdb.__version__}
    path = folder / f"plan-{time.monotonic_ns()}.json"
    path.write_text(json.dumps({"perfkit_plans": 1, "engine": "duckdb", "plans": [plan]}))
    [stored] = bench.ingest([path])
    return find(bench.store, [stored.run_id])


def test_a_scan_that_keeps_little_is_found_until_the_table_is_sorted(database: duckdb.DuckDBPyConnection, bench: Workbench, tmp_path: Path) -> None:
    database.execute("create table items as select i as id, hash(i) % 100000 as kind, 'item ' || i as name from range(3000000) as numbers(i)")
    statement = "select count(*) from {} where kind = 7 and name like '%5%'"
    [finding] = judged(database, statement.format("items"), tmp_path, bench)
    assert finding.rule == "duckdb-scan-discards-rows"
    assert "items" in finding.place
    assert "kind = 7" in finding.remedy
    assert "row groups" in finding.title
    database.execute("create table items_sorted as select * from items order by kind")
    assert judged(database, statement.format("items_sorted"), tmp_path, bench) == []


def test_a_join_without_an_equality_is_found_until_it_has_one(database: duckdb.DuckDBPyConnection, bench: Workbench, tmp_path: Path) -> None:
    database.execute("create table kinds as select i as id, 'kind ' || i as label, i * 3 as low from range(2000) as numbers(i)")
    slow = "select count(*) from kinds a join kinds b on a.label || 'x' = b.label || 'y' or a.id = b.low"
    [finding] = judged(database, slow, tmp_path, bench)
    assert finding.rule == "duckdb-nested-loop"
    assert "2\u202f000 rows with each of 2\u202f000" in finding.title
    fast = """select count(*) from (select a.id, b.id from kinds a join kinds b on a.label || 'x' = b.label || 'y'
        union select a.id, b.id from kinds a join kinds b on a.id = b.low)"""
    assert [finding.rule for finding in judged(database, fast, tmp_path, bench)] == []


def test_a_distinct_beyond_memory_is_found_until_it_has_enough(database: duckdb.DuckDBPyConnection, bench: Workbench, tmp_path: Path) -> None:
    database.execute(f"set temp_directory = '{tmp_path / 'spill'}'; set memory_limit = '60MB'; set threads = 1")
    statement = "select count(*) from (select distinct repeat('x', 40) || i from range(1500000) as numbers(i))"
    found = [finding for finding in judged(database, statement, tmp_path, bench) if finding.rule == "duckdb-spill"]
    assert len(found) == 1
    assert "set memory_limit" in found[0].remedy
    database.execute("set memory_limit = '2GB'")
    assert [finding for finding in judged(database, statement, tmp_path, bench) if finding.rule == "duckdb-spill"] == []


JOIN: dict[str, Any] = {"node_type": "HASH_JOIN", "rows_estimated": 100_000, "rows_actual": 100_000, "self_ms": 20.0}
SCAN: dict[str, Any] = {"node_type": "TABLE_SCAN", "relation": "t", "rows_estimated": 1000, "rows_actual": 100_000, "condition": "Filters: a = 1"}


def rules_of(*nodes: dict[str, Any], **head: Any) -> list[str]:
    return [finding.rule for finding in rules.judge([plan_of(*nodes, engine="duckdb", **head)], {})]


def test_the_deepest_wrong_estimate_below_a_costly_join_is_found() -> None:
    assert rules_of(JOIN | {"rows_estimated": 1000}, SCAN) == ["duckdb-estimate"]
    [finding] = rules.judge([plan_of(JOIN, SCAN, engine="duckdb")], {})
    assert "TABLE_SCAN on t" in finding.place
    assert "ANALYZE t" in finding.remedy


@pytest.mark.parametrize(
    "nodes",
    [
        (JOIN | {"self_ms": 1.0}, SCAN),
        (JOIN, SCAN | {"condition": "Dynamic Filters: optional: a IN PRF(id)"}),
        ({"node_type": "STREAMING_LIMIT"}, JOIN, SCAN),
        (JOIN, SCAN | {"rows_actual": 900, "rows_estimated": 10}),
        (JOIN | {"node_type": "PROJECTION"}, SCAN),
    ],
    ids=["a cheap join", "filtered at run time", "cut short", "few rows", "no join"],
)
def test_estimates_that_cost_nothing_are_silent(nodes: tuple[dict[str, Any], ...]) -> None:
    assert rules_of(*nodes) == []


GROUPS: dict[str, Any] = {"row_groups_scanned": 20, "total_row_groups_to_scan": 20, "rows_scanned": 2_000_000, "Filters": "a = 1", "self_ms": 9.0}


def test_a_tenth_kept_with_no_row_group_left_out_is_found() -> None:
    assert rules_of(SCAN | GROUPS) == ["duckdb-no-pruning"]
    assert rules_of(SCAN | GROUPS | {"row_groups_scanned": 3}) == []
    assert rules_of(SCAN | GROUPS | {"rows_actual": 1_500_000}) == []
    assert rules_of(SCAN | GROUPS | {"self_ms": 1.0}) == []


def test_a_product_with_one_row_is_silent() -> None:
    left, right = ({"node_type": "TABLE_SCAN", "parent": 0, "rows_actual": rows} for rows in (1_000_000, 1))
    assert rules_of({"node_type": "CROSS_PRODUCT", "self_ms": 20.0}, left, right) == []
    assert rules_of({"node_type": "CROSS_PRODUCT", "self_ms": 20.0}, left, right | {"rows_actual": 2}) == ["duckdb-nested-loop"]


def test_what_was_only_planned_is_silent() -> None:
    assert rules_of(SCAN | GROUPS, execution_ms=None) == []
