"""EXPLAIN QUERY PLAN is the same plan in whatever way it was printed; what was cut off or made up is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError, Exit
from perfkit.model.artefact import read_head
from perfkit.model.batch import Columns
from perfkit.readers import sqlite_plan
from perfkit.readers.parts.sqlite_steps import step_of
from perfkit.workbench import Workbench
from tests.readers.cutting import ARTEFACTS, cuts

FOLDER = ARTEFACTS / "sqlite_plan"
ONE_PLAN = (
    "box.txt",
    "table.txt",
    "list.txt",
    "csv.csv",
    "json.json",
    "markdown.txt",
    "column.txt",
    "tabs.txt",
    "list_without_header.txt",
    "rows.json",
)
CUT_SHOWS = ("tree.txt", "box.txt", "table.txt", "list.txt", "csv.csv", "column.txt", "json.json", "rows.json", "envelope.json")


def rows_of(path: Path, table: str) -> list[dict[str, Any]]:
    for batch in sqlite_plan.read(path):
        if isinstance(batch, Columns) and batch.table == table:
            return [dict(zip(batch.columns, row, strict=True)) for row in zip(*batch.columns.values(), strict=True)]
    return []


def steps(path: Path) -> list[tuple[int | None, str]]:
    return [
        (node["parent_id"], json.loads(node["details"])["detail"] if node["details"] else node["node_type"]) for node in rows_of(path, "plan_nodes")
    ]


@pytest.mark.parametrize("name", ONE_PLAN)
def test_every_way_of_printing_gives_the_same_tree(name: str) -> None:
    assert steps(FOLDER / name) == [
        (None, "QUERY PLAN"),
        (0, "SCAN items"),
        (0, "CORRELATED SCALAR SUBQUERY 1"),
        (2, "SEARCH kinds"),
        (0, "USE TEMP B-TREE FOR ORDER BY"),
    ]


def test_trees_carry_the_echoed_statements() -> None:
    plans = rows_of(FOLDER / "tree.txt", "plans")
    assert len(plans) == 7
    assert plans[0]["statement"] == "select * from items where price < 20"
    assert rows_of(FOLDER / "envelope.json", "plans")[0]["statement"] == plans[0]["statement"]


def test_the_envelope_and_the_tree_agree_step_by_step() -> None:
    assert steps(FOLDER / "envelope.json") == steps(FOLDER / "tree.txt")


def test_the_envelope_brings_times_and_sizes_of_tables(bench: Workbench) -> None:
    [stored] = bench.ingest([FOLDER / "envelope.json"])
    assert stored.format == "sqlite-plan"
    found = bench.store.query("select name, execution_ms, cold_ms, (details -> '$.table_rows.items')::int from plans where plan_id = 0")[1]
    assert found == [("filter", 12.5, 14.0, 5000)]
    assert bench.store.query("select tool, tool_version from runs")[1] == [("sqlite", "3.40.1")]


def test_a_tree_of_an_old_version_names_the_same_tables() -> None:
    of = {name: [node["relation"] for node in rows_of(FOLDER / name, "plan_nodes")] for name in ("tree.txt", "tree_before_3_36.txt")}
    assert of["tree.txt"] == of["tree_before_3_36.txt"]


@pytest.mark.parametrize(
    ("detail", "access", "relation", "index"),
    [
        ("SCAN t", "scan", "t", None),
        ("SCAN TABLE t AS x", "scan", "t", None),
        ("SEARCH t", "min/max", "t", None),
        ("SCAN t USING COVERING INDEX i", "index", "t", "i"),
        ("SEARCH TABLE t USING INDEX i (a=? AND b>?)", "index", "t", "i"),
        ("SEARCH t USING AUTOMATIC PARTIAL COVERING INDEX (a=?) LEFT-JOIN", "automatic index", "t", None),
        ("SEARCH t USING INTEGER PRIMARY KEY (rowid=?)", "primary key", "t", None),
        ("SCAN CONSTANT ROW", "constant", None, None),
        ("SCAN 3 CONSTANT ROWS", "constant", None, None),
        ("SCAN f VIRTUAL TABLE INDEX 0:M1", "virtual", "f", None),
    ],
)
def test_a_line_says_how_a_table_is_read(detail: str, access: str, relation: str | None, index: str | None) -> None:
    step = step_of(detail)
    assert (step.facts["access"], step.relation, step.index_name) == (access, relation, index)


def test_columns_of_an_index_are_named() -> None:
    assert step_of("SEARCH t USING AUTOMATIC COVERING INDEX (a=? AND b>?)").facts["columns"] == ["a", "b"]
    assert step_of("SEARCH t USING INDEX i (ANY(a) AND b>?)").facts["columns"] == ["a", "b"]


@pytest.mark.parametrize("name", CUT_SHOWS)
def test_a_file_that_was_cut_off_is_refused(name: str, tmp_path: Path) -> None:
    for damaged in cuts(FOLDER / name, tmp_path / name):
        with pytest.raises(ArtefactError, match=name):
            list(sqlite_plan.read(damaged))


def test_a_tree_whose_last_branches_are_gone_is_refused_at_the_open_one(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("QUERY PLAN\n|--SCAN items\n")
    with pytest.raises(ArtefactError, match="line 2"):
        list(sqlite_plan.read(tmp_path / "plan.txt"))


BAD = {
    "no parent": '[[2, 0, 0, "SCAN t"], [3, 9, 0, "SCAN u"]]',
    "one id twice": '[[2, 0, 0, "SCAN t"], [2, 0, 0, "SCAN u"]]',
    "id 0": '[[0, 0, 0, "SCAN TABLE t"], [0, 1, 1, "SCAN TABLE u"]]',
    "a text for a number": '[[2, 0, 0, "SCAN t"], ["3", 0, 0, "SCAN u"]]',
    "a number for a text": '[[2, 0, 0, "SCAN t"], [3, 0, 0, 7]]',
    "a huge id": '[[2, 0, 0, "SCAN t"], [99999999999, 0, 0, "SCAN u"]]',
    "negative time": '{"perfkit_plans": 1, "engine": "sqlite", "plans": [{"rows": [[2, 0, 0, "SCAN t"]], "execution_ms": -1}]}',
    "a count that is none": '{"perfkit_plans": 1, "engine": "sqlite", "plans": [{"rows": [[2, 0, 0, "SCAN t"]], "table_rows": {"t": "many"}}]}',
    "a name that is none": '{"perfkit_plans": 1, "engine": "sqlite", "plans": [{"rows": [[2, 0, 0, "SCAN t"]], "name": 7}]}',
    "no plans": '{"perfkit_plans": 1, "engine": "sqlite", "plans": []}',
    "a later version": '{"perfkit_plans": 2, "engine": "sqlite", "plans": [{"rows": [[2, 0, 0, "SCAN t"]]}]}',
    "selectid": "selectid|order|from|detail\n0|0|0|SCAN TABLE t\n",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_sqlite_never_writes_is_refused_and_nothing_is_stored(bench: Workbench, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(text)
    assert sqlite_plan.sniff(read_head(path))
    with pytest.raises(ArtefactError, match=r"bad\.txt") as raised:
        bench.ingest([path])
    assert raised.value.exit_code == Exit.USAGE
    assert bench.store.query("select count(*) from runs")[1] == [(0,)]


def test_a_plan_of_great_depth_is_read(tmp_path: Path) -> None:
    rows = [[number + 1, number, 0, f"LIST SUBQUERY {number}"] for number in range(20_000)]
    (tmp_path / "deep.json").write_text(json.dumps(rows))
    assert len(rows_of(tmp_path / "deep.json", "plan_nodes")) == 20_001
