"""vegeta's own rule decides what failed, its times become UTC, and its three outputs of one attack agree."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.workbench import Workbench

FOLDER = Path(__file__).parent.parent / "artefacts"
ROWS = {"vegeta_json": "mixed_statuses_zoned.json", "vegeta_csv": "mixed_statuses.csv"}
REPORT = FOLDER / "vegeta_report" / "mixed_statuses_buckets.json"


def hits() -> list[dict[str, Any]]:
    """The requests as the NDJSON has them."""
    return [json.loads(line) for line in (FOLDER / "vegeta_json" / ROWS["vegeta_json"]).read_text().splitlines()]


@pytest.mark.parametrize("name", ROWS)
def test_every_request_is_there_with_vegetas_judgement(bench: Workbench, name: str) -> None:
    [stored] = bench.ingest([FOLDER / name / ROWS[name]])
    expected = sorted((hit["latency"] / 1e6, hit["code"], 200 <= hit["code"] < 400 and not hit["error"], hit["error"] or None) for hit in hits())
    found = bench.store.query("select duration_ms, status, ok, error from requests order by duration_ms")[1]
    assert stored.rows == {"requests": 150}
    assert found == [(pytest.approx(latency), *rest) for latency, *rest in expected]


@pytest.mark.parametrize("name", ROWS)
def test_a_request_starts_when_it_was_sent_in_utc(bench: Workbench, name: str) -> None:
    bench.ingest([FOLDER / name / ROWS[name]])
    with (FOLDER / "vegeta_csv" / ROWS["vegeta_csv"]).open(newline="") as file:
        sent_us = sorted(int(row[0]) // 1000 for row in csv.reader(file))
    found = bench.store.query("select epoch_us(started_at) from requests order by 1")[1]
    assert [row[0] for row in found] == sent_us
    assert bench.store.query("select started_at::varchar, load_model from runs")[1] == [("2026-09-21 14:13:20.123513", "open")]


def test_urls_become_endpoints_and_are_kept(bench: Workbench) -> None:
    bench.ingest([FOLDER / "vegeta_csv" / "ok.csv"])
    query = "select endpoint, method, count(*), count(distinct url), sum(bytes_in)::bigint, count(intended_at) from requests group by all"
    assert bench.store.query(query)[1] == [("/items/{id}", "GET", 80, 9, 80 * 64, 0)]


def test_an_error_alone_is_a_failure(bench: Workbench, tmp_path: Path) -> None:
    row = {
        "attack": "",
        "seq": 1,
        "code": 200,
        "timestamp": "2026-01-01T00:00:00Z",
        "latency": 5,
        "bytes_out": 0,
        "bytes_in": 2,
        "error": "unexpected EOF",
    }
    (tmp_path / "short.json").write_text(json.dumps(row) + "\n")
    bench.ingest([tmp_path / "short.json"])
    query = "select ok, error, endpoint, method, started_at = timestamp '2026-01-01' from requests"
    assert bench.store.query(query)[1] == [(False, "unexpected EOF", "all", None, True)]


def test_a_body_longer_than_the_head_is_no_hindrance(bench: Workbench, tmp_path: Path) -> None:
    line = json.loads((FOLDER / "vegeta_json" / "ok.json").read_text().splitlines()[0])
    (tmp_path / "long.json").write_text(json.dumps(line | {"body": "QUJD" * 30_000}, separators=(",", ":")) + "\n")
    with (FOLDER / "vegeta_csv" / "ok.csv").open(newline="") as file:
        row = next(csv.reader(file))
    (tmp_path / "long.csv").write_text(",".join([*row[:6], "QUJD" * 30_000, *row[7:]]) + "\n")
    assert [item.format for item in bench.ingest([tmp_path / "long.csv", tmp_path / "long.json"])] == ["vegeta-csv", "vegeta-json"]


@pytest.mark.parametrize(
    ("key", "value"), [("latency", -5), ("latency", 1.5), ("latency", True), ("latency", None), ("code", "ok"), ("code", 70000), ("timestamp", None)]
)
def test_a_value_of_another_kind_is_refused(bench: Workbench, tmp_path: Path, key: str, value: object) -> None:
    (tmp_path / "wrong.json").write_text(json.dumps(hits()[0]) + "\n" + json.dumps(hits()[1] | {key: value}) + "\n")
    with pytest.raises(ArtefactError, match=r"wrong\.json: tried as vegeta-json: .*request 1"):
        bench.ingest([tmp_path / "wrong.json"])


def test_a_negative_latency_in_a_csv_is_refused(bench: Workbench, tmp_path: Path) -> None:
    good = (FOLDER / "vegeta_csv" / "ok.csv").read_text().splitlines()[0].split(",")
    (tmp_path / "wrong.csv").write_text(",".join(good) + "\n" + ",".join([*good[:2], "-7", *good[3:]]) + "\n")
    with pytest.raises(ArtefactError, match="latency -7"):
        bench.ingest([tmp_path / "wrong.csv"])


def test_what_the_report_printed_agrees_with_the_requests(bench: Workbench) -> None:
    bench.ingest([REPORT])
    latencies = [hit["latency"] / 1e6 for hit in hits()]
    query = "select stat, value from reported where stat in ('max', 'min', 'requests', 'error_rate') order by stat"
    failed = sum(not 200 <= hit["code"] < 400 for hit in hits())
    assert dict(bench.store.query(query)[1]) == pytest.approx(
        {"max": max(latencies), "min": min(latencies), "requests": 150, "error_rate": failed / 150}
    )
    assert bench.store.query("select started_at::varchar, load_model from runs")[1] == [("2026-09-21 14:13:20.123513", "open")]


def test_percentiles_of_a_digest_have_no_bounds(bench: Workbench) -> None:
    bench.ingest([REPORT])
    query = "select stat, unit from reported where lo is null and hi is null and value is not null order by stat"
    assert bench.store.query(query)[1] == [("p50", "ms"), ("p90", "ms"), ("p95", "ms"), ("p99", "ms")]


def test_statuses_are_counted_and_errors_only_named(bench: Workbench) -> None:
    bench.ingest([REPORT])
    statuses = dict(bench.store.query("select about, value::integer from reported where stat = 'status'")[1])
    assert statuses == {str(code): sum(hit["code"] == code for hit in hits()) for code in {hit["code"] for hit in hits()}}
    errors = bench.store.query("select about, value from reported where stat = 'error' order by about")[1]
    assert errors == [(error, None) for error in sorted({hit["error"] for hit in hits()} - {""})]


def test_buckets_hold_every_request(bench: Workbench) -> None:
    bench.ingest([REPORT])
    found = bench.store.query("select lo_ms, hi_ms, requests from latency_buckets order by lo_ms")[1]
    latencies = [hit["latency"] / 1e6 for hit in hits()]
    assert [row[2] for row in found] == [sum(lo <= latency < hi for latency in latencies) for lo, hi, _ in found]
    assert sum(row[2] for row in found) == 150


@pytest.mark.parametrize(
    "change",
    [
        {"requests": 0},
        {"requests": "many"},
        {"success": 1.5},
        {"rate": float("nan")},
        {"latencies": [1]},
        {"latencies": {"mean": -1, "max": 1}},
        {"earliest": "yesterday"},
        {"errors": "none"},
        {"buckets": {"0": 3}},
        {"buckets": {"5": 100, "0": 50}},
        {"status_codes": {"200": 0.5}},
    ],
    ids=str,
)
def test_a_report_with_a_wrong_value_is_refused(bench: Workbench, tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "wrong.json").write_text(json.dumps(json.loads(REPORT.read_text()) | change))
    with pytest.raises(ArtefactError, match=r"wrong\.json: tried as vegeta-report"):
        bench.ingest([tmp_path / "wrong.json"], as_format="vegeta-report")


def test_times_of_the_report_are_utc(bench: Workbench) -> None:
    assert datetime.fromisoformat(json.loads(REPORT.read_text())["earliest"]).hour == 16
    bench.ingest([REPORT])
    assert bench.store.query("select hour(started_at) from runs")[1] == [(14,)]
