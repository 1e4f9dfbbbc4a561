"""A service that refuses fast is neither healthy nor faster, and a bystander changes nothing in the load's own numbers."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.errors import UsageError
from perfkit.model.run import Manifest
from perfkit.packs import load_pack
from perfkit.workbench import Workbench
from tests.conftest import START, WIDE_HEADER, WriteLog, described


def fill(bench: Workbench, write: WriteLog, label: str, median_ms: float, failed: float, *, scenario: str = "s", seed: int = 0) -> None:
    logs = [write(f"{label}{turn}.csv", median_ms=median_ms, failed=failed, seed=turn + seed) for turn in range(5)]
    for turn, log in enumerate(logs):
        described(log, Manifest(label=label, scenario=scenario, started_at=datetime(2026, 1, 1) + timedelta(minutes=turn)))
    bench.ingest(logs)


def test_failures_are_a_finding(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, "broken", 2, 0.4)
    [finding] = [item for item in bench.diagnose(Selection(label="broken")) if item.rule == "failing-requests"]
    assert finding.subject == "GET /items"
    assert "of the requests fail" in finding.title


def test_a_fast_refusal_is_not_faster(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, "good", 60, 0.0)
    fill(bench, locust_log, "broken", 2, 1.0, seed=50)
    compared = bench.compare(Selection(label="good"), Selection(label="broken"), ["latency.p95"])
    assert {item.verdict for item in compared} == {"inconclusive"}
    assert all("requests failed" in (item.why or "") for item in compared)


def test_labels_without_a_common_scenario_are_not_compared(bench: Workbench, locust_log: WriteLog) -> None:
    fill(bench, locust_log, "small", 10, 0.0, scenario="small")
    fill(bench, locust_log, "large", 30, 0.0, scenario="large", seed=50)
    compared = bench.compare(Selection(label="small"), Selection(label="large"), ["latency.p95"])
    assert {item.verdict for item in compared} == {"inconclusive"}
    assert all("no scenario in common" in (item.why or "") for item in compared)


def test_a_bystander_does_not_stretch_the_load(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "watched.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(WIDE_HEADER)
        for number in range(2000):
            rows.writerow([START + 5 + number / 200, "GET", "/items", 10 + number % 7, 1, 200, "", "1", "", "steady", ""])
        for number in range(75):
            rows.writerow([START + number / 5, "", "watch GET /health", 2.0, 1, 200, "", "watch", "", "", START + number / 5])
    bench.ingest([path])
    [throughput] = bench.measure("throughput", subject="all requests")
    assert throughput.value == pytest.approx(200, rel=0.01)
    [p95] = bench.measure("latency.p95", subject="GET /items")
    assert p95.lo is not None
    [beside] = bench.measure("latency.p50", subject="watch GET /health")
    assert (beside.value, beside.n) == (2.0, 75)


def test_a_pack_limits_a_metric_in_its_own_unit(tmp_path: Path) -> None:
    (tmp_path / "pack.yml").write_text('name: p\ntitle: P\ntargets:\n  - {label: Fast, metric: latency.p95, must_be: "<", limit: 50 %}\n')
    with pytest.raises(UsageError, match="write it in ms"):
        load_pack(str(tmp_path))
