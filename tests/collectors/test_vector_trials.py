"""Trials on a real pgvector: exact search finds all, indexes find what they can, and the database ends as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from perfkit.analyses.plan_trees import plan_trees
from perfkit.analyses.vector_choice import choices
from perfkit.analyses.vector_growth import growths
from perfkit.analyses.vector_trials import EXACT, VectorTrial, vector_trials
from perfkit.cli.collect.vectors import command as collect_vectors
from perfkit.cli.figure import command as figure
from perfkit.collectors.plans import PlanOptions
from perfkit.collectors.vectors import Grid, VectorOptions
from perfkit.demo.vectors import around
from perfkit.errors import CollectionFailed, UsageError
from perfkit.rules import vectors
from perfkit.rules.plans import vectors as plans
from perfkit.workbench import Workbench, open_workbench

ROWS, DIMENSIONS = 4000, 32


@pytest.fixture(scope="module")
def vector_dsn(server: str) -> Iterator[str]:
    """Clustered vectors three times: without an index, in one that was built in time, in one that was built on an empty table."""
    import psycopg

    from perfkit.collectors.vector_column import as_copy

    random = np.random.default_rng(3)
    made = around(random.integers(0, 64, ROWS), random)[:, :DIMENSIONS]
    plain = server.replace("{database}", "vectors")
    with psycopg.connect(server.replace("{database}", "postgres"), autocommit=True) as connection:
        connection.execute("drop database if exists vectors with (force)")
        connection.execute("create database vectors")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("create extension vector")
        index = "create index on {} using ivfflat (embedding vector_cosine_ops) with (lists = 40)"
        for table in ("plain", "fresh", "early", "graph"):
            connection.execute(f"create table {table} (id integer, embedding vector({DIMENSIONS}))".encode())
            if table == "early":
                connection.execute(index.format(table).encode())
            with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin (format binary)".encode()) as copy:
                copy.write(as_copy(made))
            if table == "fresh":
                connection.execute(index.format(table).encode())
            connection.execute(f"analyze {table}".encode())
        connection.execute("create index graph_embedding on graph using hnsw (embedding vector_cosine_ops)")
        connection.execute(f"create table half as select id, embedding::halfvec({DIMENSIONS}) as embedding from plain limit 1000".encode())
    yield plain


def tried(bench: Workbench, dsn: str, table: str, **wanted: object) -> list[VectorTrial]:
    """The stored trials of one collection."""
    options = VectorOptions(dsn, table, "embedding", **{"repetitions": 1, **wanted})  # type: ignore[arg-type]
    return vector_trials(bench.store, [bench.collect(options).run_id])


def catalog(dsn: str) -> list[tuple[object, ...]]:
    import psycopg

    with psycopg.connect(dsn) as connection:
        return connection.execute("select oid, relname, relfilenode from pg_class order by 1").fetchall()


def test_exact_search_finds_all_and_more_probes_find_more(bench: Workbench, vector_dsn: str) -> None:
    before = catalog(vector_dsn)
    grid = Grid(lists=(20,), probes=(1, 3, 10), ef_search=(10, 80))
    trials = tried(bench, vector_dsn, "plain", grid=grid)
    exact, *rest = trials
    assert exact.method == EXACT and exact.recall == 1.0 and exact.returned == 10 and exact.build_ms is None
    ivfflat = [trial for trial in rest if trial.method == "ivfflat"]
    assert [trial.probes for trial in ivfflat] == [1, 3, 10]
    assert ivfflat[0].recall < ivfflat[1].recall <= ivfflat[2].recall
    hnsw = [trial for trial in rest if trial.method == "hnsw"]
    assert hnsw[0].recall < hnsw[1].recall and hnsw[0].buffers is not None and hnsw[0].buffers < (hnsw[1].buffers or 0)
    assert all(trial.index_used and not trial.in_place and trial.build_ms and trial.bytes for trial in rest)
    assert {trial.row_count for trial in trials} == {ROWS - 50} and {trial.n for trial in trials} == {50}
    assert catalog(vector_dsn) == before


def test_the_recommended_setting_reaches_the_recall_when_it_is_measured_again(bench: Workbench, vector_dsn: str) -> None:
    trials = tried(bench, vector_dsn, "plain", grid=Grid(lists=(20,), ef_search=(10, 20, 40, 80)), recall=0.9)
    chosen = {choice.method: choice for choice in choices(trials)}
    assert set(chosen) == {"ivfflat", "hnsw"} and all(choice.reached and choice.exact for choice in chosen.values())
    ivfflat, hnsw = chosen["ivfflat"].chosen, chosen["hnsw"].chosen
    again = Grid(lists=(20,), probes=(ivfflat.probes or 0,), ef_search=(hnsw.ef_search or 0,))
    assert min(trial.recall for trial in tried(bench, vector_dsn, "plain", grid=again)) >= 0.9
    cheaper = chosen["ivfflat"].cheaper
    assert cheaper is None or (cheaper.recall < 0.9 and cheaper.p50_ms < ivfflat.p50_ms)


def test_an_index_built_on_an_empty_table_is_found(bench: Workbench, vector_dsn: str) -> None:
    found = {}
    for table in ("early", "fresh"):
        trials = tried(bench, vector_dsn, table, grid=Grid(methods=("ivfflat",)))
        assert {trial.in_place for trial in trials if trial.lists == 40} == {True, False}
        found[table] = {finding.rule: finding for finding in vectors.judge(trials)}
    assert "vector-index-built-before-its-data" in found["early"] and "vector-index-built-before-its-data" not in found["fresh"]
    finding = found["early"]["vector-index-built-before-its-data"]
    assert " % of the 10 nearest (P50 " in finding.title and "P95" in finding.title
    assert "reindex" in finding.remedy


def test_in_place_only_reads_and_tells_too_few_probes(bench: Workbench, vector_dsn: str) -> None:
    before = catalog(vector_dsn)
    trials = tried(bench, vector_dsn, "fresh", in_place=True, k=10)
    assert trials[0].recall == 1.0 and all(trial.in_place for trial in trials)
    assert [trial.lists for trial in trials[1:]] == [40] * (len(trials) - 1)
    assert trials[1].probes == 1 and trials[1].recall < trials[-1].recall
    rules = {finding.rule for finding in vectors.judge(trials)}
    assert "vector-probes-too-few" in rules and "vector-index-built-before-its-data" not in rules
    assert catalog(vector_dsn) == before
    with pytest.raises(UsageError, match=r"plain\.embedding has no vector index that serves <=> \(cosine\); there is: none"):
        tried(bench, vector_dsn, "plain", in_place=True)


def test_ef_search_below_limit_is_found(bench: Workbench, vector_dsn: str) -> None:
    trials = tried(bench, vector_dsn, "plain", k=100, queries=10, grid=Grid(methods=("hnsw",), ef_search=(40, 200)))
    assert [trial.returned for trial in trials] == [100, 40, 100]
    [finding] = [finding for finding in vectors.judge(trials) if finding.rule == "vector-search-returns-too-few"]
    assert "ef_search 40 is below LIMIT 100" in finding.title


def test_exact_search_grows_with_the_rows_and_hnsw_does_not(bench: Workbench, vector_dsn: str) -> None:
    sizes = (120, 240, 480, 960, 1920, 3840)
    trials = tried(bench, vector_dsn, "plain", sizes=sizes, queries=40, grid=Grid(methods=("hnsw",), ef_search=(10, 20, 40, 80, 160)))
    grown = {growth.method: growth for growth in growths(trials)}
    assert grown[EXACT].exponent == pytest.approx(1, abs=0.1) and grown[EXACT].verdict == "linear"
    hnsw = grown["hnsw"]
    assert hnsw.exponent is not None and hnsw.exponent <= 0.5 and hnsw.verdict == "sub-linear" and hnsw.cost == "buffers"
    few = growths([trial for trial in trials if trial.row_count <= 960])
    assert all(growth.verdict == "not decided" and "4 sizes" in growth.why for growth in few)


def test_half_precision_is_searched_as_it_is(bench: Workbench, vector_dsn: str) -> None:
    exact, hnsw = tried(bench, vector_dsn, "half", metric="l2", grid=Grid(methods=("hnsw",), m=(40,), ef_search=(80,)))
    assert exact.recall == 1.0 and hnsw.recall > 0.95 and hnsw.index_used
    assert (hnsw.m, hnsw.ef_construction, hnsw.metric) == (40, 80, "l2")


def test_plans_of_the_server_show_answers_that_are_too_short(bench: Workbench, vector_dsn: str) -> None:
    query = "select id from graph {} order by embedding <=> (select embedding from graph where id = 1) {} limit {}"
    asked = (query.format("", "", 10), query.format("", "", 200), query.format("where id % 20 = 1", "", 10), query.format("", "desc", 10))
    settings = {"enable_seqscan": "off", "enable_sort": "off"}
    stored = bench.collect(PlanOptions(vector_dsn, asked[:3], settings=settings))
    found = [finding for finding in plans.judge(plan_trees(bench.store, [stored.run_id]), {}) if finding.rule.startswith("vector")]
    assert [finding.rule for finding in found] == ["vector-search-returns-too-few-rows"] * 2
    assert "returns 40 of the 200 rows" in found[0].title and "ef_search" in found[0].remedy
    assert "of the 10 rows" in found[1].title and "the filter left out" in found[1].title and "iterative_scan" in found[1].remedy
    stored = bench.collect(PlanOptions(vector_dsn, asked[3:]))
    [finding] = [finding for finding in plans.judge(plan_trees(bench.store, [stored.run_id]), {}) if finding.rule.startswith("vector")]
    assert finding.rule == "vector-search-without-index" and "DESC" in finding.remedy


def test_what_cannot_be_searched_is_said(bench: Workbench, vector_dsn: str) -> None:
    with pytest.raises(UsageError, match="no column 'nothing' in a table 'plain'"):
        bench.collect(VectorOptions(vector_dsn, "plain", "nothing"))
    with pytest.raises(UsageError, match="of type int4, not vector or halfvec"):
        bench.collect(VectorOptions(vector_dsn, "plain", "id"))
    with pytest.raises(CollectionFailed, match=r"PostgreSQL ended the trials of plain\.embedding"):
        tried(bench, vector_dsn, "plain", timeout_s=0.002)
    with pytest.raises(UsageError, match="holds 4000 vectors; 5000 and 50 queries are asked for"):
        tried(bench, vector_dsn, "plain", sizes=(10, 100, 5000))


def test_the_command_prints_recall_beside_latency_and_the_choice(vector_dsn: str, tmp_path: Path) -> None:
    arguments = ["--dsn", vector_dsn, "--table", "plain", "--column", "embedding", "--ef-search", "10,80", "--lists", "20", "--queries", "30"]
    done = CliRunner().invoke(collect_vectors, [*arguments, "--recall", "0.9"], obj=tmp_path, catch_exceptions=False)
    assert done.exit_code == 0 and "recall" in done.stdout
    assert "Recall 0.9 with hnsw: hnsw m 16, ef_construction 64, ef_search " in done.stdout and "as fast as exact search" in done.stdout
    [run] = [item.run_id for item in open_workbench(tmp_path).runs()]
    picture = tmp_path / "recall.svg"
    drawn = CliRunner().invoke(figure, ["recall", run, "-o", str(picture)], obj=tmp_path, catch_exceptions=False)
    assert drawn.exit_code == 0 and run in picture.read_text() and "30 queries a setting" in picture.read_text().replace("\u00a0", " ")
