"""oha's answers keep their planned starts, its percentiles are its own samples, and its histogram counts only where its edges are true."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import oha_csv, oha_sqlite
from perfkit.workbench import Workbench

FOLDER = Path(__file__).parent.parent / "artefacts"
ANSWERS = FOLDER / "oha_csv" / "mixed_statuses.csv"
SUMMARY = FOLDER / "oha_json" / "mixed_statuses.json"
DATABASES = FOLDER / "oha_sqlite"
GOOD = "0.5,0.0001,0.0002,0.004,0.005,64,200\n"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def stored_in(name: str, query: str) -> list[tuple[Any, ...]]:
    """What SQLite itself says."""
    with closing(sqlite3.connect(DATABASES / name)) as database:
        return database.execute(query).fetchall()


def changed(folder: Path, name: str, *statements: str) -> Path:
    path = folder / "changed.db"
    path.write_bytes((DATABASES / name).read_bytes())
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)
    return path


def test_seconds_become_milliseconds_and_offsets_count_from_1970(bench: Workbench) -> None:
    bench.ingest([ANSWERS])
    expected = sorted((float(row["request-start"]), float(row["request-duration"]) * 1000, int(row["status"])) for row in rows(ANSWERS))
    found = bench.store.query("select epoch_us(started_at) / 1e6, duration_ms, status from requests order by 1")[1]
    assert [tuple(row) for row in found] == [pytest.approx(row, abs=1e-6) for row in expected]
    assert bench.store.query("select year(started_at) > 1970, load_model from runs")[1] == [(True, None)]


def test_an_answer_of_status_400_and_above_failed(bench: Workbench) -> None:
    bench.ingest([ANSWERS])
    counts = Counter(int(row["status"]) for row in rows(ANSWERS))
    found = bench.store.query("select status, ok, count(*), sum(bytes_in)::integer from requests group by all order by status")[1]
    assert found == [(status, status < 400, count, 64 * count) for status, count in sorted(counts.items())]


def test_waiting_begins_when_the_connection_is_there(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(oha_csv.HEADER + "\n" + GOOD + GOOD.replace("0.004", "0"))
    bench.ingest([tmp_path / "a.csv"])
    found = bench.store.query("select connect_ms, wait_ms from requests order by wait_ms nulls last")[1]
    assert found == [(pytest.approx(0.2), pytest.approx(3.8)), (pytest.approx(0.2), None)]


@pytest.mark.parametrize(("old", "new"), [("0.005", "-0.005"), ("0.005", "NaN"), ("0.5,", "inf,"), (",64", ",-64"), (",200", ","), ("200", "2000")])
def test_a_wrong_value_is_refused(bench: Workbench, tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "wrong.csv").write_text(oha_csv.HEADER + "\n" + GOOD + GOOD.replace(old, new, 1))
    with pytest.raises(ArtefactError, match=r"wrong\.csv: tried as oha-csv"):
        bench.ingest([tmp_path / "wrong.csv"])


def test_percentiles_are_samples_at_ohas_own_rank(bench: Workbench) -> None:
    bench.ingest([SUMMARY])
    ranked = sorted(float(row["request-duration"]) * 1000 for row in rows(ANSWERS))
    found = dict(bench.store.query("select stat, value from reported where stat like 'p%' and unit = 'ms' and about is null")[1])
    assert found == pytest.approx({f"p{percent:g}": ranked[int(percent / 100 * 150)] for percent in (10, 25, 50, 75, 90, 95, 99, 99.9, 99.99)})
    breakdown = bench.store.query("select count(*), any_value(about) from reported where stat like 'p%' and about is not null and unit = 'ms'")[1]
    assert breakdown == [(9, "status 2xx only")]


@pytest.mark.parametrize("name", ["oha_csv/ok.csv", "oha_sqlite/mixed_statuses.db", "oha_sqlite/two_runs.db", "hey_csv/ok.csv"])
def test_a_run_of_answers_says_that_it_is_one(bench: Workbench, name: str) -> None:
    bench.ingest([FOLDER / name])
    assert bench.store.query("select answers_only from runs")[1] == [(True,)]


def test_answers_and_errors_are_counted_apart(bench: Workbench) -> None:
    bench.ingest([SUMMARY])
    query = "select stat, about, value::integer from reported where stat in ('requests', 'status', 'error') order by all"
    counts = Counter(row["status"] for row in rows(ANSWERS))
    assert bench.store.query(query)[1] == [
        ("error", "aborted due to deadline", 2),
        ("error", "connection refused", 7),
        ("requests", None, 159),
        *(("status", status, counts[status]) for status in sorted(counts)),
    ]


def test_bins_with_true_edges_are_buckets(bench: Workbench) -> None:
    bench.ingest([SUMMARY])
    durations = [float(row["request-duration"]) * 1000 for row in rows(ANSWERS)]
    found = bench.store.query("select lo_ms, hi_ms, requests, endpoint from latency_buckets order by lo_ms")[1]
    for place, (_, hi_ms, _, _) in enumerate(found, start=1):
        assert sum(row[2] for row in found[:place]) == sum(duration < hi_ms + 1e-6 for duration in durations)
    assert sum(row[2] for row in found) == len(durations)
    assert {row[3] for row in found} == {"all"}


def test_bins_labelled_by_width_are_no_buckets(bench: Workbench) -> None:
    [stored] = bench.ingest([FOLDER / "oha_json" / "old_histogram.json"])
    assert stored.rows.keys() == {"reported"}


def test_a_run_without_any_answer_has_no_times(bench: Workbench) -> None:
    bench.ingest([FOLDER / "oha_json" / "nothing_answered.json"])
    assert bench.store.query("select count(*) from reported where unit = 'ms'")[1] == [(0,)]
    assert bench.store.query("select value from reported where stat = 'error_rate'")[1] == [(1.0,)]


@pytest.mark.parametrize(
    "change",
    [
        {"summary": {}},
        {"summary": None},
        {"latencyPercentiles": {"p50": -1}},
        {"latencyPercentiles": {"pxx": 1}},
        {"latencyPercentiles": [1]},
        {"statusCodeDistribution": {"200": 1.5}},
        {"statusCodeDistribution": {}, "errorDistribution": {}},
        {"responseTimeHistogram": {"fast": 150}},
        {"errorDistribution": {"refused": True}},
    ],
    ids=str,
)
def test_a_summary_with_a_wrong_value_is_refused(bench: Workbench, tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "wrong.json").write_text(json.dumps(json.loads(SUMMARY.read_text()) | change))
    with pytest.raises(ArtefactError, match=r"wrong\.json: tried as oha-json"):
        bench.ingest([tmp_path / "wrong.json"], as_format="oha-json")


def test_the_database_has_what_the_csv_has_and_a_date(bench: Workbench) -> None:
    bench.ingest([DATABASES / "mixed_statuses.db"])
    [(run,)] = stored_in("mixed_statuses.db", "select distinct run from oha")
    expected = sorted((float(row["request-start"]) + run, float(row["request-duration"]) * 1000, int(row["status"])) for row in rows(ANSWERS))
    found = bench.store.query("select epoch_us(started_at) / 1e6, duration_ms, status from requests order by 1")[1]
    assert [tuple(row) for row in found] == [pytest.approx(row, abs=2e-6) for row in expected]
    assert bench.store.query("select endpoint, count(distinct url), count(intended_at) from requests group by all")[1] == [("/items/{id}", 7, 0)]


def test_a_planned_start_is_kept_and_the_duration_counts_from_sending(bench: Workbench) -> None:
    bench.ingest([DATABASES / "latency_correction.db"])
    [(corrected,)] = stored_in("latency_correction.db", "select sum(duration) * 1000 from oha")
    [(served,)] = stored_in("latency_correction.db", 'select sum("end" - start) * 1000 from oha')
    assert corrected > served * 2, "the stall delays those planned behind it"
    query = "select sum(duration_ms), sum(epoch_us(started_at) - epoch_us(intended_at)) / 1000 from requests"
    [(duration_ms, slip_ms)] = bench.store.query(query)[1]
    assert duration_ms == pytest.approx(served)
    assert duration_ms + slip_ms == pytest.approx(corrected, abs=1)
    assert bench.store.query("select load_model from runs")[1] == [("open",)]


def test_two_runs_in_one_file_are_not_judged(bench: Workbench) -> None:
    [stored] = bench.ingest([DATABASES / "two_runs.db"])
    assert stored.rows == {"requests": 120}
    [(valid, reason)] = bench.store.query("select valid, invalid_because from runs")[1]
    assert not valid
    assert "2 runs" in reason


def test_a_table_without_urls_and_runs_is_read(bench: Workbench) -> None:
    bench.ingest([DATABASES / "old_table.db"])
    assert bench.store.query("select distinct endpoint, year(started_at) from requests")[1] == [("all", 1970)]
    assert bench.store.query("select year(started_at) > 1970 from runs")[1] == [(True,)]


def test_large_tables_come_in_chunks(bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oha_sqlite, "CHUNK_ROWS", 32)
    tables = [batch for batch in oha_sqlite.read(DATABASES / "mixed_statuses.db") if hasattr(batch, "table")]
    assert len(tables) == 5
    [stored] = bench.ingest([DATABASES / "mixed_statuses.db"])
    assert stored.rows == {"requests": 150}


def test_reading_leaves_the_database_alone(bench: Workbench) -> None:
    before = sorted(path.name for path in DATABASES.iterdir())
    bench.ingest([DATABASES / "mixed_statuses.db"])
    assert sorted(path.name for path in DATABASES.iterdir()) == before


@pytest.mark.parametrize(
    "statement",
    [
        "update oha set start = 'soon' where rowid = 17",
        'update oha set "end" = start - 1 where rowid = 17',
        "update oha set start = 9e999 where rowid = 17",
        "update oha set status = 70000 where rowid = 17",
        "update oha set len_bytes = -1 where rowid = 17",
        "update oha set run = 'first' where rowid = 17",
        "update oha set url = x'ff00' where rowid = 17",
        "update oha set start_latency_correction = 'never' where rowid = 17",
    ],
)
def test_a_row_that_oha_did_not_write_is_refused(bench: Workbench, tmp_path: Path, statement: str) -> None:
    path = changed(tmp_path, "mixed_statuses.db", statement)
    with pytest.raises(ArtefactError, match="tried as oha-sqlite: row 17 has"):
        bench.ingest([path])


Change = Callable[[Path], Path]
OTHERS: dict[str, tuple[Change, str]] = {
    "no rows": (lambda folder: changed(folder, "old_table.db", "delete from oha"), "no measurements"),
    "no column": (lambda folder: changed(folder, "old_table.db", "alter table oha drop column status"), "no column status"),
    "no table": (lambda folder: changed(folder, "old_table.db", "alter table oha rename to hits"), "none recognises"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_table_that_is_not_ohas_is_refused(bench: Workbench, tmp_path: Path, name: str) -> None:
    change, said = OTHERS[name]
    with pytest.raises(ArtefactError, match=said):
        bench.ingest([change(tmp_path)])
