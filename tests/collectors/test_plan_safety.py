"""What was tried leaves nothing behind, and what would leave something is not tried."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perfkit.collectors.plans import PlanOptions, collect
from perfkit.errors import CollectionFailed, UsageError

LEFT = """
    select (select json_agg(cats order by id) from cats)::text, (select json_agg(kittens) from kittens)::text,
        (select last_value || ' ' || is_called from kittens_id_seq),
        (select md5(string_agg(oid || relname || relfilenode || coalesce(reloptions::text, ''), ',' order by oid)) from pg_class where oid > 16383),
        (select md5(string_agg(oid || proname || prosrc, ',' order by oid)) from pg_proc where oid > 16383),
        (select count(*) from pg_largeobject_metadata), (select count(*) from pg_prepared_statements)
"""
"""Rows, sequences and catalog of the whole database."""


def rows_of(dsn: str, sql: str) -> Any:
    import psycopg

    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(sql.encode()).fetchall()


def test_rows_sequences_and_catalog_are_as_before(dsn: str, tmp_path: Path) -> None:
    before = rows_of(dsn, LEFT)
    statements = (
        "select id, name into dogs from cats",
        "update cats set name = upper(name)",
        "delete from cats where id = 3",
        "insert into kittens values (7, 1)",
        "insert into kittens (cat) values (1), (2)",
        "with gone as (delete from cats returning *), came as (insert into cats select id + 10, name from gone returning id) table came",
        "select * from family()",
        "select * from cats where id = $1",
        "merge into cats using (values (1), (9)) as other(id) on cats.id = other.id when matched then delete when not matched then insert values (9, 'x')",
    )
    said: list[str] = []
    collect(PlanOptions(dsn, statements, say=said.append), tmp_path)
    assert rows_of(dsn, LEFT) == before
    assert len([text for text in said if "executed and rolled back" in text]) == 5
    assert [text for text in said if "kittens_id_seq" in text] and len(said) == 7


def test_numbers_of_a_sequence_are_spent_only_when_that_is_wanted(dsn: str, tmp_path: Path) -> None:
    taking = "insert into kittens (cat) values (1)"
    [held] = json.loads(collect(PlanOptions(dsn, (taking,)), tmp_path).read_text())
    assert "kittens_id_seq" in held["Not Executed"] and "Execution Time" not in held and held["Planning Time"] > 0
    [spent] = json.loads(collect(PlanOptions(dsn, (taking,), spend_sequences=True, nested=False), tmp_path).read_text())
    assert spent["Plan"]["Plans"][0]["Actual Rows"] == 1 and "Not Executed" not in spent
    assert rows_of(dsn, "select last_value from kittens_id_seq") == [(2,)]
    assert rows_of(dsn, "select * from kittens") == []


@pytest.mark.parametrize(
    ("sql", "because"),
    [
        ("select setval('kittens_id_seq', 99)", "setval sets a sequence"),
        ("select * from dblink('dbname=postgres', 'select 1') as t(n int)", "dblink works in a session of its own"),
        ("select * from elsewhere", "dblink works in a session of its own"),
        ("select U&\"\\0073etval\"('kittens_id_seq', 99)", "setval sets a sequence"),
        ("select pg_catalog.lo_export(1, '/tmp/x')", "lo_export reaches the server's files"),
        ("select pg_read_file('postgresql.conf')", "pg_read_file reaches the server's files"),
        ("select pg_terminate_backend(1)", "pg_terminate_backend acts on the server"),
        ("select pg_stat_statements_reset()", "pg_stat_statements_reset resets counters"),
    ],
)
def test_what_escapes_the_transaction_is_refused_but_may_be_planned(sql: str, because: str, dsn: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=because):
        collect(PlanOptions(dsn, (sql,)), tmp_path)
    [plan] = json.loads(collect(PlanOptions(dsn, (sql,), analyze=False), tmp_path).read_text())
    assert "Execution Time" not in plan
    assert rows_of(dsn, "select last_value from kittens_id_seq")[0][0] <= 2


def test_names_in_quotes_and_comments_are_no_calls(dsn: str, tmp_path: Path) -> None:
    sql = "select 'setval(1)', name as \"dblink\" from cats -- lo_export(1)"
    assert len(json.loads(collect(PlanOptions(dsn, (sql,)), tmp_path).read_text())) == 1


def test_a_generic_plan_takes_one_statement_only(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfkit.collectors.plans.explainable", lambda sql: sql)
    before = rows_of(dsn, LEFT)
    with pytest.raises(CollectionFailed, match="multiple commands"):
        collect(PlanOptions(dsn, ("select $1::int; drop table cats cascade",)), tmp_path)
    assert rows_of(dsn, LEFT) == before


def test_a_lock_of_another_session_is_not_waited_for_longer_than_allowed(dsn: str, tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(dsn) as other:
        other.execute("lock table cats")
        with pytest.raises(CollectionFailed, match=r"SQLSTATE 55P03.*Another session holds a lock"):
            collect(PlanOptions(dsn, ("select count(*) from cats",), timeout_s=0.3), tmp_path)


def test_a_session_that_may_only_read_is_told_how_to_plan_a_change(dsn: str, tmp_path: Path) -> None:
    reading = f"{dsn}&options=-c%20default_transaction_read_only%3Don"
    changing = "delete from cats"
    assert json.loads(collect(PlanOptions(reading, ("select * from cats",)), tmp_path).read_text())[0]["Execution Time"] > 0
    with pytest.raises(CollectionFailed, match=r"SQLSTATE 25006.*--no-analyze"):
        collect(PlanOptions(reading, (changing,)), tmp_path)
    assert json.loads(collect(PlanOptions(reading, (changing,), analyze=False), tmp_path).read_text())[0]["Plan"]["Operation"] == "Delete"


def test_an_interrupt_ends_the_statement_on_the_server_too(dsn: str, tmp_path: Path) -> None:
    running = "select count(*) from pg_stat_activity where query like '%pg_sleep(77)%' and state = 'active' and pid <> pg_backend_pid()"
    command = [sys.executable, "-m", "perfkit", "--workspace", str(tmp_path), "collect", "plans", "--dsn", dsn, "--statement", "select pg_sleep(77)"]
    interrupted = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _until(lambda: rows_of(dsn, running) == [(1,)])
        interrupted.send_signal(signal.SIGINT)
        said = interrupted.communicate(timeout=20)[1]
    finally:
        interrupted.kill()
    assert interrupted.returncode not in (0, None) and "Traceback" not in said
    _until(lambda: rows_of(dsn, running) == [(0,)])


def _until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.1)
