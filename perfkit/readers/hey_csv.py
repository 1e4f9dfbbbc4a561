"""hey's CSV: one row an answer, in seconds since hey began. Requests without an answer are not in it. DuckDB scans it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfkit.model.artefact import Head, open_artefact
from perfkit.model.batch import Batch, Scan
from perfkit.model.run import Manifest
from perfkit.readers.parts.parsing import compression_of, last_modified, refuse_cut_row

NAME = "hey-csv"
KIND = "load"
TOOL = "hey"
ABOUT = "hey -o csv, also gzip; times count from 1970-01-01, the endpoint is called all, requests without an answer are missing"
BY_LINE = True

HEADER = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset"
SCAN = Path(__file__).with_suffix(".sql")
MOST_ROWS = 1_000_000
COUNTED_BYTES = 1 << 20


def sniff(head: Head) -> bool:
    """The header is the format."""
    return head.first_line == HEADER


def read(path: Path) -> Iterator[Batch]:
    """Every answer, whatever its status; each of hey's workers waits for its answer before it asks again."""
    refuse_cut_row(path, NAME)
    yield Manifest(started_at=last_modified(path), load_model="closed", answers_only=True)
    if _rows(path) >= MOST_ROWS:
        yield Manifest(valid=False, invalid_because="truncated by hey at 1 000 000 rows")
    yield Scan("requests", SCAN, {"path": str(path), "compression": compression_of(path)})


def _rows(path: Path) -> int:
    """Rows below the header: as many as lines end, less one."""
    with open_artefact(path) as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(COUNTED_BYTES), b"")) - 1
