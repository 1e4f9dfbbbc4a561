"""Whoever recorded a statement, and with whatever version: in the store equal statements have one fingerprint."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import create_engine, text

from perfkit.ingest import ingest, looking
from perfkit.trace import record, sqlalchemy
from perfkit.trace.fingerprint import fingerprint_of
from perfkit.workbench import Workbench


def test_fingerprints_follow_from_the_text_and_not_from_the_recorder(bench: Workbench, tmp_path: Path) -> None:
    trace = _trace(
        tmp_path, {"statement": "select a from t where b = ?"}, {"statement": "SELECT a FROM t WHERE b = 7"}, {"statement": None}, {"no": "text"}
    )
    ingest([trace], bench.store, bench.vault)
    found = [row[0] for row in bench.store.query("select fingerprint from spans where kind = 'db' order by span_id")[1]]
    assert found == [fingerprint_of("select a from t where b = $1")] * 2 + ["old", "old"]


def test_what_was_cut_off_keeps_the_fingerprint_of_the_whole(bench: Workbench, tmp_path: Path) -> None:
    long = text("select 1 where 1 in (" + ", ".join(map(str, range(3000))) + ")")
    engine = create_engine("sqlite://")
    uninstall = sqlalchemy.install(engine)
    with record(tmp_path / "long.ndjson"), engine.connect() as connection:
        connection.execute(long).all()
        connection.execute(text("select 1 where 1 in (2)")).all()
    uninstall()
    engine.dispose()
    ingest([tmp_path / "long.ndjson"], bench.store, bench.vault)
    assert bench.store.query("select count(distinct fingerprint), max(length(statement)) < 4010 from statements")[1] == [(1, True)]


def test_files_that_are_only_looked_at_have_the_same(tmp_path: Path) -> None:
    trace = _trace(tmp_path, {"statement": "select a from t"})
    with looking([trace], query="select fingerprint from spans") as (evidence, _):
        assert evidence.query("select fingerprint from spans where fingerprint <> 'old'")[1] == [(fingerprint_of("select a from t"),)]


def test_plans_and_statements_of_a_trace_meet(bench: Workbench, tmp_path: Path) -> None:
    plan = {"Query Text": "select a from t where b = 3", "Plan": {"Node Type": "Seq Scan", "Relation Name": "t", "Actual Rows": 1, "Actual Loops": 1}}
    explained = tmp_path / "plan.json"
    explained.write_text(json.dumps([plan | {"Execution Time": 1.0}]), "utf-8")
    ingest([_trace(tmp_path, {"statement": "select a from t where b = %(b)s"}), explained], bench.store, bench.vault)
    assert bench.store.query("select count(*) from statements join plans using (fingerprint)")[1] == [(1,)]


def _trace(folder: Path, *attributes: dict[str, str | None]) -> Path:
    lines = [{"perfkit_trace": 1, "clock": "unix_us", "started_at": 1, "tool_version": "0", "attributes": {}}]
    for number, one in enumerate(attributes):
        span = {"trace_id": "t", "span_id": f"s{number}", "parent_id": None, "kind": "db", "name": "n", "started_at": number, "duration_ms": 1.0}
        lines.append(span | {"status": "ok", "fingerprint": "old", "file": None, "line": None, "attributes": one})
    path = folder / "trace.ndjson"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n", "utf-8")
    return path
