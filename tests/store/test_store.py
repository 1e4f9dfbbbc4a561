"""Short connections, bounded waiting, comments for every client, and a schema that users can rely on."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from perfkit.errors import Exit, StoreBusy, UsageError
from perfkit.store import Store
from perfkit.store.migrations import WIDER, run_tables, views
from perfkit.workbench import Workbench
from tests.conftest import WriteLog

PUBLIC = {
    "runs": "run_id kind tool tool_version label scenario system commit host started_at valid invalid_because artefact_sha256 format",
    "requests": "run_id started_at duration_ms endpoint method status ok error bytes_in phase worker",
    "latency_buckets": "run_id endpoint method lo_ms hi_ms requests",
    "reported": "run_id endpoint method stat value lo hi unit",
    "frames": "frame_id function file line",
    "profile_functions": "run_id frame_id calls primitive_calls self total unit",
    "profile_edges": "run_id caller_id callee_id calls self total unit",
    "profile_nodes": "run_id node_id parent_id frame_id thread count self total unit",
    "profile_lines": "run_id file line python native system memory_mb copy_mb unit",
    "plans": "run_id plan_id engine statement fingerprint planning_ms execution_ms outside_ms",
    "plan_nodes": "run_id plan_id node_id parent_id node_type relation index_name loops rows_estimated rows_actual total_ms self_ms shared_hit "
    "shared_read temp_written clamped",
    "spans": "run_id trace_id span_id parent_id kind name started_at duration_ms status fingerprint file line attributes",
    "samples": "run_id series at value unit",
    "rounds": "run_id benchmark round value unit",
    "code_findings": "run_id rule file line snippet",
    "findings": "finding_id run_id rule priority impact effort title file line cost_ms saves_ms remedy",
    "verdicts": "system label target metric subject value lo hi unit n verdict",
}
HEY_CSV = Path(__file__).parent.parent / "artefacts" / "hey_csv" / "ok.csv"
HOLD = "import duckdb, sys; connection = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.readline()"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data" / "perfkit.duckdb", wait_s=10)


def columns(store: Store) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, column in store.query("select table_name, column_name from duckdb_columns() where not internal")[1]:
        found.setdefault(table, set()).add(column)
    return found


@pytest.mark.parametrize("table", PUBLIC)
def test_the_public_surface_is_there(empty_store: Path, table: str) -> None:
    assert set(PUBLIC[table].split()) <= columns(Store(empty_store))[table]


def test_every_column_of_every_table_is_commented(store: Store) -> None:
    query = """
        select table_name || '.' || column_name from duckdb_columns() join duckdb_tables() using (database_name, schema_name, table_name)
        where duckdb_columns.comment is null and not duckdb_columns.internal"""
    assert store.query(query)[1] == []


def test_the_tables_of_runs_are_those_with_a_run(store: Store) -> None:
    query = """
        select table_name from duckdb_columns() join duckdb_tables() using (database_name, schema_name, table_name)
        where column_name = 'run_id' and table_name not in ('runs', 'findings') order by table_name"""
    assert [row[0] for row in store.query(query)[1]] == list(run_tables())


def test_a_run_has_the_tables_that_its_artefact_filled(bench: Workbench, locust_log: WriteLog) -> None:
    [stored] = bench.ingest([locust_log()])
    assert bench.store.tables_of([stored.run_id]) == set(stored.rows)
    assert bench.store.tables_of(["unknown"]) == set()


def test_migrations_are_applied_once(store: Store) -> None:
    for _ in range(2):
        with store.writing():
            pass
    assert store.query("select count(*) = count(distinct name) from migrations")[1] == [(True,)]


def test_a_store_from_before_gets_what_it_lacks(store: Store) -> None:
    fresh = columns(store)
    with store.writing() as connection:
        for view in views():
            connection.execute(f"drop view {view}")
        for table, added in WIDER.items():
            for column in added:
                connection.execute(f"alter table {table} drop column {column.split()[0]}")
        connection.execute("delete from migrations where name <> 'create_tables'")
    assert store.query("select distinct subject from measured_requests union all select subject from measured_buckets")[1] == []
    assert columns(store) == fresh


def test_runs_from_before_know_whether_they_hold_answers_only(bench: Workbench, locust_log: WriteLog) -> None:
    bench.ingest([HEY_CSV, locust_log()])
    with bench.store.writing() as connection:
        connection.execute("alter table runs drop column answers_only")
        connection.execute("delete from migrations where name = 'mark_runs_of_answers_only'")
    assert bench.store.query("select format, answers_only from runs order by format")[1] == [("hey-csv", True), ("locust-requests", None)]


def test_buckets_count_only_where_there_are_no_requests(store: Store) -> None:
    with store.writing() as connection:
        connection.execute("insert into latency_buckets values ('kept', '/a', 'GET', 1, 2, 7, null), ('both', '/a', null, 1, 2, 7, null)")
        connection.execute("insert into requests (run_id, started_at, duration_ms, endpoint, status, ok) values ('both', now(), 1, '/a', 200, true)")
    assert store.query("select run_id, subject, requests from measured_buckets")[1] == [("kept", "GET /a", 7)]


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as connection:
        connection.execute("insert into investigations (investigation) values ('half')")
        raise ZeroDivisionError
    assert store.query("select count(*) from investigations")[1] == [(0,)]


def test_a_reader_waits_for_a_process_that_writes(store: Store) -> None:
    store.query("select 1")
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(store.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(StoreBusy) as raised:
        Store(store.path, wait_s=0.3).query("select 1")
    assert raised.value.exit_code == Exit.BUSY
    assert str(holder.pid) in str(raised.value)
    letting_go = threading.Timer(0.3, holder.communicate, [b"\n"])
    letting_go.start()
    assert store.query("select 1")[1] == [(1,)]
    letting_go.join()


@pytest.mark.parametrize(
    "writing",
    [
        "insert into investigations (investigation) values ('x')",
        "copy (select 1) to 'PLACE/out.csv'",
        "select 1; copy (select 1) to 'PLACE/out.csv'",
        "explain analyze copy (select 1) to 'PLACE/out.csv'",
        "explain (analyze, format json) copy (select 1) to 'PLACE/out.csv'",
        "-- explain nothing\nexplain /* and do it */ analyze copy (select 1) to 'PLACE/out.csv'",
        "export database 'PLACE/out'",
        "attach 'PLACE/out.duckdb'",
        "pragma profile_output = 'PLACE/out.json'",
        "select * from enable_logging(storage = 'file', storage_config = {'path': 'PLACE/out'})",
    ],
)
def test_a_query_writes_neither_to_the_store_nor_to_a_file(store: Store, tmp_path: Path, writing: str) -> None:
    asked = writing.replace("PLACE", str(tmp_path))
    with pytest.raises(UsageError):
        store.query(asked)
    with pytest.raises(UsageError):
        store.frame(asked)
    assert not list(tmp_path.glob("out*")) and store.query("select * from investigations")[1] == []


@pytest.mark.parametrize(
    "reading",
    [
        "describe runs",
        "explain(select 1)",
        "explain analyze select 1",
        "explain (format json) select 1",
        "pragma table_info('runs')",
        "summarize runs",
        "show tables",
        "pivot (select 1 as a, 2 as b) on a using sum(b)",
        "select x from read_csv('PLACE/in.csv')",
    ],
)
def test_whatever_reads_is_answered(store: Store, tmp_path: Path, reading: str) -> None:
    (tmp_path / "in.csv").write_text("x\n1\n")
    assert store.query(reading.replace("PLACE", str(tmp_path)))[1]


def test_a_refused_statement_is_told_how_to_keep_an_answer(store: Store) -> None:
    with pytest.raises(UsageError, match=r"Not run: `copy runs to 'out.csv'` is no query but COPY.*add --json and redirect it: > FILE"):
        store.query("copy runs to 'out.csv'")
    with pytest.raises(UsageError, match="The query is empty"):
        store.query("-- nothing")


def test_the_rows_of_a_question_must_fit_their_type(store: Store, tmp_path: Path) -> None:
    from perfkit.model.batch import Columns

    (tmp_path / "question.sql").write_text("select 1 as table_name, 2 as columns")
    with pytest.raises(TypeError, match="selects"):
        store.ask(tmp_path / "question.sql", Columns)
