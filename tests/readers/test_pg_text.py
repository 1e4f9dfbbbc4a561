"""EXPLAIN's text: what psql, pgAdmin and people make of it, and what old versions wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.plan_files import ARTEFACTS, Read, artefact, read_plans

OLD = """
 Hash Join  (cost=1.00..2.00 rows=10 width=4) (actual time=0.100..9.500 rows=10 loops=1)
   Hash Cond: (a.id = b.id)
   InitPlan
     ->  Seq Scan on first  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..1.000 rows=1 loops=1)
   ->  Seq Scan on a  (cost=0.00..1.00 rows=10 width=4) (actual time=0.010..4.000 rows=10 loops=1)
         Filter: (subplan)
         SubPlan
           ->  Materialize  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..0.100 rows=1 loops=10)
           ->  Seq Scan on c  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..0.200 rows=1 loops=10)
   ->  Hash  (cost=0.00..1.00 rows=1 width=4) (actual time=2.000..2.000 rows=1 loops=1)
         ->  Seq Scan on b  (cost=0.00..1.00 rows=1 width=4) (never executed)
 Total runtime: 10.250 ms
(11 rows)
"""


def read(folder: Path, text: str) -> Read:
    path = folder / "plan.txt"
    path.write_text(text, encoding="utf-8")
    return read_plans(path, "pg-explain-text")


def packaged(name: str) -> Read:
    return read_plans(ARTEFACTS / "pg_text" / f"{name}.txt", "pg-explain-text")


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("psql", "cte_read_twice"),
        ("psql_border", "init_plan"),
        ("psql_unicode", "gather_hash"),
        ("psql_expanded", "filter"),
        ("psql_tuples_only", "subplan"),
    ],
)
def test_what_psql_draws_around_it_is_undone(name: str, like: str) -> None:
    columns = ("node_id", "parent_id", "node_type", "relation", "relationship", "subplan", "rows_actual", "condition", "sort_key", "loops")
    text, json = packaged(name), artefact(like)
    assert [[node[key] for key in columns] for node in text.nodes] == [[node[key] for key in columns] for node in json.nodes]


def test_quotes_and_commas_within_a_plan_are_its_own() -> None:
    [node] = packaged("psql_csv").nodes
    assert node["condition"] == "Filter: (items.name = 'a, \"b\"'::text)"


def test_several_plans_have_each_their_statement() -> None:
    plans = packaged("several").plans
    assert [plan["statement"].split()[0] for plan in plans] == ["select", "delete", "select"]
    assert plans[1]["details"]["Triggers"][0]["Calls"] == 99


def test_without_analyze_timing_or_costs_there_is_a_plan() -> None:
    planned, untimed, bare = packaged("without_analyze"), packaged("without_times"), packaged("without_costs")
    assert (planned.nodes[0]["loops"], planned.nodes[0]["rows_estimated"]) == (None, 1)
    assert (untimed.nodes[0]["self_ms"], untimed.nodes[0]["rows_actual"]) == (None, 5)
    assert [node["node_type"] for node in bare.nodes] == ["Limit", "Sort", "Aggregate", "Seq Scan"]


def test_old_headers_hang_where_their_indent_says(tmp_path: Path) -> None:
    got = read(tmp_path, OLD)
    assert [(node["node_type"], node["parent_id"], node["relationship"]) for node in got.nodes] == [
        ("Hash Join", None, None),
        ("Seq Scan", 0, "InitPlan"),
        ("Seq Scan", 0, "Outer"),
        ("Materialize", 2, "SubPlan"),
        ("Seq Scan", 2, "SubPlan"),
        ("Hash", 0, "Inner"),
        ("Seq Scan", 5, "Outer"),
    ]
    assert got.plans[0]["execution_ms"] == 10.25
    assert [node["self_ms"] for node in got.nodes] == pytest.approx([2.5, 1, 1, 1, 2, 2, 0])


@pytest.mark.parametrize(
    "decorated",
    [
        OLD.strip(),
        OLD.replace("    ", "\t"),
        "\n".join(f'"{line[1:]}"' for line in OLD.strip("\n").splitlines()[:-1]),
        "\n".join(f"| {line[1:]:<120} |" for line in OLD.strip("\n").splitlines()[:-1]),
        "\n".join(f"║ {line[1:]:<120} ║" for line in OLD.strip("\n").splitlines()[:-1]),
        OLD.replace("\n", "\r\n"),
        "db=# explain analyze select 1;\n" + OLD + "\nTime: 12.345 ms\n",
    ],
    ids=["first space lost", "tabs", "pgAdmin", "frame", "double frame", "Windows", "with prompt"],
)
def test_decoration_changes_nothing(decorated: str, tmp_path: Path) -> None:
    assert read(tmp_path, decorated).nodes == read(tmp_path, OLD).nodes


def test_the_newest_properties_are_those_of_json(tmp_path: Path) -> None:
    text = """Sort  (cost=1.00..2.00 rows=10 width=4) (actual time=0.100..9.500 rows=0.50 loops=2)
  Disabled: true
  Sort Key: a, lower((b)::text) COLLATE "C, x" DESC
  Sort Method: external merge  Disk: 2864kB
  Buffers: shared hit=1 read=2 dirtied=3 written=4, local hit=5, temp read=6 written=7
  I/O Timings: shared read=0.250 write=0.500, temp write=0.250
  Worker 0:  actual time=0.100..8.000 rows=1.00 loops=1
    Sort Method: quicksort  Memory: 25kB
  Index Searches: 3
