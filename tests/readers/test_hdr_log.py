"""HdrHistogram interval logs: buckets hold what was recorded, in ms whatever the log's unit; broken or oversized histograms are refused."""

from __future__ import annotations

import base64
import random
import struct
import zlib
from datetime import datetime
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader, HistogramLogWriter

from perfkit.errors import ArtefactError
from perfkit.readers import detect
from perfkit.readers.hdr_log import HEADER, INFLATED_BYTES
from perfkit.workbench import Workbench
from tests.readers.harm import ARTEFACTS, artefacts, cut, drained

TAGGED, MICRO = ARTEFACTS / "hdr_log" / "java_tagged.hlog", ARTEFACTS / "hdr_log" / "java_micro.hlog"
LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n'


def histogram_of(*values: int) -> HdrHistogram:
    histogram = HdrHistogram(1, 3_600_000_000, 3)
    for value in values:
        histogram.record_value(value)
    return histogram


def encoded(*values: int) -> str:
    text: str = histogram_of(*values).encode().decode()
    return text


def log(path: Path, *intervals: str, comments: str = "") -> Path:
    path.write_text(comments + LEGEND + "".join(f"{interval}\n" for interval in intervals))
    return path


def wrapped(inner: bytes, cookie: int = 0x1C849314) -> str:
    packed = zlib.compress(inner)
    return base64.b64encode(struct.pack(">II", cookie, len(packed)) + packed).decode()


def header(length: int, digits: int = 3, lowest: int = 1, highest: int = 3_600_000_000, ratio: float = 1.0, offset: int = 0) -> bytes:
    return HEADER.pack(0x1C849313, length, offset, digits, lowest, highest, ratio)


@pytest.mark.parametrize("path", artefacts("hdr_log"), ids=lambda path: path.name)
def test_the_content_tells_the_format(path: Path) -> None:
    assert detect(path).NAME == "hdr-log"


def test_the_buckets_hold_every_recorded_value(bench: Workbench) -> None:
    bench.ingest([MICRO])
    recorded = [1.0 * number * second for second in (1, 2, 3) for number in range(1, 41)]
    buckets = bench.store.query("select lo_ms, hi_ms, requests from latency_buckets")[1]
    assert sum(count for _, _, count in buckets) == len(recorded)
    for low, high, count in buckets:
        assert count == sum(low <= value < high for value in recorded)
        assert high - low <= max(0.02 * low, 0.001)


def test_the_percentiles_of_an_interval_are_the_librarys(bench: Workbench) -> None:
    bench.ingest([MICRO])
    reader = HistogramLogReader(str(MICRO), HdrHistogram(1, 3_600_000_000, 2))
    second = [reader.get_next_interval_histogram() for _ in range(2)][1]
    at = datetime(2020, 9, 13, 12, 26, 41)
    rows = dict(bench.store.query('select series, value from samples where "at" = $at', {"at": at})[1])
    assert rows == {"requests": 40, **{f"p{rank}": second.get_value_at_percentile(rank) / 1000 for rank in (50, 95, 99)}}


def test_tags_are_endpoints_of_their_own_and_times_count_from_the_base(bench: Workbench) -> None:
    bench.ingest([TAGGED])
    counts = "select endpoint, sum(requests) from latency_buckets group by all order by 1"
    assert bench.store.query(counts)[1] == [("read", 200), ("untagged", 400), ("write", 200)]
    assert bench.store.query('select min("at"), max("at") from samples')[1] == [
        (datetime(2020, 9, 13, 12, 26, 40), datetime(2020, 9, 13, 12, 26, 43))
    ]
    medians = dict(bench.store.query("select series, median(value) from samples where series like 'p50%' group by all")[1])
    assert 0.5 < medians["p50 of read"] < 2
    assert 3 < medians["p50 of write"] < 8
    assert bench.store.query("select started_at from runs")[1] == [(datetime(2020, 9, 13, 12, 26, 40),)]


def test_a_log_of_the_python_writer_is_read_too(bench: Workbench, tmp_path: Path) -> None:
    path = tmp_path / "python.hlog"
    with path.open("w") as file:
        writer = HistogramLogWriter(file)
        writer.output_log_format_version()
        writer.output_legend()
        histogram = histogram_of(5_000_000, 7_000_000, 123_000_000)
        writer.output_interval_histogram(histogram, 1_600_000_000.0, 1_600_000_001.0)
    bench.ingest([path])
    buckets = bench.store.query("select endpoint, lo_ms, hi_ms, requests from latency_buckets order by lo_ms")[1]
    assert [(endpoint, count) for endpoint, _, _, count in buckets] == [("all", 1)] * 3
    assert all(low <= value < high for (_, low, high, _), value in zip(buckets, (5, 7, 123), strict=True))


