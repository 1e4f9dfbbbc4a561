"""k6's CSV output: nine rows a request, stamped when the request ended, by default in whole seconds. DuckDB scans it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head, read_head
from perfkit.model.batch import Batch, Scan
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import compression_of, refuse, refuse_cut_row

NAME = "k6-csv"
KIND = "load"
TOOL = "k6"
ABOUT = "k6 run --out csv=FILE, also gzip; times are whole seconds unless K6_CSV_TIME_FORMAT says otherwise"
BY_LINE = True

COLUMNS = ("metric_name", "timestamp", "metric_value")
SCAN = Path(__file__).with_suffix(".sql")
MICROSECONDS = {10: 1_000_000.0, 13: 1_000.0, 16: 1.0, 19: 0.001}
"""Digits of a Unix time → what turns it into microseconds: k6 writes seconds, milli-, micro- or nanoseconds."""
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def sniff(head: Head) -> bool:
    """The first three columns are always the same; the others are the tags that the test recorded."""
    return _cells(head.first_line)[:3] == list(COLUMNS)


def read(path: Path) -> Iterator[Batch]:
    """Every request, from the rows of its duration."""
    first, second, *_ = [*read_head(path).text.split("\n", 2), ""]
    header = _cells(first.strip("\ufeff\r"))
    if header[:3] != list(COLUMNS) or len(set(header)) < len(header):
        raise refuse(path, NAME, f"the first line is not {','.join(COLUMNS)} and the names of tags, each once.", 1)
    refuse_cut_row(path, NAME)
    digits, whole_seconds = _stamps(path, _cells(second.strip("\r")))
    if whole_seconds:
        yield Manifest(parameters={"time_resolution_s": 1})
    yield Scan(
        "requests",
        SCAN,
        {
            "path": str(path),
            "compression": compression_of(path),
            "columns": dict.fromkeys(header, "varchar"),
            "digits": digits,
            "microseconds": MICROSECONDS.get(digits, 0.0),
        },
    )


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def _stamps(path: Path, row: list[str]) -> tuple[int, bool]:
    """Digits of the Unix times, 0 for written-out ones, and whether they are whole seconds."""
    if len(row) < 3:
        raise refuse(path, NAME, "it holds no measurements.", 2)
    if matched := RFC3339.fullmatch(row[1]):
        return 0, matched["fraction"] is None
    if not row[1].isdecimal() or len(row[1]) not in MICROSECONDS:
        raise refuse(path, NAME, f"{row[1][:40]!r} is in none of k6's formats of time.", 2)
    return len(row[1]), len(row[1]) == min(MICROSECONDS)
