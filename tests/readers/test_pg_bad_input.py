"""Damaged, absurd and huge plans: an error that names file and place, or a result; never a hang, and nothing stored by half."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.workbench import Workbench
from tests.readers.cutting import cuts
from tests.readers.plan_files import ARTEFACTS, read_plans

SECONDS = 10.0
"""Of this process: far more than any of it needs, far less than a hang."""
JSON, TEXT, LOG = "pg-explain", "pg-explain-text", "auto-explain-log"
EXAMPLES = {JSON: "pg_explain/cte_read_twice.json", TEXT: "pg_text/psql_unicode.txt", LOG: "pg_log/json.log"}
Node = dict[str, Any]


def refused(content: str | bytes, name: str, folder: Path) -> str:
    path = folder / "bad.plan"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ArtefactError, match=r"bad\.plan") as error:
        read_plans(path, name)
    return str(error.value)


def scan(**facts: Any) -> Node:
    return {"Node Type": "Seq Scan", "Actual Total Time": 1.0, "Actual Loops": 1, "Actual Rows": 1, "Plan Rows": 1, **facts}


def as_text(root: Node) -> str:
    """The nodes as EXPLAIN's text has them."""
    lines, waiting = [], [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        arrow = " " * (6 * depth - 4) + "->  " if depth else ""
        lines.append(f"{arrow}Append  (cost=0.00..1.00 rows=1 width=4) (actual time=0.100..1.000 rows=1 loops=1)")
        waiting += [(child, depth + 1) for child in node.get("Plans", ())]
    return "\n".join([*lines, "Execution Time: 5.000 ms\n"])


def as_log(root: Node) -> str:
    return "LOG:  duration: 5.000 ms  plan:\n" + "".join(f"\t{line}\n" for line in nested(root).split("\n"))


def nested(root: Node) -> str:
    """JSON of any depth, without a call for every level."""
    parts: list[str] = []
    waiting: list[Node | str] = [root]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        own = json.dumps({key: value for key, value in item.items() if key != "Plans"})
        parts.append(own[:-1] + ', "Plans": [')
        waiting.append("]}")
        for position, child in enumerate(reversed(item.get("Plans", ()))):
            waiting += [child] if position == len(item["Plans"]) - 1 else [child, ", "]
    return '{"Plan": ' + "".join(parts) + ', "Execution Time": 5.0}'


WRITERS: dict[str, Callable[[Node], str]] = {JSON: nested, TEXT: as_text, LOG: as_log}


@pytest.mark.parametrize("name", [JSON, TEXT])
def test_every_cut_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    for damaged in cuts(ARTEFACTS / EXAMPLES[name], tmp_path / "cut.plan"):
        with pytest.raises(ArtefactError, match=r"cut\.plan, line \d+"):
            read_plans(damaged, name)


def test_a_cut_log_is_refused_or_gives_the_plans_before_the_cut(tmp_path: Path) -> None:
    whole, refusals = read_plans(ARTEFACTS / EXAMPLES[LOG], LOG).plans, 0
    for damaged in cuts(ARTEFACTS / EXAMPLES[LOG], tmp_path / "cut.plan", 30):
        try:
            plans = read_plans(damaged, LOG).plans
        except ArtefactError as error:
            refusals += bool(re.search(r"cut\.plan, line \d+: .*--partial", str(error)))
            continue
        assert [plan["statement"] for plan in plans] == [plan["statement"] for plan in whole[: len(plans)]]
    assert refusals > 15


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("content", [b"", b"\n\n", b"nothing of the kind\n", b"{}", b"[1, 2]", b'[{"Plan": [1]}]', b'[{"Plan": {"Plans": [{}]}}]'])
def test_what_is_no_plan_is_refused(content: bytes, name: str, tmp_path: Path) -> None:
    refused(content, name, tmp_path)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_refused_with_its_byte(encoding: str, name: str, tmp_path: Path) -> None:
    text = (ARTEFACTS / EXAMPLES[name]).read_text(encoding="utf-8").replace("items", "zähler").replace("│", "|").replace("═", "-").replace("║", "|")
    plain = text.encode(encoding, errors="replace")
    assert "is not UTF-8" in refused(plain, name, tmp_path)


@pytest.mark.parametrize(
    "facts",
    [
        {"Actual Loops": -1},
        {"Actual Loops": "2"},
        {"Actual Loops": 1e300},
        {"Actual Total Time": -0.5},
        {"Actual Total Time": float("nan")},
        {"Actual Total Time": float("inf")},
        {"Actual Total Time": "3 ms"},
        {"Actual Total Time": True},
        {"Actual Rows": -3},
        {"Plan Rows": [1]},
        {"Plan Rows": 10**400},
        {"Shared Hit Blocks": -8},
        {"Shared Hit Blocks": 10**30},
        {"Temp Written Blocks": "many"},
        {"Rows Removed by Filter": -1},
        {"Total Cost": float("-inf")},
        {"Relation Name": 5},
        {"Index Name": ["a"]},
        {"Subplan Name": {}},
        {"Node Type": None},
        {"Plans": "none"},
        {"Plans": [3]},
        {"Alias": "\ud800"},
    ],
    ids=str,
)
@pytest.mark.parametrize("wrapped", [False, True], ids=["file", "log"])
def test_a_value_that_cannot_be_is_refused_with_its_place(facts: dict[str, Any], wrapped: bool, tmp_path: Path) -> None:
    explained = {"Query Text": "select 1", "Plan": scan(Plans=[scan(**facts)]), "Execution Time": 5.0}
    text = f"LOG:  duration: 5.000 ms  plan:\n\t{json.dumps(explained)}\n" if wrapped else json.dumps([explained])
    assert "line 1" in refused(text, LOG if wrapped else JSON, tmp_path) or wrapped


@pytest.mark.parametrize("facts", [{"Execution Time": -1}, {"Planning Time": "1 ms"}, {"Query Text": 7}, {"Name": []}, {"Nested In": -2}], ids=str)
def test_a_whole_that_cannot_be_is_refused(facts: dict[str, Any], tmp_path: Path) -> None:
    refused(json.dumps([{"Plan": scan(), **facts}]), JSON, tmp_path)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Seq Scan on a  (cost=0.00..1.00 rows=1 wid", None),
        ("Append  (cost=0.00..1.00 rows=1 width=4)\n  ->  Seq Scan on a  (cost=0.00..1.0", 2),
        ("Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)\n  Filter: (name = 'abc", 2),
        ("Seq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.1..0.2 rows=-5 loops=1)", None),
        ("Seq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.100..0.200 rows=5 loops=1)\n  Filter: (b > 1)\n", 2),
        ("Seq Scan on a  (cost=0.00..1.00 rows=1 width=4)\n  and what is this\n", 2),
    ],
)
def test_a_text_that_breaks_off_or_means_nothing_is_refused_with_its_line(text: str, line: int | None, tmp_path: Path) -> None:
    assert f"line {line or 1}" in refused(text, TEXT, tmp_path)


