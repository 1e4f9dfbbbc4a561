"""What wrk prints keeps its bounds, and wrk2's histogram of corrected times holds every request that was recorded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from perfkit.errors import ArtefactError
from perfkit.workbench import Workbench

FOLDER = Path(__file__).parent.parent / "artefacts" / "wrk_text"
PLAIN = """Running 2m test @ http://127.0.0.1:8080/items/7
  12 threads and 400 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   635.91us    0.89ms   1.92s    93.69%
    Req/Sec    56.20k     8.07k   62.00k    86.54%
  22464657 requests in 2.00m, 17.76GB read
  Socket errors: connect 1, read 2, write 3, timeout 0
Requests/sec: 748868.53
Transfer/sec:    606.33MB
"""


def reported(bench: Workbench, stat: str, about: str | None = None) -> tuple[Any, ...]:
    query = "select value, lo, hi, unit from reported where stat = $stat and about is not distinct from $about"
    [row] = bench.store.query(query, {"stat": stat, "about": about})[1]
    return row


def spectrum(name: str, title: str) -> list[tuple[int, int]]:
    """Microseconds and cumulated requests of one printed spectrum."""
    text = (FOLDER / name).read_text().partition(f"HdrHistogram - {title}")[2].partition("#[Mean")[0]
    return [(round(float(value) * 1000), int(count)) for value, _, count in re.findall(r"^ +(\d+\.\d{3}) +(\S+) +(\d+) ", text, re.MULTILINE)]


def test_every_unit_of_time_and_size_is_understood(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(PLAIN)
    bench.ingest([tmp_path / "a.txt"])
    assert reported(bench, "mean") == (pytest.approx(0.63591), pytest.approx(0.635905), pytest.approx(0.635915), "ms")
    assert reported(bench, "max") == (pytest.approx(1920), pytest.approx(1915), pytest.approx(1925), "ms")
    assert reported(bench, "requests") == (22464657, 22464657, 22464657, "count")
    assert reported(bench, "bytes_in")[0] == pytest.approx(17.76 * 2**30)
    assert reported(bench, "error", "write")[0] == 3
    assert reported(bench, "failures", "answers with a status above 399")[0] == 0
    query = "select tool, load_model, parameters, valid from runs"
    assert bench.store.query(query)[1] == [("wrk", "closed", '{"connections": 400, "duration_s": 120, "threads": 12}', True)]


@pytest.mark.parametrize(("tool", "most"), [("wrk", 6), ("wrk2", 15)])
def test_broken_connections_are_requests_without_an_answer(bench: Workbench, tmp_path: Path, tool: str, most: int) -> None:
    calibration = "  Thread calibration: mean lat.: 2.141ms, rate sampling interval: 10ms\n" if tool == "wrk2" else ""
    text = PLAIN.replace("  Thread Stats", f"{calibration}  Thread Stats").replace("timeout 0", "timeout 9")
    (tmp_path / "a.txt").write_text(text)
    bench.ingest([tmp_path / "a.txt"])
    assert reported(bench, "unanswered", "requests whose connection broke") == (6, 6, most, "count")


def test_the_printed_distribution_is_reported(bench: Workbench) -> None:
    bench.ingest([FOLDER / "latency.txt"])
    printed = re.findall(r"^ +(\d+)% +([\d.]+)ms$", (FOLDER / "latency.txt").read_text(), re.MULTILINE)
    assert len(printed) == 4
    for percent, value in printed:
        assert reported(bench, f"p{percent}") == (float(value), pytest.approx(float(value) - 0.005), pytest.approx(float(value) + 0.005), "ms")


def test_wrk_without_its_slowest_requests_is_not_judged(bench: Workbench) -> None:
    bench.ingest([FOLDER / "timeouts.txt"])
    timeouts = int(re.findall(r"timeout (\d+)", (FOLDER / "timeouts.txt").read_text())[0])
    [(valid, reason)] = bench.store.query("select valid, invalid_because from runs")[1]
    assert not valid
    assert f"left {timeouts} requests out" in reason
    assert reported(bench, "max")[0] < 1000, "the stalls of 1.5 s are not in the times"


def test_a_run_without_answers_has_no_times(bench: Workbench) -> None:
    bench.ingest([FOLDER / "no_answers.txt"])
    assert bench.store.query("select valid, invalid_because from runs")[1] == [(False, "no request was answered")]
    assert bench.store.query("select count(*) from reported where unit = 'ms'")[1] == [(0,)]


@pytest.mark.parametrize("name", ["wrk2_latency.txt", "wrk2_uncorrected.txt"])
def test_the_histogram_of_wrk2_holds_every_recorded_request(bench: Workbench, name: str) -> None:
    bench.ingest([FOLDER / name])
    found = bench.store.query("select lo_ms, hi_ms, requests from latency_buckets order by lo_ms")[1]
    steps = spectrum(name, "Recorded Latency")
    assert sum(row[2] for row in found) == steps[-1][1]
    assert [row[1] for row in found[:-1]] == [row[0] for row in found[1:]], "no gaps"
    for value_us, count in steps:
        assert sum(row[2] for row in found if row[1] <= (value_us + 1) / 1000) == count


def test_wrk2_is_an_open_model_and_its_recorded_requests_are_fewer_than_its_requests(bench: Workbench) -> None:
    bench.ingest([FOLDER / "wrk2_latency.txt"])
    query = "select tool, load_model, parameters, valid from runs"
    assert bench.store.query(query)[1] == [("wrk2", "open", '{"connections": 10, "duration_s": 20, "threads": 2}', True)]
    assert bench.store.query("select sum(requests)::integer, any_value(endpoint) from latency_buckets")[1] == [(1000, "/items/{id}")]
    assert reported(bench, "requests")[0] == 2000


def test_corrected_and_uncorrected_times_stay_apart(bench: Workbench) -> None:
    bench.ingest([FOLDER / "wrk2_uncorrected.txt"])
    uncorrected = "uncorrected: from sending on, whenever it was planned"
    assert reported(bench, "p90")[0] > 100 > reported(bench, "p90", uncorrected)[0]
    assert bench.store.query("select count(*) from reported where stat like 'p%' and unit = 'ms' group by about order by 1")[1] == [(8,), (8,)]
    assert bench.store.query("select sum(requests)::integer from latency_buckets")[1] == [(spectrum("wrk2_uncorrected.txt", "Recorded")[-1][1],)]


def test_timeouts_do_not_cut_the_times_of_wrk2(bench: Workbench) -> None:
    bench.ingest([FOLDER / "wrk2_uncorrected.txt"])
    assert reported(bench, "error", "timeout")[0] == 5
    assert reported(bench, "failures", "answers with a status above 399")[0] == 41
    assert bench.store.query("select valid from runs")[1] == [(True,)]


def test_bounds_of_wrk2_include_the_width_of_its_buckets(bench: Workbench) -> None:
    bench.ingest([FOLDER / "wrk2_latency.txt"])
    steps = spectrum("wrk2_latency.txt", "Recorded Latency")
    _, lo, hi, _ = reported(bench, "p100")
    assert lo <= steps[-1][0] / 1000 <= hi
    assert hi - lo > 10, "more than the last digit of 1.50 s"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Transfer/sec:    606.33MB\n", "", "transfer"),
        ("606.33MB", "606.3", "transfer"),
        ("  22464657 requests", "  many requests", "total"),
        ("635.91us", "635.91", "latency"),
        ("connect 1, read", "connect x, read", "socket errors"),
        ("Requests/sec: 748868.53\n", "Requests/sec: 748868.53\nRequests/sec: 748868.53\n", "2 times"),
        ("Requests/sec: 748868.53\n", "  Latency Distribution\n     50%    1.00ms\nRequests/sec: 748868.53\n", "1 of 4 percentiles"),
    ],
)
def test_a_part_that_cannot_be_read_is_named(bench: Workbench, tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "wrong.txt").write_text(PLAIN.replace(old, new, 1))
    with pytest.raises(ArtefactError, match=rf"wrong\.txt: tried as wrk-text: .*{said}"):
        bench.ingest([tmp_path / "wrong.txt"])


@pytest.mark.parametrize(
    ("pattern", "new", "said"),
    [
        (r"^ +\S+ +0\.190000 .*$", "       1.291     0.19x", "no step"),
        (r"^ +\S+ +0\.190000 .*$", "       0.001     0.190000          190         1.23", "does not ascend"),
        (r"Total count    = +1000", "Total count    =  900", "1000 of 900"),
        (r"^#.*\n", "", "1000 of None"),
        (r"^100\.000%.*\n", "", "7 of 8 percentiles"),
    ],
)
def test_a_damaged_spectrum_is_refused(bench: Workbench, tmp_path: Path, pattern: str, new: str, said: str) -> None:
    text, changes = re.subn(pattern, new, (FOLDER / "wrk2_latency.txt").read_text(), flags=re.MULTILINE)
    assert changes
    (tmp_path / "wrong.txt").write_text(text)
    with pytest.raises(ArtefactError, match=said):
        bench.ingest([tmp_path / "wrong.txt"])


def test_two_tests_in_one_file_are_refused(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text(PLAIN * 2)
    with pytest.raises(ArtefactError, match="holds 2 tests"):
        bench.ingest([tmp_path / "two.txt"])


def test_a_prompt_before_and_a_script_behind_do_no_harm(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text("$ wrk -t12 -c400 -d2m http://127.0.0.1:8080/items/7\r\n" + PLAIN.replace("\n", "\r\n") + "done: 3 items\r\n")
    [stored] = bench.ingest([tmp_path / "log.txt"])
    assert stored.format == "wrk-text"
