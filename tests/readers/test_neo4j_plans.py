"""The driver's dictionary and the printed table are the same plan; a total that its rows do not add up to is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError, Exit
from perfkit.model.artefact import read_head
from perfkit.model.batch import Columns
from perfkit.readers import neo4j_plan, neo4j_table
from perfkit.workbench import Workbench
from tests.readers.cutting import ARTEFACTS, cuts

DICTS, TABLES = ARTEFACTS / "neo4j_plan", ARTEFACTS / "neo4j_table"


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    reader = neo4j_table if path.parent == TABLES or path.suffix == ".txt" else neo4j_plan
    for batch in reader.read(path):
        assert isinstance(batch, Columns)
        if batch.table == table:
            return [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
    return []


def tree(path: Path, *facts: str, plan_id: int = 0) -> set[tuple[Any, ...]]:
    """Every operator by what it and its parent are, since the table draws the right-hand side first."""
    nodes = [node for node in rows_of(path, "plan_nodes") if node["plan_id"] == plan_id]
    about = [tuple(node[fact] for fact in ("node_type", "relationship", *facts)) for node in nodes]
    return {(own, about[node["parent_id"]] if node["parent_id"] is not None else None) for own, node in zip(about, nodes, strict=True)}


def test_table_and_dictionary_agree_operator_by_operator() -> None:
    facts = ("relation", "rows_estimated", "rows_actual", "self_ms", "total_ms", "shared_hit", "shared_read", "condition")
    known = tree(DICTS / "friends.json", *facts)
    assert len(known) == 8
    assert tree(TABLES / "friends_late.txt", *facts) == known
    assert tree(TABLES / "two_plans.txt", *facts, plan_id=1) == known
    assert tree(TABLES / "two_plans.txt", *facts, plan_id=0) == tree(DICTS / "with_queries.json", *facts, plan_id=0)


@pytest.mark.parametrize("layout", ["without_time", "early"])
def test_columns_may_be_missing(layout: str) -> None:
    facts = ("rows_estimated", "rows_actual", "shared_hit", "shared_read", "condition")
    assert tree(TABLES / f"friends_{layout}.txt", *facts) == tree(DICTS / "friends.json", *facts)
    [plan] = rows_of(TABLES / f"friends_{layout}.txt", "plans")
    assert plan["execution_ms"] is None


def test_a_plan_that_was_only_explained_has_estimates_alone() -> None:
    nodes = rows_of(TABLES / "friends_explained.txt", "plan_nodes")
    assert all(node["rows_actual"] is None and node["loops"] is None and node["rows_estimated"] is not None for node in nodes)


def test_own_values_sum_to_the_whole(bench: Workbench) -> None:
    bench.ingest([DICTS / "friends.json"])
    [row] = bench.store.query("select sum(self_ms), max(total_ms), any_value(plans.execution_ms) from plan_nodes join plans using (run_id, plan_id)")[
        1
    ]
    assert row == (68.75, 68.75, 68.75)
    hits = "select sum((plan_nodes.details ->> '$.DbHits')::double), any_value((plans.details ->> '$.db_hits')::double) from plan_nodes join plans using (run_id)"
    assert bench.store.query(hits)[1] == [(206_762.0, 206_762.0)]


def test_a_summary_brings_the_query() -> None:
    assert [plan["statement"] for plan in rows_of(DICTS / "with_queries.json", "plans")] == ["match (a:Person) …", None]


def test_javascript_writes_integers_in_halves(tmp_path: Path) -> None:
    document = {"operatorType": "AllNodesScan", "arguments": {"DbHits": {"low": 5, "high": 1}, "Rows": {"low": -1, "high": 0}}, "children": []}
    (tmp_path / "js.json").write_text(json.dumps(document))
    [node] = rows_of(tmp_path / "js.json", "plan_nodes")
    assert json.loads(node["details"])["DbHits"] == 2**32 + 5
    assert node["rows_actual"] == 2**32 - 1


def test_a_total_that_the_rows_do_not_add_up_to_is_refused_with_both(tmp_path: Path) -> None:
    text = (TABLES / "friends_late.txt").read_text().replace("accesses: 206,762", "accesses: 206,763")
    (tmp_path / "wrong.txt").write_text(text)
    with pytest.raises(ArtefactError, match=r"206,763 .* 206,762"):
        rows_of(tmp_path / "wrong.txt", "plans")


@pytest.mark.parametrize("path", [DICTS / "friends.json", TABLES / "friends_late.txt", TABLES / "friends_early.txt"], ids=lambda path: path.name)
def test_a_file_that_was_cut_off_is_refused(path: Path, tmp_path: Path) -> None:
    for damaged in cuts(path, tmp_path / path.name):
        with pytest.raises(ArtefactError, match=path.name):
            rows_of(damaged, "plans")


def changed(folder: Path, old: str, new: str) -> Path:
    path = folder / "bad.txt"
    text = (TABLES / "friends_late.txt").read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


BAD: dict[str, Callable[[Path], Path]] = {
    "a word for a number": lambda folder: changed(folder, " 56,000 ", " many   "),
    "an operator that hangs on nothing": lambda folder: changed(folder, "+Limit ", "| | +Li"),
    "no border above the names": lambda folder: changed(folder, "+--------------------+----+", "                          "),
}
BAD_DICTS: dict[str, dict[str, Any]] = {
    "negative rows": {"operatorType": "Filter", "args": {"Rows": -5}},
    "hits as a text": {"operatorType": "Filter", "args": {"DbHits": "many"}},
    "an operator that is none": {"operatorType": 7, "args": {}},
    "children that are none": {"operatorType": "Filter", "args": {}, "children": 7},
    "a child that is none": {"operatorType": "Filter", "args": {}, "children": [None]},
    "args that are none": {"operatorType": "Filter", "args": []},
}


def assert_refused(bench: Workbench, path: Path) -> None:
    with pytest.raises(ArtefactError, match=path.name) as raised:
        bench.ingest([path])
    assert raised.value.exit_code == Exit.USAGE
    assert bench.store.query("select count(*) from runs")[1] == [(0,)]


@pytest.mark.parametrize("name", BAD)
def test_a_table_that_neo4j_never_prints_is_refused(bench: Workbench, tmp_path: Path, name: str) -> None:
    assert_refused(bench, BAD[name](tmp_path))


@pytest.mark.parametrize("document", BAD_DICTS.values(), ids=BAD_DICTS)
def test_a_dictionary_that_no_driver_gives_is_refused(bench: Workbench, tmp_path: Path, document: dict[str, Any]) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(document))
    assert neo4j_plan.sniff(read_head(path))
    assert_refused(bench, path)


def test_a_table_of_many_operators_is_read(tmp_path: Path) -> None:
    border = "+-----------+---------+"
    rows = ["| +Filter   |       1 |"] * 20_000
    lines = [border, "| Operator  | DB Hits |", border, *rows, border, "", "Total database accesses: 20,000", ""]
    (tmp_path / "long.txt").write_text("\n".join(lines))
    assert len(rows_of(tmp_path / "long.txt", "plan_nodes")) == 20_000


def test_the_total_may_stand_in_the_summary_above(tmp_path: Path) -> None:
    table = """+------------------+----------------+-------+---------+
| Operator         | Estimated Rows | Rows  | DB Hits |
+------------------+----------------+-------+---------+
| +ProduceResults  |            100 |     1 |       0 |
| |                +----------------+-------+---------+
| +NodeByLabelScan |          20000 | 20000 |   20001 |
+------------------+----------------+-------+---------+
"""
    summary = """+------------------------------------------------------------------------------------------+
| Plan      | Statement   | Version      | Planner | Runtime       | Time | DbHits | Rows |
+------------------------------------------------------------------------------------------+
| "PROFILE" | "READ_ONLY" | "CYPHER 3.5" | "COST"  | "INTERPRETED" | 33   | {hits} | 1    |
+------------------------------------------------------------------------------------------+

"""
    path = tmp_path / "plan.txt"
    path.write_text(summary.format(hits=20001) + table)
    assert [node["node_type"] for node in rows_of(path, "plan_nodes")] == ["ProduceResults", "NodeByLabelScan"]
    path.write_text(summary.format(hits=20002) + table)
    with pytest.raises(ArtefactError, match="20,002 database accesses in total"):
        rows_of(path, "plan_nodes")
    path.write_text(table)
    with pytest.raises(ArtefactError, match="no total of database hits"):
        rows_of(path, "plan_nodes")
