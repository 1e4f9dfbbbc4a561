"""k6's summaries: three shapes, one meaning, and no threshold that was kept by nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import k6_summary
from perfkit.workbench import Workbench
from tests.readers.cutting import claims, cuts, files_of

FILES = files_of("k6_summary")
BY_NAME = {path.stem: path for path in FILES}
EXPORTED, HANDLED, NEWEST = (BY_NAME[f"shop_{shape}"] for shape in ("exported", "handled", "newest"))
TREND = {"mean": "avg", "min": "min", "p50": "med", "max": "max", "p90": "p(90)", "p95": "p(95)", "p99": "p(99)", "p99.9": "p(99.9)"}

Stored = dict[tuple[str | None, str], float | None]


def stored(bench: Workbench) -> Stored:
    rows = bench.store.query("select endpoint, stat, value, lo, hi from reported where stat <> 'threshold'")[1]
    assert all(value == lo == hi for _, _, value, lo, hi in rows)
    return {(endpoint, stat): value for endpoint, stat, value, *_ in rows}


def thresholds(bench: Workbench) -> dict[str, float | None]:
    return dict(bench.store.query("select about, value from reported where stat = 'threshold'")[1])


def written(path: Path, metrics: Any, **document: Any) -> Path:
    path.write_text(json.dumps({"root_group": {"groups": {}, "checks": {}}, "metrics": metrics, **document}))
    return path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_its_own_reader_takes_the_file(path: Path) -> None:
    assert claims(path) == ["k6-summary"]


@pytest.mark.parametrize("path", [EXPORTED, HANDLED], ids=lambda path: path.stem)
def test_times_and_counts_are_k6s_in_total_and_by_endpoint(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    metrics = json.loads(path.read_text())["metrics"]
    found = stored(bench)
    for endpoint, tag in ((None, ""), ("/items", "{name:/items}")):
        trend = metrics[f"http_req_duration{tag}"].get("values", metrics[f"http_req_duration{tag}"])
        counter = metrics[f"http_reqs{tag}"].get("values", metrics[f"http_reqs{tag}"])
        told = {stat: trend[name] for stat, name in TREND.items()} | {"requests": counter["count"], "per_second": counter["rate"]}
        assert {stat: found[endpoint, stat] for stat in told} == told


@pytest.mark.parametrize("path", [EXPORTED, HANDLED, NEWEST], ids=lambda path: path.stem)
def test_requests_that_pass_the_test_for_failing_have_failed(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    found = stored(bench)
    requests, failures, rate = (found[None, stat] for stat in ("requests", "failures", "error_rate"))
    assert requests and failures
    assert failures < requests / 2, "only every third request of the artefact asks for what is missing"
    assert rate == pytest.approx(failures / requests)
    assert (found["/items", "failures"], found["/items", "error_rate"]) == (0, 0)


@pytest.mark.parametrize("path", [EXPORTED, HANDLED], ids=lambda path: path.stem)
def test_thresholds_mean_the_same_in_both_shapes_that_have_them(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    assert thresholds(bench) == {
        "p(95)<400 of http_req_duration": 0,
        "p(95)<5500 of http_req_duration": 1,
        "rate<0.01 of http_req_failed": 0,
        "p(95)<100 of http_req_duration{name:/items}": 1,
        "rate<0.01 of http_req_failed{name:/items}": 1,
        "count>1 of http_reqs{name:/items}": 1,
        "p(95)<100 of http_req_duration{name:/never}": None,
        "count<5 of orders": None,
        "rate>=0.9 of checks": None,
    }


def test_marks_of_the_export_are_the_opposite_of_the_handled_ones() -> None:
    marks = json.loads(EXPORTED.read_text())["metrics"]["http_req_duration"]["thresholds"]
    oks = json.loads(HANDLED.read_text())["metrics"]["http_req_duration"]["thresholds"]
    assert {words: not crossed for words, crossed in marks.items()} == {words: mark["ok"] for words, mark in oks.items()}


def test_an_endpoint_without_samples_has_a_threshold_and_no_times(bench: Workbench) -> None:
    bench.ingest([HANDLED])
    assert bench.store.query("select stat, value from reported where endpoint = '/never'")[1] == [("threshold", None)]


@pytest.mark.parametrize("shape", ["exported", "handled"])
def test_a_request_that_nobody_answered_kept_no_promise_about_time(bench: Workbench, shape: str) -> None:
    bench.ingest([BY_NAME[f"refused_{shape}"]])
    found = stored(bench)
    assert {stat: value for (_, stat), value in found.items() if stat != "per_second"} == {"requests": 1, "failures": 1, "error_rate": 1}
    assert thresholds(bench) == {"p(95)<500 of http_req_duration": None, "rate<0.5 of http_req_failed": 0}


def test_the_newest_shape_says_when_and_by_which_version(bench: Workbench) -> None:
    bench.ingest([NEWEST])
    [(version, started, told)] = bench.store.query("select tool_version, epoch(started_at), load_model from runs")[1]
    duration = json.loads(NEWEST.read_text())["config"]["duration"]
    assert (version, told) == ("1.5.0", None)
    assert started == pytest.approx(1_769_932_830.5 - duration, abs=1e-5)
    assert stored(bench)[None, "p95"] == json.loads(HANDLED.read_text())["metrics"]["http_req_duration"]["values"]["p(95)"]


def test_a_run_that_dropped_its_iterations_is_not_judged(bench: Workbench) -> None:
    bench.ingest([BY_NAME["arrivals_exported"], EXPORTED])
    counts = {name: metric["count"] for name, metric in json.loads(BY_NAME["arrivals_exported"].read_text())["metrics"].items() if "count" in metric}
    dropped, done = counts["dropped_iterations"], counts["iterations"]
    found = bench.store.query("select valid, invalid_because from runs order by valid")[1]
    assert found == [(False, f"k6 dropped {dropped} of {dropped + done} planned iterations, so the load was below the plan"), (True, None)]


def test_only_a_whole_endpoint_has_statistics(bench: Workbench, tmp_path: Path) -> None:
    trend = {"avg": 2.0, "p(95)": 3.0, "thresholds": {"avg<1": True}}
    titles = [
        "",
        "{name:/a}",
        "{url:http://shop.test/b/17}",
        "{name:/c,method:POST}",
        "{name:/d,status:200}",
        "{expected_response:true}",
        "{scenario:x}",
    ]
    bench.ingest([written(tmp_path / "s.json", {f"http_req_duration{title}": trend for title in titles})])
    found = bench.store.query("select endpoint, method from reported where stat = 'p95' order by endpoint")[1]
    assert found == [("/a", None), ("/b/{id}", None), ("/c", "POST"), (None, None)]
    assert thresholds(bench) == {f"avg<1 of http_req_duration{title}": 0.0 for title in titles}


def test_what_k6_could_not_compute_is_left_out(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([written(tmp_path / "s.json", {"http_req_duration": {"avg": 2.0, "p(95)": None}})])
    assert stored(bench) == {(None, "mean"): 2.0}


@pytest.mark.parametrize(
    "metrics",
    [
        [],
        {"http_reqs": 5},
        {"http_reqs": {"count": "many"}},
        {"http_reqs": {"count": True}},
        {"http_reqs": {"count": -1}},
        {"http_reqs": {"count": float("nan")}},
        {"http_reqs": {"count": float("inf")}},
        {"http_reqs": {"count": 10**400}},
        {"http_reqs": {"values": [1]}},
        {"http_req_duration": {"avg": -1.0}},
        {"http_reqs": {"count": 1, "thresholds": ["count>0"]}},
        {"http_reqs": {"count": 1, "thresholds": {"count>0": "yes"}}},
        {"http_reqs": {"count": 1, "thresholds": {"count>0": {"fine": True}}}},
    ],
    ids=str,
)
def test_wrong_values_are_refused(tmp_path: Path, metrics: Any) -> None:
    with pytest.raises(ArtefactError, match=r"s.json"):
        list(k6_summary.read(written(tmp_path / "s.json", metrics)))


@pytest.mark.parametrize("wrong", [{"generatedAt": "soon"}, {"generatedAt": 5}, {"generatedAt": "2026-01-01T00:00:00Z"}])
def test_a_wrong_time_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    document = json.loads(NEWEST.read_text()) | {"metadata": {"k6Version": "1.5.0", **wrong}, "config": {"duration": "long"}}
    (tmp_path / "s.json").write_text(json.dumps(document))
    with pytest.raises(ArtefactError, match=r"s.json"):
        list(k6_summary.read(tmp_path / "s.json"))


def test_a_summary_of_nothing_that_perfkit_knows_holds_no_measurements(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="no measurements"):
        bench.ingest([written(tmp_path / "s.json", {"data_sent": {"count": 5, "rate": 1.0}})])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_cut_file_is_refused(tmp_path: Path, path: Path) -> None:
    for cut in cuts(path, tmp_path / "cut.json"):
        with pytest.raises(ArtefactError, match=r"cut.json"):
            list(k6_summary.read(cut))
