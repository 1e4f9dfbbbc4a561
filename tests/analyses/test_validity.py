"""What the requests of a run say against judging it is stored with the run, and the run is not judged."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from perfkit.model.run import Manifest, Run
from perfkit.workbench import Workbench
from tests.conftest import START, WIDE_HEADER, WriteLog

Shape = Callable[[float], float]


def written(path: Path, seconds: int, per_second: int, median_ms: Shape, *, sends: Shape = lambda second: 1.0, late_ms: float = 0.0) -> Path:
    """A log whose median follows a shape over time, and of which a share is sent that follows another."""
    noise = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(WIDE_HEADER)
        for number in range(seconds * per_second):
            second = number / per_second
            if noise.random() < sends(second):
                duration = round(median_ms(second) * noise.lognormvariate(0, 0.1), 3)
                planned = START + second
                rows.writerow([planned + late_ms / 1000, "GET", "/items", duration, 1, 200, "", "1", "", "steady", planned if late_ms else ""])
    return path


def stored(bench: Workbench, path: Path, manifest: Manifest | None = None) -> Run:
    [item] = bench.ingest([path], manifest or Manifest(label="a"))
    return next(run for run in bench.runs() if run.run_id == item.run_id)


def test_a_steady_run_is_valid_from_its_start(bench: Workbench, tmp_path: Path) -> None:
    run = stored(bench, written(tmp_path / "a.csv", 60, 50, lambda second: 20.0))
    assert (run.valid, run.steady_from) == (True, None)


def test_a_warm_up_is_found_and_does_not_count(bench: Workbench, tmp_path: Path) -> None:
    run = stored(bench, written(tmp_path / "a.csv", 120, 50, lambda second: 80.0 if second < 20 else 20.0))
    assert run.valid
    assert run.steady_from is not None and run.started_at is not None
    assert 18 <= (run.steady_from - run.started_at).total_seconds() <= 24
    [measured] = bench.measure("latency.p50", subject="GET /items")
    assert measured.value < 21
    assert measured.n < 120 * 50 * 0.87


def test_a_run_that_never_settles_has_no_verdict(bench: Workbench, tmp_path: Path) -> None:
    run = stored(bench, written(tmp_path / "a.csv", 60, 50, lambda second: 20.0 + second))
    assert not run.valid
    assert "not steady" in (run.invalid_because or "")
    assert bench.measure("latency.p95") == []


def test_a_rate_that_was_not_reached_is_named(bench: Workbench, tmp_path: Path) -> None:
    log = written(tmp_path / "a.csv", 10, 50, lambda second: 20.0)
    run = stored(bench, log, Manifest(load_model="open", parameters={"rate": 100}))
    assert "50 requests/s were sent where 100 were asked for" in (run.invalid_because or "")


def test_users_that_were_idle_are_named(bench: Workbench, tmp_path: Path) -> None:
    log = written(tmp_path / "a.csv", 10, 50, lambda second: 20.0)
    run = stored(bench, log, Manifest(load_model="closed", parameters={"users": 5, "wait_s": 0}))
    assert "of 5 users were at work on average" in (run.invalid_because or "")
    busy = written(tmp_path / "b.csv", 10, 50, lambda second: 100.0)
    assert stored(bench, busy, Manifest(load_model="closed", parameters={"users": 5, "wait_s": 0})).valid


def test_a_file_that_was_cut_off_is_read_in_part_when_asked(bench: Workbench, locust_log: WriteLog) -> None:
    log = locust_log(requests=300)
    log.write_bytes(log.read_bytes()[:-12])
    [item] = bench.ingest([log], partial=True)
    [run] = bench.runs()
    assert item.rows == {"requests": 299}
    assert (run.valid, (run.invalid_because or "")[:9]) == (False, "truncated")


def test_response_time_counts_from_the_intended_moment(bench: Workbench, tmp_path: Path) -> None:
    stored(bench, written(tmp_path / "a.csv", 10, 50, lambda second: 20.0, late_ms=200.0), Manifest(load_model="open"))
    [service] = bench.measure("latency.p95", subject="GET /items")
    [response] = bench.measure("response.p95", subject="GET /items")
    assert 20 < service.value < 30
    assert 215 < response.value < 235


def test_a_stall_is_a_finding_where_no_moment_was_intended(bench: Workbench, tmp_path: Path) -> None:
    stored(bench, written(tmp_path / "a.csv", 30, 50, lambda second: 20.0, sends=lambda second: 0.02 if 10 <= second < 14 else 1.0))
    [finding] = [item for item in bench.diagnose() if item.rule == "held-back-requests"]
    assert "--rate" in finding.remedy


def test_two_kinds_of_requests_are_shown_as_two(bench: Workbench, tmp_path: Path) -> None:
    hits_and_misses = written(tmp_path / "a.csv", 30, 50, lambda second: 5.0 if int(second * 50) % 5 else 200.0)
    stored(bench, hits_and_misses)
    shown = {(item.metric, item.subject): item.value for item in bench.measure("latency.mean", subject="GET /items")}
    assert shown.keys() == {("latency.fast_kind", "GET /items"), ("latency.slow_kind", "GET /items")}, "never one mean"
    assert shown["latency.fast_kind", "GET /items"] == pytest.approx(5, rel=0.1)
    assert shown["latency.slow_kind", "GET /items"] == pytest.approx(200, rel=0.1)
    [share] = bench.measure("latency.fast_share")
    assert share.value == pytest.approx(0.8, abs=0.03)


def test_requests_of_one_kind_have_one_mean(bench: Workbench, tmp_path: Path) -> None:
    stored(bench, written(tmp_path / "a.csv", 30, 50, lambda second: 20.0))
    [mean] = bench.measure("latency.mean", subject="GET /items")
    assert mean.metric == "latency.mean"
    assert mean.value == pytest.approx(20, rel=0.05)


def test_a_leak_is_a_finding_and_a_warm_up_is_none(bench: Workbench, tmp_path: Path) -> None:
    noise = random.Random(3)
    for name, growth in (("leaks", 2e4), ("settles", 0.0)):
        path = written(tmp_path / f"{name}.csv", 20, 5, lambda second: 20.0)
        with path.open("a", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            for second in range(900):
                size = 2e8 + growth * second + 1e6 * (second % 20) + noise.gauss(0, 1e5) + (0 if growth else min(second, 90) * 1e6)
                rows.writerow([START + second, "#sample", f"{name}.rss", size, "", "", "bytes", "", "", "", ""])
        stored(bench, path, Manifest(label=name))
    found = [item for item in bench.diagnose() if item.rule == "memory-leak"]
    assert [item.place for item in found] == ["leaks.rss"]


def test_a_target_says_why_its_runs_do_not_count(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "pack.yml").write_text(
        'name: shop\ntitle: A shop\ntargets:\n  - {label: Fast, metric: latency.p95, subject: GET /items, must_be: "<", limit: 1 s}\n'
    )
    stored(bench, written(tmp_path / "a.csv", 60, 50, lambda second: 20.0 + second), Manifest(label="a"))
    [verdict] = bench.check(str(tmp_path), "a")
    assert verdict.verdict == "no_data"
    assert "1 not valid, the newest because not steady" in (verdict.why or "")
