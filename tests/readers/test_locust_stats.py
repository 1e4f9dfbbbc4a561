"""Locust's printed statistics are kept with what they leave open: its rounding is an interval."""

from __future__ import annotations

import csv
import json
import math
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import locust_stats
from perfkit.readers.parts.locust_files import interval_of, rounded
from perfkit.workbench import Workbench
from tests.readers.cutting import claims, cuts, files_of

FILES = files_of("locust_stats")
PLAIN = next(path for path in FILES if path.name == "plain.csv")
STATS = "select endpoint, method, stat, value, lo, hi, unit from reported"


def printed_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def edited(path: Path, target: Path, old: str, new: str) -> Path:
    text = path.read_bytes().decode()
    assert old in text
    target.write_bytes(text.replace(old, new).encode())
    return target


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_its_own_reader_takes_the_file(path: Path) -> None:
    assert claims(path) == ["locust-stats"]


def locust_rounds(times: Sequence[float]) -> list[int]:
    """In a process of its own, because importing Locust patches the interpreter."""
    program = "import json, sys; from locust.stats import bucket_response_time as b; print(json.dumps([b(t) for t in json.load(sys.stdin)]))"
    done = subprocess.run([sys.executable, "-c", program], input=json.dumps(times), capture_output=True, text=True, check=True, timeout=60)
    return list(json.loads(done.stdout))


def test_rounding_is_locusts_own() -> None:
    noise = random.Random(1)
    times = [half / 2 for half in range(50_000)] + [noise.uniform(0, 30_000) for _ in range(20_000)]
    assert [rounded(time) for time in times] == locust_rounds(times)


def test_an_interval_holds_exactly_the_times_that_are_printed_so() -> None:
    printed = sorted({rounded(half / 2) for half in range(50_000)})
    intervals = [interval for value in printed if (interval := interval_of(value))]
    assert locust_rounds([interval.lo for interval in intervals]) == printed
    assert locust_rounds([interval.hi for interval in intervals]) == printed
    assert [math.nextafter(interval.hi, math.inf) for interval in intervals[:-1]] == [interval.lo for interval in intervals[1:]]


@pytest.mark.parametrize(("printed", "lo", "hi"), [(0, 0, 0.5), (100, 99.5, 105), (500, 495, 505), (1000, 995, 1050), (10_000, 9950, 10_500)])
def test_halves_go_to_the_even_neighbour(printed: float, lo: float, hi: float) -> None:
    interval = interval_of(printed)
    assert interval is not None
    assert (interval.lo, interval.hi) == (lo, hi)


@pytest.mark.parametrize("printed", [101, 147, 495, 1050, 10_500, 2.5])
def test_a_time_that_locust_never_prints_has_no_interval(printed: float) -> None:
    assert interval_of(printed) is None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_number_is_the_files(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    stored = {(endpoint, stat): value for endpoint, _, stat, value, *_ in bench.store.query(STATS)[1]}
    for row in printed_rows(path):
        endpoint = row["Name"] if row["Type"] else None
        names = {"requests": "Request Count", "failures": "Failure Count", "mean": "Average Response Time", "max": "Max Response Time"}
        names |= {"min": "Min Response Time", "per_second": "Requests/s", "bytes_in": "Average Content Size"}
        names |= {"p50": "50%", "p95": "95%", "p99": "99%", "p99.9": "99.9%", "p99.99": "99.99%", "p100": "100%"}
        assert {stat: stored[endpoint, stat] for stat in names} == {stat: float(row[column]) for stat, column in names.items()}


def test_percentiles_are_intervals_and_means_are_exact(bench: Workbench) -> None:
    bench.ingest([PLAIN])
    slow = {stat: (value, lo, hi) for endpoint, _, stat, value, lo, hi, _ in bench.store.query(STATS)[1] if endpoint == "/slow"}
    value, lo, hi = slow["p50"]
    assert (value - 5, value + 5) == pytest.approx((lo, hi))
    assert slow["p100"][1] <= slow["max"][0] <= slow["p100"][2]
    assert len(set(slow["mean"])) == len(set(slow["min"])) == len(set(slow["max"])) == 1


def test_the_total_is_no_endpoint_and_a_comma_is_part_of_a_name(bench: Workbench) -> None:
    bench.ingest([PLAIN])
    found = bench.store.query("select distinct endpoint, method from reported order by all")[1]
    assert found == [("/fast", "GET"), ("/medium, with a comma", "GET"), ("/slow", "GET"), (None, None)]


def test_an_endpoint_without_requests_has_no_times(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "stats.csv"
    header = PLAIN.read_text().splitlines()[0]
    path.write_bytes(f"{header}\r\n,Aggregated,0,0,0,0.0,0,0,0,0.0,0.0,{','.join(['N/A'] * 11)}\r\n".encode())
    bench.ingest([path])
    assert {row[2] for row in bench.store.query(STATS)[1]} == {"requests", "failures", "per_second"}


def test_other_percentiles_may_be_asked_for_and_then_the_median_column_speaks(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "stats.csv"
    columns = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time"
    text = f"{columns},Average Content Size,Requests/s,Failures/s,99.5%\r\n,Aggregated,1,0,441.41,441.41,441.41,441.41,8.0,1.0,0.0,440\r\n"
    path.write_bytes(text.encode())
    bench.ingest([path])
    stored = {stat: (value, lo, hi) for _, _, stat, value, lo, hi, _ in bench.store.query(STATS)[1]}
    assert stored["p99.5"] == (440, 435, 445)
    assert stored["p50"] == (441.41, 435, 445), "an exact minimum stands for a median that is rounded below it"


def test_replaced_rounding_leaves_the_true_time_open(bench: Workbench, tmp_path: Path) -> None:
    header = PLAIN.read_text().splitlines()[0]
    row = ",Aggregated,9,0,147,147.2,140.5,155.5,8.0,1.0,0.0,147,147,147,147,147,147,147,147,147,147,155"
    (tmp_path / "stats.csv").write_bytes(f"{header}\r\n{row}\r\n".encode())
    bench.ingest([tmp_path / "stats.csv"])
    assert bench.store.query("select value, lo, hi from reported where stat = 'p95'")[1] == [(147, None, None)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_cut_file_is_refused(tmp_path: Path, path: Path) -> None:
    for cut in cuts(path, tmp_path / "cut.csv"):
        with pytest.raises(ArtefactError, match=r"cut.csv"):
            list(locust_stats.read(cut))


def test_a_file_without_its_last_row_was_cut_off(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "cut.csv").write_bytes(b"".join(PLAIN.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(ArtefactError, match="not the total"):
        bench.ingest([tmp_path / "cut.csv"])


@pytest.mark.parametrize("wrong", ["nan", "inf", "-3", "fast", "", "1e400"])
def test_what_is_no_number_is_named_with_its_line(bench: Workbench, tmp_path: Path, wrong: str) -> None:
    count = printed_rows(PLAIN)[1]["Request Count"]
    path = edited(PLAIN, tmp_path / "wrong.csv", f'comma",{count},', f'comma",{wrong},')
    with pytest.raises(ArtefactError, match=r"wrong.csv, line 3"):
        bench.ingest([path])


def test_garbage_behind_a_good_header_is_refused(bench: Workbench, tmp_path: Path) -> None:
    header = PLAIN.read_bytes().splitlines(keepends=True)[0]
    (tmp_path / "garbage.csv").write_bytes(header + random.Random(3).randbytes(4000) + b"\n")
    with pytest.raises(ArtefactError, match=r"garbage.csv"):
        bench.ingest([tmp_path / "garbage.csv"])
