"""k6's CSV: columns and formats of time differ from test to test; a row's time is the end of its request."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.workbench import Workbench
from tests.readers.cutting import claims, cuts, files_of

FILES = files_of("k6_csv")
BY_NAME = {path.name: path for path in FILES}
SHOP = BY_NAME["shop.csv.gz"]
MICRO = BY_NAME["arrivals_unix_micro.csv"]
UNITS = {"unix": 1, "unix_milli": 1e3, "unix_micro": 1e6, "unix_nano": 1e9}
DEFAULT = "metric_name,timestamp,metric_value,expected_response,group,method,name,status,extra_tags,metadata"
ROW = "http_req_duration,{time},{value},true,,GET,/items,200,,"


def durations(path: Path) -> list[dict[str, str]]:
    text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
    return [row for row in csv.DictReader(text.splitlines()) if row["metric_name"] == "http_req_duration"]


def written(path: Path, *rows: str, header: str = DEFAULT) -> Path:
    path.write_text("\n".join([header, *rows, ""]))
    return path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_its_own_reader_takes_the_file(path: Path) -> None:
    assert claims(path) == ["k6-csv"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_row_of_nine_is_a_request(bench: Workbench, path: Path) -> None:
    [stored] = bench.ingest([path])
    rows = durations(path)
    assert stored.rows == {"requests": len(rows)}
    told = sorted((float(row["metric_value"]), row["method"], int(row["status"]), row["error"] or row.get("error_code") or None) for row in rows)
    assert bench.store.query("select duration_ms, method, status, error from requests order by all")[1] == told


@pytest.mark.parametrize("time_format", UNITS)
def test_a_request_starts_its_duration_before_its_unix_time(bench: Workbench, time_format: str) -> None:
    path = BY_NAME[f"arrivals_{time_format}.csv"]
    bench.ingest([path])
    ends = sorted(float(row["timestamp"]) / UNITS[time_format] for row in durations(path))
    query = "select epoch(started_at + to_microseconds((duration_ms * 1000)::bigint)) as ended from requests order by ended"
    assert [ended for (ended,) in bench.store.query(query)[1]] == pytest.approx(ends, abs=2e-6)


@pytest.mark.parametrize("name", ["arrivals_rfc3339.csv", "arrivals_rfc3339_nano.csv"])
def test_a_request_starts_its_duration_before_its_written_time(bench: Workbench, name: str) -> None:
    bench.ingest([BY_NAME[name]])
    ends = sorted(datetime.fromisoformat(row["timestamp"]).timestamp() for row in durations(BY_NAME[name]))
    query = "select epoch(started_at + to_microseconds((duration_ms * 1000)::bigint)) as ended from requests order by ended"
    assert [ended for (ended,) in bench.store.query(query)[1]] == pytest.approx(ends, abs=2e-6)


@pytest.mark.parametrize("zone", [-5, 2])
def test_a_zone_is_taken_off(bench: Workbench, tmp_path: Path, zone: int) -> None:
    ended = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(hours=zone)
    time = f"{ended:%Y-%m-%dT%H:%M:%S}{zone:+03d}:00"
    bench.ingest([written(tmp_path / "a.csv", ROW.format(time=time, value=250.0))])
    assert bench.store.query("select started_at::varchar from requests")[1] == [("2026-01-01 11:59:59.75",)]


@pytest.mark.parametrize(("name", "noted"), [("arrivals_unix.csv", True), ("arrivals_rfc3339.csv", True), (MICRO.name, False), (SHOP.name, True)])
def test_times_in_whole_seconds_are_noted(bench: Workbench, name: str, noted: bool) -> None:
    bench.ingest([BY_NAME[name]])
    [(parameters,)] = bench.store.query("select parameters from runs")[1]
    assert json.loads(parameters) == ({"time_resolution_s": 1} if noted else {})


def test_setup_and_teardown_are_marked_groups_inside_them_too(bench: Workbench) -> None:
    bench.ingest([SHOP])
    assert {row["group"] for row in durations(SHOP)} == {"", "::setup", "::setup::inner", "::teardown"}
    query = "select endpoint, phase, count(*) from requests where phase is not null group by all order by all"
    assert bench.store.query(query)[1] == [("setup", "setup", 2), ("teardown", "teardown", 1)]


def test_the_tools_own_judgement_decides_and_else_the_status(bench: Workbench) -> None:
    bench.ingest([SHOP, MICRO, BY_NAME["refused.csv"]])
    found = bench.store.query("select distinct endpoint, status, ok from requests where phase is null order by all")[1]
    assert found == [("/items", 200, True), ("/medium", 200, True), ('/missing, "gone"', 404, False), ("/nobody", 0, False), ("/slow", 200, True)]


def test_without_a_name_the_url_is_the_endpoint(bench: Workbench, tmp_path: Path) -> None:
    header = "metric_name,timestamp,metric_value,status,url,extra_tags,metadata"
    row = "http_req_duration,1790000000,5.0,503,http://shop.test/items/17?a=b,x=1&y=2,"
    bench.ingest([written(tmp_path / "a.csv", row, header=header)])
    assert bench.store.query("select endpoint, method, status, ok from requests")[1] == [("/items/{id}", None, 503, False)]


@pytest.mark.parametrize("path", [MICRO, BY_NAME["refused.csv"]], ids=lambda path: path.stem)
def test_a_cut_file_is_refused_and_its_whole_rows_can_be_asked_for(bench: Workbench, tmp_path: Path, path: Path) -> None:
    for number, cut in enumerate(cuts(path, tmp_path / "cut.csv", pieces=4)):
        with pytest.raises(ArtefactError, match=r"cut.csv.*cut off"):
            bench.ingest([cut], as_format="k6-csv")
        whole = written(tmp_path / "whole.csv", *cut.read_text().splitlines()[1:-1], header=cut.read_text().splitlines()[0])
        if rows := durations(whole):
            [stored] = bench.ingest([cut], partial=True)
            assert stored.rows["requests"] == len(rows), number


def test_a_cut_gzip_is_refused(bench: Workbench, tmp_path: Path) -> None:
    content = SHOP.read_bytes()
    for part in (3, 5, 8):
        (tmp_path / "cut.csv.gz").write_bytes(content[: len(content) * part // 10])
        with pytest.raises(ArtefactError, match=r"cut.csv.gz"):
            bench.ingest([tmp_path / "cut.csv.gz"], as_format="k6-csv")


@pytest.mark.parametrize(
    "row",
    [
        ROW.format(time=1_790_000_001, value="nan"),
        ROW.format(time=1_790_000_001, value="Infinity"),
        ROW.format(time=1_790_000_001, value=-4),
        ROW.format(time=1_790_000_001, value="slow"),
        ROW.format(time=1_790_000_001, value=""),
        ROW.format(time=1_790_000_001_000, value=4),
        ROW.format(time="1790000O01", value=4),
        ROW.format(time="", value=4),
        ROW.format(time=1_790_000_001, value=4).replace("200", "fine"),
        ROW.format(time=1_790_000_001, value=4) + ",more",
        ROW.format(time=1_790_000_001, value=4)[:30] + ROW.format(time=1_790_000_001, value=4),
        "\x00\xff\x01binary",
    ],
)
def test_a_row_that_breaks_its_promise_refuses_the_file(bench: Workbench, tmp_path: Path, row: str) -> None:
    path = written(tmp_path / "wrong.csv", ROW.format(time=1_790_000_000, value=4), row, ROW.format(time=1_790_000_002, value=4))
    with pytest.raises(ArtefactError, match=r"wrong.csv"):
        bench.ingest([path])
    assert bench.store.query("select count(*) from requests")[1] == [(0,)]


@pytest.mark.parametrize("first", ["", ROW.format(time=17, value=4), ROW.format(time="today", value=4)])
def test_a_file_whose_times_are_in_no_known_format_is_refused(bench: Workbench, tmp_path: Path, first: str) -> None:
    with pytest.raises(ArtefactError, match="line 2"):
        bench.ingest([written(tmp_path / "a.csv", *([first] if first else []))])
