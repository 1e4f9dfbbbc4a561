"""Plans come from real executions that leave nothing in the database, and no password leaves its DSN."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perfkit.collectors.databases import conninfo_of
from perfkit.collectors.plans import PlanOptions, collect
from perfkit.errors import CollectionFailed, MissingTool, UsageError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest
from tests.collectors.conftest import SECRET


def test_each_statement_has_its_warm_plan_and_leaves_no_trace(dsn: str, tmp_path: Path) -> None:
    statements = (
        "-- name: all\nselect * from cats;",
        "insert into cats select 4, 'a;b' returning id",
        "with gone as (delete from cats returning id) table gone",
    )
    told: list[str] = []
    options = PlanOptions(dsn.replace("postgresql://", "postgresql+psycopg://"), statements, nested=False, stated=Manifest(label="baseline"))
    artefact = collect(options, tmp_path, lambda text, _: told.append(text))
    plans = json.loads(artefact.read_text())
    assert [plan["Query Text"].split()[0] for plan in plans] == ["--", "insert", "with"]
    assert [plan["Plan"]["Actual Rows"] for plan in plans] == [3, 1, 3]
    assert plans[0]["Plan"]["Shared Hit Blocks"] == 1 and plans[0]["Execution Time"] > 0
    assert [text.split(" · ")[0] for text in told] == ["0 of 3 statements", "1 of 3 statements", "2 of 3 statements", "3 of 3 statements"]
    assert told[0].split(" · ")[1] == "all" and told[1].split(" · ")[1].startswith("insert into cats")
    manifest = Manifest.from_json(artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text())
    assert manifest.label == "baseline" and manifest.parameters["warm"] is True and manifest.parameters["statements"] == 3
    again = json.loads(collect(PlanOptions(dsn, ("select * from cats",)), tmp_path).read_text())
    assert again[0]["Plan"]["Actual Rows"] == 3


def test_without_analyze_nothing_is_executed(dsn: str, tmp_path: Path) -> None:
    plans = json.loads(collect(PlanOptions(dsn, ("select pg_sleep(60)",), analyze=False), tmp_path).read_text())
    assert "Execution Time" not in plans[0]


def test_a_statement_that_takes_too_long_is_ended(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(CollectionFailed, match=r"Not done after 0\.2 s: select pg_sleep\(30\)\. Allow more with --timeout"):
        collect(PlanOptions(dsn, ("select pg_sleep(30)",), timeout_s=0.2), tmp_path)


def test_the_password_is_nowhere_but_in_the_dsn(dsn: str, tmp_path: Path) -> None:
    options = PlanOptions(dsn, ("select 1",))
    collect(options, tmp_path)
    left = "".join(path.read_text() for path in tmp_path.iterdir())
    with pytest.raises(CollectionFailed) as wrong:
        collect(PlanOptions(dsn, (f'select * from "{SECRET}"',)), tmp_path)
    assert conninfo_of(dsn)["password"] == SECRET
    assert SECRET not in left + repr(options)
    assert SECRET not in str(wrong.value).split(": ", 1)[1] and wrong.value.__cause__ is None


@pytest.mark.parametrize("broken", [f"postgresql://u:{SECRET}@h:port/db", f"password={SECRET} nonsense", f"postgresql://u:{SECRET}@[::1/db"])
def test_a_dsn_that_cannot_be_read_is_not_repeated(broken: str, tmp_path: Path) -> None:
    with pytest.raises((UsageError, MissingTool)) as refused:
        collect(PlanOptions(broken, ("select 1",)), tmp_path)
    assert SECRET not in str(refused.value)


def test_a_server_that_is_not_there_is_a_missing_tool(tmp_path: Path) -> None:
    with pytest.raises(MissingTool, match=r"No connection to PostgreSQL at 127\.0\.0\.1, database cats.*Start the server") as missing:
        collect(PlanOptions(f"postgresql://u:{SECRET}@127.0.0.1:1/cats", ("select 1",)), tmp_path)
    assert SECRET not in str(missing.value) and missing.value.exit_code == 4


def test_the_server_itself_refuses_a_second_statement(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfkit.collectors.plans.explainable", lambda sql: sql)
    with pytest.raises(CollectionFailed, match="multiple commands"):
        collect(PlanOptions(dsn, ("select 1; drop table cats",)), tmp_path)
