"""Locust's `--csv` statistics: a row an endpoint and the total, percentiles rounded to two digits, so kept as intervals of true times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.printed import Printed
from perfkit.model.run import Manifest
from perfkit.readers.parts.locust_files import NO_REQUESTS, Row, has_header, interval_of, percentile_columns, rounded, table
from perfkit.readers.parts.parsing import refuse

NAME = "locust-stats"
KIND = "load"
TOOL = "locust"
ABOUT = "Locust's statistics (--csv P → P_stats.csv): counts, mean and percentiles by endpoint; no raw times"
BY_LINE = False

COLUMNS = ("Type", "Name", "Request Count", "Failure Count", "Median Response Time", "Average Response Time")
TOTAL = "Aggregated"
EXACT_TIMES = {"Average Response Time": "mean", "Min Response Time": "min", "Max Response Time": "max"}
MEDIAN = "Median Response Time"


def sniff(head: Head) -> bool:
    """The header is the format."""
    return has_header(head, COLUMNS)


def read(path: Path) -> Iterator[Batch]:
    """What Locust printed for every endpoint and for all together."""
    header, rows = table(path, NAME, COLUMNS)
    missing = {*EXACT_TIMES, "Average Content Size", "Requests/s"} - {*header}
    if missing:
        raise refuse(path, NAME, f"the header lacks {', '.join(sorted(missing))}.", 1)
    percentiles = percentile_columns(header)
    printed: list[Printed] = []
    last: Row | None = None
    for last in rows:
        printed += _printed(last, percentiles)
    if last is None or not _is_total(last):
        raise refuse(path, NAME, f"the last row is not the total of all requests ({TOTAL}), so the file was cut off.")
    yield Manifest(load_model="closed")
    yield columns_of("reported", printed)


def _is_total(row: Row) -> bool:
    return row.text("Type") in ("", "None") and row.text("Name") == TOTAL


def _printed(row: Row, percentiles: Mapping[str, str]) -> Iterator[Printed]:
    endpoint, method = (None, None) if _is_total(row) else (row.text("Name"), row.text("Type") or None)

    def exact(stat: str, column: str, unit: str, about: str | None = None) -> Printed:
        value = row.amount(column)
        return Printed(endpoint, stat, value, value, value, unit, about, method)

    requests = row.count("Request Count")
    yield exact("requests", "Request Count", "count")
    yield exact("failures", "Failure Count", "count")
    yield exact("per_second", "Requests/s", "per_second")
    if requests == 0:
        # the times of no request are printed as 0 or N/A
        return
    for column, stat in EXACT_TIMES.items():
        yield exact(stat, column, "ms")
    yield exact("bytes_in", "Average Content Size", "bytes", "average content size of an answer")
    for column, stat in percentiles.items():
        if row.text(column) != NO_REQUESTS:
            yield _percentile(row, column, endpoint, method, stat)
    if "p50" not in percentiles.values():
        yield _median(row, endpoint, method)


def _percentile(row: Row, column: str, endpoint: str | None, method: str | None, stat: str) -> Printed:
    value = row.amount(column)
    interval = interval_of(value)
    lo, hi = (interval.lo, interval.hi) if interval else (None, None)
    return Printed(endpoint, stat, value, lo, hi, "ms", method=method)


def _median(row: Row, endpoint: str | None, method: str | None) -> Printed:
    """Locust prints the exact minimum or maximum where the rounded median lies beyond it."""
    value = row.amount(MEDIAN)
    clamped = value in (row.amount("Min Response Time"), row.amount("Max Response Time"))
    interval = interval_of(rounded(value) if clamped else value)
    lo, hi = (interval.lo, interval.hi) if interval else (None, None)
    return Printed(endpoint, "p50", value, lo, hi, "ms", method=method)
