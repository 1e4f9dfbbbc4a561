"""Traced work, sampled series, sizes and growth as metrics that a target may name."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.analyses.metrics import BY_DEFAULT, METRICS, analysis_named
from perfkit.analyses.span_times import query_times, span_times
from perfkit.model.run import Manifest
from perfkit.packs.fitting import SPELT
from perfkit.trace import record, timed
from perfkit.trace.spans import Block
from perfkit.units import parse_quantity
from perfkit.workbench import Workbench
from tests.conftest import START, WIDE_HEADER

Reading = tuple[str, float, str]
"""Series, value and unit."""
STATEMENT = "select * from audit_log where document_id = 7"


@timed("gate.pii")
def pii(seconds: float) -> None:
    time.sleep(seconds)


def traced(bench: Workbench, folder: Path, waits: Sequence[float], label: str = "base", turn: int = 0) -> str:
    path = folder / f"{label}{turn}.ndjson"
    with record(path):
        for wait in waits:
            pii(wait)
    return bench.ingest([path], Manifest(label=label))[0].run_id


def sampled(bench: Workbench, folder: Path, readings: Sequence[Reading], *, label: str = "base", scenario: str = "s", turn: int = 0) -> None:
    """A load run with what was sampled beside it."""
    path = folder / f"{label}{scenario}{turn}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(WIDE_HEADER)
        rows.writerows([START + number / 10 + turn, "GET", "/items", 10, 1, 200, "", "1", "", "steady", ""] for number in range(100))
        rows.writerows(
            [START + number + turn, "#sample", name, value, "", "", unit, "", "", "", ""] for number, (name, value, unit) in enumerate(readings)
        )
    bench.ingest([path], Manifest(label=label, scenario=scenario))


def test_the_first_time_is_cold_and_all_others_are_warm(bench: Workbench, tmp_path: Path) -> None:
    traced(bench, tmp_path, [0.05, *[0.002] * 9])
    [cold], [warm], [mean] = (bench.measure(name, subject="internal gate.*") for name in ("span.cold", "span.warm.p95", "span.mean"))
    assert (cold.n, warm.n, mean.n) == (1, 9, 10)
    assert cold.value > 50 > warm.value
    assert warm.value < mean.value * 10


def test_span_times_lie_in_the_order_of_their_statistics(bench: Workbench, tmp_path: Path) -> None:
    run = traced(bench, tmp_path, [0.001 * number for number in range(12)])
    [row] = span_times(bench.store, [run])
    assert row.p50_ms <= row.p95_ms <= row.p99_ms <= row.max_ms
    assert (row.subject, row.n) == ("internal gate.pii", 12)


def test_a_percentile_of_many_spans_is_bounded_within_one_run(bench: Workbench, tmp_path: Path) -> None:
    traced(bench, tmp_path, [0.001] * 200)
    [p95] = bench.measure("span.p95", subject="internal gate.pii")
    [few] = bench.measure("span.p50", subject="internal gate.pii")
    assert p95.hi is None or p95.hi >= p95.value
    assert few.n == 200
    assert few.lo is None or few.lo <= few.value


def test_statements_are_measured_as_the_application_waits_for_them(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "statements.ndjson"
    with record(path):
        for turn in range(3):
            with Block("db", "audit_log", {"statement": f"{STATEMENT}{turn}"}):
                time.sleep(0.001)
    run = bench.ingest([path])[0].run_id
    [row] = query_times(bench.store, [run])
    assert (row.subject, row.n) == ("select * from audit_log where document_id = ?", 3)
    assert [item.subject for item in bench.measure("query.max")] == [row.subject]


def test_series_answer_in_base_units_and_leave_the_generator_out(bench: Workbench, tmp_path: Path) -> None:
    readings = [
        ("target.rss", 400.0, "mb"),
        ("target.rss", 450.0, "mb"),
        ("target.cpu", 55.0, "%"),
        ("target.cpu", 65.0, "%"),
        ("generator.cpu", 99.0, "%"),
    ]
    sampled(bench, tmp_path, readings)
    values = {name: {item.subject: item.value for item in bench.measure(name)} for name in ("memory.peak", "cpu.peak", "cpu.mean")}
    assert values == {"memory.peak": {"target.rss": 450e6}, "cpu.peak": {"target.cpu": 0.65}, "cpu.mean": {"target.cpu": pytest.approx(0.6)}}


def test_frames_are_judged_by_the_slow_ones_too(bench: Workbench, tmp_path: Path) -> None:
    sampled(bench, tmp_path, [("fps", 60.0, "fps")] * 90 + [("fps", 20.0, "fps")] * 10)
    assert [item.value for item in bench.measure("frames.median")] == [60.0]
    assert [item.value for item in bench.measure("frames.p5")] == [20.0]


def test_a_bundle_is_measured_in_every_encoding(bench: Workbench, tmp_path: Path) -> None:
    sampled(
        bench, tmp_path, [("bundle raw", 900.0, "KB"), ("bundle gzip", 300.0, "KB"), ("bundle.brotli", 250000.0, "bytes"), ("bundler", 1.0, "count")]
    )
    assert {item.subject: item.value for item in bench.measure("bundle.size")} == {"raw": 900e3, "gzip": 300e3, "brotli": 250e3}


def test_a_size_that_a_benchmark_reports_is_a_bundle_size(bench: Workbench, tmp_path: Path) -> None:
    described = {"name": "bundle gzip", "unit": "byte"}
    runs = [{"values": [310_000, 310_000, 310_000], "metadata": described | {"date": "2026-01-01 00:00:00.0"}}]
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"benchmarks": [{"metadata": described, "runs": runs}], "metadata": {}, "version": "1.0"}))
    bench.ingest([path])
    assert [(item.subject, item.value, item.n) for item in bench.measure("bundle.size")] == [("gzip", 310_000, 3)]


def test_what_many_kinds_of_runs_sample_is_compared_like_with_like(bench: Workbench, tmp_path: Path) -> None:
    for turn in range(3):
        sampled(bench, tmp_path, [("target.rss", 400.0 + turn, "mb")], label="base", turn=turn)
        sampled(bench, tmp_path, [("target.rss", 200.0 + turn, "mb")], label="less", turn=turn)
    [item] = bench.compare(Selection(label="base"), Selection(label="less"), ["memory.peak"])
    assert item.verdict == "faster"
    assert item.ratio == pytest.approx(0.5, rel=0.01)


def test_what_is_said_of_every_span_is_said_when_somebody_asks() -> None:
    asked = {name for name, metric in METRICS.items() if metric not in BY_DEFAULT}
    assert {"span.p95", "query.max", "memory.peak", "bundle.size", "sweep.growth"} <= asked
    assert {"latency.p95", "bench.mean", "llm.calls"} <= {metric.name for metric in BY_DEFAULT}


def test_every_metric_has_a_unit_that_a_limit_can_be_written_in() -> None:
    for metric in METRICS.values():
        assert parse_quantity(SPELT[metric.unit]).unit == metric.unit


def test_every_metric_names_an_analysis_whose_rows_hold_its_number() -> None:
    for metric in METRICS.values():
        for analysis in filter(None, (metric.analysis, metric.batches)):
            [row] = get_args(get_type_hints(analysis_named(analysis))["return"])
            assert {metric.column, *(metric.bounds or ()), metric.part or metric.column} <= {field.name for field in fields(row)}
        assert metric.rounds is None or callable(analysis_named(metric.rounds))
