"""A history's changes of level are found at their run; other machines are left out; drift is told apart."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from perfkit.analyses.known_runs import Selection
from perfkit.errors import UsageError
from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.command_line import perfkit
from tests.conftest import WriteLog, described


def history(bench: Workbench, write: WriteLog, medians: list[float], host: str = "box") -> None:
    """One run a night."""
    logs = [write(f"{host}{night}.csv", median_ms=median, seed=night + 1000 * len(host), requests=120) for night, median in enumerate(medians)]
    for night, log in enumerate(logs):
        moment = datetime(2026, 1, 1) + timedelta(days=night)
        described(log, Manifest(label="main", scenario="nightly", host=host, commit=f"c{night:02d}", started_at=moment))
    bench.ingest(logs)


def test_a_regression_is_found_with_its_run(bench: Workbench, locust_log: WriteLog) -> None:
    history(bench, locust_log, [100.0] * 20 + [125.0] * 10)
    found = bench.trend("latency.p50")
    assert (len(found.points), found.subject) == (30, "all requests")
    [change] = found.changes
    assert (change.commit, change.verdict) == ("c20", "slower")
    assert change.after / change.before == pytest.approx(1.25, rel=0.05)


def test_a_stable_history_with_a_spike_has_no_change(bench: Workbench, locust_log: WriteLog) -> None:
    history(bench, locust_log, [100.0] * 12 + [300.0] + [100.0] * 12)
    assert bench.trend("latency.p50").changes == ()


def test_runs_of_another_machine_are_left_out(bench: Workbench, locust_log: WriteLog) -> None:
    history(bench, locust_log, [50.0] * 8, host="old machine")
    history(bench, locust_log, list(np.full(12, 100.0)), host="box")
    found = bench.trend("latency.p50")
    assert (len(found.points), found.left_out, found.changes) == (12, 8, ())


def test_the_document_has_the_stable_keys(bench: Workbench, locust_log: WriteLog) -> None:
    history(bench, locust_log, [100.0] * 10 + [200.0] * 6)
    done = perfkit(bench.workspace.root, "trend", "latency.p50", "--json")
    document = json.loads(done.stdout)
    assert {"metric", "points", "changes", "drift"} <= set(document)
    assert {"index", "run_id", "before", "after"} <= set(document["changes"][0])
    assert "1 change of level" in perfkit(bench.workspace.root, "trend", "latency.p50").stdout


def test_a_metric_that_nobody_measured_is_an_error(bench: Workbench, locust_log: WriteLog) -> None:
    history(bench, locust_log, [100.0] * 3)
    with pytest.raises(UsageError, match="perfkit runs"):
        bench.trend("plan.execution", Selection())
