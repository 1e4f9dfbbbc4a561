"""EXPLAIN shows a function's call; what the function runs is heard from the server, with the line that ran it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from perfkit.collectors.plans import PlanOptions, collect
from perfkit.collectors.statements import Statement


def plans_of(options: PlanOptions, folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(collect(options, folder).read_text())
    return found


def test_statements_of_functions_are_found_with_their_callers(dsn: str, tmp_path: Path) -> None:
    plans = plans_of(PlanOptions(dsn, ("select 1", Statement("select * from family()", "family"))), tmp_path)
    nested = {plan["Query Text"]: plan for plan in plans[2:]}
    assert len(plans) == 5 and plans[1]["Plan"]["Node Type"] == "Function Scan"
    called = plans.index(nested["SELECT oldest()"])
    [counting] = [plan for text, plan in nested.items() if text.startswith("select count(*)")]
    assert nested["SELECT oldest()"]["Nested In"] == 1 and counting["Nested In"] == called
    assert counting["Calls"] == 3 and counting["Total Time"] >= counting["Execution Time"] > 0
    assert counting["Name"] == "family: PL/pgSQL function oldest() line 5 at SQL statement"
    [found] = [plan for text, plan in nested.items() if "like 'cat%'" in text]
    assert found["Nested In"] == 1 and found["Plan"]["Plans"][0]["Actual Rows"] == 3


def test_a_scalar_call_and_a_constraint_are_listened_to_as_well(dsn: str, tmp_path: Path) -> None:
    plans = plans_of(PlanOptions(dsn, ("select name from cats where id = oldest()", "insert into kittens values (5, 1)")), tmp_path)
    assert [plan.get("Nested In") for plan in plans] == [None, 0, None, 2]
    assert "FOR KEY SHARE" in plans[3]["Query Text"]


def test_functions_of_the_server_itself_are_not_listened_to(dsn: str, tmp_path: Path) -> None:
    assert (
        len(plans_of(PlanOptions(dsn, ("select upper(name), count(*) from cats group by 1", "select * from generate_series(1, 3)")), tmp_path)) == 2
    )
    assert len(plans_of(PlanOptions(dsn, ("select oldest()",), nested=False), tmp_path)) == 1


def test_a_role_that_may_not_listen_is_told_why_and_gets_its_plan(dsn: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create role plain login")
        connection.execute("grant select on cats to plain")
    said: list[str] = []
    plans = plans_of(PlanOptions(dsn.replace("postgres:", "plain:"), ("select oldest()", "select oldest() + 1"), say=said.append), tmp_path)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("drop owned by plain; drop role plain")
    assert len(plans) == 2 and plans[0]["Execution Time"] > 0
    assert len(said) == 1 and "LOAD 'auto_explain'" in said[0] and "--no-nested" in said[0]


def test_listening_to_one_statement_does_not_touch_the_next(dsn: str, tmp_path: Path) -> None:
    plans = plans_of(PlanOptions(dsn, ("select oldest()", "select * from cats"), nested=True), tmp_path)
    assert [plan.get("Nested In") for plan in plans] == [None, 0, None]


def test_a_function_that_takes_too_long_is_heard_up_to_there(dsn: str, tmp_path: Path) -> None:
    import psycopg

    slower = """create function slower() returns int language plpgsql as $$
        begin
            perform count(*) from cats;
            if current_setting('auto_explain.log_min_duration', true) = '0' then perform pg_sleep(60); end if;
            return 1;
        end $$"""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(slower)
    said: list[str] = []
    plans = plans_of(PlanOptions(dsn, ("select slower()", "select oldest()"), timeout_s=0.5, say=said.append), tmp_path)
    assert [plan["Query Text"] for plan in plans if "Nested In" not in plan] == ["select slower()", "select oldest()"]
    assert len(plans) == 4 and len(said) == 1 and "Not done after 0.5 s" in said[0] and "LOAD" not in said[0]


def test_what_is_heard_is_not_in_the_servers_log(dsn: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(dsn) as connection:
        row = connection.execute("show data_directory").fetchone()
    assert row
    logs = [path for path in Path(row[0]).glob("*log*") if path.is_file()]
    plans_of(PlanOptions(dsn, ("select oldest()",)), tmp_path)
    assert logs and "Query Text" not in "".join(path.read_text(errors="replace") for path in logs)


def test_a_key_whose_trigger_ran_is_described_and_its_columns_are_advised(dsn: str, tmp_path: Path) -> None:
    import psycopg

    from perfkit.rules.plans import postgresql
    from tests.rules.conftest import plan_of_file

    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute('create table litter (id int, "mother cat" int, father int, primary key (id))')
        connection.execute('alter table litter add constraint litter_mother foreign key ("mother cat") references cats on delete cascade')
        connection.execute("insert into litter select n, 1 + n % 3, 1 from generate_series(1, 60000) n")
        [plan] = plans_of(PlanOptions(dsn, ("delete from cats where id = 3",), nested=False), tmp_path)
        connection.execute("drop table litter")
    described = {key["constraint_name"]: (key["relation"], key["columns"], key["indexed"]) for key in plan["Foreign Keys"]}
    assert described["litter_mother"] == ("public.litter", ['"mother cat"'], False)
    artefact = tmp_path / "plan.json"
    artefact.write_text(json.dumps([plan]))
    [finding] = [item for item in postgresql.judge([plan_of_file(artefact)], {}) if "litter_mother" in item.title]
    assert finding.remedy == 'Each row looks for rows that refer to it: create index on litter ("mother cat");'
