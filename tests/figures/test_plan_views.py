"""A plan as a tree in text and as a picture, and two plans of one statement side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from perfkit.analyses.plan_changes import changes, pairs
from perfkit.analyses.plan_weights import shown, weights
from perfkit.cli import program
from perfkit.figures.canvas import save
from perfkit.figures.plan_picture import plan_figure
from perfkit.figures.plan_text import plan_text
from tests.rules.plan_trees import plan_of

ARTEFACTS = Path(__file__).parent.parent / "artefacts" / "pg_explain"
SCAN: dict[str, Any] = {"node_type": "Seq Scan", "relation": "items", "rows_actual": 30_000, "rows_estimated": 100, "self_ms": 20.0, "total_ms": 20.0}
LOOKUP: dict[str, Any] = {
    "node_type": "Index Scan",
    "relation": "items",
    "index_name": "items_kind",
    "rows_actual": 10,
    "rows_estimated": 10,
    "self_ms": 0.1,
}
KINDS: dict[str, Any] = {"node_type": "Seq Scan", "relation": "kinds", "rows_actual": 100, "rows_estimated": 100, "self_ms": 0.2}


def joined(how: str, outer: dict[str, Any], inner: dict[str, Any], own_ms: float = 1.0) -> list[dict[str, Any]]:
    return [{"node_type": how, "self_ms": own_ms}, outer | {"parent": 0}, inner | {"parent": 0}]


def wide_plan(leaves: int) -> Any:
    nodes = [{"node_type": "Append", "self_ms": 0.1}]
    nodes += [SCAN | {"relation": f"part_{number}", "self_ms": float(number), "parent": 0} for number in range(leaves)]
    return plan_of(*nodes, execution_ms=sum(range(leaves)) + 1.0)


def test_the_tree_names_time_share_rows_and_wrong_estimates() -> None:
    text = plan_text(plan_of(*joined("Hash Join", KINDS, SCAN), execution_ms=22, outside_ms=0.8, name="list items", cold_ms=40, planning_ms=1))
    assert "list items\npostgresql, run r, plan 0: execution 22.0 ms (the first time 40.0 ms), planning 1.00 ms" in text
    assert "└─ Seq Scan on items" in text
    assert "30 000 (expected 100)" in text.replace("\u202f", " ")
    assert "90.9 %" in text
    assert text.splitlines()[-1].endswith("(outside the plan)")
    assert max(map(len, text.splitlines())) <= 150


def test_branches_join_where_they_should() -> None:
    deep: list[dict[str, Any]] = [
        {"node_type": "Limit"},
        {"node_type": "Append"},
        SCAN | {"parent": 1},
        {"node_type": "Sort", "parent": 1},
        KINDS | {"parent": 3},
    ]
    names = [line[line.index("Limit") :] if "Limit" in line else line for line in plan_text(plan_of(*deep)).splitlines()[4:]]
    drawn = [line[-25:].lstrip("0123456789 ") for line in names]
    assert any(line.endswith("├─ Seq Scan on items") for line in drawn)
    assert any(line.endswith("└─ Seq Scan on kinds") for line in drawn)


def test_a_large_plan_is_summed_up_and_loses_nothing() -> None:
    plan = wide_plan(100)
    rows = shown(plan, 20)
    assert len([row for row in rows if not row.left_out]) == 20
    assert sum(row.left_out for row in rows) == 81
    assert sum(row.amount for row in rows) == pytest.approx(sum(weights(plan).amounts))
    assert "… 81 more nodes" in plan_text(plan, most=20)


def test_what_was_not_timed_is_weighed_by_buffers_and_else_by_cost() -> None:
    untimed = {"node_type": "Seq Scan", "relation": "items", "rows_actual": 1, "shared_hit": 30, "shared_read": 10}
    assert weights(plan_of(untimed, execution_ms=None)).what == "own buffers"
    planned = weights(plan_of({"node_type": "Sort", "Total Cost": 12.0}, {"node_type": "Seq Scan", "Total Cost": 10.0}, execution_ms=None))
    assert (planned.what, list(planned.amounts)) == ("own cost", [2.0, 10.0])
    assert weights(plan_of({"node_type": "SCAN"}, execution_ms=None, engine="sqlite")).what == ""


def test_two_plans_differ_in_access_joins_and_order() -> None:
    base = plan_of(*joined("Hash Join", KINDS, SCAN), execution_ms=22)
    candidate = plan_of(*joined("Nested Loop", LOOKUP, KINDS), execution_ms=2)
    found = {change.part: change for change in changes(base, candidate)}
    assert (found["access to items"].base, found["access to items"].candidate) == ("Seq Scan", "Index Scan using items_kind")
    assert (found["order of the joins"].base, found["order of the joins"].candidate) == ("(kinds, items)", "(items, kinds)")
    assert (found["joins"].base, found["joins"].candidate) == ("Hash Join", "Nested Loop")
    assert found["estimated rows of items"].base == "300 times off"
    assert not found["access to kinds"].changed
    assert (found["the whole statement"].base_ms, found["the whole statement"].candidate_ms) == (22, 2)


def test_equal_plans_are_called_equal_and_others_are_not_paired() -> None:
    base, candidate = plan_of(SCAN), plan_of(SCAN | {"self_ms": 25.0})
    [pair] = pairs([base], [candidate])
    assert not pair.changed
    assert pairs([base], [plan_of(SCAN, fingerprint="another")]) == []


def test_bitmap_scans_name_their_indexes() -> None:
    bitmap: list[dict[str, Any]] = [
        {"node_type": "Bitmap Heap Scan", "relation": "items", "self_ms": 1.0},
        {"node_type": "BitmapAnd"},
        {"node_type": "Bitmap Index Scan", "index_name": "a", "parent": 1},
        {"node_type": "Bitmap Index Scan", "index_name": "b", "parent": 1},
    ]
    found = {change.part: change for change in changes(plan_of(SCAN), plan_of(*bitmap))}
    assert found["access to items"].candidate == "Bitmap Heap Scan using a and b"


@pytest.mark.parametrize(
    "plan",
    [
        wide_plan(60),
        plan_of(SCAN),
        plan_of({"node_type": "SCAN"}, execution_ms=None, engine="sqlite"),
        plan_of(SCAN | {"relation": "items$x{"}, statement="select * from t where a = $1::text{ and b = $2"),
    ],
)
def test_every_plan_can_be_drawn(plan: Any, tmp_path: Path) -> None:
    assert save(plan_figure(plan), tmp_path / "plan.png").stat().st_size > 5_000


def test_the_command_line_lists_shows_and_compares(tmp_path: Path) -> None:
    (tmp_path / "perfkit.toml").touch()

    def perfkit(*arguments: str) -> str:
        result = CliRunner().invoke(program, ["--workspace", str(tmp_path), *arguments], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    assert "There is no plan" in perfkit("plan")
    perfkit("ingest", str(ARTEFACTS / "gather.json"), "--label", "before")
    perfkit("ingest", str(ARTEFACTS / "subplan.json"), "--label", "after")
    assert "select count(*) from items where name like" in perfkit("plan")
    assert "Parallel Seq Scan on items" in perfkit("plan", "before")
    assert [node["node_id"] for node in json.loads(perfkit("plan", "before", "--json"))[0]["nodes"]][:2] == [0, 1]
    assert "no statement in common" in perfkit("plan", "before", "after")
    assert "The same plan." in perfkit("plan", "before", "before")
    output = tmp_path / "plan.svg"
    perfkit("figure", "plan", "after", "-o", str(output))
    assert "SubPlan 1: Aggregate" in output.read_text()
