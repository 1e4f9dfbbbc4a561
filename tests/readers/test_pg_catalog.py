"""Snapshots become differences, and exports of any version are read as they stand; what is neither is refused with its place."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS, artefacts, assert_every_cut_is_refused, changed

EIGHTEEN = ARTEFACTS / "pg_catalog" / "postgres_18.json"
LOOK_UP = "select * from items where id = $1"
OLD = """userid,dbid,queryid,query,calls,total_time,min_time,max_time,mean_time,stddev_time,rows,shared_blks_hit,shared_blks_read,blk_read_time,blk_write_time
10,13427,-6653628627743349796,"select ""a"",
 b from t where id = $1",4,10.5,1.0,5.5,2.625,1.2,4,12,3,1.5,0.25
"""


def rows(bench: Workbench, sql: str) -> list[tuple[Any, ...]]:
    return bench.store.query(sql)[1]


@pytest.mark.parametrize("path", artefacts("pg_catalog"), ids=lambda path: path.stem)
def test_what_was_done_between_the_snapshots_is_what_is_stored(path: Path, bench: Workbench) -> None:
    bench.ingest([path])
    counted = dict(rows(bench, "select statement, calls from statement_stats"))
    assert (counted[LOOK_UP], counted["select count(*) from items where kind = $1"]) == (25, 4)
    assert rows(bench, "select inserted, deleted from table_stats where relation = 'items'") == [(10, 10)]
    [(scans, total)] = rows(bench, "select scans, scans_total from index_stats where index_name = 'items_pkey'")
    assert 25 <= scans <= total
    [run] = bench.runs()
    assert (run.kind, run.tool, (run.tool_version or "")[:2]) == ("catalog", "postgresql", path.stem[-2:])


@pytest.mark.parametrize("path", artefacts("pg_stat_csv"), ids=lambda path: path.name)
def test_exports_are_read_as_they_stand(path: Path, bench: Workbench) -> None:
    [stored] = bench.ingest([path])
    view = path.stem.split("_")[-1]
    table = {"statements": "statement_stats", "tables": "table_stats", "indexes": "index_stats", "database": "database_stats"}[view]
    assert (stored.format, list(stored.rows)) == ("pg-stat-csv", [table])
    assert rows(bench, f"select distinct until from {table}") == [(None,)]
    assert bench.runs()[0].scenario == ("pg_stat_" if view in ("statements", "database") else "pg_stat_user_") + view


def test_csv_and_json_of_a_view_give_the_same_rows(bench: Workbench) -> None:
    bench.ingest([ARTEFACTS / "pg_stat_csv" / f"postgres_18_indexes.{ending}" for ending in ("csv", "json")])
    found = rows(bench, "select distinct * exclude (run_id) from index_stats")
    assert len(found) == 5


def test_the_four_views_do_not_take_each_others_place(bench: Workbench) -> None:
    bench.ingest([ARTEFACTS / "pg_stat_csv" / f"postgres_18_{view}.csv" for view in ("statements", "tables", "indexes", "database")])
    assert len({(run.kind, run.scenario) for run in bench.runs()}) == 4


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_names_of_version_12_are_known(delimiter: str, tmp_path: Path, bench: Workbench) -> None:
    path = tmp_path / "old.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(csv.reader(OLD.splitlines(keepends=True)))
    bench.ingest([path])
    [row] = rows(bench, "select query_id, statement, calls, total_ms, max_ms, planning_ms, shared_read, io_ms from statement_stats")
    assert row == ("-6653628627743349796", 'select "a",\n b from t where id = $1', 4, 10.5, 5.5, None, 3, 1.75)


def test_the_later_names_are_known(tmp_path: Path, bench: Workbench) -> None:
    row = {"query": "select 1", "queryid": -1, "calls": 2, "total_exec_time": 3.0, "max_exec_time": 2.0, "total_plan_time": 0.5}
    later = row | {"shared_blk_read_time": 1.0, "local_blk_write_time": 0.5, "temp_blk_read_time": 0.25, "wal_bytes": 9, "toplevel": True}
    path = tmp_path / "later.json"
    path.write_text(json.dumps([later]))
    bench.ingest([path])
    assert rows(bench, "select total_ms, planning_ms, io_ms, wal_bytes, top_level from statement_stats") == [(3.0, 0.5, 1.75, 9, True)]


def statements(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Rows of both snapshots for the look-up."""
    [after] = [row for row in document["after"]["statements"] if row["query"] == LOOK_UP]
    before = {**after, "calls": 5, "total_exec_time": after["total_exec_time"] / 5, "stats_since": "2020-01-01T00:00:00+00:00"}
    after["stats_since"] = "2020-01-01T00:00:00+00:00"
    document["before"]["statements"].append({name: value for name, value in before.items() if name != "query"})
    return {"before": document["before"]["statements"][-1], "after": after}


