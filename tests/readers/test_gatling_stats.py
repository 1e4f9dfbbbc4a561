"""Gatling's summary: the numbers of every request and of all, in ms that may be off by one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS, artefacts, assert_every_cut_is_refused, changed, drained

STATS, TOTAL = ARTEFACTS / "gatling_stats" / "stats.json", ARTEFACTS / "gatling_stats" / "global_stats.json"
NAME = "gatling-stats"


def reported(bench: Workbench) -> dict[tuple[str | None, str], tuple[Any, ...]]:
    rows = bench.store.query("select endpoint, url, stat, value, lo, hi, unit from reported")[1]
    return {(url or endpoint, stat): tuple(numbers) for endpoint, url, stat, *numbers in rows}


@pytest.mark.parametrize("path", artefacts("gatling_stats"), ids=lambda path: path.name)
def test_the_content_tells_the_format(path: Path) -> None:
    assert detect(path).NAME == NAME


def test_requests_are_reported_under_the_path_of_their_groups(bench: Workbench) -> None:
    bench.ingest([STATS])
    found = reported(bench)
    assert found["Checkout > Pay > Card", "p95"] == (368, 367, 369, "ms")
    assert found["Checkout > Pay > Card", "failures"] == (1, 1, 1, "count")
    assert found["Checkout > Pay > Card", "mean"] == (244, 243, 245, "ms")
    assert found["GET /items/1", "requests"] == (1, 1, 1, "count")
    assert {endpoint for endpoint, _ in found} == {
        *(None, "Checkout > Pay > Card", "Checkout > Größe 測試", "GET /items/1", "GET /items/2", "GET /items/3"),
    }


@pytest.mark.parametrize("path", [STATS, TOTAL])
def test_the_total_has_no_endpoint(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    found = reported(bench)
    numbers = json.loads(TOTAL.read_text())
    assert found[None, "requests"][0] == 6
    assert found[None, "failures"][0] == 2
    assert found[None, "per_second"] == (pytest.approx(6 / 61), pytest.approx(6 / 61), pytest.approx(6 / 61), "per_second")
    for key, stat in (
        ("minResponseTime", "min"),
        ("percentiles1", "p50"),
        ("percentiles2", "p75"),
        ("percentiles4", "p99"),
        ("standardDeviation", "stddev"),
    ):
        assert found[None, stat][0] == numbers[key]["total"]


def test_zeros_of_no_requests_are_no_times(bench: Workbench, tmp_path: Path) -> None:
    def empty(document: Any) -> None:
        for key, cells in document.items():
            if key != "name":
                cells.update(total=0, ok=0, ko=0)

    bench.ingest([changed(TOTAL, tmp_path, empty)])
    assert {stat for _, stat in reported(bench)} == {"requests", "failures", "per_second"}


def test_a_time_below_one_ms_may_be_zero(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([changed(TOTAL, tmp_path, lambda document: document["minResponseTime"].update(total=0))])
    assert reported(bench)[None, "min"] == (0, 0, 1, "ms")


def test_cut_files_are_refused(tmp_path: Path) -> None:
    assert_every_cut_is_refused(STATS, NAME, tmp_path)


@pytest.mark.parametrize("wrong", ["87", None, True, -1, float("nan"), [], 10**400])
def test_a_number_that_is_no_number_is_refused(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(STATS, tmp_path, lambda document: document["stats"]["percentiles3"].update(total=wrong)), NAME)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"contents": []}, {"contents": {"a": 3}}, {"contents": {"a": {"type": "REQUEST"}}}, {"name": "\ud800"}),
        {"contents": {"a": {"type": "GROUP", "name": "x", "stats": {}}}},
        {"stats": 3},
    ],
    ids=str,
)
def test_parts_of_another_shape_are_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ArtefactError, match="changed"):
        drained(changed(STATS, tmp_path, lambda document: document.update(wrong)), NAME)


def test_groups_without_end_are_refused(tmp_path: Path) -> None:
    def deepen(document: Any) -> None:
        for _ in range(150):
            document["contents"] = {"a": {"type": "GROUP", "name": "a", "stats": {}, "contents": document["contents"]}}

    with pytest.raises(ArtefactError, match="too deeply"):
        drained(changed(STATS, tmp_path, deepen), NAME)