@pytest.mark.parametrize(
    ("comment", "median_ms"),
    [("#[Values are in us]\n", 5.0), ("#[Values are in NS]\n", 0.005), ("#[Values are in ms]\n", 5000.0), ("#[Values are in s]\n", 5_000_000.0)],
)
def test_a_comment_decides_the_unit(bench: Workbench, tmp_path: Path, comment: str, median_ms: float) -> None:
    bench.ingest([log(tmp_path / "a", f"1.0,1.0,0.005,{encoded(5000)}", comments=comment)])
    assert bench.store.query("select value from samples where series = 'p50'")[1] == [(pytest.approx(median_ms, rel=1e-3),)]


def test_ycsb_prints_microseconds_as_if_they_were_nanoseconds(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([log(tmp_path / "a", f"1.0,1.0,0.005,{encoded(5000)}", comments="#[Logging for: READ]\n")])
    assert bench.store.query("select endpoint, floor(lo_ms) from latency_buckets")[1] == [("READ", 5)]


@pytest.mark.parametrize(("printed", "values"), [("5000.0", (5000,)), ("0.000", (1,)), ("77.0", (5000,))])
def test_a_unit_that_nothing_tells_is_refused(tmp_path: Path, printed: str, values: tuple[int, ...]) -> None:
    with pytest.raises(ArtefactError, match=r"Values are in us"):
        drained(log(tmp_path / "a", f"1.0,1.0,{printed},{encoded(*values)}"), "hdr-log")


def test_stamps_long_before_the_start_count_from_it(bench: Workbench, tmp_path: Path) -> None:
    comments = "#[StartTime: 1441753532.570 (seconds since epoch), Tue Sep 08 16:05:32 PDT 2015]\n"
    bench.ingest([log(tmp_path / "a", f"0.130,1.0,5.0,{encoded(5000)}", comments=comments)])
    assert bench.store.query('select distinct "at" from samples')[1] == [(datetime(2015, 9, 8, 23, 5, 32, 700000),)]


def test_an_empty_interval_has_no_percentiles(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([log(tmp_path / "a", f"1.0,1.0,0.0,{encoded()}", f"2.0,1.0,5.003,{encoded(5000)}")])
    assert bench.store.query("select series, value from samples where series = 'requests' order by \"at\"")[1] == [("requests", 0), ("requests", 1)]


def test_cut_logs_are_refused_and_their_whole_lines_can_be_read(bench: Workbench, tmp_path: Path) -> None:
    for damaged in cut(TAGGED, tmp_path):
        with pytest.raises(ArtefactError, match=damaged.name):
            drained(damaged, "hdr-log")
    bench.ingest([tmp_path / "cut-90"], partial=True)
    whole = TAGGED.read_bytes()[: TAGGED.stat().st_size * 90 // 100].count(b"HISTF") - 1
    assert bench.store.query("select count(*) from samples where series like 'requests%'")[1] == [(whole,)]
    assert bench.store.query("select valid from runs")[1] == [(False,)]


@pytest.mark.parametrize(
    "line",
    [
        *("", "x,1.0,1.0,HISTFAAA", "nan,1.0,5.0,{good}", "1.0,inf,5.0,{good}", "-1.0,1.0,5.0,{good}", "1e300,1.0,5.0,{good}", "1.0,5.0,{good}"),
        *("1.0,1.0,5.0,HISTFAAAAA==", "1.0,1.0,5.0,HISTFA", "1.0,1.0,5.0,DHISTwAAAAMAAAAA", "1.0,1.0,5.0,{good},{good}", "binary \x00\x01"),
    ],
)
def test_lines_that_are_no_intervals_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ArtefactError, match="bad"):
        drained(log(tmp_path / "bad", line.replace("{good}", encoded(5000))), "hdr-log")


@pytest.mark.parametrize(
    ("histogram", "reason"),
    [
        (wrapped(header(INFLATED_BYTES) + b"\x02" * INFLATED_BYTES), "inflates to more than 16 MiB"),
        (wrapped(header(1, digits=9) + b"\x02"), "cannot be"),
        (wrapped(header(1, lowest=0) + b"\x02"), "cannot be"),
        (wrapped(header(1, ratio=0.5) + b"\x02"), "scaled"),
        (wrapped(header(1, offset=3) + b"\x02"), "shifted"),
        (wrapped(header(7) + b"\x02"), "not as long"),
        (wrapped(header(1) + b"\x02", cookie=0x1C849302), "version 2"),
        (wrapped(header(9) + b"\xfe" * 9), "damaged"),
    ],
)
def test_histograms_that_cannot_be_are_refused(tmp_path: Path, histogram: str, reason: str) -> None:
    with pytest.raises(ArtefactError, match=reason):
        drained(log(tmp_path / "bad", f"1.0,1.0,5.0,{histogram}"), "hdr-log")


def test_random_counters_are_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    noise = random.Random(3)
    refused = 0
    for _ in range(300):
        body = noise.randbytes(noise.randrange(1, 60))
        path = log(tmp_path / "noise", f"1.0,1.0,5.0,{wrapped(header(len(body)) + body)}", comments="#[Values are in us]\n")
        try:
            drained(path, "hdr-log")
        except ArtefactError:
            refused += 1
    assert refused > 0
