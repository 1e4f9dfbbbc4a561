"""SQLite's rules on real databases: a bad query is found with its remedy, the remedy is taken, and the rule is silent."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from perfkit.model.finding import Finding
from perfkit.rules.plans import find, sqlite
from perfkit.workbench import Workbench
from tests.rules.plan_trees import plan_of

SCHEMA = """
create table items (id integer primary key, kind integer, name text, price real);
create table kinds (id integer primary key, label text, code integer);
create virtual table notes using fts5 (body);
"""


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        connection.executemany("insert into items values (?, ?, ?, ?)", [(n, n % 50, f"item {n}", n * 0.5) for n in range(20_000)])
        connection.executemany("insert into kinds values (?, ?, ?)", [(n, f"kind {n}", n * 7) for n in range(2_000)])
        connection.execute("insert into notes values ('a word')")
        yield connection


def judged(database: sqlite3.Connection, statement: str, folder: Path, bench: Workbench) -> Sequence[Finding]:
    """Through an artefact, the reader, the store and the rules; a collector measures as here."""
    rows = database.execute(f"explain query plan {statement}").fetchall()
    began = time.perf_counter()
    database.execute(statement).fetchall()
    sizes = {table: database.execute(f"select count(*) from {table}").fetchone()[0] for table in ("items", "kinds", "notes")}
    plan = {"name": "q", "statement": statement, "rows": rows, "execution_ms": (time.perf_counter() - began) * 1e3, "table_rows": sizes}
    path = folder / f"plan-{time.monotonic_ns()}.json"
    path.write_text(json.dumps({"perfkit_plans": 1, "engine": "sqlite", "plans": [plan]}))
    [stored] = bench.ingest([path])
    return find(bench.store, [stored.run_id])


CURED = {
    "sqlite-full-scan": ("select * from items where kind = 3 and price > 9900", "create index items_kind_price on items (kind, price);"),
    "sqlite-automatic-index": (
        "select count(*) from items i join kinds k on k.code = i.price",
        "create index kinds_code on kinds (code);",
    ),
    "sqlite-correlated-subquery": (
        "select id, (select max(code) from kinds k where k.code = kinds.id) from kinds",
        "create index kinds_code on kinds (code);",
    ),
    "sqlite-min-max-scan": ("select max(price) from items", "create index items_price on items (price);"),
    "sqlite-sort": ("select * from items order by price desc, id", "create index items_price_desc_id on items (price desc, id);"),
    "sqlite-nested-scan": (
        "select count(*) from kinds a join kinds b on b.code < a.code",
        "create index kinds_code on kinds (code);",
    ),
    "sqlite-full-index-scan": (
        "select * from items where price = 5 order by kind",
        "create index items_price on items (price);",
    ),
}


@pytest.mark.parametrize("rule", CURED)
def test_the_remedy_that_a_finding_names_ends_it(database: sqlite3.Connection, bench: Workbench, tmp_path: Path, rule: str) -> None:
    statement, remedy = CURED[rule]
    if rule == "sqlite-full-index-scan":
        database.execute("create index items_kind on items (kind)")
    found = judged(database, statement, tmp_path, bench)
    assert rule in [finding.rule for finding in found]
    [finding] = [finding for finding in found if finding.rule == rule]
    assert remedy in finding.remedy
    assert "node" in finding.place
    assert (finding.cost_ms or 0) > 0
    database.execute(remedy)
    after = judged(database, statement, tmp_path, bench)
    assert rule not in [finding.rule for finding in after]


FOUND_OUT = {
    "lower": ("select * from items where lower(name) = 'item 7'", "on items (lower(name));"),
    "like": ("select * from items where name like 'item 77%'", "on items (name collate nocase);"),
    "two sides of an or": ("select * from items where kind = 3 or price = 7", "create index items_price on items (price);"),
    "hints": ("select * from items not indexed where kind = 3", "on items (kind);"),
    "backticks and parameters": ("select * from `items` where [price] == 7", "on items (price);"),
}


@pytest.mark.parametrize("case", FOUND_OUT)
def test_the_index_fits_the_condition(database: sqlite3.Connection, bench: Workbench, tmp_path: Path, case: str) -> None:
    statement, remedy = FOUND_OUT[case]
    [finding] = judged(database, statement, tmp_path, bench)
    assert finding.rule == "sqlite-full-scan"
    assert remedy in finding.remedy
    for command in finding.remedy.split(";")[:-1]:
        if "create index" in command:
            database.execute(command[command.index("create index") :])
    assert judged(database, statement.replace("not indexed", ""), tmp_path, bench) == []


def test_a_pattern_that_may_begin_with_anything_gets_no_index(database: sqlite3.Connection, bench: Workbench, tmp_path: Path) -> None:
    [finding] = judged(database, "select * from items where name like '%77%'", tmp_path, bench)
    assert "FTS5" in finding.remedy
    assert "create index" not in finding.remedy


SILENT = {
    "nothing is asked": "select * from items",
    "the primary key": "select * from items where id = 7",
    "constants": "values (1), (2)",
    "a virtual table": "select * from notes where notes match 'word'",
    "a table function": "select * from json_each('[1, 2]') where value = 1",
    "a small table": "select * from notes where body = 'x'",
    "the largest rowid": "select max(id) from items",
    "a subquery for one row": "select id, (select max(code) from kinds k where k.code = items.id) from items where id = 7",
    "a sort of few rows": "select * from items where id < 10 order by price",
    "nothing that an index orders": "select count(*) from items where kind <> 5 and name is not null",
}


@pytest.mark.parametrize("case", SILENT)
def test_what_an_index_would_not_help_is_silent(database: sqlite3.Connection, bench: Workbench, tmp_path: Path, case: str) -> None:
    assert judged(database, SILENT[case], tmp_path, bench) == []


def test_a_temporary_index_on_what_the_plan_made_itself_is_silent(database: sqlite3.Connection, bench: Workbench, tmp_path: Path) -> None:
    statement = (
        "with x as materialized (select kind, code from kinds join items on items.id = kinds.id) select count(*) from x a join x b on a.code = b.kind"
    )
    rules = [finding.rule for finding in judged(database, statement, tmp_path, bench)]
    assert "sqlite-automatic-index" not in rules


def one(detail: str, **facts: object) -> dict[str, object]:
    """A step as the reader leaves it."""
    from perfkit.readers.parts.sqlite_steps import step_of

    step = step_of(detail)
    known = {"relation": step.relation, "index_name": step.index_name, "subplan": step.subplan, "condition": step.condition}
    return {"node_type": step.node_type, **known, **step.facts, "parent": 0, **facts}


ROOT: dict[str, object] = {"node_type": "QUERY PLAN"}


def rules_of(*details: str, statement: str = "select * from t where a = 1", execution_ms: float | None = 5.0, **sizes: int) -> list[str]:
    plan = plan_of(ROOT, *map(one, details), engine="sqlite", statement=statement, execution_ms=execution_ms, facts={"table_rows": sizes})
    return [finding.rule for finding in sqlite.judge([plan], {})]


def test_an_old_version_is_judged_alike() -> None:
    assert rules_of("SCAN TABLE t", t=5000) == ["sqlite-full-scan"]
    assert rules_of("SCAN TABLE t AS x", statement="select * from t x where x.a = 1", t=5000) == ["sqlite-full-scan"]


@pytest.mark.parametrize(
    "purpose", ["ORDER BY", "RIGHT PART OF ORDER BY", "LAST TERM OF ORDER BY", "LAST 2 TERMS OF ORDER BY", "GROUP BY", "DISTINCT"]
)
def test_sorts_of_all_versions_are_found_on_many_rows_alone(purpose: str) -> None:
    sort = f"USE TEMP B-TREE FOR {purpose}"
    assert rules_of("SCAN t USING INDEX i", sort, statement="select * from t", t=5000) == ["sqlite-sort"]
    assert rules_of("SCAN t USING INDEX i", sort, statement="select * from t", t=500) == []
    assert rules_of("SEARCH t USING INDEX i (a=?)", sort, statement="select * from t", t=5000) == []


def test_a_fast_statement_has_nothing_to_gain() -> None:
    assert rules_of("SCAN t", execution_ms=0.05, t=5000) == []
    assert rules_of("SCAN t", execution_ms=None, t=5000) == ["sqlite-full-scan"]


def test_sizes_decide_about_nested_scans() -> None:
    statement = "select * from t join u on t.a > u.b"
    assert rules_of("SCAN t", "SCAN u", statement=statement, t=2000, u=2000) == ["sqlite-nested-scan"]
    assert rules_of("SCAN t", "SCAN u", statement=statement, t=20, u=40) == []
    assert rules_of("SEARCH t USING INTEGER PRIMARY KEY (rowid=?)", "SCAN u", statement=statement, t=2000, u=20) == []


def test_another_engine_is_not_judged() -> None:
    assert sqlite.judge([plan_of(ROOT, one("SCAN t"), engine="duckdb", statement="select * from t where a = 1")], {}) == []
