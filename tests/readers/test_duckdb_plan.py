"""Both schemas of DuckDB lead to the same rows; own times and what is outside them add up to the execution."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError, Exit
from perfkit.model.artefact import read_head
from perfkit.model.batch import Columns
from perfkit.readers import duckdb_plan
from perfkit.workbench import Workbench
from tests.readers.cutting import ARTEFACTS, cuts, files_of

FOLDER = ARTEFACTS / "duckdb_plan"
STATEMENTS = ("join", "filter", "pruned", "no_equality", "threads")


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    for batch in duckdb_plan.read(path):
        if isinstance(batch, Columns) and batch.table == table:
            return [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
    return []


@pytest.mark.parametrize("path", files_of("duckdb_plan"), ids=lambda path: path.stem)
def test_own_times_and_the_outside_sum_to_the_execution(path: Path) -> None:
    nodes = rows_of(path, "plan_nodes")
    for plan in rows_of(path, "plans"):
        own = [node for node in nodes if node["plan_id"] == plan["plan_id"]]
        if plan["execution_ms"] is None:
            assert all(node["self_ms"] is None and node["rows_actual"] is None for node in own)
        else:
            assert sum(node["self_ms"] for node in own) + plan["outside_ms"] == pytest.approx(plan["execution_ms"], rel=0.01)
            assert own[0]["total_ms"] == pytest.approx(sum(node["self_ms"] for node in own))


@pytest.mark.parametrize("name", STATEMENTS)
def test_versions_agree_in_what_does_not_depend_on_them(name: str) -> None:
    old, new = ([node for node in rows_of(FOLDER / f"{name}_{version}.json", "plan_nodes") if node["relation"]] for version in ("1.5.6", "2.0.0"))
    facts = ("node_type", "relation", "rows_estimated", "rows_actual", "loops")
    assert [[node[fact] for fact in facts] for node in old] == [[node[fact] for fact in facts] for node in new]
    assert rows_of(FOLDER / f"{name}_1.5.6.json", "plans")[0]["statement"] == rows_of(FOLDER / f"{name}_2.0.0.json", "plans")[0]["statement"]


def test_threads_that_worked_at_once_are_told_apart_from_the_clock() -> None:
    [plan] = rows_of(FOLDER / "threads_2.0.0.json", "plans")
    nodes = rows_of(FOLDER / "threads_2.0.0.json", "plan_nodes")
    assert 1 < nodes[0]["processes"] <= 2
    assert sum(node["self_ms"] for node in nodes) * nodes[0]["processes"] == pytest.approx(json.loads(plan["details"])["cpu_ms"])


def test_a_filter_tells_what_it_discarded() -> None:
    [scan] = [node for node in rows_of(FOLDER / "filter_2.0.0.json", "plan_nodes") if node["relation"] == "items"]
    assert scan["rows_removed"] == 300_000 - scan["rows_actual"]
    assert scan["condition"] == "Filters: (kind = 7) AND (shop = 3)"


def test_the_time_of_2_x_has_its_planning_apart() -> None:
    query = json.loads((FOLDER / "join_2.0.0.json").read_text())["query"]
    [plan] = rows_of(FOLDER / "join_2.0.0.json", "plans")
    assert plan["execution_ms"] + plan["planning_ms"] == pytest.approx(query["total_time"] * 1e3)


def test_the_envelope_gives_the_same_plans(bench: Workbench) -> None:
    [stored] = bench.ingest([FOLDER / "envelope.json"])
    assert (stored.format, stored.rows["plans"]) == ("duckdb-plan", 5)
    assert bench.store.query("select tool, tool_version from runs")[1] == [("duckdb", "2.0.0")]
    alone = rows_of(FOLDER / "join_2.0.0.json", "plan_nodes")
    assert [node["self_ms"] for node in rows_of(FOLDER / "envelope.json", "plan_nodes") if node["plan_id"] == 0] == [
        node["self_ms"] for node in alone
    ]


@pytest.mark.parametrize("name", ["join_2.0.0.json", "filter_1.5.6.json", "planned_2.0.0.json", "envelope.json"])
def test_a_file_that_was_cut_off_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    for damaged in cuts(FOLDER / name, tmp_path / name):
        with pytest.raises(ArtefactError, match=r"line \d+: tried as duckdb-plan"):
            list(duckdb_plan.read(damaged))


def scan(**changed: Any) -> dict[str, Any]:
    return {"type": "TABLE_SCAN", "timing": 0.1, "intermediate_rows": 5, "extra_info": {"Table": "a.b.t", "Estimated Cardinality": "7"}} | changed


BAD: dict[str, Any] = {
    "negative time": {"operator": [scan(timing=-1)]},
    "time as a text": {"operator": [scan(timing="soon")]},
    "a type that is none": {"operator": [scan(type=7)]},
    "children that are none": {"operator": [scan(children={"a": 1})]},
    "two roots": {"operator": [scan(), scan()]},
    "no root": {"operator": [], "intermediate_rows": 1},
    "extra_info that is none": {"operator": [scan(extra_info="x")]},
    "a child that is none": {"operator": [scan(children=[None])]},
    "a query that is none": {"query": [], "operator": [scan()]},
    "an envelope without a profile": {"perfkit_plans": 1, "engine": "duckdb", "plans": [{"name": "x"}]},
}


@pytest.mark.parametrize("document", BAD.values(), ids=BAD)
def test_what_duckdb_never_writes_is_refused_and_nothing_is_stored(bench: Workbench, tmp_path: Path, document: Any) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    assert duckdb_plan.sniff(read_head(path))
    with pytest.raises(ArtefactError, match=r"bad\.json") as raised:
        bench.ingest([path])
    assert raised.value.exit_code == Exit.USAGE
    assert bench.store.query("select count(*) from runs")[1] == [(0,)]


def test_a_plan_of_many_operators_is_read_and_one_of_great_depth_is_refused(tmp_path: Path) -> None:
    (tmp_path / "wide.json").write_text(json.dumps({"operator": [scan(children=[scan() for _ in range(20_000)])]}))
    assert len(rows_of(tmp_path / "wide.json", "plan_nodes")) == 20_001
    one = '{"type": "FILTER", "timing": 0, "intermediate_rows": 1, "extra_info": {}, "children": ['
    (tmp_path / "deep.json").write_text('{"operator": [' + one * 20_000 + "]}" * 20_000 + "]}")
    with pytest.raises(ArtefactError, match="nested"):
        list(duckdb_plan.read(tmp_path / "deep.json"))
