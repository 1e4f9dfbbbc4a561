"""Statements come from files, from a trace or from the server's own counters; a password comes from where PostgreSQL looks for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from perfkit.collectors.databases import engine_of, written_out
from perfkit.collectors.plans import PlanOptions, collect
from perfkit.collectors.statements import Statement
from perfkit.errors import CollectionFailed, MissingTool, UsageError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest
from perfkit.workbench import Workbench
from perfkit.workspace import Workspace

WORKLOAD = """\
-- name: by id
-- params: [2]
select * from cats where id = $1;
-- name: some
select name from cats where id = any(%(ids)s) and name <> 'x' limit %(most)s;
select 1 -- name: one
"""


def perfkit(*arguments: str, workspace: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "perfkit", "--workspace", str(workspace), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})}, check=False)


def manifest_of(artefact: Path) -> Manifest:
    return Manifest.from_json(artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text())


def test_files_name_their_statements_and_give_values(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "work.sql").write_text(WORKLOAD)
    (tmp_path / "values.json").write_text('{"some": {"ids": [1, 3], "most": 5}}')
    files = (str(tmp_path / "work.sql"), "--params", str(tmp_path / "values.json"))
    done = perfkit("collect", "plans", "--json", "--label", "baseline", *files, workspace=tmp_path / "w", env={"PERFKIT_DSN": dsn})
    assert done.returncode == 0, done.stderr
    [stored] = json.loads(done.stdout)
    bench = Workbench(Workspace(tmp_path / "w"))
    _, rows = bench.store.query(
        "select statement, execution_ms, rows_actual from plans join plan_nodes using (run_id, plan_id) where parent_id is null"
    )
    assert stored["rows"]["plans"] == 3 and [row[2] for row in rows] == [1, 2, 1]


def test_a_traced_run_gives_its_statements_and_they_get_generic_plans(dsn: str, bench: Workbench, tmp_path: Path) -> None:
    from sqlalchemy import create_engine, text

    from perfkit.trace import record
    from perfkit.trace import sqlalchemy as trace_sqlalchemy

    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
    uninstall = trace_sqlalchemy.install(engine)
    with record(tmp_path / "app.trace.ndjson"), engine.connect() as connection:
        for number in range(3):
            connection.execute(text("select name, pg_sleep(0.01) from cats where id = :id and name like 'c%'"), {"id": number})
        connection.execute(text("select count(*), pg_sleep(0.05) from cats"))
        connection.execute(text("select 1 from kittens"))
    uninstall()
    engine.dispose()
    [traced] = bench.ingest([tmp_path / "app.trace.ndjson"])
    found = [item for item in bench.traced_statements(traced.run_id) if "cats" in item.statement]
    assert [(item.n, "count(*)" in item.statement) for item in found] == [(1, True), (3, False)]
    assert len(bench.traced_statements(traced.run_id)) == 3
    sources = ("--from-trace", traced.run_id, "--top", "2", "--dsn", dsn, "--json")
    done = perfkit("collect", "plans", *sources, workspace=bench.workspace.root)
    assert done.returncode == 0, done.stderr
    assert "only its generic plan: the values of its placeholders are not known; --params gives them" in done.stderr
    assert json.loads(done.stdout)[0]["rows"]["plans"] == 2


def test_a_generic_plan_says_that_it_was_not_executed(dsn: str, tmp_path: Path) -> None:
    sql = "select * from cats where id = %(id)s and name like 'c%%'"
    [plan] = json.loads(collect(PlanOptions(dsn, (sql,)), tmp_path).read_text())
    assert plan["Generic Plan"] is True and "not known" in plan["Not Executed"] and "Execution Time" not in plan
    assert "$1" in json.dumps(plan["Plan"])


def test_the_server_counts_its_statements_and_the_slowest_come_first(dsn: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_stat_statements_reset()")
        for _ in range(3):
            connection.execute("select name, pg_sleep(0.02) from cats where id = 2")
        connection.execute("select interval '1 day', pg_sleep(0.01)")
        connection.execute("select count(*) from kittens")
    said: list[str] = []
    artefact = collect(PlanOptions(dsn, top=2, keep_going=True, say=said.append), tmp_path)
    plans = json.loads(artefact.read_text())
    assert "pg_sleep($1)" in plans[0]["Query Text"] and plans[0]["Name"] == "SELECT cats"
    assert manifest_of(artefact).parameters["statements"] == 2
    assert not [plan for plan in plans if "perfkit" in plan["Query Text"]]


def test_what_fails_is_listed_and_the_others_are_kept(dsn: str, tmp_path: Path) -> None:
    statements = (Statement("select nothing from cats", "broken"), Statement("select 1", "fine"), Statement("vacuum", "strange"))
    said: list[str] = []
    artefact = collect(PlanOptions(dsn, statements, keep_going=True, say=said.append), tmp_path)
    assert [plan["Name"] for plan in json.loads(artefact.read_text())] == ["fine"]
    failed = manifest_of(artefact).parameters["failed"]
    assert list(failed) == ["broken", "strange"] and "SQLSTATE 42703" in failed["broken"] and len(said) == 2
    with pytest.raises(CollectionFailed, match=r'cannot explain broken: column "nothing" does not exist \(SQLSTATE 42703\) in line 1, column 8\.'):
        collect(PlanOptions(dsn, statements[:2]), tmp_path)
    with pytest.raises(CollectionFailed, match="None of the 1 statements could be explained"):
        collect(PlanOptions(dsn, statements[:1], keep_going=True), tmp_path)


def test_a_statement_longer_than_what_is_looked_at_of_a_file_is_stored(dsn: str, bench: Workbench) -> None:
    listed = ", ".join(map(str, range(20_000)))
    stored = bench.collect(PlanOptions(dsn, (f"select * from cats where id in ({listed})",)))
    assert stored.format == "pg-explain" and stored.rows["plans"] == 1


def test_a_connection_that_is_lost_does_not_lose_what_was_collected(dsn: str, tmp_path: Path) -> None:
    import psycopg

    def end_it(_: str, done: float) -> None:
        if done == 0.5:
            with psycopg.connect(dsn, autocommit=True) as other:
                other.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'perfkit'")

    artefact = collect(PlanOptions(dsn, ("select 1", "select 2"), keep_going=True), tmp_path, end_it)
    assert [plan["Query Text"] for plan in json.loads(artefact.read_text())] == ["select 1"]
    assert "terminating connection" in manifest_of(artefact).parameters["failed"]["select 2"]


def test_a_server_that_does_not_count_says_how_to_make_it(server: str, tmp_path: Path) -> None:
    with pytest.raises(MissingTool, match=r"has no pg_stat_statements.*shared_preload_libraries.*create extension"):
        collect(PlanOptions(server.replace("{database}", "postgres"), top=3), tmp_path)


def test_settings_hold_for_the_statements_and_are_known_of_the_run(dsn: str, tmp_path: Path) -> None:
    sorting = "select * from generate_series(1, 30000) n order by n desc"
    options = PlanOptions(dsn, (sorting,), settings={"work_mem": "128kB", "app.token": "hush"})
    artefact = collect(options, tmp_path)
    [plan] = json.loads(artefact.read_text())
    assert plan["Plan"]["Sort Space Type"] == "Disk" and plan["Settings"]["work_mem"] == "128kB"
    known = manifest_of(artefact).parameters
    assert known["work_mem"] == "128kB" and known["app.token"].startswith("sha256:") and "hush" not in json.dumps(known)
    assert known["engine"] == "postgresql" and known["database"] == "cats" and manifest_of(artefact).tool_version
    for wrong in ({"work mem": "1"}, {"statement_timeout": "0"}, {"x'); drop table cats; --": "1"}):
        with pytest.raises(UsageError):
            collect(PlanOptions(dsn, ("select 1",), settings=wrong), tmp_path)


def test_the_warm_plan_is_kept_with_the_cold_times_beside_it(dsn: str, tmp_path: Path) -> None:
    slow_once = Statement("select count(*) from cats a, generate_series(1, 1000)", "counting")
    [plan] = json.loads(collect(PlanOptions(dsn, (slow_once,)), tmp_path).read_text())
    assert plan["Name"] == "counting" and plan["Cold Execution Time"] > 0 and plan["Cold Planning Time"] > 0
    assert plan["Cold Execution Time"] != plan["Execution Time"] and plan["Serialization"]
    [once] = json.loads(collect(PlanOptions(dsn, (slow_once,), warm=False), tmp_path).read_text())
    assert not [key for key in once if key.startswith("Cold")]


def test_the_password_of_a_role_opens_and_is_left_nowhere(server: str, bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "zebra-in-a-hat"
    guarded = _guarded(server, secret)
    with pytest.raises(MissingTool, match="password authentication failed") as wrong:
        bench.collect(PlanOptions(guarded.replace(secret, "giraffe-7"), ("select 1",)))
    assert "giraffe-7" not in str(wrong.value)
    without = guarded.replace(f":{secret}@", "@")
    passfile = tmp_path / "pgpass"
    passfile.write_text(f"*:*:*:guarded:{secret}\n")
    passfile.chmod(0o600)
    for name, value in {"PGPASSWORD": secret, "PGPASSFILE": str(passfile)}.items():
        monkeypatch.setenv(name, value)
        bench.collect(PlanOptions(without, ("select 1",), stated=Manifest(scenario=name)))
        monkeypatch.delenv(name)
    said = ""
    for sql, status in (("select 2", 0), ("select * from nowhere", 2)):
        with_driver = guarded.replace("postgresql://", "postgresql+asyncpg://")
        done = perfkit("collect", "plans", "--dsn", with_driver, "--statement", sql, workspace=bench.workspace.root)
        assert done.returncode == status, done.stderr
        said += done.stdout + done.stderr
    left = b"".join(path.read_bytes() for path in bench.workspace.root.rglob("*") if path.is_file())
    assert len(bench.runs()) == 3 and len(left) > 1000 and secret.encode() not in left and secret not in said


def _guarded(server: str, secret: str) -> str:
    """An address whose role must say its password."""
    import psycopg

    with psycopg.connect(server.replace("{database}", "postgres"), autocommit=True) as connection:
        connection.execute("drop role if exists guarded")
        connection.execute(f"create role guarded login password '{secret}'".encode())
        row = connection.execute("show hba_file").fetchone()
        assert row
        rules = Path(row[0])
        if "guarded" not in rules.read_text():
            rules.write_text("local all guarded scram-sha-256\n" + rules.read_text())
        connection.execute("select pg_reload_conf()")
    return server.replace("{database}", "postgres").replace("postgres:@", f"guarded:{secret}@")


@pytest.mark.parametrize(
    ("dsn", "engine"),
    [
        ("postgresql+asyncpg://u@h/d", "postgresql"),
        ("postgres://h/d", "postgresql"),
        ("host=h dbname=d", "postgresql"),
        (f"host=h dbname=d options='{'-c work_mem=64MB ' * 20}'", "postgresql"),
        ("sqlite:///x.db", "sqlite"),
        ("sqlite+aiosqlite:////x.db", "sqlite"),
        ("duckdb:///x.duckdb", "duckdb"),
    ],
)
def test_the_engine_is_known_by_the_dsn(dsn: str, engine: str) -> None:
    assert engine_of(dsn) == engine


def test_other_databases_and_files_are_refused_without_repeating_the_dsn(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for dsn in ("mysql://root:hush@h/d", str(tmp_path / "notes.txt"), str(tmp_path / "missing.db"), "hush", "hush" * 100, "hush\0"):
        with pytest.raises(UsageError, match="Expected postgresql://") as refused:
            engine_of(dsn)
        assert "hush" not in str(refused.value)


def test_generic_plans_follow_each_other_and_statements_that_fail(dsn: str, tmp_path: Path) -> None:
    texts = [f"select * from cats where id = $1 and name <> '{number}'" for number in range(8)]
    mixed = [statement for text in texts for statement in (text, "select nothing from cats where id = $1", "select count(*) from cats")]
    plans = json.loads(collect(PlanOptions(dsn, tuple(mixed), keep_going=True), tmp_path).read_text())
    assert [plan.get("Generic Plan", False) for plan in plans] == [True, False] * 8


def test_a_dsn_may_stand_in_a_file_of_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "perfkit.toml").touch()
    (tmp_path / "shop.dsn").write_text("postgresql://shop:secret@db/shop\n", encoding="utf-8")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert written_out("@shop.dsn") == written_out(f"@{tmp_path / 'shop.dsn'}") == "postgresql://shop:secret@db/shop"
    assert written_out("sqlite:///shop.db") == "sqlite:///shop.db"


@pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("", "holds no DSN on one line"), ("one\ntwo", "holds no DSN on one line")])
def test_a_file_without_a_dsn_is_named_and_not_quoted(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "shop.dsn").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=said) as caught:
        written_out(f"@{tmp_path / 'shop.dsn'}")
    assert "two" not in str(caught.value)
