"""Locust's histograms: every bucket is the true times behind its rounded one, and nothing is counted twice or lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import locust_json
from perfkit.workbench import Workbench
from tests.readers.cutting import claims, cuts, files_of

FILES = files_of("locust_json")
PLAIN = next(path for path in FILES if path.name == "plain.json")
TWO = next(path for path in FILES if path.name == "two_processes.json")


def entries(path: Path) -> list[dict[str, Any]]:
    """Of the last list that begins on a line of its own."""
    text = path.read_text()
    return list(json.JSONDecoder().raw_decode(text, text.rindex("\n[\n") + 1 if text[0:2] != "[\n" else 0)[0])


def changed(path: Path, **values: Any) -> Path:
    path.write_text(json.dumps([json.loads(PLAIN.read_text())[0] | values]))
    return path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_its_own_reader_takes_the_file(path: Path) -> None:
    assert claims(path) == ["locust-json"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_buckets_hold_every_timed_request(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    query = "select endpoint, sum(requests), min(lo_ms) >= 0, bool_and(lo_ms < hi_ms) from latency_buckets group by endpoint order by endpoint"
    assert bench.store.query(query)[1] == sorted((entry["name"], entry["num_requests"], True, True) for entry in entries(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_counts_and_exact_times_are_the_files(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    stored = {(endpoint, stat): value for endpoint, stat, value in bench.store.query("select endpoint, stat, value from reported")[1]}
    for entry in entries(path):
        mean = entry["total_response_time"] / entry["num_requests"]
        told = {"requests": entry["num_requests"], "failures": entry["num_failures"], "mean": mean}
        told |= {"min": entry["min_response_time"], "max": entry["max_response_time"]}
        assert {stat: stored[entry["name"], stat] for stat in told} == told


def test_a_bucket_is_the_interval_that_rounds_to_it(bench: Workbench) -> None:
    bench.ingest([PLAIN])
    printed = {float(key): count for entry in entries(PLAIN) if entry["name"] == "/slow" for key, count in entry["response_times"].items()}
    query = "select round((lo_ms + hi_ms) / 2, 6), round(hi_ms - lo_ms, 6), requests from latency_buckets where endpoint = '/slow' order by lo_ms"
    assert bench.store.query(query)[1] == [(middle, 100.0 if middle > 1000 else 10.0, count) for middle, count in sorted(printed.items())]


def test_buckets_of_one_endpoint_do_not_overlap(bench: Workbench) -> None:
    bench.ingest(FILES)
    overlaps = (
        "select count(*) from latency_buckets a join latency_buckets b using (run_id, endpoint, method) where a.lo_ms < b.lo_ms and a.hi_ms > b.lo_ms"
    )
    assert bench.store.query(overlaps)[1] == [(0,)]


def test_the_rate_is_over_the_whole_test(bench: Workbench) -> None:
    bench.ingest([PLAIN])
    listed = entries(PLAIN)
    span = max(entry["last_request_timestamp"] for entry in listed) - min(entry["start_time"] for entry in listed)
    [(rate,)] = bench.store.query("select sum(value) from reported where stat = 'per_second'")[1]
    assert rate == pytest.approx(sum(entry["num_requests"] for entry in listed) / span)


def test_the_masters_list_is_read_from_between_the_log(bench: Workbench) -> None:
    text = TWO.read_text()
    assert text.count("\n[]\n") == 2 or text.startswith("[]\n")
    assert "INFO/locust" in text
    bench.ingest([TWO])
    assert bench.store.query("select count(distinct endpoint) from latency_buckets")[1] == [(3,)]


@pytest.mark.parametrize("text", ["[]", "[]\n", "[]\n[]\n[]\n"])
def test_an_empty_list_is_explained(bench: Workbench, tmp_path: Path, text: str) -> None:
    (tmp_path / "F.json").write_text(text)
    with pytest.raises(ArtefactError, match="both --json and --json-file"):
        bench.ingest([tmp_path / "F.json"])


def test_two_lists_with_entries_are_no_whole_test(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "F.json").write_text(f"{PLAIN.read_text()}\n{PLAIN.read_text()}\n")
    with pytest.raises(ArtefactError, match="2 of its 2 lists"):
        bench.ingest([tmp_path / "F.json"])


def test_a_list_that_is_followed_by_an_empty_one_is_no_whole_test(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "F.json").write_text(f"{PLAIN.read_text()}\n[]\n")
    with pytest.raises(ArtefactError, match="only one, the last"):
        bench.ingest([tmp_path / "F.json"])


def test_a_replaced_rounding_is_refused_because_the_times_are_not_known(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="bucket_response_time"):
        bench.ingest([changed(tmp_path / "F.json", response_times={"147": 1}, num_requests=1)])


def test_buckets_that_do_not_add_up_are_refused(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="do not add up"):
        bench.ingest([changed(tmp_path / "F.json", response_times={"140": 1}, num_requests=2)])


def test_requests_without_a_time_are_counted_but_not_timed(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([changed(tmp_path / "F.json", response_times={}, num_requests=2, num_none_requests=2, min_response_time=None)])
    found = bench.store.query("select stat, value from reported where endpoint = '/fast' and unit <> 'per_second' order by stat")[1]
    assert found == [("failures", 0.0), ("requests", 2.0)]


@pytest.mark.parametrize(
    "values",
    [
        {"num_requests": "many"},
        {"num_requests": -1},
        {"num_requests": True},
        {"num_requests": 10**400},
        {"total_response_time": float("nan")},
        {"max_response_time": float("inf")},
        {"min_response_time": -2.0},
        {"start_time": 1e15},
        {"name": None},
        {"response_times": [1, 2]},
        {"response_times": {"fast": 1}},
        {"response_times": {"140": 1.5}},
        {"response_times": {"140": -1}},
    ],
    ids=str,
)
def test_wrong_values_are_refused(tmp_path: Path, values: dict[str, Any]) -> None:
    with pytest.raises(ArtefactError, match=r"F.json"):
        list(locust_json.read(changed(tmp_path / "F.json", **values)))


@pytest.mark.parametrize("path", [PLAIN, TWO], ids=["file", "printed"])
def test_a_cut_file_is_refused(tmp_path: Path, path: Path) -> None:
    end = path.read_text().rindex("\n]") + 2
    (tmp_path / "whole.json").write_text(path.read_text()[:end])
    for cut in cuts(tmp_path / "whole.json", tmp_path / "cut.json", pieces=30):
        with pytest.raises(ArtefactError, match=r"cut.json"):
            list(locust_json.read(cut))
