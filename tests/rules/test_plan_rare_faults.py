"""Faults that need an odd server to show: each is brought about on a real one, and the rule speaks of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rules.conftest import Clinic

PARTS = 60
SCHEMA = f"""
create extension if not exists pg_trgm;
create table shelf as select n as id, md5(n::text) as code, repeat(md5(n::text), 12) as text from generate_series(1, 40000) n;
create index shelf_code on shelf using gin (code gin_trgm_ops);
create table week (week int, id int) partition by list (week);
{";".join(f"create table week_{number} partition of week for values in ({number})" for number in range(PARTS))};
insert into week select n % {PARTS}, n from generate_series(1, 60000) n;
create table heap (id int, kind int);
insert into heap select n, case when n <= 1000 then n else 0 end from generate_series(1, 200000) n;
vacuum analyze shelf, week, heap
"""
PARALLEL = ("parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0", "max_parallel_workers_per_gather = 2")


@pytest.fixture(scope="module")
def server(clinic: Clinic) -> Iterator[Clinic]:
    clinic.run(*SCHEMA.split(";"))
    yield clinic
    clinic.run("drop table shelf, week, heap")


def rules(server: Clinic, statement: str, *settings: str, warm: bool = True) -> dict[str, str]:
    return {finding.rule: f"{finding.title}. {finding.remedy}" for finding in server.judge(statement, *settings, warm=warm)}


def test_partitions_that_no_condition_leaves_out(server: Clinic) -> None:
    found = rules(server, "select count(*) from week where id > 5")
    assert f"{PARTS} parts are read and none is left out" in found["partitions-not-pruned"]
    assert "partitions-not-pruned" not in rules(server, "select count(*) from week where week = 7")


def test_a_kept_list_that_does_not_fit(server: Clinic) -> None:
    statement = "with kept as materialized (select * from shelf) select count(*) from kept"
    assert "temporary files" in rules(server, statement, "work_mem = '1MB'")["temporary-file"]
    assert "temporary-file" not in rules(server, statement, "work_mem = '64MB'")


def test_the_work_mem_that_is_advised_suffices(server: Clinic) -> None:
    for statement in ("select * from shelf order by code", "select count(*) from shelf a join shelf b on a.text = b.text"):
        advised = {title.partition("work_mem = '")[2].partition("'")[0] for title in rules(server, statement, "work_mem = '1MB'").values()} - {""}
        [needed] = advised
        assert not {"sort-on-disk", "hash-on-disk", "temporary-file"} & rules(server, statement, f"work_mem = '{needed}'").keys()


def test_an_index_whose_answers_are_mostly_wrong(server: Clinic) -> None:
    statement = "select * from shelf where code like '%00%0a%a0%'"
    found = rules(server, statement, "enable_seqscan = off", "work_mem = '64MB'")
    assert "do not match" in found["index-recheck-discards-rows"]


def test_workers_that_were_planned_and_are_not_there(server: Clinic) -> None:
    statement = "select count(*) from heap where kind >= 0"
    found = rules(server, statement, *PARALLEL, "max_parallel_workers = 0")
    assert "0 of 2 planned workers were launched" in found["workers-not-launched"]
    assert "workers-not-launched" not in rules(server, statement, *PARALLEL)


def test_reading_what_is_not_in_the_cache(server: Clinic) -> None:
    server.run("create extension if not exists pg_buffercache")
    [[evictable]] = server.connection.execute("select count(*) from pg_proc where proname = 'pg_buffercache_evict_relation'").fetchall()
    if not evictable:
        pytest.skip("this server cannot empty its cache")
    server.run("select pg_buffercache_evict_relation('shelf')")
    statement = "select count(text) from shelf"
    found = rules(server, statement, "track_io_timing = on", warm=False)
    assert "Run it twice" in found["cold-buffers"] and "MB/s" in found["cold-buffers"]
    assert "cold-buffers" not in rules(server, statement, "track_io_timing = on")
