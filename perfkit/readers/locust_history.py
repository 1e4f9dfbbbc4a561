"""Locust's `--csv` history: one row a second. Its percentiles are those of the last ten seconds only with --csv-full-history, else of all so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, columns_of
from perfkit.model.run import Manifest
from perfkit.readers.parts.locust_files import NO_REQUESTS, Row, has_header, percentile_columns, table
from perfkit.readers.parts.parsing import refuse

NAME = "locust-history"
KIND = "history"
TOOL = "locust"
ABOUT = "Locust's history (--csv P → P_stats_history.csv): users, throughput, failures and percentiles by second"
BY_LINE = True

COLUMNS = ("Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s")
TOTAL = "Aggregated"
RATES = {"User Count": ("users", "count"), "Requests/s": ("throughput", "per_second"), "Failures/s": ("failures per second", "per_second")}
KEPT = ("p50", "p95", "p99")
CUMULATIVE = "cumulative "
MISSING_SHARE = 0.03
MISSING_LEAST = 2
"""The writer sleeps a second between rows, so a healthy one skips a single second now and then."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of samples."""

    series: str
    at: datetime
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Second:
    """The row of all requests of one second."""

    at: int
    rates: dict[str, float]
    percentiles: dict[str, float]
    """Empty when no request is behind them."""


def sniff(head: Head) -> bool:
    """The header is the format."""
    return has_header(head, COLUMNS)


def read(path: Path) -> Iterator[Batch]:
    """Series of the whole test; the rows of single endpoints only show which percentiles the file holds."""
    header, rows = table(path, NAME, COLUMNS)
    percentiles = {column: stat for column, stat in percentile_columns(header).items() if stat in (*KEPT, "p100")}
    seconds: list[Second] = []
    current = False
    for row in rows:
        if row.text("Type") in ("", "None") and row.text("Name") == TOTAL:
            seconds.append(_second(row, percentiles))
            _refuse_backwards(path, row.line, seconds)
        else:
            current = True
    if not seconds:
        raise refuse(path, NAME, f"no row holds the total of all requests ({TOTAL}).")
    yield _manifest(seconds)
    yield columns_of("samples", list(_samples(seconds, current=current)))


def _second(row: Row, percentiles: Mapping[str, str]) -> Second:
    printed = {stat: row.amount(column) for column, stat in percentiles.items() if row.text(column) != NO_REQUESTS}
    return Second(row.count("Timestamp"), {column: row.amount(column) for column in RATES}, printed)


def _refuse_backwards(path: Path, line: int, seconds: list[Second]) -> None:
    try:
        _moment(seconds[-1].at)
    except (ValueError, OverflowError, OSError) as error:
        raise refuse(path, NAME, f"{seconds[-1].at} is no time in seconds.", line) from error
    if len(seconds) > 1 and seconds[-1].at < seconds[-2].at:
        raise refuse(path, NAME, f"its time {seconds[-1].at} is before that of the row above, {seconds[-2].at}: two logs in one file?", line)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _manifest(seconds: list[Second]) -> Manifest:
    started_at = _moment(seconds[0].at)
    span = seconds[-1].at - seconds[0].at + 1
    missing = span - len({second.at for second in seconds})
    if missing < MISSING_LEAST or missing < MISSING_SHARE * span:
        return Manifest(started_at=started_at, load_model="closed")
    reason = (
        f"{missing} of {span} seconds are missing from Locust's history: the process that writes it was starved, so the load was not what it says"
    )
    return Manifest(started_at=started_at, load_model="closed", valid=False, invalid_because=reason)


def _samples(seconds: list[Second], *, current: bool) -> Iterator[Sample]:
    prefix = "" if current else CUMULATIVE
    for second in seconds:
        at = _moment(second.at)
        for column, (series, unit) in RATES.items():
            yield Sample(series, at, second.rates[column], unit)
        # a slowest time of 0 is what Locust prints when nothing ended within its ten seconds
        if current and second.percentiles.get("p100") == 0:
            continue
        for stat in KEPT:
            if stat in second.percentiles:
                yield Sample(f"{prefix}latency.{stat}", at, second.percentiles[stat], "ms")
