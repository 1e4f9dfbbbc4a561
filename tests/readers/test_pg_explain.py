"""Own times add up to the whole, on plans that a real server made; the hottest node is the one that works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.model.batch import Columns
from perfkit.readers import pg_explain
from perfkit.readers.plan_tree import own_blocks, own_times, tree_of

FOLDER = Path(__file__).parent.parent / "artefacts" / "pg_explain"
PLANS = sorted(FOLDER.glob("*.json"))
HOTTEST = {"filter": "Seq Scan", "sort_on_disk": "Sort", "subplan": "Bitmap Heap Scan", "cte_write_unread": "Seq Scan"}


def explained(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())[0]
    return found


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    for batch in pg_explain.read(path):
        assert isinstance(batch, Columns)
        if batch.table == table:
            return [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
    return []


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_own_times_and_the_outside_sum_to_the_execution(path: Path) -> None:
    [plan] = rows_of(path, "plans")
    nodes = rows_of(path, "plan_nodes")
    total = sum(node["self_ms"] for node in nodes) + plan["outside_ms"]
    flagged = any(node["clamped"] for node in nodes)
    assert flagged or total == pytest.approx(plan["execution_ms"], rel=0.01, abs=0.05)
    root = tree_of(explained(path)["Plan"])
    own = own_times(root)
    assert flagged or sum(own.amounts) - own.left_over == pytest.approx(root.wall_ms, rel=0.01, abs=0.05)
    assert all(node["self_ms"] >= 0 for node in nodes)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_own_blocks_sum_to_the_root(path: Path) -> None:
    root = tree_of(explained(path)["Plan"])
    own = own_blocks(root, "Shared Hit Blocks")
    assert sum(own.amounts) - own.left_over == pytest.approx(explained(path)["Plan"]["Shared Hit Blocks"], rel=0.01, abs=8)


@pytest.mark.parametrize("name", HOTTEST)
def test_the_hottest_node_is_the_one_that_works(name: str) -> None:
    root = tree_of(explained(FOLDER / f"{name}.json")["Plan"])
    own = own_times(root).amounts
    hottest = max(root.walk(), key=lambda node: own[node.number])
    kind = hottest.facts["Operation"] if hottest.facts["Node Type"] == "ModifyTable" else hottest.facts["Node Type"]
    assert kind == HOTTEST[name]


def test_workers_share_a_wall_clock() -> None:
    plan = explained(FOLDER / "gather.json")["Plan"]
    root = tree_of(plan)
    scan = next(node for node in root.walk() if node.facts["Node Type"] == "Seq Scan")
    assert scan.processes > 1
    assert (scan.wall_ms or 0) <= (root.wall_ms or 0) * 1.01


def test_a_plan_without_analyze_has_no_times(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "items", "Plan Rows": 5}}]')
    [node] = rows_of(tmp_path / "plan.json", "plan_nodes")
    assert (node["self_ms"], node["relation"], node["rows_estimated"]) == (None, "items", 5)


def test_the_statement_has_the_fingerprint_that_a_trace_gives_it() -> None:
    from perfkit.trace.fingerprint import describe

    [plan] = rows_of(FOLDER / "filter.json", "plans")
    assert plan["fingerprint"] == describe("select * from items where price < %(limit)s")[1]


def test_one_object_as_a_server_log_has_it_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(explained(FOLDER / "filter.json")))
    assert len(rows_of(tmp_path / "one.json", "plans")) == 1
