"""oha's SQLite log: one row an answer, with its URL and, where oha corrected for latency, the time it was planned for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from perfkit.model.artefact import Head
from perfkit.model.batch import Batch, Columns
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import is_gzip, last_modified, refuse

NAME = "oha-sqlite"
KIND = "load"
TOOL = "oha"
ABOUT = "oha --db-url FILE; requests without an answer are missing; before oha noted its runs, times count from 1970-01-01"
BY_LINE = False

MAGIC = b"SQLite format 3\0"
TABLE = b"CREATE TABLE oha"
COLUMNS = frozenset({"start", "start_latency_correction", "end", "duration", "status", "len_bytes"})
CHUNK_ROWS = 200_000
REQUESTS = Path(__file__).with_suffix(".sql")
NAMES = ("row_number", "whole", "started_at", "duration_ms", "endpoint", "status", "ok", "bytes_in", "intended_at")


def sniff(head: Head) -> bool:
    """SQLite's magic, and oha's table on the first page, where a small schema stands."""
    return head.data.startswith(MAGIC) and TABLE in head.data


def read(path: Path) -> Iterator[Batch]:
    """Every answer, in chunks."""
    if is_gzip(path):
        raise refuse(path, NAME, "a compressed database cannot be read in place. Decompress it first.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            yield from _batches(path, database)
    except (sqlite3.Error, OverflowError) as error:
        raise refuse(path, NAME, f"the database is damaged or cut off: {error}.") from error


def _batches(path: Path, database: sqlite3.Connection) -> Iterator[Batch]:
    _check(path, database)
    columns = {row[1] for row in database.execute("pragma table_info(oha)")}
    if missing := COLUMNS - columns:
        raise refuse(path, NAME, f"its table oha has no column {', '.join(sorted(missing))}.")
    run, url = "run" if "run" in columns else "0", "url" if "url" in columns else "'all'"
    if run == "0":
        yield Manifest(started_at=last_modified(path))
    yield _manifest(database, run)
    cursor = database.execute(REQUESTS.read_text(encoding="utf-8").replace("$run", run).replace("$url", url))
    while rows := cursor.fetchmany(CHUNK_ROWS):
        yield Columns("requests", _columns(path, rows))


def _check(path: Path, database: sqlite3.Connection) -> None:
    """SQLite reads what it can of a file that was cut off, unless it is asked to look."""
    verdicts = database.execute("pragma quick_check(1)").fetchall()
    if verdicts != [("ok",)]:
        raise refuse(path, NAME, f"the database is damaged or cut off: {' '.join(str(verdicts[0][0]).split())}.")


def _manifest(database: sqlite3.Connection, run: str) -> Manifest:
    """A planned start says that arrivals did not wait. Without one the file does not tell. oha adds each run to the same table."""
    [(planned, runs)] = database.execute(f"select count(start_latency_correction), count(distinct {run}) from oha")
    reason = f"holds {runs} runs of oha: give each run a file of its own" if runs > 1 else None
    return Manifest(load_model="open" if planned else None, answers_only=True, valid=reason is None, invalid_because=reason)


def _columns(path: Path, rows: list[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    columns: dict[str, Sequence[Any]] = dict(zip(NAMES, zip(*rows, strict=True), strict=True))
    numbers, whole = columns.pop("row_number"), columns.pop("whole")
    if not all(whole):
        raise refuse(path, NAME, f"row {numbers[whole.index(0)]} has a time, status or size that is missing, out of range or no number.")
    columns["ok"] = list(map(bool, columns["ok"]))
    return columns | {name: _moments(columns[name]) for name in ("started_at", "intended_at")}


def _moments(seconds: Sequence[float | None]) -> list[Any]:
    """Seconds of the epoch, whose fractions numpy turns into times without a Python step a row."""
    import numpy

    known = numpy.array(seconds, dtype=float)
    moments = numpy.full(len(known), "NaT", dtype="datetime64[us]")
    there = ~numpy.isnan(known)
    moments[there] = (known[there] * 1e6).round().astype("int64").astype("datetime64[us]")
    found: list[Any] = moments.tolist()
    return found
