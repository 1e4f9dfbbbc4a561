"""What a real server counts between two snapshots is what a command made it do, and the faults of its catalog are found."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from perfkit.analyses.known_runs import Selection
from perfkit.analyses.measure import measure
from perfkit.analyses.metrics import METRICS
from perfkit.cli import program
from perfkit.collectors.catalog import CatalogOptions, collect
from perfkit.collectors.catalog.snapshot import Catalog
from perfkit.errors import CollectionFailed, MissingTool, UsageError
from perfkit.model.run import MANIFEST_SUFFIX, Manifest
from perfkit.workbench import Workbench
from tests.collectors.catalog_server import catalog_server

WORK = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    for number in range(25):
        connection.execute("select * from items where id = %s", [number])
    for number in range(12):
        connection.execute("select count(*), pg_sleep(0.1) from items where length(name) = %s", [number])
    connection.execute("insert into items select 100000 + n from generate_series(1, 10) as n")
    for number in range(10):
        connection.execute("delete from items where id = %s", [100001 + number])
    connection.execute("alter role keeper password 'battery-staple'")
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with catalog_server() as found:
        yield found


@pytest.fixture(scope="module")
def dsn(address: str) -> str:
    return address.format(database="postgres")


@pytest.fixture(scope="module")
def artefact(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One collection for all tests that only look at it."""
    folder = tmp_path_factory.mktemp("collected")
    options = CatalogOptions(dsn, command=(sys.executable, "-c", WORK, dsn), exact_bloat=True, stated=Manifest(label="baseline"))
    return collect(options, folder)


@pytest.fixture
def stored(bench: Workbench, artefact: Path) -> Workbench:
    bench.ingest([artefact])
    return bench


def rows(bench: Workbench, sql: str) -> list[tuple[Any, ...]]:
    return bench.store.query(sql)[1]


def test_statements_count_what_the_command_sent(stored: Workbench) -> None:
    counted = dict(rows(stored, "select statement, calls from statement_stats"))
    assert counted["select * from items where id = $1"] == 25
    assert counted["select count(*), pg_sleep($2) from items where length(name) = $1"] == 12
    assert rows(stored, "select count(*) from statement_stats where fingerprint is null") == [(0,)]
    assert not any("perfkit" in statement or "create index" in statement for statement in counted)


def test_tables_and_indexes_count_what_the_command_did(stored: Workbench) -> None:
    [table] = rows(stored, "select seq_scans, seq_rows, index_scans, inserted, deleted, rows_live from table_stats where relation = 'items'")
    assert table[:5] == (12, 12 * 40_000, 35, 10, 10) and table[5] >= 40_000, "live rows are the estimate of the server"
    [key] = rows(stored, "select scans, is_primary, columns, since < until from index_stats where index_name = 'items_pkey'")
    assert key == (35, True, ["id"], True)


def test_definitions_are_complete(stored: Workbench) -> None:
    known = {name: row for name, *row in rows(stored, "select index_name, method, columns, keys, predicate, is_valid, parent_index from index_stats")}
    assert known["items_name_pattern"][:2] == ["btree", ["name"]] and known["items_name_pattern"][2] != known["items_name"][2]
    assert known["items_odd"][1] == ['"Odd Name"'] and known["items_odd"][3] == '"Odd Name" IS NOT NULL'
    assert known["items_broken"][4] is False and known["parts_1_at_idx"][5] == "parts_at"
    assert rows(stored, "select columns, indexed from foreign_keys order by columns") == [(['"Odd Name"'], True), (["kind"], False)]


def test_the_exact_bloat_of_a_fresh_index_is_small(stored: Workbench) -> None:
    [(share,)] = rows(stored, "select bloat_bytes / bytes from index_stats where index_name = 'items_name_kind'")
    assert 0 <= share < 0.05


def test_metrics_answer_from_the_catalog(stored: Workbench) -> None:
    [slow] = measure(stored.store, METRICS["statement.mean"], Selection(), "select count(*), pg_sleep*")
    assert 100 < slow.value < 300 and slow.n == 12 and slow.unit == "ms"
    [calls] = measure(stored.store, METRICS["statement.calls"], Selection(), "select * from items where id = $1")
    assert calls.value == 25
    [cache] = measure(stored.store, METRICS["db.cache_hit"], Selection())
    assert cache.subject == "postgres" and cache.lo is not None and 0.9 < cache.value <= 1
    [connections] = measure(stored.store, METRICS["db.connections"], Selection())
    assert connections.value >= 1


def test_every_fault_of_the_catalog_is_found_and_nothing_else(stored: Workbench) -> None:
    found = {(finding.rule, finding.place) for finding in stored.diagnose(Selection())}
    assert found == {
        ("index-invalid", "index items_broken of public.items"),
        ("index-duplicate", "index items_name of public.items"),
        ("index-unused-unproved", "items_name_kind, items_name_pattern, items_reverse"),
        ("foreign-key-without-index", "foreign key items_kind_fkey of public.items"),
        ("statement-slow", "select count(*), pg_sleep($2) from items where length(name) = $1"),
        ("table-read-whole", "table public.items"),
    }


def test_the_advice_can_be_executed(stored: Workbench, dsn: str) -> None:
    advice = {finding.rule: finding.remedy.split(";")[0] for finding in stored.diagnose(Selection())}
    wanted = [advice[rule].replace(" concurrently", "") for rule in ("index-invalid", "index-duplicate", "foreign-key-without-index")]
    with psycopg.connect(dsn) as connection:
        for statement in wanted:
            connection.execute(statement.encode())
        indexes = {row[0] for row in connection.execute("select indexrelname from pg_stat_user_indexes where relname = 'items'")}
        connection.rollback()
    assert indexes == {"items_pkey", "items_name_kind", "items_name_pattern", "items_reverse", "items_odd", "items_kind_idx"}


