"""ApacheBench's percentiles (ab -e): a hundred rows or 101, in milliseconds that lost nothing. Failed requests are among them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import number, refuse, rows_of

NAME = "ab-percentiles"
KIND = "load"
TOOL = "ab"
ABOUT = "ab -e FILE, CSV of p0 to p99 or p100; failed requests are among them, and nothing says how many"
BY_LINE = False

HEADER = ["Percentage served", "Time in ms"]


def sniff(head: Head) -> bool:
    """The header is the format."""
    return head.first_line == ",".join(HEADER)


def read(path: Path) -> Iterator[Batch]:
    """Percentiles of all requests; ab counts in whole microseconds and prints three digits of a millisecond."""
    rows = list(rows_of(path, NAME))
    if not rows or rows[0][1] != HEADER:
        raise refuse(path, NAME, f"the first line is not {','.join(HEADER)}.")
    values = [_value(path, line, row, percent) for percent, (line, row) in enumerate(rows[1:])]
    if len(values) not in (100, 101):
        raise refuse(path, NAME, f"it has {len(values)} percentiles where ab writes 100 or 101. Was it cut off?")
    if values != sorted(values):
        raise refuse(path, NAME, "its percentiles do not ascend.")
    yield Manifest(load_model="closed")
    yield columns_of("reported", [Printed.exactly(f"p{percent}", value, "ms") for percent, value in enumerate(values)])


def _value(path: Path, line: int, row: list[str], percent: int) -> float:
    if len(row) != 2 or row[0] != str(percent):
        raise refuse(path, NAME, f"percentile {percent} and its time are wanted, {','.join(row)[:40]!r} stands there.", line)
    value = number(path, NAME, row[1], line)
    if value < 0 or len(row[1].partition(".")[2]) != 3:
        raise refuse(path, NAME, f"{row[1]!r} is no time in milliseconds with three digits. Was the file cut off?", line)
    return value
