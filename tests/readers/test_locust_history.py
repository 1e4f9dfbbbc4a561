"""Locust's history: the same columns mean all requests so far, or those of the last ten seconds; the rows themselves tell which."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import locust_history
from perfkit.workbench import Workbench
from tests.readers.cutting import claims, cuts, files_of

FILES = files_of("locust_history")
PLAIN = next(path for path in FILES if path.name == "plain.csv")
CURRENT = next(path for path in FILES if path.name == "failing.csv")
HEADER = PLAIN.read_text().splitlines()[0]
RATES = {"users": "User Count", "throughput": "Requests/s", "failures per second": "Failures/s"}


def totals(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["Name"] == "Aggregated"]


def stored(bench: Workbench) -> dict[str, list[tuple[datetime, float]]]:
    series: dict[str, list[tuple[datetime, float]]] = defaultdict(list)
    for name, at, value in bench.store.query('select series, "at", value from samples order by series, "at"')[1]:
        series[name].append((at, value))
    return series


def moment(row: dict[str, str]) -> datetime:
    return datetime.fromtimestamp(int(row["Timestamp"]), UTC).replace(tzinfo=None)


def seconds(path: Path, *stamps: int) -> Path:
    rows = [f"{stamp},5,,Aggregated,9.0,0.0,{','.join(['12'] * 11)},9,0,12,12.0,11,13,64.0" for stamp in stamps]
    path.write_bytes("\r\n".join([HEADER, *rows, ""]).encode())
    return path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_only_its_own_reader_takes_the_file(path: Path) -> None:
    assert claims(path) == ["locust-history"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_users_and_rates_are_those_of_the_total(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    series = stored(bench)
    for name, column in RATES.items():
        assert series[name] == [(moment(row), float(row[column])) for row in totals(path)]


def test_percentiles_of_all_so_far_never_carry_the_plain_name(bench: Workbench) -> None:
    bench.ingest([PLAIN])
    series = stored(bench)
    assert set(series) == {*RATES, "cumulative latency.p50", "cumulative latency.p95", "cumulative latency.p99"}
    assert series["cumulative latency.p95"] == [(moment(row), float(row["95%"])) for row in totals(PLAIN) if row["95%"] != "N/A"]


def test_percentiles_of_the_last_seconds_leave_out_what_locust_did_not_know(bench: Workbench) -> None:
    bench.ingest([CURRENT])
    series = stored(bench)
    assert set(series) == {*RATES, "latency.p50", "latency.p95", "latency.p99"}
    known = [row for row in totals(CURRENT) if row["100%"] not in ("N/A", "0")]
    assert any(row["100%"] == "0" for row in totals(CURRENT)), "the artefact has a second without percentiles"
    assert series["latency.p99"] == [(moment(row), float(row["99%"])) for row in known]


def test_the_run_began_with_the_first_row(bench: Workbench) -> None:
    bench.ingest([PLAIN])
    assert bench.store.query("select kind, started_at, load_model, valid from runs")[1] == [("history", moment(totals(PLAIN)[0]), "closed", True)]


@pytest.mark.parametrize(
    ("missing", "valid"),
    [((), True), ((50,), True), ((50, 51), True), ((20, 50, 70), False), (tuple(range(20, 60)), False)],
    ids=["none", "one", "two", "three", "forty"],
)
def test_three_missing_seconds_of_a_hundred_are_a_starved_generator(bench: Workbench, tmp_path: Path, missing: tuple[int, ...], valid: bool) -> None:
    bench.ingest([seconds(tmp_path / "h.csv", *(1_790_000_000 + second for second in range(100) if second not in missing))])
    [(said, because)] = bench.store.query("select valid, invalid_because from runs")[1]
    assert said == valid
    assert valid or (f"{len(missing)} of 100 seconds" in because and "starved" in because)


def test_one_skipped_second_of_a_short_test_is_no_starvation(bench: Workbench, tmp_path: Path) -> None:
    bench.ingest([seconds(tmp_path / "h.csv", *(1_790_000_000 + second for second in range(10) if second != 5))])
    assert bench.store.query("select valid from runs")[1] == [(True,)]


def test_time_that_runs_backwards_is_two_logs(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"line 3: .*two logs"):
        bench.ingest([seconds(tmp_path / "h.csv", 1_790_000_005, 1_790_000_001)])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_cut_file_is_refused(tmp_path: Path, path: Path) -> None:
    for cut in cuts(path, tmp_path / "cut.csv"):
        with pytest.raises(ArtefactError, match=r"cut.csv"):
            list(locust_history.read(cut))


def test_whole_rows_of_a_cut_file_can_be_asked_for(bench: Workbench, tmp_path: Path) -> None:
    content = CURRENT.read_bytes()
    (tmp_path / "cut.csv").write_bytes(content[: len(content) // 2])
    whole = [row for row in totals(tmp_path / "cut.csv") if row["Total Average Content Size"]]
    bench.ingest([tmp_path / "cut.csv"], partial=True)
    assert len(stored(bench)["users"]) == len(whole)
    assert bench.store.query("select valid from runs")[1] == [(False,)]


@pytest.mark.parametrize("wrong", ["nan", "-1", "soon", "", "99999999999999", "1790000000.5"])
def test_what_is_no_time_is_named_with_its_line(bench: Workbench, tmp_path: Path, wrong: str) -> None:
    path = seconds(tmp_path / "wrong.csv", 1_790_000_000, 1_790_000_001)
    path.write_bytes(path.read_bytes().replace(b"1790000001,", f"{wrong},".encode()))
    with pytest.raises(ArtefactError, match=r"wrong.csv, line 3"):
        bench.ingest([path])


def test_a_header_alone_is_no_history(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="Aggregated"):
        list(locust_history.read(seconds(tmp_path / "h.csv")))


def test_garbage_behind_a_good_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "garbage.csv").write_bytes(HEADER.encode() + b"\r\n" + random.Random(3).randbytes(4000) + b"\n")
    with pytest.raises(ArtefactError, match=r"garbage.csv"):
        list(locust_history.read(tmp_path / "garbage.csv"))
