"""What a tool printed is a range, and verdicts respect it: end to end, as a user judges a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perfkit.model.run import Manifest
from perfkit.workbench import Workbench
from tests.command_line import perfkit
from tests.conftest import WriteLog

PACK = """
name: shop
title: A shop
targets:
  - {label: Answers in time, metric: latency.p95, subject: all requests, must_be: "<", limit: 500 ms}
  - {label: Requests succeed, metric: error.rate, subject: all requests, must_be: "<", limit: 1 %}
"""
HEADER = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,"
    "Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"
)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "pack.yml").write_text(PACK)
    return tmp_path


def verdicts(bench: Workbench, pack: Path) -> dict[str, Any]:
    done = perfkit(bench.workspace.root, "check", "--system", str(pack), "--json")
    assert done.returncode in (0, 1, 3), done.stderr
    return {item["metric"]: item for item in json.loads(done.stdout)}


def locust_stats(folder: Path, p95: int, p98: int, longest: float, requests: int = 5000) -> Path:
    ranks = f"300,320,340,350,400,{p95},{p98},{p98},{p98},{p98},{p98}"
    row = f"{requests},0,300,310.5,12.5,{longest},128.0,50.1,0.0,{ranks}"
    path = folder / "run_stats.csv"
    path.write_text(f"{HEADER}\nGET,/items,{row}\n,Aggregated,{row}\n")
    return path


def test_a_printed_500_is_not_decided_against_500(bench: Workbench, pack: Path) -> None:
    bench.ingest([locust_stats(pack, 500, 520, 523.4)])
    judged = verdicts(bench, pack)["latency.p95"]
    assert (judged["verdict"], judged["value"]) == ("inconclusive", 500)
    assert judged["lo"] < 500 < judged["hi"]


def test_a_printed_number_that_is_far_enough_is_met(bench: Workbench, pack: Path) -> None:
    bench.ingest([locust_stats(pack, 410, 430, 455.0)])
    given = verdicts(bench, pack)
    assert {name: item["verdict"] for name, item in given.items()} == {"latency.p95": "met", "error.rate": "met"}


def test_a_printed_number_that_is_too_large_is_missed(bench: Workbench, pack: Path) -> None:
    path = locust_stats(pack, 900, 950, 990.0)
    path.write_text(path.read_text().replace("300,320,340,350,400", "600,650,700,750,800"))
    bench.ingest([path])
    assert verdicts(bench, pack)["latency.p95"]["verdict"] == "missed"


def test_one_failed_request_that_passed_its_threshold_is_not_met(bench: Workbench, pack: Path) -> None:
    trend = {"avg": 0, "min": 0, "med": 0, "max": 0, "p(90)": 0, "p(95)": 0}
    summary = {
        "metrics": {
            "http_req_duration": {**trend, "thresholds": {"p(95)<500": False}},
            "http_req_failed": {"passes": 1, "fails": 0, "value": 1},
            "http_reqs": {"count": 1, "rate": 0.9},
            "iterations": {"count": 1, "rate": 0.9},
        },
        "root_group": {"name": "", "path": "", "id": "d41d8cd98f00b204e9800998ecf8427e", "groups": {}, "checks": {}},
    }
    path = pack / "summary.json"
    path.write_text(json.dumps(summary))
    [stored] = bench.ingest([path])
    assert stored.format == "k6-summary"
    given = verdicts(bench, pack)
    assert given["latency.p95"]["verdict"] != "met"
    assert given["error.rate"]["verdict"] != "met"


def test_fast_refusals_miss_on_errors(bench: Workbench, locust_log: WriteLog, pack: Path) -> None:
    log = locust_log("throttled.csv", median_ms=6, failed=0.73, requests=2000)
    log.write_text(log.read_text().replace(",500,HTTPError('500 Server Error')", ",429,HTTPError('429 Too Many Requests')"))
    bench.ingest([log])
    judged = verdicts(bench, pack)["latency.p95"]
    assert judged["verdict"] == "missed"
    assert judged["value"] < 10
    assert "of the requests failed" in judged["why"]


WRK = """Running 10s test @ http://127.0.0.1:8080/items
  1 threads and 10 connections
{calibration}  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     4.83ms    4.67ms  40.61ms   92.84%
    Req/Sec     0.10k    10.63     0.11k    60.00%
  1000 requests in 10.00s, 120.34KB read
{errors}Requests/sec:    100.00
Transfer/sec:     12.03KB
"""
CALIBRATION = "  Thread calibration: mean lat.: 2.141ms, rate sampling interval: 10ms\n"


@pytest.mark.parametrize(
    ("calibration", "errors", "verdict"),
    [
        ("", "", "met"),
        ("", "connect 0, read 300, write 0, timeout 0", "missed"),
        ("", "connect 1, read 0, write 0, timeout 0", "met"),
        ("", "connect 0, read 0, write 0, timeout 300", "no_data"),
        (CALIBRATION, "connect 100, read 100, write 100, timeout 0", "missed"),
        (CALIBRATION, "connect 0, read 0, write 0, timeout 300", "inconclusive"),
    ],
)
def test_requests_of_wrk_without_an_answer_failed(bench: Workbench, pack: Path, calibration: str, errors: str, verdict: str) -> None:
    said = f"  Socket errors: {errors}\n" if errors else ""
    (pack / "wrk.txt").write_text(WRK.format(calibration=calibration, errors=said))
    bench.ingest([pack / "wrk.txt"])
    assert verdicts(bench, pack)["error.rate"]["verdict"] == verdict


def test_requests_without_an_answer_are_requests(bench: Workbench, pack: Path) -> None:
    (pack / "wrk.txt").write_text(WRK.format(calibration="", errors="  Socket errors: connect 100, read 100, write 50, timeout 0\n"))
    bench.ingest([pack / "wrk.txt"])
    [rate] = bench.measure("error.rate", subject="all requests")
    assert (rate.value, rate.n) == (250 / 1250, 1250)
    [mean] = bench.measure("latency.mean", subject="all requests")
    assert mean.n == 1000, "what got no answer took no time"


HEY = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset\n"
OHA = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status\n"


def answers(status: int) -> dict[str, str]:
    """Hey's row and oha's row of one answer, by their headers."""
    return {HEY: f"0.0100,0.0010,0.0000,0.0001,0.0080,0.0002,{status},0.5000\n", OHA: f"0.5,0.001,0.001,0.008,0.01,128,{status}\n"}


@pytest.mark.parametrize(("header", "refused", "verdict"), [(HEY, 0, "inconclusive"), (OHA, 0, "inconclusive"), (HEY, 300, "missed")])
def test_a_file_of_answers_cannot_say_that_few_requests_failed(bench: Workbench, pack: Path, header: str, refused: int, verdict: str) -> None:
    (pack / "answers.csv").write_text(header + answers(200)[header] * 1000 + answers(503)[header] * refused)
    bench.ingest([pack / "answers.csv"])
    judged = verdicts(bench, pack)["error.rate"]
    assert (judged["verdict"], judged["value"], judged["hi"]) == (verdict, refused / (1000 + refused), None)
    assert (judged["why"] or "").endswith("more may have failed") == (verdict == "inconclusive")


def test_requests_come_before_what_the_tool_printed_of_them(bench: Workbench, locust_log: WriteLog, pack: Path) -> None:
    bench.ingest([locust_log(requests=1000, median_ms=100)])
    bench.ingest([locust_stats(pack, 500, 520, 523.4)])
    [measured] = bench.measure("latency.p95", subject="all requests")
    assert measured.value < 200
    assert measured.method == "batches-t"


def test_histograms_give_percentiles_with_their_buckets(bench: Workbench, tmp_path: Path) -> None:
    entry = {
        "name": "/items", "method": "GET", "num_requests": 1000, "num_none_requests": 0, "num_failures": 0, "total_response_time": 100_000.0,
        "max_response_time": 400.0, "min_response_time": 90.0, "total_content_length": 1000, "response_times": {"100": 900, "400": 100},
        "num_reqs_per_sec": {}, "num_fail_per_sec": {}, "start_time": 1_790_000_000.0, "last_request_timestamp": 1_790_000_060.0,
    }  # fmt: skip
    path = tmp_path / "stats.json"
    path.write_text(json.dumps([entry]))
    bench.ingest([path], Manifest(label="h"))
    [measured] = bench.measure("latency.p95", subject="GET /items")
    assert (measured.lo or 0) < 400 <= (measured.hi or 0) + 10
    assert measured.n == 1000
