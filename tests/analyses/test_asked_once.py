"""Within a sitting each run is asked about once; answers are those of a question about all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from perfkit.analyses.latency import latency
from perfkit.analyses.request_time import request_time
from perfkit.analyses.response import response
from perfkit.model.run import Manifest
from perfkit.store import database
from perfkit.workbench import Workbench
from tests.conftest import WriteLog


@pytest.fixture
def runs(bench: Workbench, locust_log: WriteLog) -> list[str]:
    bench.ingest([locust_log(f"{number}.csv", seed=number, failed=0.2 * number) for number in range(3)], Manifest(label="a", scenario="x"))
    return [run.run_id for run in bench.runs()]


@pytest.mark.parametrize("analysis", [latency, response, request_time])
def test_a_run_at_a_time_gives_what_all_runs_at_once_give(analysis: object, bench: Workbench, runs: list[str]) -> None:
    assert callable(analysis)
    together = analysis(bench.store, runs)
    with bench.store.sitting():
        apart = [analysis(bench.store, [run_id]) for run_id in runs]
        assert analysis(bench.store, runs) == together
    by_run = dict(zip(runs, apart, strict=True))
    assert [row for run_id in sorted(runs) for row in by_run[run_id]] == together
    assert together or analysis is request_time


def test_a_sitting_asks_only_about_runs_that_are_new_to_it(bench: Workbench, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[list[str]] = []
    plain = database.asked

    def counted(connection: Any, question: Path, row: Any, parameters: Mapping[str, Any]) -> list[Any]:
        wanted.append(parameters["run_ids"])
        return plain(connection, question, row, parameters)

    monkeypatch.setattr(database, "asked", counted)
    with bench.store.sitting():
        latency(bench.store, runs[:1])
        latency(bench.store, runs)
        latency(bench.store, runs[1:])
    assert wanted == [runs[:1], runs[1:]]


def test_successful_requests_have_their_own_percentile_where_some_fail(bench: Workbench, runs: list[str]) -> None:
    [whole] = [row for row in latency(bench.store, runs[-1:]) if row.subject == "all requests"]
    rows = {row.run_id: row for row in latency(bench.store, runs) if row.subject == "all requests"}
    for run_id, row in rows.items():
        [(ok,)] = bench.store.query("select quantile_cont(duration_ms, 0.95) from requests where ok and run_id = ?", [run_id])[1]
        assert row.p95_ok_ms == pytest.approx(ok)
    assert len({row.failed > 0 for row in rows.values()}) == 2
    assert rows[whole.run_id] == whole
