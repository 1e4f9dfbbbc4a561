"""Profiles keep the profiler's own numbers; request logs keep the tool's meaning of time and success."""

from __future__ import annotations

import cProfile
import gzip
import json
import pstats
from pathlib import Path

import pytest

from perfkit.readers import READERS, detect
from perfkit.workbench import Workbench
from tests.conftest import WriteLog

TAGS = {"name": "/items/17", "method": "GET", "status": "200", "expected_response": "true", "group": ""}


def point(value: float, metric: str = "http_req_duration", **tags: str) -> str:
    data = {"time": "2026-01-01T02:00:01.500000Z", "value": value, "tags": {**TAGS, **tags}}
    return json.dumps({"metric": metric, "type": "Point", "data": data}) + "\n"


def profiled(path: Path) -> Path:
    profile = cProfile.Profile()
    profile.runcall(json.dumps, {str(number): [number] * 5 for number in range(300)}, indent=1)
    profile.dump_stats(path)
    return path


def test_own_times_sum_to_the_profilers_total(bench: Workbench, tmp_path: Path) -> None:
    path = profiled(tmp_path / "a.prof")
    bench.ingest([path])
    [(own, functions)] = bench.store.query("select sum(self), count(*) from profile_functions")[1]
    truth = pstats.Stats(str(path))
    assert own == pytest.approx(truth.total_tt, abs=1e-9)  # type: ignore[attr-defined]
    assert functions == len(truth.stats)  # type: ignore[attr-defined]


def test_calls_of_an_edge_are_the_profilers(bench: Workbench, tmp_path: Path) -> None:
    path = profiled(tmp_path / "a.prof")
    bench.ingest([path])
    stats = pstats.Stats(str(path)).stats  # type: ignore[attr-defined]
    truth = sum(edge[0] for value in stats.values() for edge in value[4].values())
    assert bench.store.query("select sum(calls) from profile_edges")[1] == [(truth,)]


def test_two_profiles_share_their_frames(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([profiled(tmp_path / "a.prof"), profiled(tmp_path / "b.prof")])
    [(frames, distinct)] = bench.store.query("select count(*), count(distinct (function, file, line)) from frames")[1]
    assert frames == distinct


@pytest.mark.parametrize("packed", [False, True])
def test_k6_points_become_requests_that_start_before_they_end(bench: Workbench, tmp_path: Path, packed: bool) -> None:
    text = point(250.0) + point(1.0, metric="http_req_waiting") + point(40.0, status="503", expected_response="false", name="/items/18?x=1")
    path = tmp_path / "points"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    [stored] = bench.ingest([path])
    assert (stored.format, stored.rows) == ("k6-points", {"requests": 2})
    query = "select started_at::varchar, duration_ms, endpoint, status, ok, url from requests order by started_at"
    assert bench.store.query(query)[1] == [
        ("2026-01-01 02:00:01.25", 250.0, "/items/{id}", 200, True, "/items/17"),
        ("2026-01-01 02:00:01.46", 40.0, "/items/{id}", 503, False, "/items/18?x=1"),
    ]


def test_setup_of_a_load_test_is_not_measured(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "points.json").write_text(point(10.0) + point(900.0, group="::setup"))
    bench.ingest([tmp_path / "points.json"])
    [measured] = bench.measure("latency.p95", subject="all requests")
    assert (measured.value, measured.n) == (10.0, 1)


def test_locust_decides_what_failed(bench: Workbench, locust_log: WriteLog) -> None:
    bench.ingest([locust_log(failed=0.25, seed=5)])
    [measured] = bench.measure("error.rate", subject="all requests")
    assert 0.15 < measured.value < 0.35
    assert measured.lo is not None
    assert measured.hi is not None
    assert measured.lo < measured.value < measured.hi


def test_no_format_takes_another_ones_file(bench: Workbench, locust_log: WriteLog, tmp_path: Path) -> None:
    (tmp_path / "k6").write_text(point(1.0))
    files = {"locust-requests": locust_log(), "k6-points": tmp_path / "k6", "cprofile": profiled(tmp_path / "prof")}
    assert {name: detect(path).NAME for name, path in files.items()} == {name: name for name in files}
    assert {*files, "pg-explain", "perfkit-trace"} <= set(READERS)
