"""EXPLAIN's JSON in all the forms in which it is kept, from every version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers.parts.pg_documents import PIECE
from tests.readers.plan_files import ARTEFACTS, Read, artefact, read_plans

FILTER = ARTEFACTS / "pg_explain" / "filter.json"


def read(folder: Path, content: Any) -> Read:
    path = folder / "plan.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_plans(path, "pg-explain")


def node(**facts: Any) -> dict[str, Any]:
    return {"Node Type": "Seq Scan", "Actual Loops": 1, "Actual Total Time": 5.0, **{key.replace("_", " "): value for key, value in facts.items()}}


def test_a_plan_without_analyze_has_no_times(tmp_path: Path) -> None:
    got = read(tmp_path, [{"Plan": {"Node Type": "Seq Scan", "Relation Name": "items", "Plan Rows": 5}}])
    [row], [plan] = got.nodes, got.plans
    assert (row["self_ms"], row["loops"], row["relation"], row["rows_estimated"]) == (None, None, "items", 5)
    assert (plan["execution_ms"], plan["outside_ms"]) == (None, None)


def test_without_timing_there_are_rows_and_no_times(tmp_path: Path) -> None:
    got = read(tmp_path, [{"Plan": {"Node Type": "Seq Scan", "Actual Rows": 3.5, "Actual Loops": 2}, "Execution Time": 4.0}])
    assert (got.nodes[0]["self_ms"], got.nodes[0]["rows_actual"], got.plans[0]["execution_ms"], got.plans[0]["outside_ms"]) == (None, 3.5, 4, None)


def test_one_object_or_several_documents_are_read_like_an_array(tmp_path: Path) -> None:
    explained = json.loads(FILTER.read_text())[0]
    one = json.dumps(explained)
    assert len(read(tmp_path, one).plans) == 1
    assert len(read(tmp_path, f"{one}\n{one};\n[{one},{one}]\n").plans) == 4


def test_a_file_of_many_pieces_is_read_like_its_plans_one_by_one(tmp_path: Path) -> None:
    looks_like_one = 'x"}}, {"Query Text": "y'
    plans = [{"Query Text": f"{looks_like_one} {number}", "Plan": node(Filter=looks_like_one * 20)} for number in range(2_000)]
    texts = [json.dumps(plan) for plan in plans]
    whole = read(tmp_path, f"[{', '.join(texts)}]")
    assert sum(map(len, texts)) > 2 * PIECE
    assert (whole.plans, whole.nodes) == (read(tmp_path, "\n".join(texts)).plans, read(tmp_path, "\n".join(texts)).nodes)


def test_a_file_of_many_pieces_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    plans = [{"Query Text": "select 1", "Plan": node(Filter="x" * 900)} for _ in range(2_000)]
    with pytest.raises(ArtefactError, match="was the file cut off"):
        read(tmp_path, json.dumps(plans)[:-1])


@pytest.mark.parametrize("name", ["json_in_a_frame", "json_expanded", "json_in_csv"])
def test_what_psql_draws_around_it_is_undone(name: str) -> None:
    got = read_plans(ARTEFACTS / "pg_explain" / f"{name}.txt", "pg-explain")
    assert (got.nodes[0]["node_type"], got.nodes[0]["relation"]) == ("Seq Scan", "items")
    assert got.nodes[0]["details"]["Filter"] == "(items.price < 0.5)"


def test_pgadmins_quotes_are_undone(tmp_path: Path) -> None:
    text = json.dumps(json.loads(FILTER.read_text()), indent=2).replace('"', '""')
    for quoted in (f'"{text}"', f'"QUERY PLAN"\n"{text}"\n'):
        assert read(tmp_path, quoted).nodes == artefact("filter").nodes


def test_the_collectors_words_have_their_columns(tmp_path: Path) -> None:
    said = {"Name": "search", "Cold Execution Time": 9.0, "Cold Planning Time": 2.0, "Nested In": 1, "Query Text": "select 1", "Query Identifier": -7}
    [plan] = read(tmp_path, [{"Plan": node(), "Execution Time": 6.0, "Planning Time": 1.0, **said}]).plans
    assert (plan["name"], plan["cold_ms"], plan["cold_planning_ms"], plan["nested_in"], plan["planning_ms"]) == ("search", 9, 2, 1, 1)
    assert plan["details"] == {"Query Identifier": -7}


@pytest.mark.parametrize(
    "keys",
    [
        {"I/O Read Time": 2.0, "I/O Write Time": 1.0},
        {"I/O Read Time": 2.0, "I/O Write Time": 0.0, "Temp I/O Read Time": 0.5, "Temp I/O Write Time": 0.5},
        {"Shared I/O Read Time": 2.0, "Local I/O Read Time": 0.5, "Temp I/O Write Time": 0.5},
    ],
    ids=["up to 14", "15 and 16", "from 17"],
)
def test_every_versions_times_of_reading_and_writing_are_one_number(keys: dict[str, float], tmp_path: Path) -> None:
    got = read(tmp_path, [{"Plan": {**node(), **keys, "Plans": [{**node(Actual_Total_Time=3.0), next(iter(keys)): 1.0}]}, "Execution Time": 6.0}])
    assert [row["io_ms"] for row in got.nodes] == [2, 1]


def test_own_amounts_of_every_kind_have_their_columns(tmp_path: Path) -> None:
    kinds = {
        "shared_dirtied": "Shared Dirtied",
        "shared_written": "Shared Written",
        "local_hit": "Local Hit",
        "local_read": "Local Read",
        "temp_read": "Temp Read",
    }
    outer = {f"{key} Blocks": 10 + number for number, key in enumerate(kinds.values())}
    inner = {f"{key} Blocks": 4 for key in kinds.values()}
    got = read(tmp_path, [{"Plan": {**node(), **outer, "Plans": [{**node(Actual_Total_Time=1.0), **inner}]}, "Execution Time": 6.0}])
    assert [got.nodes[0][column] for column in kinds] == [6, 7, 8, 9, 10]
    assert [got.nodes[1][column] for column in kinds] == [4] * 5


def test_settings_jit_and_planning_are_kept(tmp_path: Path) -> None:
    jit = {"Functions": 3, "Timing": {"Generation": {"Deform": 0.1, "Total": 0.5}, "Total": 4.5}}
    said = {"Settings": {"work_mem": "1MB"}, "JIT": jit, "Planning": {"Shared Hit Blocks": 3, "Memory Used": 8}, "Triggers": []}
    [plan] = read(tmp_path, [{"Plan": node(Disabled=True, Async_Capable=False), "Execution Time": 6.0, **said}]).plans
    assert plan["details"] == {"Settings": {"work_mem": "1MB"}, "JIT": jit, "Planning": {"Shared Hit Blocks": 3, "Memory Used": 8}}


def test_an_execution_shorter_than_its_plan_is_flagged(tmp_path: Path) -> None:
    got = read(tmp_path, [{"Plan": node(), "Execution Time": 1.0}])
    assert got.nodes[0]["clamped"] and got.plans[0]["outside_ms"] == 0
