"""Locust's failures and exceptions: texts with quotes and lines of their own are kept whole, and a file with nothing in it says so."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from perfkit.errors import ArtefactError
from perfkit.readers import locust_exceptions, locust_failures
from perfkit.workbench import Workbench
from tests.readers.cutting import claims, cuts, files_of

FAILURES, EXCEPTIONS = files_of("locust_failures"), files_of("locust_exceptions")
FAILING = next(path for path in FAILURES if path.name == "failing.csv")
RAISING = next(path for path in EXCEPTIONS if path.name == "failing_in_two.csv")
EMPTY = [path for path in (*FAILURES, *EXCEPTIONS) if len(path.read_bytes().splitlines()) == 1]


def printed_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("path", FAILURES, ids=lambda path: path.stem)
def test_only_the_reader_of_failures_takes_failures(path: Path) -> None:
    assert claims(path) == ["locust-failures"]


@pytest.mark.parametrize("path", EXCEPTIONS, ids=lambda path: path.stem)
def test_only_the_reader_of_exceptions_takes_exceptions(path: Path) -> None:
    assert claims(path) == ["locust-exceptions"]


@pytest.mark.parametrize("path", FAILURES, ids=lambda path: path.stem)
def test_every_error_is_counted_at_its_endpoint(bench: Workbench, path: Path) -> None:
    bench.ingest([path])
    rows = printed_rows(path)
    found = bench.store.query("select endpoint, method, value, about from reported where stat = 'error' order by endpoint")[1]
    assert found == sorted((row["Name"], row["Method"], float(row["Occurrences"]), row["Error"]) for row in rows)
    total = bench.store.query("select endpoint, value, lo, hi, unit from reported where stat = 'failures'")[1]
    count = sum(float(row["Occurrences"]) for row in rows)
    assert total == [(None, count, count, count, "count")]


def test_a_text_with_quotes_stays_whole(bench: Workbench) -> None:
    bench.ingest([FAILING])
    texts = [about for (about,) in bench.store.query("select about from reported where stat = 'error' and endpoint = '/missing'")[1]]
    assert texts == ["CatchResponseError('not there,\\nsaid \"the shop\"')"]


def test_the_first_failure_dates_the_run(bench: Workbench) -> None:
    bench.ingest([FAILING])
    first = min(row["First Seen"] for row in printed_rows(FAILING))
    assert bench.store.query("select kind, strftime(started_at, '%Y-%m-%dT%H:%M:%SZ') from runs")[1] == [("failures", first)]


def test_an_exception_keeps_its_message_of_two_lines_and_its_place(bench: Workbench) -> None:
    bench.ingest([RAISING])
    [row] = printed_rows(RAISING)
    found = bench.store.query("select value, about from reported where stat = 'error' order by about")[1]
    count = float(row["Count"])
    assert found == [(count, "all exceptions in tasks"), (count, f"{row['Message']} (in bug, /app/failing_in_two.py:25)")]
    assert "\n" in row["Message"]
    assert row["Traceback"].count("\n") > 4


def test_an_exception_without_a_traceback_is_its_message(bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(b"Count,Message,Traceback,Nodes\r\n3,boom,,local\r\n")
    bench.ingest([tmp_path / "e.csv"])
    assert (3.0, "boom") in bench.store.query("select value, about from reported")[1]


@pytest.mark.parametrize("path", EMPTY, ids=lambda path: f"{path.parent.stem}-{path.stem}")
def test_a_header_alone_says_that_there_were_none(bench: Workbench, path: Path) -> None:
    [stored] = bench.ingest([path])
    assert stored.rows == {"reported": 1}
    assert bench.store.query("select endpoint, value from reported")[1] == [(None, 0.0)]


@pytest.mark.parametrize("path", [FAILING, RAISING], ids=["failures", "exceptions"])
def test_a_cut_file_is_refused(tmp_path: Path, path: Path) -> None:
    reader = locust_failures if path == FAILING else locust_exceptions
    for cut in cuts(path, tmp_path / "cut.csv"):
        with pytest.raises(ArtefactError, match=r"cut.csv"):
            list(reader.read(cut))


def test_a_traceback_cut_at_the_end_of_one_of_its_lines_is_refused(tmp_path: Path) -> None:
    lines = RAISING.read_bytes().splitlines(keepends=True)
    for end in range(2, len(lines)):
        (tmp_path / "cut.csv").write_bytes(b"".join(lines[:end]))
        with pytest.raises(ArtefactError, match=r"cut.csv"):
            list(locust_exceptions.read(tmp_path / "cut.csv"))


@pytest.mark.parametrize("row", ["GET,/a,boom", "GET,/a,boom,1,2,3,4", "GET,/a,boom,nan", "GET,/a,boom,-1", "GET,/a,boom,1.5", "GET,/a,boom,1e300"])
def test_a_row_that_breaks_its_promise_is_named(tmp_path: Path, row: str) -> None:
    (tmp_path / "f.csv").write_bytes(f"Method,Name,Error,Occurrences\r\nGET,/a,well,1\r\n{row}\r\n".encode())
    with pytest.raises(ArtefactError, match=r"f.csv, line 3"):
        list(locust_failures.read(tmp_path / "f.csv"))


def test_a_first_seen_that_is_no_time_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_bytes(b"Method,Name,Error,Occurrences,First Seen,Last Seen\r\nGET,/a,boom,1,yesterday,today\r\n")
    with pytest.raises(ArtefactError, match=r"line 2.*yesterday"):
        list(locust_failures.read(tmp_path / "f.csv"))


@pytest.mark.parametrize("header", ["Method,Name,Error,Occurrences", "Count,Message,Traceback,Nodes"])
def test_garbage_behind_a_good_header_is_refused(tmp_path: Path, header: str) -> None:
    (tmp_path / "garbage.csv").write_bytes(header.encode() + b"\n" + random.Random(3).randbytes(4000) + b"\n")
    reader = locust_failures if header.startswith("Method") else locust_exceptions
    with pytest.raises(ArtefactError, match=r"garbage.csv"):
        list(reader.read(tmp_path / "garbage.csv"))