Planning:
  Buffers: shared hit=9
  Memory: used=12kB  allocated=16kB
Planning Time: 0.500 ms
JIT:
  Functions: 2
  Options: Inlining false, Optimization true
  Timing: Generation 0.500 ms (Deform 0.200 ms), Inlining 0.000 ms, Total 3.500 ms
Trigger RI_x for constraint c_fk on child: time=1.250 calls=3
Serialization: time=0.100 ms  output=3kB  format=text
Execution Time: 25.000 ms
"""
    got = read(tmp_path, text)
    [node], [plan] = got.nodes, got.plans
    assert (node["rows_actual"], node["loops"], node["io_ms"], node["sort_key"]) == (0.5, 2, 1, 'a, lower((b)::text) COLLATE "C, x" DESC')
    assert [node[f"shared_{what}"] for what in ("hit", "read", "dirtied", "written")] == [1, 2, 3, 4]
    assert (node["details"]["Disabled"], node["details"]["Sort Space Type"], node["details"]["Index Searches"]) == (True, "Disk", 3)
    assert node["details"]["Workers"][0]["Sort Space Used"] == 25
    assert plan["details"]["JIT"]["Timing"] == {"Generation": {"Deform": 0.2, "Total": 0.5}, "Inlining": 0.0, "Total": 3.5}
    assert plan["details"]["Planning"] == {"Shared Hit Blocks": 9, "Memory Used": 12, "Memory Allocated": 16}
    assert plan["details"]["Triggers"] == [{"Trigger Name": "RI_x", "Constraint Name": "c_fk", "Relation": "child", "Time": 1.25, "Calls": 3}]


def test_io_timings_of_every_version_are_read(tmp_path: Path) -> None:
    for said in ("read=1.250 write=0.250", "shared/local read=1.000, temp read=0.500", "shared read=1.000, local read=0.250, temp write=0.250"):
        text = f"Seq Scan on a  (cost=0.00..1.00 rows=1 width=4) (actual time=0.1..2.5 rows=1 loops=1)\n  I/O Timings: {said}\nExecution Time: 3.000 ms\n"
        assert read(tmp_path, text.replace("0.1..2.5", "0.100..2.500")).nodes[0]["io_ms"] == 1.5
