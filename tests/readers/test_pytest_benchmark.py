"""pytest-benchmark: rounds where the file has them, else what it printed of them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS, artefacts, assert_every_cut_is_refused, changed, drained, manifest_of

FOLDER = ARTEFACTS / "pytest_benchmark"
WITH_DATA, WITHOUT_DATA = FOLDER / "with_data.json", FOLDER / "without_data.json"


@pytest.mark.parametrize("path", artefacts("pytest_benchmark"), ids=lambda path: path.name)
def test_the_content_tells_the_format(path: Path) -> None:
    assert detect(path).NAME == "pytest-benchmark"


def test_every_time_becomes_a_round_in_seconds(bench: Workbench) -> None:
    bench.ingest([WITH_DATA])
    truth = json.loads(WITH_DATA.read_text())["benchmarks"]
    expected = [(item["fullname"], number, time, "s") for item in truth for number, time in enumerate(item["stats"]["data"])]
    assert sorted(bench.store.query("select benchmark, round, value, unit from rounds")[1]) == sorted(expected)
    assert bench.store.query("select * from reported")[1] == []


def test_without_times_the_statistics_are_what_was_reported(bench: Workbench) -> None:
    bench.ingest([WITHOUT_DATA])
    stats = {item["fullname"]: item["stats"] for item in json.loads(WITHOUT_DATA.read_text())["benchmarks"]}
    rows = bench.store.query("select endpoint, stat, value, unit from reported")[1]
    found = {(endpoint, stat): (value, unit) for endpoint, stat, value, unit in rows}
    name = "test_speed.py::test_sorted[1000]"
    assert found[name, "p50"] == (pytest.approx(stats[name]["median"] * 1000), "ms")
    assert found[name, "p25"] == (pytest.approx(stats[name]["q1"] * 1000), "ms")
    assert found[name, "per_second"] == (pytest.approx(stats[name]["ops"]), "per_second")
    assert found[name, "rounds"] == (7, "count")
    assert {endpoint for endpoint, _ in found} == set(stats)
    assert bench.store.query("select * from rounds")[1] == []


def test_the_run_is_of_the_commit_and_time_in_the_file() -> None:
    told = manifest_of(WITH_DATA, "pytest-benchmark")
    assert told.commit == json.loads(WITH_DATA.read_text())["commit_info"]["id"]
    assert (told.dirty, told.tool_version, told.started_at) == (False, "5.3.1", datetime(2026, 11, 21, 7, 20, 34, 832699))
    assert told.parameters == {"disable_gc": "True", "timer": "perf_counter", "warmup": "False"}
    assert told.host is not None
    assert "2 cores" in told.host
    assert "example" not in told.host


def test_old_files_have_no_operations_a_second_and_perhaps_no_commit(bench: Workbench, tmp_path: Path) -> None:
    def older(document: Any) -> None:
        document["commit_info"] = {"id": "unversioned"}
        document["datetime"] = "2016-05-01T12:00:00.000001"
        for item in document["benchmarks"]:
            del item["stats"]["ops"]

    path = changed(WITHOUT_DATA, tmp_path, older)
    bench.ingest([path])
    assert bench.store.query("select count(*) from reported where stat = 'per_second'")[1] == [(0,)]
    told = manifest_of(path, "pytest-benchmark")
    assert (told.commit, told.dirty, told.started_at) == (None, None, datetime(2016, 5, 1, 12, 0, 0, 1))


def test_cut_files_are_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(WITH_DATA, "pytest-benchmark", tmp_path)


@pytest.mark.parametrize("wrong", ["1.5", None, True, -1.0, float("nan"), float("inf"), [], 10**400])
def test_a_time_that_is_no_time_is_refused(tmp_path: Path, wrong: Any) -> None:
    def spoil(document: Any) -> None:
        document["benchmarks"][0]["stats"]["data"][1] = wrong

    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(WITH_DATA, tmp_path, spoil), "pytest-benchmark")


@pytest.mark.parametrize("key", ["machine_info", "benchmarks", "commit_info"])
@pytest.mark.parametrize("wrong", [3, "text", [3]])
def test_parts_of_another_shape_are_refused(tmp_path: Path, key: str, wrong: Any) -> None:
    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(WITH_DATA, tmp_path, lambda document: document.update({key: wrong})), "pytest-benchmark")