@pytest.mark.parametrize("name", WRITERS)
def test_twenty_thousand_nodes_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "wide.plan"
    path.write_text(WRITERS[name](scan(**{"Actual Total Time": 30_000.0}, Plans=[scan(Plans=[scan()]) for _ in range(10_000)])))
    began = process_time()
    assert len(read_plans(path, name).nodes) == 20_001
    assert process_time() - began < SECONDS


@pytest.mark.parametrize("name", WRITERS)
def test_two_thousand_levels_are_read(name: str, tmp_path: Path) -> None:
    root = node = scan()
    for _ in range(2000):
        below = scan()
        node["Plans"], node = [below], below
    path = tmp_path / "deep.plan"
    path.write_text(WRITERS[name](root))
    began = process_time()
    nodes = read_plans(path, name).nodes
    assert [row["parent_id"] for row in nodes[1:]] == list(range(2000)) and process_time() - began < SECONDS


def test_endless_brackets_are_refused(tmp_path: Path) -> None:
    assert "line 1" in refused('{"Plan": {"Node Type": "Append", "Plans": ' + "[" * 100_000, JSON, tmp_path)


@pytest.mark.parametrize("name", ["InitPlan {}", "CTE x{}", "InitPlan 1", "CTE x"])
def test_thousands_of_separate_plans_take_no_longer(name: str, tmp_path: Path) -> None:
    def separate(number: int) -> Node:
        return scan(**{"Parent Relationship": "InitPlan", "Subplan Name": name.format(number)})

    def user(number: int) -> Node:
        return scan(**{"Node Type": "CTE Scan", "CTE Name": f"x{number}" if "{}" in name else "x", "Filter": f"(a > (InitPlan {number}).col1)"})

    plan = scan(Plans=[separate(number) for number in range(6000)] + [user(number) for number in range(12_000)])
    path = tmp_path / "many.json"
    path.write_text(json.dumps([{"Plan": plan, "Execution Time": 9e9}]))
    began = process_time()
    read_plans(path, JSON)
    assert process_time() - began < SECONDS


def test_a_bad_plan_among_good_ones_stores_nothing(tmp_path: Path, bench: Workbench) -> None:
    (tmp_path / "a.json").write_text((ARTEFACTS / EXAMPLES[JSON]).read_text())
    (tmp_path / "b.json").write_text(json.dumps([{"Plan": scan()}, {"Plan": scan(**{"Actual Loops": -1})}]))
    with pytest.raises(ArtefactError, match=r"b\.json.*plan 1"):
        bench.ingest([tmp_path])
    assert bench.sql("select count(*) as runs from runs")["runs"].tolist() == [0]