def look_up(bench: Workbench, path: Path) -> tuple[float, datetime | None]:
    bench.ingest([path])
    [(calls, since)] = rows(bench, f"select calls, since from statement_stats where statement = '{LOOK_UP}'")
    return calls, since


def test_counters_are_differences_since_the_first_snapshot(bench: Workbench, tmp_path: Path) -> None:
    path = changed(EIGHTEEN, tmp_path, statements)
    taken = datetime.fromisoformat(json.loads(path.read_text())["before"]["taken_at"]).replace(tzinfo=None)
    assert look_up(bench, path) == (20, taken)


def test_what_was_thrown_out_and_came_back_counts_since_then(bench: Workbench, tmp_path: Path) -> None:
    def back(document: dict[str, Any]) -> None:
        statements(document)["after"]["stats_since"] = document["looks"][0]["at"]

    calls, since = look_up(bench, changed(EIGHTEEN, tmp_path, back))
    assert calls == 25 and since == rows(bench, 'select min("at") from samples')[0][0]


def test_a_counter_that_went_down_began_anew_at_an_unknown_moment(bench: Workbench, tmp_path: Path) -> None:
    assert look_up(bench, changed(EIGHTEEN, tmp_path, lambda document: statements(document)["before"].update(calls=1000))) == (25, None)


def test_a_statement_that_was_thrown_out_is_left_out_and_counted(bench: Workbench, tmp_path: Path) -> None:
    def gone(document: dict[str, Any]) -> None:
        document["after"]["statements"].remove(statements(document)["after"])

    bench.ingest([changed(EIGHTEEN, tmp_path, gone)])
    assert rows(bench, f"select * from statement_stats where statement = '{LOOK_UP}'") == []
    assert rows(bench, "select value from database_stats where stat = 'statements_evicted'") == [(1,)]


def test_one_table_whose_counters_were_reset_says_so_alone(bench: Workbench, tmp_path: Path) -> None:
    def more(document: dict[str, Any]) -> None:
        next(row for row in document["before"]["tables"] if row["relname"] == "items")["n_tup_ins"] = 10**9

    bench.ingest([changed(EIGHTEEN, tmp_path, more)])
    assert rows(bench, "select relation from table_stats where since is null") == [("items",)]


