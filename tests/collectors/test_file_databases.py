"""SQLite and DuckDB: the way, the time it took, and a file that is afterwards what it was before."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from perfkit.collectors.plans import PlanOptions, collect
from perfkit.collectors.statements import Statement
from perfkit.errors import CollectionFailed, UsageError
from perfkit.workbench import Workbench

MAKE_DUCKDB = """
import duckdb, sys
with duckdb.connect(sys.argv[1]) as made:
    made.execute("create table cats as select range as id, range % 10 as age, 'cat ' || range as name from range(50000)")
"""
ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    path = tmp_path / "cats.db"
    with sqlite3.connect(path) as made:
        made.execute("create table cats (id integer primary key autoincrement, age int, name text)")
        made.executemany("insert into cats (age, name) values (?, ?)", [(number % 10, f"cat {number}") for number in range(2000)])
        made.execute("create table kittens (id integer primary key, cat int)")
        made.execute("create view old as select * from cats where age > 8")
    made.close()
    return path


@pytest.fixture(scope="module")
def duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("duck") / "cats.duckdb"
    subprocess.run([sys.executable, "-c", MAKE_DUCKDB, str(path)], check=True)
    return path


def envelope(options: PlanOptions, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(collect(options, folder / "out").read_text())
    return found


def content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_sqlite_tells_the_way_the_times_and_the_sizes(sqlite_file: Path, tmp_path: Path) -> None:
    statements = (Statement("select * from old o join kittens k on k.cat = o.id where o.age = ?", "join", [9]), "select count(*) from cats")
    found = envelope(PlanOptions(f"sqlite:///{sqlite_file}", statements), tmp_path)
    assert found["perfkit_plans"] == 1 and found["engine"] == "sqlite"
    joined, counted = found["plans"]
    assert joined["name"] == "join" and joined["statement"].startswith("select * from old") and joined["version"] == sqlite3.sqlite_version
    assert any("kittens" in row[3] or row[3].startswith(("SCAN k", "SEARCH k")) for row in joined["rows"]) and len(joined["rows"][0]) == 4
    assert joined["table_rows"] == {"cats": 2000, "kittens": 0}
    assert counted["table_rows"] == {"cats": 2000} and counted["rows_returned"] == 1
    assert counted["execution_ms"] > 0 and counted["cold_ms"] > 0 and counted["cold_ms"] != counted["execution_ms"]
    planned = envelope(PlanOptions(str(sqlite_file), ("select count(*) from cats",), analyze=False), tmp_path)["plans"][0]
    assert planned["rows"] == counted["rows"] and "execution_ms" not in planned


def test_sqlite_knows_sizes_from_its_statistics(sqlite_file: Path, tmp_path: Path) -> None:
    with sqlite3.connect(sqlite_file) as changed:
        changed.execute("analyze")
        changed.execute("update sqlite_stat1 set stat = '777' where tbl = 'cats'")
    changed.close()
    assert envelope(PlanOptions(str(sqlite_file), ("select * from cats",)), tmp_path)["plans"][0]["table_rows"] == {"cats": 777}


def test_sqlite_changes_are_measured_and_undone(sqlite_file: Path, tmp_path: Path) -> None:
    before, said = content(sqlite_file), list[str]()
    changes = ("delete from cats where age = 3", "insert into cats (age) values (1)", "update cats set name = upper(name)")
    plans = envelope(PlanOptions(str(sqlite_file), changes, say=said.append), tmp_path)["plans"]
    assert all(plan["execution_ms"] > 0 for plan in plans) and len(said) == 3
    assert content(sqlite_file) == before and sorted(path.name for path in tmp_path.iterdir()) == ["cats.db", "out"]


def test_sqlite_without_values_is_only_planned(sqlite_file: Path, tmp_path: Path) -> None:
    said: list[str] = []
    [plan] = envelope(PlanOptions(str(sqlite_file), ("select * from cats where id = :id and age > :age",), say=said.append), tmp_path)["plans"]
    assert "PRIMARY KEY" in plan["rows"][0][3] and "execution_ms" not in plan and "not known" in plan["not_executed"] and len(said) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write to every file")
def test_sqlite_changes_in_a_file_that_is_read_only_are_planned(sqlite_file: Path, tmp_path: Path) -> None:
    sqlite_file.chmod(0o444)
    [plan] = envelope(PlanOptions(str(sqlite_file), ("delete from cats",)), tmp_path)["plans"]
    assert "read-only" in plan["not_executed"]


def test_sqlite_says_what_is_wrong(sqlite_file: Path, tmp_path: Path) -> None:
    with pytest.raises(CollectionFailed, match="SQLite cannot explain dogs: no such table: dogs"):
        envelope(PlanOptions(str(sqlite_file), (Statement("select * from dogs", "dogs"),)), tmp_path)
    with pytest.raises(CollectionFailed, match=r"Not done after 0\.2 s"):
        envelope(PlanOptions(str(sqlite_file), (ENDLESS,), timeout_s=0.2), tmp_path)
    for wrong in (PlanOptions(str(sqlite_file), top=3), PlanOptions(str(sqlite_file), ("select 1",), settings={"work_mem": "1MB"})):
        with pytest.raises(UsageError):
            envelope(wrong, tmp_path)


def test_duckdb_tells_its_profile_and_stays_as_it_was(duckdb_file: Path, tmp_path: Path) -> None:
    before = content(duckdb_file)
    statements = (Statement("select age, count(*) from cats where id > :id group by age", "ages", {"id": 5}), "select max(name) from cats")
    found = envelope(PlanOptions(f"duckdb:///{duckdb_file}", statements), tmp_path)
    assert found["engine"] == "duckdb" and [plan.get("name") for plan in found["plans"]] == ["ages", None]
    ages, answered = found["plans"]
    assert ages["execution_ms"] > 0 and ages["cold_ms"] > 0 and ages["table_rows"] == {"cats": 50000} and ages["version"]
    assert "cats" in json.dumps(ages["profile"])
    assert "statistics" in answered["not_executed"] and "execution_ms" not in answered
    [planned] = envelope(PlanOptions(str(duckdb_file), ("select max(name) from cats",), analyze=False), tmp_path)["plans"]
    assert "execution_ms" not in planned and planned["profile"]
    assert answered["profile"] == planned["profile"]
    assert content(duckdb_file) == before and [path.name for path in duckdb_file.parent.iterdir()] == ["cats.duckdb"]


def test_plans_of_both_are_stored(sqlite_file: Path, duckdb_file: Path, bench: Workbench) -> None:
    named = (Statement("select name from cats where age = 3", "threes"), Statement("select age, count(*) from cats group by 1", "ages"))
    for path, name in ((sqlite_file, "sqlite-plan"), (duckdb_file, "duckdb-plan")):
        stored = bench.collect(PlanOptions(str(path), named))
        assert stored.format == name and stored.rows["plans"] == 2
    _, rows = bench.store.query("select engine, name, execution_ms > 0, cold_ms > 0 from plans order by all")
    assert rows == [(engine, name, True, True) for engine in ("duckdb", "sqlite") for name in ("ages", "threes")]


def test_duckdb_says_what_is_wrong_and_goes_on(duckdb_file: Path, tmp_path: Path) -> None:
    statements = tuple(
        Statement(text, name)
        for name, text in {
            "broken": "select nothing from cats",
            "changing": "delete from cats",
            "unknown": "select * from cats where id = ?",
            "endless": "select count(*) from range(1000000) a, range(1000000) b",
            "fine": "select 1 from cats",
        }.items()
    )
    said: list[str] = []
    found = envelope(PlanOptions(str(duckdb_file), statements, timeout_s=0.5, keep_going=True, say=said.append), tmp_path)
    assert [plan["name"] for plan in found["plans"]] == ["fine"] and len(said) == 4
    assert "nothing" in said[0] and "read-only" in said[1] and "--params" in said[2] and "Not done after 0.5 s" in said[3]


def test_a_duckdb_file_that_somebody_writes_to_is_named(duckdb_file: Path, tmp_path: Path) -> None:
    holding = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", holding, str(duckdb_file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(CollectionFailed, match=rf"cannot open .*lock.*{holder.pid}.*must close it first"):
            envelope(PlanOptions(str(duckdb_file), ("select 1",)), tmp_path)
    finally:
        holder.communicate()


def test_the_workbench_does_not_load_duckdb_to_explain_in_it(duckdb_file: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from perfkit.collectors.plans import PlanOptions, collect;"
        "collect(PlanOptions(sys.argv[1], ('select 1',)), Path(sys.argv[2])); assert 'duckdb' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(duckdb_file), str(tmp_path / "out")], check=True)