def test_an_index_counts_as_unused_when_the_counters_are_old_enough(artefact: Path, bench: Workbench, tmp_path: Path) -> None:
    document = json.loads(artefact.read_text())
    document["after"]["counting_since"] = "2020-01-01T00:00:00+00:00"
    old = tmp_path / "old.json"
    old.write_text(json.dumps(document))
    bench.ingest([old])
    unused = {finding.place for finding in bench.diagnose(Selection()) if finding.rule == "index-unused"}
    assert unused == {f"index {name} of public.items" for name in ("items_name_kind", "items_name_pattern", "items_reverse")}


def test_no_password_and_no_value_is_kept(artefact: Path) -> None:
    left = artefact.read_text() + artefact.with_name(artefact.name + MANIFEST_SUFFIX).read_text()
    assert "correct-horse" not in left and "battery-staple" not in left
    assert "alter role keeper password '…'" in {row["query"] for row in json.loads(artefact.read_text())["after"]["statements"]}


def test_a_reset_between_the_snapshots_is_said_in_since(dsn: str, tmp_path: Path, bench: Workbench) -> None:
    reset = "import sys, psycopg; c = psycopg.connect(sys.argv[1], autocommit=True); c.execute('select 1 as before_it'); "
    reset += "c.execute('select pg_stat_statements_reset()'); c.execute('select pg_stat_reset()'); c.execute('select count(*) from kinds'); c.close()"
    bench.ingest([collect(CatalogOptions(dsn, command=(sys.executable, "-c", reset, dsn)), tmp_path)])
    [(began, ended)] = rows(bench, 'select min("at"), max("at") from samples')
    counted = {statement: (calls, since) for statement, calls, since in rows(bench, "select statement, calls, since from statement_stats")}
    calls, since = counted["select count(*) from kinds"]
    assert calls == 1 and began < since < ended and "select $1 as before_it" not in counted
    [(scans, since)] = rows(bench, "select seq_scans, since from table_stats where relation = 'kinds'")
    assert scans == 1 and began < since < ended


def test_an_open_transaction_and_its_age_are_seen_while_waiting(dsn: str, tmp_path: Path, bench: Workbench) -> None:
    told: list[str] = []
    with psycopg.connect(dsn) as idle:
        idle.execute("select 1")
        late = threading.Timer(0.8, idle.rollback)
        late.start()
        bench.ingest([collect(CatalogOptions(dsn, during_s=1.2), tmp_path, lambda text, done: told.append(text))])
        late.join()
    gauges = dict(rows(bench, "select stat, value from database_stats where since is null and until is not null"))
    assert gauges["connections_idle_in_transaction"] == 1 and 0 < gauges["idle_in_transaction_longest"] < 3
    assert gauges["setting.work_mem"] == 4 * 2**20 and gauges["setting.jit"] in (0, 1) and gauges["setting.max_connections"] == 100
    assert told[0] == "first snapshot" and told[-1] == "second snapshot" and "counting · 1 of 1 s" in told


def test_nothing_is_written_and_no_lock_is_waited_for_without_end(dsn: str) -> None:
    catalog = Catalog(dsn, 0.3, exact_bloat=False)
    with psycopg.connect(dsn) as other:
        other.execute("lock table kinds in access exclusive mode")
        with pytest.raises(CollectionFailed, match=r"more than 0\.3 s: a table may be locked.*--timeout"):
            catalog.snapshot()
        other.rollback()
    assert catalog.snapshot().counters["tables"]


def test_a_role_that_may_not_see_statements_is_told_so(dsn: str, tmp_path: Path, bench: Workbench) -> None:
    said: list[str] = []
    bench.ingest([collect(CatalogOptions(dsn.replace("postgres:@", "stranger:@"), during_s=0.1, remark=said.append), tmp_path)])
    assert len(said) == 1 and "hidden from this one" in said[0] and "pg_monitor" in said[0]
    [(hidden,)] = rows(bench, "select value from database_stats where stat = 'statements_hidden'")
    assert hidden > 0 and not rows(bench, "select * from statement_stats where statement like '<%'")


def test_a_database_without_the_extension_says_how_to_get_it(address: str, tmp_path: Path) -> None:
    plain = address.format(database="plain")
    arguments = ["--workspace", str(tmp_path), "collect", "catalog", "--dsn", plain, "--during", "100ms", "--json"]
    done = CliRunner().invoke(program, arguments)
    assert done.exit_code == 0 and "create extension pg_stat_statements" in done.stderr
    assert "statement_stats" not in json.loads(done.stdout)[0]["rows"] and json.loads(done.stdout)[0]["rows"]["database_stats"] > 20
    with pytest.raises(MissingTool, match="create extension pgstattuple"):
        collect(CatalogOptions(plain, during_s=0.1, exact_bloat=True), tmp_path)


def test_a_command_that_fails_leaves_nothing(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(CollectionFailed, match=r"(?s)ended with status 3.*no luck"):
        collect(CatalogOptions(dsn, command=(sys.executable, "-c", "import sys; print('no luck'); sys.exit(3)")), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [{}, {"during_s": 1.0, "command": ("true",)}, {"during_s": 0.0}, {"during_s": float("inf")}])
def test_what_lies_between_the_snapshots_must_be_said_once(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        CatalogOptions("postgresql://h/db", **given)