@pytest.mark.parametrize(
    ("keys", "value", "place"),
    [
        (("after", "statements", 3, "calls"), "many", r"after, statements, row 3: calls is 'many', which is no counter"),
        (("after", "statements", 3, "calls"), -4, r"after, statements, row 3: calls is '-4'"),
        (("after", "statements", 3, "total_exec_time"), float("nan"), r"after, statements, row 3: total_exec_time is 'nan'"),
        (("after", "tables", 1), [], r"after, tables, row 1: no object"),
        (("after", "tables", 0, "last_analyze"), "yesterday", r"after, tables, row 0: last_analyze is 'yesterday', which is no moment"),
        (("after", "indexes", 2, "is_unique"), "perhaps", r"after, indexes, row 2: is_unique is 'perhaps'"),
        (("after", "indexes", 2, "columns"), "name", r"after, indexes, row 2: columns is no list of names"),
        (("after", "indexes", 2, "indexrelname"), None, r"after, indexes, row 2: there is no indexrelname"),
        (("after", "foreign_keys", 0, "columns"), [], r"after, foreign_keys, row 0: a foreign key without columns"),
        (("after", "taken_at"), "2001-01-01T00:00:00+00:00", r"the second snapshot is not later"),
        (("before", "taken_at"), None, r"before: nobody knows when it was taken"),
        (("before", "database"), 7, r"before, database: no object"),
        (("after",), {}, r"an object without taken_at"),
        (("server", "settings"), 3, r"server, settings: no object"),
        (("server", "settings", "work_mem", "setting"), "much", r"server, settings, work_mem: 'much' is no number"),
        (("looks", 0, "connections"), None, r"looks, row 0: there is no connections"),
        (("perfkit_catalog",), 9, r"form 9; known is form 1"),
    ],
)
def test_a_damaged_document_is_refused_with_its_place(keys: tuple[Any, ...], value: Any, place: str, tmp_path: Path, bench: Workbench) -> None:
    def damage(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    with pytest.raises(ArtefactError, match=rf"changed: tried as pg-catalog: .*{place}"):
        bench.ingest([changed(EIGHTEEN, tmp_path, damage)])
    assert bench.runs() == []


def test_cut_files_are_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(EIGHTEEN, "pg-catalog", tmp_path)
    assert_every_cut_is_refused(ARTEFACTS / "pg_stat_csv" / "postgres_18_indexes.json", "pg-stat-csv", tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("relname,seq_scan,n_tup_ins\nitems,3\n", "line 2.*2 values under 3 columns; was the file cut off"),
        ("relname,seq_scan,n_tup_ins\nitems,3,1\nkinds,few,1\n", "line 3.*seq_scan is 'few'"),
        ("relname,seq_scan,n_tup_ins,last_vacuum\nitems,3,1,21.11.2026 10:00\n", "line 2.*no moment in ISO form.*datestyle"),
        ("indexrelname,idx_scan,idx_tup_read\ni,1,1\n", "line 2.*there is no relname"),
        ("relname,seq_scan,n_tup_ins\n", "no rows of pg_stat_database"),
        ('[{"relname": "items", "seq_scan": 1, "n_tup_ins": 1}, 7]', "row 1: no object"),
    ],
)
def test_a_damaged_export_is_refused_with_its_line(text: str, reason: str, tmp_path: Path, bench: Workbench) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text)
    assert detect(path).NAME == "pg-stat-csv"
    with pytest.raises(ArtefactError, match=rf"export\.csv.*{reason}"):
        bench.ingest([path])
    assert bench.runs() == []


def test_two_exports_in_one_file_are_their_difference(bench: Workbench, tmp_path: Path) -> None:
    head = "taken_at,userid,dbid,queryid,query,calls,total_exec_time,rows\n"
    before = head + "2026-01-01 10:00:00+00,10,5,1,select 1,100,50.0,100\n2026-01-01 10:00:00+00,10,5,2,select 2,7,3.0,7\n"
    after = head + "2026-01-01 10:05:00+00,10,5,1,select 1,140,90.0,140\n2026-01-01 10:05:00+00,10,5,2,select 2,7,3.0,7\n"
    new = "2026-01-01 10:05:00+00,11,5,1,select 1,2,1.0,2\n2026-01-01 10:05:00+00,10,5,3,select 3,4,2.0,4\n"
    path = tmp_path / "statements.csv"
    path.write_text(before + after + new)
    bench.ingest([path])
    rows = bench.store.query("select statement, calls, total_ms, epoch(until - since) from statement_stats order by statement, calls")[1]
    assert rows == [("select 1", 2, 1, 300), ("select 1", 40, 40, 300), ("select 3", 4, 2, 300)]
